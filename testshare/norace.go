//go:build !race

package testshare

// Race says that the race detector is on.
const Race = false
