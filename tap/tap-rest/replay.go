package main

// replayCmd reads recorded passes again.
type replayCmd struct {
	inputFlags
	watchFlags
}

// Run writes the messages of the last pass of each selected stream, from the
// journal alone, its account on stderr.
func (c *replayCmd) Run(rt *runtime) error {
	if err := c.observe(rt, "replay"); err != nil {
		return err
	}
	o, err := c.options(rt, knownOnly)
	if err != nil {
		return err
	}
	o.Replay = true
	return rt.readOut(o, c.watchFlags, func(err error) error { return err })
}
