package target_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/target"
)

func parse(t *testing.T, text string) *state.State {
	t.Helper()
	s, err := state.ParseSinger("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeeper(t *testing.T) {
	one, two := `{"bookmarks":{"a":{"replication_key_value":"1"}}}`, `{"bookmarks":{"a":{"replication_key_value":"2"}}}`
	for _, test := range []struct {
		name    string
		printed []string
		want    string // in the file; "": there is none
		warned  int
	}{
		{name: "nothing"},
		{name: "the last one stays", printed: []string{one, two}, want: two},
		{name: "blanks between", printed: []string{`{"bookmarks": {"a": {"replication_key_value": "1"}}}`}, want: one},
		{name: "a whole message", printed: []string{`{"type":"STATE","value":` + one + `}`}, want: one},
		{name: "others", printed: []string{one, "loading …", "{}", `{"currently_syncing": "a"}`, `[1]`, `{"rows": 5}`, ""}, want: one, warned: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			file := filepath.Join(t.TempDir(), "new", "state.json")
			k, err := target.NewKeeper(file, slog.New(slog.NewTextHandler(&log, nil)))
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
	if _, err := target.NewKeeper(dir, log); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(dir, "state.json")
	k, err := target.NewKeeper(file, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	k.Printed([]byte(`{"bookmarks":{"a":{}}}`))
	if err := k.Err(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if k.Printed([]byte(`{"bookmarks":{"a":{}}}`)); k.Err() != nil {
		t.Errorf("got %v", k.Err())
	}
}
