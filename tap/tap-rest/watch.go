package main

import (
	"errors"
	"os"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
)

// watchFlags say who watches a run, and how.
type watchFlags struct {
	Progress console.Mode `enum:"auto,live,plain,off" default:"auto" env:"TAP_REST_PROGRESS" help:"How stderr shows how far the run is: auto (live on a terminal), live, plain (a line every 30s) or off."`
}

// lookEvery is how often a run is looked at, at most.
const lookEvery = 100 * time.Millisecond

// watchers are those who look at a run while it goes on.
type watchers struct {
	all  []func(*report.Snapshot)
	last time.Time
}

// add adds one; nil is none.
func (w *watchers) add(one func(*report.Snapshot)) {
	if one != nil {
		w.all = append(w.all, one)
	}
}

// look shows them the account; it may be called very often.
func (w *watchers) look(a *report.Account) {
	if now := time.Now(); now.Sub(w.last) >= lookEvery {
		w.last = now
		w.show(a)
	}
}

func (w *watchers) show(a *report.Account) {
	s := a.Snapshot()
	for _, one := range w.all {
		one(s)
	}
}

// readOut reads streams out, to stdout or into a target, the account on stderr. Where the
// target has gone away, what it was sent says nothing. after may change the error.
func (rt *runtime) readOut(o tap.Options, flags watchFlags, after func(error) error) error {
	w := &watchers{}
	var stdout *os.File
	if rt.target == nil {
		stdout = rt.stdout
	}
	w.add(rt.console.Watch(flags.Progress, stdout))
	if len(w.all) > 0 {
		o.Watch = w.look
	}
	return rt.load(o, func(o tap.Options) error {
		account, err := tap.Sync(rt.stop, o)
		rt.console.Clear()
		if account != nil && !errors.Is(err, tap.ErrClosedOutput) {
			rt.console.Account(account)
		}
		return after(err)
	})
}
