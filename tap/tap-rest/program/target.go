package program

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/target"
)

// ErrNoTargetHere is a target where nothing is read out.
var ErrNoTargetHere = &tap.InputError{Err: errors.New("a target behind -- loads what is read out: leave it away here, or leave the other command or flag away " +
	"(tap-rest --config FILE [--state FILE] -- TARGET ARGUMENTS)")}

// MayLoad reports why a command has no place for the target on the command line.
func (rt *Runtime) MayLoad(command string) error {
	switch {
	case rt.Target == nil:
		return nil
	case len(rt.Target) == 0:
		return &tap.InputError{Err: errors.New("behind -- stands no target: write its command there, as in -- target-jsonl --config target.json")}
	case command != "sync" && command != "replay" && command != "worker":
		return ErrNoTargetHere
	}
	return nil
}

// load runs what writes a run's lines: to stdout, or into the target.
func (rt *Runtime) load(o tap.Options, run func(tap.Options) error) error {
	if rt.Target == nil {
		var err error
		if o.Gone, err = console.WatchReader(rt.Stdout); err != nil {
			return err
		}
		return run(o)
	}
	file := o.StateFile
	if o.Replay {
		file = "" // it says again what the state that there is says already
	}
	keeper, err := target.NewKeeper(file, func(stream string) bool { return o.Definition.Stream(stream) != nil }, o.Log)
	if err != nil {
		return &tap.InputError{Err: err}
	}
	err = rt.LoadInto(o, keeper, run)
	if err == nil {
		rt.tellUnconfirmed(o, keeper)
	}
	return Loaded(err, file != "")
}

// LoadInto runs what writes a run's lines into the target, and keeps what that confirms.
// Its error is a *LoadError, or an *tap.InputError where the target could not be started.
func (rt *Runtime) LoadInto(o tap.Options, keeper *target.Keeper, run func(tap.Options) error) error {
	stderr, end, err := rt.Console.Beside()
	if err != nil {
		return err
	}
	defer end()
	t, err := target.Start(rt.Target, stderr, keeper.Printed)
	if err != nil {
		return &tap.InputError{Err: err}
	}
	rt.signals.before(t.Abandon)
	ended := func() error {
		defer target.WatchEnd(rt.Target[0], o.Log)()
		return t.End(rt.Stop)
	}
	o.Out, o.Gone = target.Watch(t.Stdin(), rt.Target[0], o.Log), t.Gone()
	o.Stored = func() error {
		slow := time.AfterFunc(10*time.Second, func() {
			o.Log.Info("all is read: waiting for the target to load the rest and to end", "target", rt.Target[0])
		})
		defer slow.Stop()
		return cmp.Or(ended(), keeper.Err())
	}
	err = run(o)
	failed := ended()
	if err == nil && failed == nil && keeper.Err() == nil {
		return nil
	}
	return &LoadError{run: err, target: failed, keep: keeper.Err(), kept: true}
}

// tellUnconfirmed says where a run and its target ended well, and yet the target has
// not confirmed all that it got.
func (rt *Runtime) tellUnconfirmed(o tap.Options, keeper *target.Keeper) {
	if o.StateFile == "" || o.Replay {
		return
	}
	switch last, some := keeper.Confirmed(o.State); {
	case last:
	case some:
		o.Log.Warn("the target ended without an error, but the last state that it printed is not the last one that it got: the next run sends again what came in between",
			"target", rt.Target[0], "state_file", o.StateFile)
	default:
		o.Log.Warn("the target ended without an error, but printed no state, so that none is kept: the next run sends all of this again; a Singer target prints each state on stdout once it has stored what came before",
			"target", rt.Target[0], "state_file", o.StateFile)
	}
}

// LoadError is the end of a run and its target, of which one did not end well.
type LoadError struct {
	run    error // nil: it ended well
	target error // nil: it ended well
	keep   error // why the last state is not in the file; nil: it is
	kept   bool  // there is a file for states
}

// Loaded is the end of a run with a target: that of the run, where all else is well. kept
// says that there is a file for states.
func Loaded(err error, kept bool) error {
	var e *LoadError
	if !errors.As(err, &e) {
		return err
	}
	if e.target == nil && e.keep == nil && !errors.Is(e.run, tap.ErrClosedOutput) {
		return e.run
	}
	e.kept = kept
	return e
}

// Error says what went wrong behind the run, and what comes next.
func (e *LoadError) Error() string {
	var all []string
	for _, err := range []error{e.target, e.keep} {
		if err != nil {
			all = append(all, err.Error())
		}
	}
	if len(all) == 0 {
		all = append(all, "the target ended before it had read everything, though without an error")
	}
	next := "The next run goes on from the last state that the target has confirmed, and asks for nothing again that the journal has"
	if !e.kept {
		next = "No state is kept, since there is no --state FILE: the next run sends all of it again, and asks for nothing again that the journal has"
	}
	return strings.Join(all, "; ") + ". " + next
}

// Unwrap is the error of the run.
func (e *LoadError) Unwrap() error { return e.run }

// code is the worse of both exit codes, own being that of the run. A run that failed
// only since its target had ended has no code of its own.
func (e *LoadError) code(own int) int {
	if errors.Is(e.run, tap.ErrClosedOutput) || own == exitComplete || own == exitTryAgain {
		var failed *target.Failed
		switch {
		case errors.As(e.target, &failed):
			return failed.Code
		case e.target != nil || e.keep != nil || errors.Is(e.run, tap.ErrClosedOutput):
			return exitFailed
		}
	}
	return own
}
