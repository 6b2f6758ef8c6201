//go:build unix

package console

import (
	"os"
	"os/signal"
	"syscall"
)

// windows says that the system is Windows, whose terminals have no TERM.
const windows = false

// onResize calls changed whenever the terminal has another size, until end is called.
func onResize(changed func()) (end func()) {
	resized, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(resized, syscall.SIGWINCH)
	go func() {
		for {
			select {
			case <-resized:
				changed()
			case <-over:
				return
			}
		}
	}()
	return func() {
		signal.Stop(resized)
		close(over)
	}
}
