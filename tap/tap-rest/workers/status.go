package workers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/parts"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// StatusCmd says how far workers are.
type StatusCmd struct {
	Config []string `placeholder:"FILE" sep:"none" help:"Settings, as for a run: they name the source, which the fleet is named by."`
	fleetFlags
	Format   string `enum:"text,json" default:"text" help:"How it is written: text or json."`
	Bookmark bool   `help:"Print the state instead: what all parts say together, or, of a pass that is over, what it has left."`
}

// errNoPass says that there is nothing to tell of.
var errNoPass = &tap.InputError{Err: errors.New("nothing was submitted to this fleet yet: tap-rest submit does that")}

// Run prints how far the latest pass is.
func (c *StatusCmd) Run(rt *program.Runtime) error {
	o, err := rt.Options()
	if err == nil && c.Fleet == "" {
		o, err = (&inputs.ChoiceFlags{Config: c.Config}).Settings(rt)
	}
	if err != nil {
		return &tap.InputError{Err: err}
	}
	f, end, err := c.open(rt, &o, "status", false, 1)
	if err != nil {
		return err
	}
	defer end()
	if c.Bookmark {
		return printBookmark(rt.Stop, rt.Stdout, f)
	}
	r, err := f.Report(rt.Stop)
	switch {
	case err != nil:
		return err
	case r == nil:
		return errNoPass
	case c.Format == "json":
		return json.NewEncoder(rt.Stdout).Encode(r)
	}
	return printReport(rt.Stdout, f.Name(), r)
}

// printBookmark prints the state on one line.
func printBookmark(ctx context.Context, out io.Writer, f *fleet.Fleet) error {
	p, err := f.Pass(ctx)
	if err == nil && p == nil {
		return errNoPass
	}
	var s *state.State
	if err == nil && p.Over != nil {
		s, err = f.Bookmark(ctx)
	} else if err == nil {
		s, err = f.State(ctx, p.ID)
	}
	if err != nil {
		return err
	}
	_, err = out.Write(append(s.AppendSinger(nil), '\n'))
	return err
}

// printReport prints how far a pass is, for people.
func printReport(out io.Writer, name string, r *fleet.Report) error {
	p, end := r.Pass, "under way"
	switch {
	case p.Over != nil && p.Why != "":
		end = "over since " + p.Over.Format(time.RFC3339) + ", though not all of it was read: " + p.Why
	case p.Over != nil:
		end = "over since " + p.Over.Format(time.RFC3339)
	case !p.Queued:
		end = "not queued whole: its submission was cut off (submit again)"
	case r.Rest == fleet.Failed:
		end = "stuck, since its end is given up (submit again, once what it says is mended)"
	}
	_, err := fmt.Fprintf(out, "fleet %s: pass %s of %s, submitted %s: %s\n%d parts: %d done, %d under way, %d waiting, %d owed, %d given up; the rest of the plan: %s\n",
		name, p.ID, p.Source, p.Submitted.Format(time.RFC3339), end, r.Parts, r.Done, r.Working, r.Waiting, r.Owed, r.Failed, r.Rest)
	if err != nil || len(r.Entries) == 0 {
		return err
	}
	t := report.NewTable(out, 8, parts.TableHeld)
	if err := t.Row("", "stream", "partition", "context", "from", "to", "worker", "since", "tries", "why"); err != nil {
		return err
	}
	for _, e := range r.Entries {
		if err := t.Row(string(e.Status), cmp.Or(e.Stream, "the rest of the plan"), e.Partition, string(e.Context), parts.Unquoted(e.Start), parts.Unquoted(e.End), e.Worker, e.Since.Format(time.RFC3339), fmt.Sprint(e.Tries), e.Why); err != nil {
			return err
		}
	}
	return t.Flush()
}
