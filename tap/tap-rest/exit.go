package main

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
)

// The exit codes are API: orchestrators decide by them.
const (
	exitComplete = 0
	exitFailed   = 1  // something failed for good
	exitUnusable = 2  // the input is unusable, nothing was fetched
	exitTryAgain = 75 // failed for now (EX_TEMPFAIL): the next run goes on from here
)

// exitCode prints what went wrong, unless the log has said so already, and
// returns the code for it.
func exitCode(con *console, err error) int {
	var failures tap.Failures
	switch {
	case err == nil:
		return exitComplete
	case errors.As(err, &failures):
		if failures.Temporary() {
			return exitTryAgain
		}
		return exitFailed
	}
	if closedStdout(err) {
		return exitFailed
	}
	con.fatal(err)
	var broken *tap.JournalError
	if errors.Is(err, journal.ErrBusy) || errors.As(err, &broken) {
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
