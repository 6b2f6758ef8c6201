//go:build linux

package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestSharesOfAYear plans a year in windows of a day, and reads it in three shards, in
// turn, each killed at every tenth call until it gets through; the states of all, merged
// in any order, are ended by a run of the plan, which asks for nothing.
func TestSharesOfAYear(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("state lost %v", lost), func(t *testing.T) {
			dir := t.TempDir()
			api, config, days, end := newSpan(t, dir)
			plan := filepath.Join(dir, "plan.jsonl")
			planned, _ := api.run(t, dir, config, "", false, "plan", "--json")
			testrig.Write(t, plan, planned)
			seen := map[string]bool{}
			states, over := make([]string, 3), make([]bool, 3)
			for runs := 0; !over[0] || !over[1] || !over[2]; runs++ {
				if runs > 200 {
					t.Fatal("it comes to no end")
				}
				i := runs % 3
				if over[i] {
					continue
				}
				var out []byte
				out, over[i] = api.run(t, dir, config, states[i], true, "--plan", plan, "--shard", fmt.Sprintf("%d/3", i+1))
				if now := note(t, out, seen); now != "" && (!lost || over[i]) {
					states[i] = now
				}
			}
			twice := api.twice()
			t.Logf("%d kills, %d calls, %d of them twice", api.killed, api.asked, twice)
			if len(seen) != days || len(api.paid) != days || api.killed < days/18 || twice > 4*api.killed {
				t.Errorf("%d days came in %d windows; %d kills, %d calls twice", len(seen), len(api.paid), api.killed, twice)
			}
			merge := []string{"state", "merge"}
			for _, i := range rand.Perm(3) {
				file := filepath.Join(dir, fmt.Sprintf("state%d.json", i))
				testrig.Write(t, file, states[i])
				merge = append(merge, file)
			}
			merged := printed(t, merge...)
			asked := api.asked
			out, _ := api.run(t, dir, config, merged, false, "--plan", plan)
			state := note(t, out, seen)
			if !strings.Contains(state, `"replication_key_value":"`+end+`T00:00:00Z"`) || !strings.Contains(state, `"resume":null`) || api.asked > asked {
				t.Errorf("%d calls at the end; state %s", api.asked-asked, state)
			}
		})
	}
}

// printed runs the program, and returns what it prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(builtBinary(t), args...).Output()
	if err != nil {
		t.Fatalf("tap-rest %q: %v", args, err)
	}
	return string(out)
}

// TestClosedPlanThatOwes: what ends a plan, and owes a partition that failed for good, is
// no success the second time either.
func TestClosedPlanThatOwes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	planned, _ := api.run(t, dir, config, "", false, "plan", "--json")
	plan, state := filepath.Join(dir, "plan.jsonl"), filepath.Join(dir, "state.json")
	testrig.Write(t, plan, planned)
	api.refuse("2024-02-10T00:00:00Z")
	last := func(out []byte) string {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		value, _ := strings.CutPrefix(lines[len(lines)-1], `{"type":"STATE","value":`)
		return strings.TrimSuffix(value, "}")
	}
	for i, want := range []struct {
		code int
		said string
	}{{1, "answered 404 Not Found"}, {2, "but partitions of orders are owed, which failed for good"}} {
		args := []string{"--config", config, "--plan", plan}
		if i > 0 {
			args = append(args, "--state", state)
		}
		cmd := exec.Command(builtBinary(t), args...)
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, _ := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != want.code || !strings.Contains(stderr.String(), want.said) {
			t.Fatalf("run %d: exit code %d; stderr:\n%s", i+1, code, stderr.String())
		}
		if i == 0 {
			testrig.Write(t, state, last(out))
		}
	}
}
