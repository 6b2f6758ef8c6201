package console

import (
	"fmt"
	"os"
	"syscall"

	"github.com/tap-rest/tap-rest/tap"
)

// errNoStdout is a stdout that was closed before the program began.
var errNoStdout = fmt.Errorf("%w, or was closed from the start (to read without keeping anything, write > %s)", tap.ErrClosedOutput, os.DevNull)

// WatchReader returns what is closed when nobody reads a file any more, as far
// as the system tells. The error is tap.ErrClosedOutput where nobody does from
// the start.
func WatchReader(f *os.File) (gone <-chan struct{}, err error) {
	if closedAtStart(f) {
		return nil, errNoStdout
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, nil
	}
	var fd int
	if raw.Control(func(n uintptr) { fd = int(n) }) != nil {
		return nil, nil
	}
	if hasNoReader(fd, 0) {
		return nil, tap.ErrClosedOutput
	}
	c := make(chan struct{})
	go func() {
		if hasNoReader(fd, -1) {
			close(c)
		}
	}()
	return c, nil
}

// closedAtStart reports whether a file stands for a descriptor that was closed:
// Go's runtime opens the null device in its place, for reading and writing,
// while a shell opens it for writing alone.
func closedAtStart(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return true
	}
	null, err := os.Stat(os.DevNull)
	if err != nil || !os.SameFile(info, null) {
		return false
	}
	return accessMode(f) == syscall.O_RDWR
}
