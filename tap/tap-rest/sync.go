package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/tap"
)

// syncCmd is the Singer tap.
type syncCmd struct {
	inputFlags
	shareFlags
	watchFlags
	EmitPlan string      `placeholder:"FILE" help:"Read what other runs cannot read in parts, and write a plan of all the rest to FILE: of parents' children too. --plan FILE reads it."`
	Discover bool        `xor:"mode" help:"Print the catalog and stop."`
	Test     testMode    `xor:"mode" help:"Read one page of every stream and check it (=records), print SCHEMA messages (=schema), or both (=all)."`
	About    bool        `xor:"mode" help:"Say what this tap is and which settings it takes."`
	Format   aboutFormat `enum:"text,json,markdown,meltano" default:"text" help:"How --about is written: text, json, markdown or meltano."`
}

// testMode is the value of --test, which may stand without one.
type testMode string

// The test modes.
const (
	testRecords testMode = "records"
	testSchema  testMode = "schema"
	testAll     testMode = "all"
)

// IsBool makes kong take --test without a value.
func (testMode) IsBool() bool { return true }

// Decode reads the value of --test=….
func (m *testMode) Decode(ctx *kong.DecodeContext) error {
	*m = testRecords
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	switch v := testMode(fmt.Sprint(ctx.Scan.Pop().Value)); v {
	case testRecords, testSchema, testAll:
		*m = v
		return nil
	default:
		return fmt.Errorf("wants records, schema or all, not %q", v)
	}
}

// Run reads the streams out, or does what a flag says instead.
func (c *syncCmd) Run(rt *runtime) error {
	if rt.target != nil && (c.About || c.Discover || c.Test != "") {
		return errNoTargetHere
	}
	if c.About {
		return c.about(rt)
	}
	if c.EmitPlan != "" && (c.Discover || c.Test != "") {
		return &tap.InputError{Err: errors.New("--emit-plan reads streams: leave it away beside --discover and --test")}
	}
	if c.Discover && c.Select != nil {
		return &tap.InputError{Err: errors.New("--discover prints all that there is to read: leave --select away beside it")}
	}
	if err := c.observe(rt, "sync"); err != nil {
		return err
	}
	o, err := c.options(rt, tap.Discover)
	if err != nil {
		return err
	}
	if o.Share, err = c.share(&o, rt.target != nil); err != nil {
		return &tap.InputError{Err: err}
	}
	switch {
	case o.Share != nil && (c.Discover || c.Test != ""):
		return &tap.InputError{Err: errors.New("--plan says what of a plan is read: leave it away beside --discover and --test")}
	case c.Discover:
		return discover(rt, o)
	case c.Test != "":
		return c.test(rt, o)
	}
	if c.EmitPlan == "" {
		return syncStreams(rt, o, c.watchFlags)
	}
	if o.Share != nil {
		return &tap.InputError{Err: errors.New("--emit-plan makes a plan, and --plan reads one: give one of them")}
	}
	return emitPlan(rt, o, c.EmitPlan, c.watchFlags)
}

// stopping is what a run says when a signal stops it.
const stopping = "a signal stops the run: no request starts any more, those under way get 5s, and what is collected is written"

// syncStreams is a whole run, its account on stderr.
func syncStreams(rt *runtime, o tap.Options, watched watchFlags) error {
	forget := context.AfterFunc(rt.stop, func() { o.Log.Info(stopping) })
	defer forget()
	return rt.readOut(o, watched, func(err error) error {
		var failures tap.Failures
		if errors.As(err, &failures) {
			rt.console.Say("%s", whatNext(failures, o.Config.Run.Start != "" || o.Config.Run.End != ""))
		}
		return err
	})
}

// whatNext says what to do about streams that failed. A walk that the API has
// lost does not go on: the next run reads it from its start. A run that reads a range
// of time again has its place in the journal alone.
func whatNext(failures tap.Failures, again bool) string {
	next, lost := "it goes on from the last STATE", failures.Lost()
	if again {
		next = "with the same run.start and run.end it goes on from the journal"
	}
	switch {
	case len(lost) == len(failures):
		next = "it reads " + strings.Join(lost, ", ") + " from the start again"
	case len(lost) > 0:
		next += ", but reads " + strings.Join(lost, ", ") + " from the start again"
	}
	if failures.Temporary() {
		return "failed for now: run it again, " + next
	}
	return "failed for good: mend what is said above and run it again, " + next
}

func discover(rt *runtime, o tap.Options) error {
	o.Catalog = nil // discovery says what there is, not what was chosen
	streams, err := tap.Discover(rt.stop, o)
	var failures tap.Failures
	if errors.As(err, &failures) {
		_ = printed(rt, err)
		rt.console.Say("no catalog is written, since a catalog without a stream says that there is no such stream; " +
			"mend what is said above (a stream whose definition has a schema needs no call), or take the stream out of the definition")
	}
	if err != nil {
		return err
	}
	_, err = rt.stdout.Write(catalog.AppendSinger(nil, streams))
	return err
}

func (c *syncCmd) test(rt *runtime, o tap.Options) error {
	var err error
	if c.Test == testSchema || c.Test == testAll {
		err = tap.TestSchema(rt.stop, o)
	}
	if err == nil && c.Test != testSchema {
		err = tap.Test(rt.stop, o)
	}
	return printed(rt, err)
}

// printed logs the failures of streams, as a sync does when they happen.
func printed(rt *runtime, err error) error {
	var failures tap.Failures
	if errors.As(err, &failures) {
		for _, f := range failures {
			rt.console.Log().Error(f.Error())
		}
	}
	return err
}
