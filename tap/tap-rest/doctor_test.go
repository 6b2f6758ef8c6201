//go:build unix

package main_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestDoctorCommit: the doctor says of which commit the program was built, as --version
// does: who reports an error sends what one of them prints.
func TestDoctorCommit(t *testing.T) {
	t.Parallel()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(builtBinary(t), args...)
		cmd.Env = ownEnv(t.TempDir())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	if got := run("--version"); !strings.Contains(got, "(commit "+builtOf+")") {
		t.Errorf("--version says %q", got)
	}
	if first, _, _ := strings.Cut(run("doctor"), "\n"); !strings.Contains(first, ", commit "+builtOf+", ") {
		t.Errorf("doctor begins with %q", first)
	}
	var e struct{ Program struct{ Commit string } }
	if err := json.Unmarshal([]byte(run("doctor", "--format=json")), &e); err != nil || e.Program.Commit != builtOf {
		t.Errorf("doctor --format=json says %q: %v", e.Program.Commit, err)
	}
}
