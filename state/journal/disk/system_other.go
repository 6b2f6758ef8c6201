//go:build !unix

package disk

import (
	"errors"
	"runtime"
	"syscall"
)

// diskFull is what Windows says of a full disk: ERROR_DISK_FULL.
const diskFull = syscall.Errno(112)

// syncDir does nothing: these systems cannot sync a folder.
func syncDir(string) error { return nil }

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || runtime.GOOS == "windows" && errors.Is(err, diskFull)
}
