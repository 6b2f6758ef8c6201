package main

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap"
)

// lintCmd checks a definition.
type lintCmd struct {
	File string `arg:"" help:"The definition."`
}

// Run prints all problems, or a line that there are none.
func (c *lintCmd) Run(rt *runtime) error {
	d, err := sources.Load(c.File)
	if err != nil {
		return &tap.InputError{Err: err}
	}
	for _, warning := range append(d.Warnings, tap.SchemaWarnings(d)...) {
		rt.console.logger.Warn(warning.Error())
	}
	_, err = fmt.Fprintf(rt.stdout, "%s: %d streams, no problem\n", c.File, len(d.Streams))
	return err
}
