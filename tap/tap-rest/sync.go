package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/parts"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// syncCmd is the Singer tap.
type syncCmd struct {
	inputs.RunFlags
	parts.ShareFlags
	program.WatchFlags
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
func (c *syncCmd) Run(rt *program.Runtime) error {
	if rt.Target != nil && (c.About || c.Discover || c.Test != "") {
		return program.ErrNoTargetHere
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
	if err := c.Observe(rt, "sync"); err != nil {
		return err
	}
	o, err := c.Options(rt, tap.Discover)
	if err != nil {
		return err
	}
	if o.Share, err = c.Share(&o, rt.Target != nil); err != nil {
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
		return rt.Sync(o, c.WatchFlags)
	}
	if o.Share != nil {
		return &tap.InputError{Err: errors.New("--emit-plan makes a plan, and --plan reads one: give one of them")}
	}
	return parts.Emit(rt, o, c.EmitPlan, c.WatchFlags)
}

func discover(rt *program.Runtime, o tap.Options) error {
	o.Catalog = nil // discovery says what there is, not what was chosen
	streams, err := tap.Discover(rt.Stop, o)
	var failures tap.Failures
	if errors.As(err, &failures) {
		_ = rt.Printed(err)
		rt.Console.Say("no catalog is written, since a catalog without a stream says that there is no such stream; " +
			"mend what is said above (a stream whose definition has a schema needs no call), or take the stream out of the definition")
	}
	if err != nil {
		return err
	}
	_, err = rt.Stdout.Write(catalog.AppendSinger(nil, streams))
	return err
}

func (c *syncCmd) test(rt *program.Runtime, o tap.Options) error {
	var err error
	if c.Test == testSchema || c.Test == testAll {
		err = tap.TestSchema(rt.Stop, o)
	}
	if err == nil && c.Test != testSchema {
		err = tap.Test(rt.Stop, o)
	}
	return rt.Printed(err)
}
