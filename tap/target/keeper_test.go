package target_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/target"
	"github.com/tap-rest/tap-rest/testrig"
)

// reads is what the tap of these tests reads.
func reads(stream string) bool { return stream == "a" }

func parse(t *testing.T, text string) *state.State {
	t.Helper()
	s, err := state.ParseSinger("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeeper(t *testing.T) {
	const pass = `"pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"}`
	one, two := `{"bookmarks":{"a":{"replication_key_value":"1",`+pass+`}}}`, `{"bookmarks":{"a":{"replication_key_value":"2",`+pass+`}}}`
	for _, test := range []struct {
		name    string
		printed []string
		want    string // in the file; "": there is none
		warned  int
	}{
		{name: "nothing"},
		{name: "the last one stays", printed: []string{one, two}, want: two},
		{name: "blanks between", printed: []string{strings.ReplaceAll(one, ":{", ": {")}, want: one},
		{name: "a whole message", printed: []string{`{"type":"STATE","value":` + one + `}`}, want: one},
		{name: "of other streams", printed: []string{one, strings.Replace(two, `"a"`, `"b"`, 1)}, want: one, warned: 1},
		{name: "of others too", printed: []string{one, strings.Replace(two, `{"a"`, `{"b":{"since":"2020"},"a"`, 1)}, want: strings.Replace(two, `{"a"`, `{"b":{"since":"2020"},"a"`, 1)},
		{name: "of another tap that has such a stream", printed: []string{one, `{"bookmarks":{"a":{"since":"2020"}}}`}, want: one, warned: 1},
		{name: "others", printed: []string{one, "loading …", "{}", `{"currently_syncing": "a"}`, `[1]`, `{"rows": 5}`, ""}, want: one, warned: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			file := filepath.Join(t.TempDir(), "new", "state.json")
			k, err := target.NewKeeper(file, reads, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range test.printed {
				k.Printed([]byte(line))
			}
			got, _ := os.ReadFile(file)
			if strings.TrimSpace(string(got)) != test.want {
				t.Errorf("the file has %q, want %q", got, test.want)
			}
			if n := strings.Count(log.String(), "\n"); n != test.warned {
				t.Errorf("%d lines in the log, want %d: %s", n, test.warned, &log)
			}
			last, some := k.Confirmed(parse(t, two))
			if last != (test.want == two) || some != (test.want != "") {
				t.Errorf("last %v, some %v", last, some)
			}
		})
	}
}

// TestKeeperCannotWrite: what cannot be kept is said before the run, or by its end.
func TestKeeperCannotWrite(t *testing.T) {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	if _, err := target.NewKeeper(dir, reads, log); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(dir, "state.json")
	k, err := target.NewKeeper(file, reads, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	k.Printed([]byte(`{"bookmarks":{"a":{"pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"}}}}`))
	if err := k.Err(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if k.Printed([]byte(`{"bookmarks":{"a":{"pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"}}}}`)); k.Err() != nil {
		t.Errorf("got %v", k.Err())
	}
}

// TestKeeperSweeps proves that what killed runs left beside the state file is removed when
// the first state is kept, and not before: another run may have the lock.
func TestKeeperSweeps(t *testing.T) {
	dir := t.TempDir()
	file, left := filepath.Join(dir, "state.json"), filepath.Join(dir, ".state.json.new-123")
	testrig.Write(t, left, "{")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	k, err := target.NewKeeper(file, reads, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err != nil {
		t.Error("it is removed before the run has the lock")
	}
	k.Printed([]byte(`{"bookmarks":{"a":{"replication_key_value":"1","pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"}}}}`))
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
}
