//go:build !unix

package program

import "os"

// raise ends the process with 128+n: there is no death by a signal here.
func raise(got os.Signal) {
	if got == os.Interrupt {
		os.Exit(128 + 2)
	}
	os.Exit(128 + 15)
}
