package console

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasNoReader waits so many milliseconds, -1: for ever, until nobody can read
// what is written to a pipe or a socket. It reports false where the time is
// over, and at once for what has no readers, as a file.
func hasNoReader(fd, wait int) bool {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	defer syscall.Close(poll)
	// Errors and hang-ups are reported without being asked for.
	if syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{}) != nil {
		return false
	}
	for {
		n, err := syscall.EpollWait(poll, make([]syscall.EpollEvent, 1), wait)
		if !errors.Is(err, syscall.EINTR) {
			return err == nil && n > 0
		}
	}
}

// accessMode is how a file was opened; -1 where nobody knows.
func accessMode(f *os.File) int {
	mode := -1
	raw, err := f.SyscallConn()
	if err != nil {
		return mode
	}
	_ = raw.Control(func(fd uintptr) {
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
		if errno == 0 {
			mode = int(flags) & syscall.O_ACCMODE
		}
	})
	return mode
}

// isShared reports whether stdin or stderr has the same open file. It reports false where
// the system does not say so, as in a container without CAP_SYS_PTRACE.
func isShared(f *os.File) bool {
	const openFiles = 0 // KCMP_FILE
	pid := uintptr(os.Getpid())
	for _, other := range []uintptr{0, 2} {
		order, _, errno := syscall.Syscall6(unix.SYS_KCMP, pid, pid, openFiles, f.Fd(), other, 0)
		if errno == 0 && order == 0 {
			return true
		}
	}
	return false
}
