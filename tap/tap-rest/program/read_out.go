package program

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/tap-rest/tap-rest/tap"
)

// ReadOut reads streams out, to stdout or into a target, the account on stderr. Where the
// target has gone away, what it was sent says nothing. after may change the error.
func (rt *Runtime) ReadOut(o tap.Options, flags WatchFlags, after func(error) error) error {
	w := &rt.watchers
	var stdout *os.File
	if rt.Target == nil {
		stdout = rt.Stdout
	}
	w.add(rt.Console.Watch(flags.Progress, stdout))
	if len(w.all) > 0 {
		o.Watch = w.look
	}
	o.Tracer = rt.tracer
	return rt.load(o, func(o tap.Options) error {
		account, err := tap.Sync(rt.Stop, o)
		if account != nil && len(w.all) > 0 && !errors.Is(err, tap.ErrBlocked) {
			w.show(account)
		}
		rt.Console.Clear()
		if account != nil && !errors.Is(err, tap.ErrClosedOutput) {
			rt.Console.Account(account)
		}
		return after(err)
	})
}

// stopping is what a run says when a signal stops it.
const stopping = "a signal stops the run: no request starts any more, those under way get 5s, and what is collected is written"

// Sync is a whole run, its account on stderr.
func (rt *Runtime) Sync(o tap.Options, watched WatchFlags) error {
	forget := context.AfterFunc(rt.Stop, func() { o.Log.Info(stopping) })
	defer forget()
	return rt.ReadOut(o, watched, func(err error) error {
		var failures tap.Failures
		if errors.As(err, &failures) {
			rt.Console.Say("%s", whatNext(failures, o.Config.Run.Start != "" || o.Config.Run.End != ""))
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

// Printed logs the failures of streams, as a sync does when they happen, and returns the
// error that it was given.
func (rt *Runtime) Printed(err error) error {
	var failures tap.Failures
	if errors.As(err, &failures) {
		for _, f := range failures {
			rt.Console.Log().Error(f.Error())
		}
	}
	return err
}
