//go:build !linux

package console

import "os"

// hasNoReader reports false: writing finds out.
func hasNoReader(fd, wait int) bool { return false }

// accessMode reports that nobody knows.
func accessMode(*os.File) int { return -1 }

// isShared reports false: nobody knows.
func isShared(*os.File) bool { return false }
