package workers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/parts"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// SubmitCmd hands a pass to workers.
type SubmitCmd struct {
	inputs.RunFlags
	fleetFlags
	Lease    time.Duration `default:"30s" help:"After which time a worker that says nothing has lost its part, and another one gets it."`
	Replicas int           `default:"1" help:"On how many servers of a cluster the queue and the states lie, where they are made now."`
	Plan     string        `placeholder:"FILE" help:"Hand out the parts of this plan, which a run with --emit-plan wrote, in place of planning: parents' children have parts in it."`
	Replace  bool          `help:"Give up a pass that is under way, keep what was read of it, and plan anew; and take the bookmark of a pass with other settings."`
}

// Help stands in the command's help.
func (c *SubmitCmd) Help() string {
	return `It plans the next pass from the bookmark that the last one has left on the server, and
makes no call of the API. A pass under way goes on: what is given up or not queued, is.
--plan FILE is a plan of a run with --emit-plan, which begins from the bookmark that
"tap-rest status --bookmark" prints; --state FILE is one where the server has none.`
}

// shortestLease is how short a lease may be: the server counts seconds, not less.
const shortestLease = time.Second

// Run submits.
func (c *SubmitCmd) Run(rt *program.Runtime) error {
	o, err := c.Options(rt, tap.Known)
	if err == nil && c.Plan != "" && c.State != "" {
		err = &tap.InputError{Err: errors.New("--plan has the state in which its passes begin: leave --state away")}
	}
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
	done, err := c.submit(rt.Stop, f, o)
	if err != nil {
		return err
	}
	p := done.Pass
	what := "goes on"
	if done.Begun {
		what = "is begun"
	}
	_, err = fmt.Fprintf(rt.Stdout, "pass %s of %s %s: %d parts, %d of them put into the queue now; tap-rest worker reads them, tap-rest status says how far they are\n", p.ID, p.Source, what, p.Parts, done.Queued)
	return err
}

// submit begins a pass, or goes on with the one that is under way.
func (c *SubmitCmd) submit(ctx context.Context, f *fleet.Fleet, o tap.Options) (*fleet.Submitted, error) {
	p, err := f.Pass(ctx)
	if err != nil {
		return nil, err
	}
	if p != nil && p.Over == nil && !c.Replace {
		err := checkPass(ctx, f, p, o)
		if err == nil && c.Plan != "" {
			err = c.isPlanOf(ctx, f, p)
		}
		if err != nil {
			return nil, fmt.Errorf("%w (submit --replace gives up the pass that is under way, keeps what was read of it, and plans anew)", err)
		}
		return f.GoOn(ctx)
	}
	if p != nil && p.Over == nil {
		if err := f.GiveUp(ctx, p); err != nil {
			return nil, err
		}
		o.Log.Warn("the pass that was under way is given up: what was read of it is kept", "pass", p.ID)
	}
	if err := c.begin(ctx, f, p, &o); err != nil {
		return nil, err
	}
	if c.Plan != "" {
		return c.submitPlan(ctx, f, o)
	}
	plan, err := os.CreateTemp("", "tap-rest-plan-*")
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	defer os.Remove(plan.Name())
	defer plan.Close()
	err = parts.WritePlan(plan, func(head func(planfile.Head) error, visit func(planfile.Planned) error) error {
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

// submitPlan begins a pass of a plan that another run wrote.
func (c *SubmitCmd) submitPlan(ctx context.Context, f *fleet.Fleet, o tap.Options) (*fleet.Submitted, error) {
	plan, err := os.Open(c.Plan)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("--plan: %w", err)}
	}
	defer plan.Close()
	whole, err := planfile.Read(c.Plan, plan, func(int, string) bool { return false })
	if err == nil {
		o.Share = whole
		err = tap.CheckShare(o)
	}
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	return f.Begin(ctx, plan, o.Version, c.Lease)
}

// isPlanOf refuses another plan than that of the pass which is under way.
func (c *SubmitCmd) isPlanOf(ctx context.Context, f *fleet.Fleet, p *fleet.Pass) error {
	head, err := f.Head(ctx, p.ID)
	if err != nil {
		return err
	}
	plan, err := os.Open(c.Plan)
	if err != nil {
		return &tap.InputError{Err: fmt.Errorf("--plan: %w", err)}
	}
	defer plan.Close()
	first, err := bufio.NewReader(plan).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return &tap.InputError{Err: fmt.Errorf("--plan: %w", err)}
	}
	if !bytes.Equal(bytes.TrimSpace(first), bytes.TrimSpace(head)) {
		return &tap.InputError{Err: fmt.Errorf("--plan %s: the fleet %s is reading another plan: wait until its pass is over (tap-rest status)", c.Plan, f.Name())}
	}
	return nil
}

// begin sees to the state that a pass begins from: that which the last one has left, if
// its config was this one.
func (c *SubmitCmd) begin(ctx context.Context, f *fleet.Fleet, last *fleet.Pass, o *tap.Options) error {
	left, err := f.Bookmark(ctx)
	if err != nil || left == nil {
		return err
	}
	if o.StateFile != "" {
		return &tap.InputError{Err: fmt.Errorf("--state %s: the fleet %s has a bookmark of its own, which its last pass has left: leave --state away (tap-rest status --bookmark prints it)", o.StateFile, f.Name())}
	}
	if last != nil && !c.Replace {
		var differs []string
		if last.Source != o.Definition.Name {
			differs = append(differs, fmt.Sprintf("the source %q in place of %q", o.Definition.Name, last.Source))
		}
		digests := o.Config.Digests()
		for _, name := range slices.Sorted(maps.Keys(digests)) {
			if last.Settings[name] != digests[name] {
				differs = append(differs, "the setting "+name)
			}
		}
		if len(differs) > 0 {
			return &tap.InputError{Err: fmt.Errorf("the bookmark of the fleet %s is that of another config, which differs in %s: what came before it would not be read; name another fleet (--fleet NAME), or go on from it all the same (--replace)",
				f.Name(), strings.Join(differs, ", "))}
		}
	}
	o.State, o.StateFile = left, "of the fleet "+f.Name()
	return nil
}

// checkPass refuses the pass of other settings, or of another definition.
func checkPass(ctx context.Context, f *fleet.Fleet, p *fleet.Pass, o tap.Options) error {
	head, err := f.Head(ctx, p.ID)
	if err != nil {
		return err
	}
	empty := append(head, "\n{\"end\":0}\n"...) // a plan without partitions: what it is of is asked for alone
	share, err := planfile.Read("of the pass "+p.ID+", which is under way in the fleet "+f.Name(), bytes.NewReader(empty), nil)
	if err != nil {
		return err
	}
	o.Share = share
	return tap.CheckShare(o)
}
