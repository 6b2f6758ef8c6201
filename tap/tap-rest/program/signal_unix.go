//go:build unix

package program

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// raise ends the process by a signal, or with 128+n where that is impossible:
// the kernel sends process 1 no signal that it does not handle.
func raise(got os.Signal) {
	sig := got.(syscall.Signal)
	signal.Reset(sig)
	if os.Getpid() != 1 && syscall.Kill(os.Getpid(), sig) == nil {
		time.Sleep(time.Second) // it is delivered to some thread, soon
	}
	os.Exit(128 + int(sig))
}
