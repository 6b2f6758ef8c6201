package main

import (
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// replayCmd reads recorded passes again.
type replayCmd struct {
	inputs.RunFlags
	program.WatchFlags
}

// Run writes the messages of the last pass of each selected stream, from the
// journal alone, its account on stderr.
func (c *replayCmd) Run(rt *program.Runtime) error {
	if err := c.Observe(rt, "replay"); err != nil {
		return err
	}
	o, err := c.Options(rt, inputs.KnownOnly)
	if err != nil {
		return err
	}
	o.Replay = true
	return rt.ReadOut(o, c.WatchFlags, func(err error) error { return err })
}
