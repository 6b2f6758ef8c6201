package main

import "github.com/tap-rest/tap-rest/tap"

// replayCmd reads recorded passes again.
type replayCmd struct {
	inputFlags
}

// Run writes the messages of the last pass of each selected stream, from the
// journal alone, its account on stderr.
func (c *replayCmd) Run(rt *runtime) error {
	o, err := c.options(rt)
	if err != nil {
		return err
	}
	o.Replay = true
	return rt.load(o, func(o tap.Options) error { return readOut(rt, o) })
}
