package main

import (
	"errors"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/settings"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// specCmd says which settings there are. It is asked before there are any.
type specCmd struct{}

// Run writes the SPEC of the definition that is baked in or that the
// environment names. Without one it asks for a definition.
func (c *specCmd) Run(rt *program.Runtime) error {
	rt.Console.SpeakAirbyte(rt.Stdout)
	input, err := (&inputs.ChoiceFlags{Literal: true}).Read()
	if err != nil {
		return &tap.InputError{Err: err}
	}
	connection := settings.GenericSpecification()
	d, err := inputs.Definition(input)
	switch {
	case err == nil:
		connection = d.ConnectionSpecification()
	case !errors.Is(err, config.ErrNoSource):
		return &tap.InputError{Err: err}
	}
	return rt.Console.Speak(message.AppendAirbyteSpec(nil, connection))
}

// airbyteFlags are the settings, as Airbyte hands them over.
type airbyteFlags struct {
	Config []string `placeholder:"FILE" sep:"none" help:"Settings as a JSON object."`
}

// options reads the settings. Its error is a *tap.InputError.
func (f *airbyteFlags) options(rt *program.Runtime) (tap.Options, error) {
	log := rt.Console.SpeakAirbyte(rt.Stdout)
	o, err := (&inputs.ChoiceFlags{Config: f.Config, Literal: true}).Settings(rt)
	if err != nil {
		return o, &tap.InputError{Err: err}
	}
	o.Protocol = message.Airbyte{Log: log}
	o.Rotated = f.rotated(log)
	return o, nil
}

// rotated tells Airbyte of the config with another refresh token: it keeps no folder
// between two runs.
func (f *airbyteFlags) rotated(log *message.AirbyteLog) func([]string, string) {
	return func(setting []string, token string) {
		input, err := (&inputs.ChoiceFlags{Config: f.Config, Literal: true}).Read()
		if err != nil {
			return // it was read a moment ago: the file of the token has it
		}
		if text, found := input.With(setting, token); found {
			log.Control(time.Now(), text)
		}
	}
}

// checkCmd proves the settings.
type checkCmd struct {
	airbyteFlags
	All bool `help:"Ask for the first page of every stream, and of its parents as needed, with few records on a page."`
}

// Run reads the first page of the stream that the definition names for this. A
// connection that failed is an answer like any other.
func (c *checkCmd) Run(rt *program.Runtime) error {
	o, err := c.options(rt)
	switch {
	case err != nil:
	case c.All:
		o.Definition = small(o.Definition)
		err = tap.Test(rt.Stop, o)
	default:
		name := o.Definition.Check
		o.Catalog = &catalog.Catalog{Streams: []*catalog.Stream{{ID: name, Name: name, Selected: true}}}
		err = tap.Test(rt.Stop, o)
	}
	why := ""
	if err != nil {
		why = rt.Console.Redact(err.Error())
	}
	if spoken := rt.Console.Speak(message.AppendAirbyteCheck(nil, why)); spoken != nil {
		return spoken
	}
	var failures tap.Failures
	if errors.As(err, &failures) {
		return nil
	}
	return err
}

// smallPage is how many records a page has at most where all streams are checked.
const smallPage = 10

// small is a definition whose streams ask for few records at a time, where a key of
// it says how many.
func small(d *sources.Definition) *sources.Definition {
	all := *d
	all.Streams = nil
	for _, s := range d.Streams {
		one := *s
		one.Pagination.Sends.Size = min(one.Pagination.Sends.Size, smallPage)
		all.Streams = append(all.Streams, &one)
	}
	return &all
}

// discoverCmd says what there is to read.
type discoverCmd struct{ airbyteFlags }

// Run writes the CATALOG of all streams. Where one of them cannot be told there
// is none: a stream that is not in it is one that is gone.
func (c *discoverCmd) Run(rt *program.Runtime) error {
	o, err := c.options(rt)
	if err != nil {
		return err
	}
	streams, err := tap.Discover(rt.Stop, o)
	var failures tap.Failures
	if errors.As(err, &failures) {
		for _, f := range failures {
			program.Trace(rt.Console, f)
		}
	}
	if err != nil {
		return err
	}
	return rt.Console.Speak(message.AppendAirbyteCatalog(nil, catalog.AppendAirbyte(nil, streams)))
}

// readCmd reads the configured streams out.
type readCmd struct {
	airbyteFlags
	program.MetricsFlags
	Catalog string `placeholder:"FILE" help:"The configured catalog: which streams and fields to read, and how. Without it: all of them."`
	State   string `placeholder:"FILE" help:"Where the last run came to: the last STATE message of each stream, in an array."`
}

// Run reads the streams out.
func (c *readCmd) Run(rt *program.Runtime) error {
	if err := c.Observe(rt, "read"); err != nil {
		return err
	}
	o, err := c.options(rt)
	if err != nil {
		return err
	}
	if err := c.inputs(&o); err != nil {
		return &tap.InputError{Err: err}
	}
	err = rt.Sync(o, program.WatchFlags{Progress: console.Off})
	if errors.Is(err, tap.ErrClosedOutput) || errors.Is(err, tap.ErrBlocked) {
		return err
	}
	return errors.Join(err, rt.Console.Speak(nil))
}

// inputs reads catalog and state.
func (c *readCmd) inputs(o *tap.Options) error {
	if c.Catalog != "" {
		data, err := inputs.ReadFile("--catalog", c.Catalog)
		if err != nil {
			return err
		}
		o.CatalogFile = c.Catalog
		if o.Catalog, err = catalog.ParseAirbyte(c.Catalog, data); err != nil {
			return err
		}
	}
	if c.State == "" {
		return nil
	}
	data, err := inputs.ReadFile("--state", c.State)
	if err != nil {
		return err
	}
	o.StateFile = c.State
	o.State, err = state.ParseAirbyte(c.State, data)
	return err
}
