package testrig

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// interopEnv names the folder of Python environments that testdata/interop/install.sh
// makes. Without it there is nothing to meet.
const interopEnv = "TAP_REST_INTEROP"

// Interop is the folder of Python environments. Without one it skips the test; in CI
// that is a failure.
func Interop(t testing.TB) string {
	t.Helper()
	envs := os.Getenv(interopEnv)
	switch {
	case envs == "" && os.Getenv("CI") != "":
		t.Fatalf("%s is not set, and in CI these tests must run: make the folder with testdata/interop/install.sh", interopEnv)
	case envs == "":
		t.Skipf("%s is not set: `make interop` installs the Python programs and runs these tests", interopEnv)
	}
	return envs
}

// Python runs a script with the Python that reads and writes files of every format, and
// returns what it prints.
func Python(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(filepath.Join(Interop(t), "formats", "bin", "python"), append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, out, &said)
	}
	return out
}
