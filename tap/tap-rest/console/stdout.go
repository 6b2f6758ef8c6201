package console

import (
	"fmt"
	"os"
	"syscall"

	"github.com/tap-rest/tap-rest/tap"
)

// noStdout is the error of a stdout that nobody can get a record from: it says why.
type noStdout string

func (e noStdout) Error() string { return string(e) }

func (noStdout) Unwrap() error { return tap.ErrClosedOutput }

// errClosed says that stdout was closed before the program began, or looks like that.
var errClosed = noStdout(fmt.Sprintf("stdout is closed, or it is %[1]s opened for reading and writing, as Python's subprocess.DEVNULL is, which looks the same from here: "+
	"give it a reader, or, to read without keeping anything, %[1]s opened for writing alone (> %[1]s in a shell, stdout=open(%[1]q, \"w\") in Python)", os.DevNull))

// errReadOnly says that stdout cannot be written to.
const errReadOnly noStdout = "stdout is open for reading alone (as 1<FILE in a shell opens it), so nothing can be written to it: open it for writing (> FILE), or give it a reader (| PROGRAM)"

// WatchReader returns what is closed when nobody reads a file any more, as far
// as the system tells. The error is tap.ErrClosedOutput where nobody does from
// the start.
func WatchReader(f *os.File) (gone <-chan struct{}, err error) {
	if closedAtStart(f) {
		return nil, errClosed
	}
	if accessMode(f) == syscall.O_RDONLY {
		return nil, errReadOnly
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
//
// Some supervisors open it for reading and writing as well (Python's
// subprocess.DEVNULL, Node's stdio 'ignore'). Flags of the descriptor and of the open
// file, mount, device and inode are the same then. One thing tells them apart: the
// runtime opens each closed descriptor anew, so an open file that stdin or stderr has,
// too, was there before. Where no other descriptor has it, the run is refused, since
// the other mistake costs more: a run whose stdout is closed pays for every call, and
// nobody has a record of it or knows of it, while whoever wants no records is told
// what to write instead before the first request.
func closedAtStart(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return true
	}
	null, err := os.Stat(os.DevNull)
	if err != nil || !os.SameFile(info, null) {
		return false
	}
	return accessMode(f) == syscall.O_RDWR && !isShared(f)
}
