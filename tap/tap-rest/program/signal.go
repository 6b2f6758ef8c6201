package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/target"
)

// caught are the signals that stop a run.
type caught struct {
	c       chan os.Signal
	first   atomic.Pointer[os.Signal]
	abandon atomic.Pointer[func(os.Signal)] // what a second one does before it kills; nil: nothing
}

// errSignal is the cause with which a run that a signal stops is ended.
var errSignal = errors.New("stopped by a signal")

// catchSignals returns a context that SIGTERM and SIGINT end. A second one
// kills at once, but for what [caught.before] says, and leave, which leaves the terminal. SIGPIPE is taken and dropped: writing to a closed stdout is an error
// like any other. Were it ignored, then by a target too, and by all that it starts.
func catchSignals(leave func()) (context.Context, *caught) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &caught{c: make(chan os.Signal, 1)}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signal.Notify(s.c, os.Interrupt, syscall.SIGTERM)
	go func() {
		got := <-s.c
		s.first.Store(&got)
		cancel(errSignal)
		got = <-s.c
		if abandon := s.abandon.Load(); abandon != nil {
			(*abandon)(got)
		}
		leave()
		raise(got)
	}()
	return ctx, s
}

// before makes a second signal do something before it kills.
func (s *caught) before(abandon func(os.Signal)) { s.abandon.Store(&abandon) }

// longestEnd is how long a program that a signal stops may take: a run needs
// ten seconds where an API does not answer and stdout is blocked, and then its target,
// if it has one, has some time too.
func longestEnd(command []string) time.Duration {
	if command == nil {
		return 15 * time.Second
	}
	return 15*time.Second + target.Patience
}

// errOverdue says why a program was ended.
var errOverdue = errors.New("stopped by a signal, but the run did not end in time: something that it waits for does not come, such as a reader of stdout")

// overdue ends a program that a signal has not stopped, whatever it waits for.
func (s *caught) overdue(con *console.Console, after time.Duration) {
	fail(con, fmt.Errorf("%w (it had %s)", errOverdue, after))
	con.Flush()
	s.raise()
}

// code is the exit code that a parent sees of a program that would end with another one: 128
// and its number, where a signal was caught that the program dies by.
func (s *caught) code(own int) int {
	if got := s.first.Load(); got != nil {
		if sig, ok := (*got).(syscall.Signal); ok {
			return 128 + int(sig)
		}
	}
	return own
}

// raise sends the signal that was caught again, now that all is done, so that
// the parent sees death by that signal. It returns where there was none.
func (s *caught) raise() {
	if got := s.first.Load(); got != nil {
		raise(*got)
	}
}
