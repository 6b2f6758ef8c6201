//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestShareOfAnotherPass: a plan whose pass cannot go on with what is read now is
// refused, and never taken for one that was read.
func TestShareOfAnotherPass(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newYear(t, dir)
	plan := filepath.Join(dir, "plan.jsonl")
	planned, _ := api.run(t, dir, config, "", false, "plan", "--json")
	testrig.Write(t, plan, planned)
	text := testrig.Read(t, config)
	for name, other := range map[string]string{
		"replication key": strings.Replace(string(text), `"replication_key":"updated_at"`, `"replication_key":"changed_at"`, 1),
		"range":           strings.Replace(string(text), `"run":{`, `"run":{"start":"2024-03-01","end":"2024-04-01",`, 1),
		"definition":      strings.Replace(string(text), `"primary_key":["id"]`, `"primary_key":["id"],"keep":"{{ record.id > 9 }}"`, 1),
	} {
		for _, part := range [][]string{{"--shard", "1/2"}, nil} {
			file := filepath.Join(dir, "other.json")
			testrig.Write(t, file, other)
			cmd := exec.Command(builtBinary(t), append([]string{"--config", file, "--plan", plan}, part...)...)
			cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 2 || api.asked > 0 {
				t.Errorf("another %s, %q: %v, %d calls; want exit code 2, and none:\n%s", name, part, err, api.asked, out)
			}
		}
	}
}

// TestSharesOfNothing: a plan that has no partition for a run alone, as one of what is
// owed, is read like every other: the parts leave a state, and the last run the rest.
func TestSharesOfNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newYear(t, dir)
	plan, state := filepath.Join(dir, "plan.jsonl"), filepath.Join(dir, "state.json")
	planned, _ := api.run(t, dir, config, "", false, "plan", "--json")
	head, _, _ := strings.Cut(string(planned), "\n")
	testrig.Write(t, plan, head+"\n{\"end\":0}\n")
	out, over := api.run(t, dir, config, "", false, "--plan", plan, "--shard", "1/2")
	if api.asked > 0 || !over || !strings.Contains(string(out), `"type":"STATE"`) {
		t.Fatalf("over %v after %d calls; got %s", over, api.asked, out)
	}
	testrig.Write(t, state, out)
	seen := map[string]bool{}
	out, _ = api.run(t, dir, config, printed(t, "state", "merge", state, state), false, "--plan", plan)
	if note(t, out, seen); len(seen) != 366 {
		t.Errorf("%d days came", len(seen))
	}
}
