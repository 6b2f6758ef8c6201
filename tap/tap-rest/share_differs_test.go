//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShareOfAnotherPass: a plan whose pass cannot go on with what is read now is
// refused, and never taken for one that was read.
func TestShareOfAnotherPass(t *testing.T) {
	dir := t.TempDir()
	api, config := newYear(t, dir)
	plan := filepath.Join(dir, "plan.jsonl")
	planned, _ := api.run(t, dir, config, "", false, "plan", "--json")
	if err := os.WriteFile(plan, planned, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]string{
		"replication key": strings.Replace(string(text), `"replication_key":"updated_at"`, `"replication_key":"changed_at"`, 1),
		"range":           strings.Replace(string(text), `"run":{`, `"run":{"start":"2024-03-01","end":"2024-04-01",`, 1),
	} {
		for _, part := range [][]string{{"--shard", "1/2"}, nil} {
			file := filepath.Join(dir, "other.json")
			if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(builtBinary(t), append([]string{"--config", file, "--plan", plan}, part...)...)
			cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 2 || api.asked > 0 {
				t.Errorf("another %s, %q: %v, %d calls; want exit code 2, and none:\n%s", name, part, err, api.asked, out)
			}
		}
	}
}
