package tap_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

var (
	quarantineRows   = []string{`{"id":1,"name":"a"}`, `{"id":2,"name":"b"}`, `{"id":3,"name":"c"}`, `{"id":4,"name":4}`, `{"id":5,"name":"e"}`}
	quarantineKept   = slices.Concat(quarantineRows[:3], quarantineRows[4:])
	quarantineLine   = `{"pointer":"/name","rule":"type","want":"string","record":{"id":4,"name":4}}` + "\n"
	quarantineStream = policed(named + "on_invalid: quarantine")
)

// quarantinePath is the file of these records; its folder is there.
func quarantinePath(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "t", "quarantine", "items.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

// TestQuarantineFull: a page whose records cannot be put aside does not leave.
// The run ends with the STATE before it, and the next one goes on from there.
func TestQuarantineFull(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	dir := memoryFolder(t)
	path := quarantinePath(t, dir)
	if err := os.Symlink(full, path); err != nil {
		t.Fatal(err)
	}
	s := setup{definition: quarantineStream, api: rowsAPI(quarantineRows...), workDir: dir}
	first := s.run(t)
	var failures tap.Failures
	if !errors.As(first.err, &failures) || !failures.Temporary() {
		t.Errorf("got %v, want a failure for now", first.err)
	}
	checkFailure(t, first.err, "write "+path+": no space left on device; a record that does not fit its schema cannot be written to the quarantine file: make room on its disk, and the next run goes on with this answer")
	if got, want := first.types(), "SCHEMA RECORD*2 STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.state = first.state()
	second := s.must(t)
	if got := append(first.records("items"), second.records("items")...); !slices.Equal(got, quarantineKept) {
		t.Errorf("\ngot  %s\nwant %s", got, quarantineKept)
	}
	checkFile(t, path, quarantineLine)
}

// TestQuarantineKilled: whatever STATE is the last one, what it covers is on
// stdout or in the file.
func TestQuarantineKilled(t *testing.T) {
	for n := range 8 {
		dir := memoryFolder(t)
		path := quarantinePath(t, dir)
		out := &truncated{lines: n}
		s := setup{definition: quarantineStream, api: rowsAPI(quarantineRows...), workDir: dir, out: out, config: `{"run": {"flush": {"responses": 1}}}`}
		s.run(t)
		lines := testrig.ReadLines(t, out.got)
		s.out, s.state = nil, lines.State()
		if s.state != "" && bookmarkOf(t, s.state, "items").Resume == nil {
			continue
		}
		r := s.must(t)
		testrig.Union(t, fmt.Sprintf("killed after line %d", n), append(lines.Records(""), r.records("")...), quarantineKept)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("killed after line %d: %v", n, err)
		}
		if twice := strings.ReplaceAll(string(data), quarantineLine, ""); twice != "" {
			t.Errorf("killed after line %d: got %s, want %s", n, data, quarantineLine)
		}
	}
}

// TestQuarantineBrokenLine: what a crash broke off spoils no line but its own.
func TestQuarantineBrokenLine(t *testing.T) {
	const broken = `{"pointer":"/na`
	dir := memoryFolder(t)
	path := quarantinePath(t, dir)
	testrig.Write(t, path, broken)
	s := setup{definition: quarantineStream, api: rowsAPI(quarantineRows...), workDir: dir}
	s.must(t)
	checkFile(t, path, broken+"\n"+quarantineLine)
	s.must(t)
	checkFile(t, path, broken+"\n"+quarantineLine+quarantineLine)
}

// TestQuarantineNamesContext: a line says in which context its record came, without
// the secrets in it.
func TestQuarantineNamesContext(t *testing.T) {
	dir := t.TempDir()
	path := quarantinePath(t, dir)
	path = filepath.Join(filepath.Dir(path), "orders.jsonl")
	api := newShops().add("/eu/orders", row{ID: 1}, row{ID: 77}).add("/us/orders", row{ID: 2}, row{ID: 78})
	s := setup{
		head: strings.Replace(head, "properties:\n", "properties:\n    token: {type: string, secret: true}\n", 1),
		definition: partitioned + `  - name: orders
    path: /{{ partition.account.id }}/orders
    headers: {X-Token: "{{ partition.account.token }}"}
    on_invalid: quarantine
    schema: {properties: {id: {type: integer, maximum: 9}}}
    partition_by: [{name: account, values: "{{ [{'id': 'eu', 'token': config.token}, {'id': 'us', 'token': 'none'}] }}"}]
`, workDir: dir, api: api, config: `{"token": "hunter2hunter2", "run": {"concurrency": 1}}`,
	}
	if got := idsOf(t, s.must(t), "orders"); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("orders %v", got)
	}
	got, err := os.ReadFile(path)
	lines := strings.Split(string(got), "\n")
	if err != nil || len(lines) != 3 || strings.Contains(string(got), "hunter2") ||
		!strings.Contains(lines[0], `"context":"{\"account\":{\"id\":\"eu\",`) || !strings.Contains(lines[1], `"context":{"account":{"id":"us","token":"none"}},"record":{"id":78,`) {
		t.Errorf("%v\n%s", err, got)
	}
}
