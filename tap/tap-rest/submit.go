package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
)

// submitCmd hands a pass to workers.
type submitCmd struct {
	inputFlags
	fleetFlags
	Lease    time.Duration `default:"30s" help:"After which time a worker that says nothing has lost its part, and another one gets it."`
	Replicas int           `default:"1" help:"On how many servers of a cluster the queue and the states lie."`
}

// Help stands in the command's help.
func (c *submitCmd) Help() string {
	return `It plans the next pass, from the bookmark that the last pass of the workers has left
on the server, and makes no call of the API. Where a pass is under way, it goes on with
that: parts that were given up, and what an earlier submission that was cut off did
not queue, come into the queue. Nothing is there twice.

--state FILE is the bookmark for the first pass, where there is none on the server.
Exit codes are those of a run; 75: the NATS server is not there.`
}

// shortestLease is how short a lease may be: the server counts seconds, not less.
const shortestLease = time.Second

// Run submits.
func (c *submitCmd) Run(rt *runtime) error {
	o, err := c.options(rt)
	if err == nil && c.Lease < shortestLease {
		err = &tap.InputError{Err: fmt.Errorf("--lease %s is too short: %s at least", c.Lease, shortestLease)}
	}
	if err != nil {
		return err
	}
	f, end, err := c.open(rt, &o, "submit", true, c.Replicas)
	if err != nil {
		return err
	}
	defer end()
	done, err := c.submit(rt.stop, f, o)
	if err != nil {
		return err
	}
	p := done.Pass
	what := "goes on"
	if done.Begun {
		what = "is begun"
	}
	_, err = fmt.Fprintf(rt.stdout, "pass %s of %s %s: %d parts, %d of them put into the queue now; tap-rest worker reads them, tap-rest status says how far they are\n", p.ID, p.Source, what, p.Parts, done.Queued)
	return err
}

// submit begins a pass, or goes on with the one that is under way.
func (c *submitCmd) submit(ctx context.Context, f *fleet.Fleet, o tap.Options) (*fleet.Submitted, error) {
	p, err := f.Pass(ctx)
	if err != nil {
		return nil, err
	}
	if p != nil && p.Over == nil {
		if err := checkPass(ctx, f, p, o); err != nil {
			return nil, err
		}
		return f.GoOn(ctx)
	}
	left, err := f.Bookmark(ctx)
	switch {
	case err != nil:
		return nil, err
	case left != nil && o.StateFile != "":
		return nil, &tap.InputError{Err: fmt.Errorf("--state %s: the fleet %s has a bookmark of its own, which its last pass has left: leave --state away (tap-rest status --bookmark prints it)", o.StateFile, f.Name())}
	case left != nil:
		o.State, o.StateFile = left, "of the fleet "+f.Name()
	}
	plan, err := os.CreateTemp("", "tap-rest-plan-*")
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	defer os.Remove(plan.Name())
	defer plan.Close()
	err = writePlan(plan, func(head func(tap.PlanHead) error, visit func(tap.Planned) error) error {
		return tap.Plan(o, head, visit)
	}, true)
	if err == nil {
		_, err = plan.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	return f.Begin(ctx, plan, o.Version, c.Lease)
}

// checkPass refuses the pass of other settings, or of another definition.
func checkPass(ctx context.Context, f *fleet.Fleet, p *fleet.Pass, o tap.Options) error {
	head, err := f.Head(ctx, p.ID)
	if err != nil {
		return err
	}
	share, err := tap.ReadShare("of the pass "+p.ID+", which is under way in the fleet "+f.Name(), bytes.NewReader(head), nil)
	if err != nil {
		return err
	}
	return share.Check(o)
}
