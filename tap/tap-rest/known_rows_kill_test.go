package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// shelf is an API that lists what is there: ids, a hundred on a page.
type shelf struct {
	mu   sync.Mutex
	gone map[int]bool
	most int
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	var rows []string
	id := after + 1
	for ; id <= s.most && len(rows) < 100; id++ {
		if !s.gone[id] {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"updated_at":"2025-01-01T00:00:00Z"}`, id))
		}
	}
	next := ""
	if id <= s.most {
		next = strconv.Itoa(id - 1)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":[%s],"next":%q}`, strings.Join(rows, ","), next)
}

// shelfRun is what came of a run of the real binary.
type shelfRun struct {
	records map[int]int // how often each row left
	marks   map[int]int // how often each was marked
	state   []byte      // the last one; nil: none
}

// run runs the real binary, and kills it once so many lines have come, -1: not.
func (s *shelf) run(t *testing.T, config, home string, state []byte, kill int) shelfRun {
	t.Helper()
	cmd := exec.Command(builtBinary(t), "--config", config, "--log-level", "error")
	if state != nil {
		name := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(name, state, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd.Args = append(cmd.Args, "--state", name)
	}
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+home)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	got := shelfRun{records: map[int]int{}, marks: map[int]int{}}
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		got.take(t, lines.Bytes())
		if n == kill {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			break // what comes after it, nobody reads
		}
	}
	if err := cmd.Wait(); err != nil && kill < 0 {
		t.Fatalf("tap-rest: %v", err)
	}
	return got
}

func (r *shelfRun) take(t *testing.T, line []byte) {
	t.Helper()
	var m struct {
		Type   string
		Record struct {
			ID      int
			Deleted *string `json:"_sdc_deleted_at"`
		}
		Value json.RawMessage
	}
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	switch {
	case m.Type == "STATE":
		r.state = bytes.Clone(m.Value)
	case m.Type == "RECORD" && m.Record.Deleted != nil:
		r.marks[m.Record.ID]++
	case m.Type == "RECORD":
		r.records[m.Record.ID]++
	}
}

// TestMarksAfterAKill kills a run that marks what is gone, with SIGKILL: in its
// pages, before its first mark, and in the middle of its marks; its states are kept
// or lost. The run after it marks what is gone, and nothing else.
func TestMarksAfterAKill(t *testing.T) {
	const rows, left = 2_000, 1_800
	for _, kill := range []int{1, 150, 900, left, left + 1, left + 100, left + 190} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("line=%d,lost=%v", kill, lost), func(t *testing.T) {
				t.Parallel()
				s := &shelf{most: rows, gone: map[int]bool{}}
				server := httptest.NewServer(s)
				defer server.Close()
				config, home := filepath.Join(t.TempDir(), "config.json"), t.TempDir()
				definition := map[string]any{
					"version": 1, "name": "shelf", "client": map[string]any{"base_url": server.URL},
					"streams": []any{map[string]any{
						"name": "things", "path": "/things", "records": "data", "primary_key": []string{"id"}, "on_delete": "mark",
						"pagination": map[string]any{"type": "cursor", "next": "next", "param": "after"},
						"schema":     map[string]any{"type": "object", "properties": map[string]any{"id": map[string]any{"type": "integer"}, "updated_at": map[string]any{"type": "string"}}},
					}},
				}
				text, err := json.Marshal(map[string]any{"source": definition, "run": map[string]any{"flush": map[string]any{"responses": 2}}})
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(config, text, 0o600); err != nil {
					t.Fatal(err)
				}
				first := s.run(t, config, home, nil, -1)
				if len(first.records) != rows || len(first.marks) > 0 {
					t.Fatalf("first: %d rows, %d marks", len(first.records), len(first.marks))
				}
				s.mu.Lock()
				for id := 10; id <= rows; id += 10 {
					s.gone[id] = true
				}
				s.mu.Unlock()
				state := first.state
				killed := s.run(t, config, home, state, kill)
				if killed.state != nil && !lost {
					state = killed.state
				}
				last := s.run(t, config, home, state, -1)
				for id := 1; id <= rows; id++ {
					marked := last.marks[id] > 0 || !lost && killed.marks[id] > 0
					if s.gone[id] != marked || s.gone[id] && last.records[id] > 0 {
						t.Errorf("row %d: gone %v, marked %v, came %d times", id, s.gone[id], marked, last.records[id])
					}
				}
			})
		}
	}
}
