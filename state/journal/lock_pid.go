//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// diskFull is what Windows says of a full disk: ERROR_DISK_FULL.
const diskFull = syscall.Errno(112)

// lock makes a file that must not exist, with the id of the process. One that a
// process left behind that is no more is taken over.
func lock(name string) (io.Closer, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_, err = f.Write(strconv.AppendInt(nil, int64(os.Getpid()), 10))
			return pidLock{f}, err
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := takeOver(name); err != nil {
			return nil, err
		}
	}
}

// takeOver deletes a lock whose process is no more.
func takeOver(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	by, id := holder(f), holderID(f)
	f.Close()
	if alive(id) {
		return fmt.Errorf("%w by %s: try again when that has ended; if there is no such run, delete %s", ErrBusy, by, name)
	}
	return os.Remove(name)
}

// alive says yes where it does not know. Only Windows fails to find a process
// that is no more.
func alive(id int) bool {
	if runtime.GOOS != "windows" || id == 0 {
		return true
	}
	p, err := os.FindProcess(id)
	if err == nil {
		_ = p.Release()
	}
	return err == nil
}

type pidLock struct{ *os.File }

func (l pidLock) Close() error {
	return errors.Join(l.File.Close(), os.Remove(l.Name()))
}

// syncDir does nothing: these systems cannot sync a folder.
func syncDir(string) error { return nil }

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || runtime.GOOS == "windows" && errors.Is(err, diskFull)
}
