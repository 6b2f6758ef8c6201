package disk

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/gofrs/flock"
)

// lock takes a file, which the system gives back when the process dies. The
// file itself stays: to delete it would let two processes hold a lock on two
// files of one name. It holds the id of the process, for messages.
func lock(name string) (io.Closer, error) {
	l := flock.New(name)
	held, err := l.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, fmt.Errorf("%w by %s: try again when that has ended", ErrBusy, holder(name))
	}
	// The lock holds without the id: on a full disk it is only not named.
	_ = os.WriteFile(name, strconv.AppendInt(nil, int64(os.Getpid()), 10), 0o600)
	return l, nil
}

// holder says who wrote a lock file, for a message.
func holder(name string) string {
	b, _ := os.ReadFile(name) // some systems do not let others read it
	id, err := strconv.Atoi(string(b))
	if err != nil {
		return "another process"
	}
	return fmt.Sprintf("process %d", id)
}
