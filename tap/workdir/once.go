package workdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// onceWait is how long a process waits for others that make the same file.
const onceWait = 30 * time.Second

// Once returns what a file holds. Where it is not there, it is made, of what
// data returns: of many processes that ask at the same time one makes it, and all
// of them get what that wrote.
func Once(path string, data func() []byte) ([]byte, error) {
	if found, err := os.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(path + ".lock")
	ctx, cancel := context.WithTimeout(context.Background(), onceWait)
	defer cancel()
	_, err := lock.TryLockContext(ctx, 5*time.Millisecond)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("make %s: another process has held %s for %v: %w", path, lock.Path(), onceWait, err)
	case err != nil:
		return nil, err
	}
	defer lock.Close()
	if found, err := os.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	made := data()
	return made, Replace(path, made)
}
