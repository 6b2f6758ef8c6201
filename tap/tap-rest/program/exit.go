package program

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/settings"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
)

// The exit codes are API: orchestrators decide by them.
const (
	exitComplete = 0
	exitFailed   = 1  // something failed for good
	exitUnusable = 2  // the input is unusable, nothing was fetched
	exitTryAgain = 75 // failed for now (EX_TEMPFAIL): the next run goes on from here
)

// ExitCode prints what went wrong, unless the log has said so already, and
// returns the code for it.
func ExitCode(con *console.Console, err error) int {
	var (
		failures tap.Failures
		load     *LoadError
	)
	switch {
	case err == nil:
		return exitComplete
	case errors.As(err, &load):
		own := exitComplete
		if load.run != nil && !errors.Is(load.run, tap.ErrClosedOutput) {
			own = ExitCode(con, load.run)
		}
		fail(con, errors.New(load.Error()))
		return load.code(own)
	case errors.As(err, &failures):
		if failures.Temporary() {
			return exitTryAgain
		}
		return exitFailed
	}
	if closedStdout(err) {
		return exitFailed
	}
	fail(con, err)
	var (
		broken *tap.JournalError
		server *fleet.ServerError
	)
	if errors.Is(err, journal.ErrBusy) || errors.Is(err, tap.ErrNoPlan) || errors.As(err, &broken) || errors.As(err, &server) {
		return exitTryAgain
	}
	var input *tap.InputError
	if errors.As(err, &input) {
		return exitUnusable
	}
	return exitFailed
}

// closedStdout reports whether nobody reads on what a command prints for people,
// as head does: they have what they want.
func closedStdout(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Path == os.Stdout.Name() && errors.Is(path.Err, syscall.EPIPE) && !errors.Is(err, tap.ErrClosedOutput)
}

// fail prints the error that ends the program.
func fail(con *console.Console, err error) {
	if !con.SpeaksAirbyte() || !Trace(con, err) {
		con.Fail(problems(err), err)
	}
}

// Trace writes the error that ends the program as a TRACE. It reports false
// where nobody reads stdout.
func Trace(con *console.Console, err error) bool {
	if errors.Is(err, tap.ErrClosedOutput) || errors.Is(err, tap.ErrBlocked) || errors.Is(err, errOverdue) {
		return false
	}
	failure := message.Failure{Type: tap.FailureType(err), Message: con.Redact(problems(err) + err.Error())}
	if errors.Is(err, errSignal) {
		failure.Type = message.TransientError
	}
	news := message.News{Event: message.Failed, At: time.Now(), Failure: failure}
	return con.Speak(message.Airbyte{}.AppendNews(nil, news)) == nil
}

// problems returns a line that stands above several problems, so that each of
// them begins a line: editors jump to the place that it names.
func problems(err error) string {
	var (
		definition document.Problems
		config     settings.Problems
	)
	errors.As(err, &definition)
	errors.As(err, &config)
	if n := len(definition) + len(config); n > 1 {
		return fmt.Sprintf("%d problems\n", n)
	}
	return ""
}
