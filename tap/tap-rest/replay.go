package main

import (
	"errors"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
)

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
	if o.Gone, err = console.WatchReader(rt.stdout); err != nil {
		return err
	}
	o.Replay, o.Watch = true, rt.console.Progress
	account, err := tap.Sync(rt.stop, o)
	if account != nil && !errors.Is(err, tap.ErrClosedOutput) {
		rt.console.Account(account)
	}
	return err
}
