package program

import (
	"context"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/metrics"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/telemetry"
	"github.com/tap-rest/tap-rest/tap/tracing"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Runtime is what commands find around them.
type Runtime struct {
	Stop    context.Context // ended by a signal
	Console *console.Console
	Stdout  *os.File
	Version string                    // of the program
	Target  []string                  // the command that stands behind --; nil: what is read goes to stdout
	Again   func(args []string) error // does what a flag that prints something does
	Model   *kong.Application         // of the command line
	Metrics *metrics.File             // nil: none was asked for

	signals   *caught
	watchers  watchers             // of the run
	telemetry *telemetry.Telemetry // nil: nothing is exported
	tracer    tracing.Tracer       // nil: nobody follows the run
	ends      []func(code int)     // told how the program ends
}

// New returns what a command finds around it, and catches the signals that stop it. Where
// it has not ended in time after one, it is killed, whatever it waits for.
func New(con *console.Console, stdout *os.File, version string, target []string) *Runtime {
	rt := &Runtime{Console: con, Stdout: stdout, Version: version, Target: target}
	rt.Stop, rt.signals = catchSignals(con.Leave)
	longest := longestEnd(target)
	context.AfterFunc(rt.Stop, func() { time.AfterFunc(longest, func() { rt.signals.overdue(con, longest) }) })
	return rt
}

// End prints the error that a command ended with, and tells all that watch the run how the
// program ends. It returns the exit code, but dies by the signal that has stopped it, if
// there was one.
func (rt *Runtime) End(err error) (code int) {
	rt.Console.Clear()
	code = ExitCode(rt.Console, err)
	for _, told := range rt.ends {
		told(rt.signals.code(code))
	}
	rt.Console.Flush()
	rt.signals.raise()
	return code
}

// Options are those of a run without inputs.
func (rt *Runtime) Options() (tap.Options, error) {
	dir, err := workdir.Default()
	if err != nil {
		return tap.Options{}, &tap.InputError{Err: err}
	}
	return rt.OptionsIn(dir), nil
}

// OptionsIn are those of a run that keeps what it keeps in a folder.
func (rt *Runtime) OptionsIn(dir string) tap.Options {
	return tap.Options{
		State: &state.State{}, WorkDir: dir, Version: rt.Version, Out: rt.Stdout, Log: rt.Console.Log(),
	}
}
