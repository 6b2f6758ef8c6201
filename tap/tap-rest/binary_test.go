package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// builtBinary returns the real program, built once for all tests that need a
// process of its own.
func builtBinary(t testing.TB) string {
	t.Helper()
	if testshare.Race {
		t.Skip("it is about another process, at which the race detector does not look: make test has it")
	}
	name, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// builtOf is the commit that the binary says it was built of.
const builtOf = "0123456789ab"

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tap-rest-test-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "tap-rest")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w -X main.commit="+builtOf, "-o", name, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tap-rest: %w\n%s", err, out)
	}
	return name, nil
})
