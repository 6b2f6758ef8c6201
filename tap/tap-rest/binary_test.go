package main_test

import (
	"os/exec"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// builtOf is the commit that the program says it was built of.
const builtOf = "0123456789ab"

// builtBinary returns the real program, which TestMain has put in PATH.
func builtBinary(t testing.TB) string {
	t.Helper()
	if testshare.Race {
		t.Skip("it is about another process, at which the race detector does not look: make test has it")
	}
	name, err := exec.LookPath("tap-rest")
	if err != nil {
		t.Fatal(err)
	}
	return name
}
