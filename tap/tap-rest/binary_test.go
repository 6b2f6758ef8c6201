package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
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

// programWith returns the program with a config and a state, "" for none; what it keeps
// lies in dir.
func programWith(t testing.TB, dir, config, state string, more ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(builtBinary(t), append(more, "--config", config, "--log-level", "error")...)
	if state != "" {
		cmd.Args = append(cmd.Args, "--state", testrig.Write(t, filepath.Join(dir, "state.json"), state))
	}
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
	return cmd
}

// note takes note of the ids of the records that a run wrote, and returns the last state.
func note(t *testing.T, out []byte, seen map[string]bool) (state string) {
	t.Helper()
	lines := testrig.ReadLines(t, out)
	for _, id := range lines.IDs("") {
		seen[id] = true
	}
	return lines.State()
}
