package preview

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// Cmd shows the first records of a stream.
type Cmd struct {
	File    string   `arg:"" help:"The definition."`
	Stream  string   `arg:"" help:"One of its streams."`
	Config  []string `placeholder:"FILE" sep:"none" help:"Settings, as of a sync."`
	Limit   int      `default:"20" placeholder:"N" help:"So many records at most (20), of the first three pages."`
	Columns []string `placeholder:"A,B" help:"These fields alone, in this order; a.b is a field within one."`
	Format  string   `enum:"table,json" default:"table" help:"table, or json: one object that says what was asked for, too."`
	Raw     bool     `help:"The records alone, whole, each on a line as it would leave."`
}

// Help stands in the command's help.
func (c *Cmd) Help() string {
	return `Below the table stand the requests that were made, and what ended the walk, or would
have. With --format=json stdout is one object, whatever happens after the first
request: stream, records, requests (stream, request, status, records, attempts, decode),
end, warnings and errors. Values are cut in a table alone.`
}

// Run fetches the stream's first pages and prints their records.
func (c *Cmd) Run(rt *program.Runtime) error {
	show, err := c.writer()
	if err != nil {
		return &tap.InputError{Err: err}
	}
	o, err := c.options(rt)
	if err != nil {
		return err
	}
	told := &warnings{}
	o.Log = told.of(o.Log)
	look, err := tap.Preview(rt.Stop, o, c.Stream, c.Limit)
	var input *tap.InputError
	if errors.As(err, &input) {
		return err
	}
	s := &showing{stream: c.Stream, look: look, columns: c.Columns, warnings: told.list(), failed: err, redact: rt.Console.Redact}
	if missing := s.missing(); missing != nil && look.Records != nil {
		rt.Console.Log().Warn(missing.Error())
	}
	if failed := show(s, rt.Stdout); failed != nil {
		return failed
	}
	return rt.Printed(err)
}

// writer returns how the records are printed.
func (c *Cmd) writer() (showingWriter, error) {
	switch {
	case c.Limit < 1:
		return nil, fmt.Errorf("--limit wants a number from 1 on, not %d", c.Limit)
	case c.Raw && c.Format == "json":
		return nil, errors.New("--raw prints the records alone, --format=json an object that holds them: only one of them is possible")
	case c.Raw:
		return (*showing).raw, nil
	case c.Format == "json":
		return (*showing).json, nil
	}
	return (*showing).table, nil
}

// options reads the definition and the settings. Its error is a *tap.InputError.
func (c *Cmd) options(rt *program.Runtime) (tap.Options, error) {
	o, err := (&inputs.ChoiceFlags{Config: c.Config}).SettingsFor(rt, func(*config.Input) (*sources.Definition, error) { return config.Load(c.File) })
	if err != nil {
		return o, &tap.InputError{Err: err}
	}
	return o, nil
}
