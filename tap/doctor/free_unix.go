//go:build linux || darwin

package doctor

import "syscall"

// freeBytes returns how much room there is for this user where a folder lies.
func freeBytes(dir string) (n uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
