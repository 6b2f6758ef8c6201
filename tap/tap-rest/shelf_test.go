//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// shelf is an API that lists what is there: ids, some on a page, each as it is now.
type shelf struct {
	mu   sync.Mutex
	most int
	page int
	gone map[int]bool
	is   map[int]string
	pad  string // that every row has
	tags bool   // answers have an ETag
	same int    // of them, those that say that nothing has changed

	journalOff bool // in the runs that read it
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	var rows []string
	id := after + 1
	for ; id <= s.most && len(rows) < s.page; id++ {
		if !s.gone[id] {
			rows = append(rows, s.row(id))
		}
	}
	next := ""
	if id <= s.most {
		next = strconv.Itoa(id - 1)
	}
	w.Header().Set("Content-Type", "application/json")
	body := fmt.Sprintf(`{"data":[%s],"next":%q}`, strings.Join(rows, ","), next)
	if s.tags {
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body)))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			s.same++
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = io.WriteString(w, body)
}

func (s *shelf) row(id int) string {
	return fmt.Sprintf(`{"id":%d,"is":%q,"pad":%q,"updated_at":"2025-01-01T00:00:00Z"}`, id, s.is[id], s.pad)
}

// change changes what is there, between requests.
func (s *shelf) change(how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how()
}

// start serves the shelf, and returns the config of a stream that lists it, and a
// home for states.
func (s *shelf) start(t *testing.T, keys map[string]any) (config, home string) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	text := map[string]any{"type": "string"}
	stream := map[string]any{
		"name": "things", "path": "/things", "records": "data", "primary_key": []string{"id"},
		"pagination": map[string]any{"type": "cursor", "next": "next", "param": "after"},
		"schema":     map[string]any{"type": "object", "properties": map[string]any{"id": map[string]any{"type": "integer"}, "is": text, "pad": text, "updated_at": text}},
	}
	maps.Copy(stream, keys)
	definition := map[string]any{"version": 1, "name": "shelf", "client": map[string]any{"base_url": server.URL}, "streams": []any{stream}}
	doc, err := json.Marshal(map[string]any{"source": definition, "run": map[string]any{
		"flush": map[string]any{"responses": 2}, "journal": map[string]any{"off": s.journalOff},
	}})
	if err != nil {
		t.Fatal(err)
	}
	config, home = filepath.Join(t.TempDir(), "config.json"), t.TempDir()
	testrig.Write(t, config, doc)
	return config, home
}

// shelfRun is what came of a run of the real binary.
type shelfRun struct {
	rows  map[int]string // as each came last
	marks map[int]int    // how often each was marked
	lines int
	state []byte // the last one; nil: none
}

// pipeSize is how far the binary may be ahead of who reads it.
const pipeSize = 4096

// run runs the real binary with a state; nil is none. Once so many lines have come
// the binary gets SIGKILL, and dies of that; -1: it comes to its end.
func (s *shelf) run(t *testing.T, config, home string, state []byte, kill int) shelfRun {
	t.Helper()
	cmd := programWith(t, home, config, string(state))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, stdin.Fd(), syscall.F_SETPIPE_SZ, pipeSize); errno != 0 {
		t.Fatal(errno)
	}
	cmd.Stdout = stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	got := shelfRun{rows: map[int]string{}, marks: map[int]int{}}
	lines := bufio.NewReaderSize(stdout, 1<<10)
	for got.lines != kill {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // what was torn off is no line
		}
		got.take(t, line)
	}
	if kill >= 0 {
		_ = cmd.Process.Kill() // where that fails, the binary did not die of it
	}
	err = cmd.Wait()
	switch status := cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case kill < 0 && err != nil:
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	case kill >= 0 && (got.lines < kill || !status.Signaled() || status.Signal() != syscall.SIGKILL):
		t.Fatalf("after %d lines of %d tap-rest ended by itself: %v\n%s", got.lines, kill, err, &stderr)
	}
	return got
}

func (r *shelfRun) take(t *testing.T, line []byte) {
	t.Helper()
	var m struct {
		Type   string
		Record json.RawMessage
		Value  json.RawMessage
	}
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	r.lines++
	switch m.Type {
	case "STATE":
		r.state = m.Value
	case "RECORD":
		var key struct {
			ID      int
			Deleted *string `json:"_sdc_deleted_at"`
		}
		if err := json.Unmarshal(m.Record, &key); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if key.Deleted != nil {
			r.marks[key.ID]++
		} else {
			r.rows[key.ID] = string(m.Record)
		}
	}
}

// shelfKills says at which lines runs are killed, and which rows change before.
type shelfKills struct {
	lines, step int
	changed     func(kill int) (first, stride int)
	check       func(t *testing.T, s *shelf, whole func() shelfRun) // looks at one more run
}

// killShelves kills runs that read a shelf like this one, of 240 rows, at one written
// line after the other. Rows change before the run that is killed; half of them are what
// they were before again when the next run comes, which has the state that was left, or
// the one from before the kill. The target then has what the API has.
func killShelves(t *testing.T, like *shelf, stream map[string]any, kills shelfKills) {
	for _, tt := range []struct{ lost, journalOff bool }{{false, false}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("lost=%v,journal off=%v", tt.lost, tt.journalOff), func(t *testing.T) {
			t.Parallel()
			if testing.Short() && tt.lost && !tt.journalOff {
				t.Skip("without a journal, the loss of the state is the greater one")
			}
			s := &shelf{most: 240, page: like.page, tags: like.tags, is: map[int]string{}, pad: strings.Repeat("pad ", 200), journalOff: tt.journalOff}
			config, home := s.start(t, stream)
			target, former := map[int]string{}, map[int]string{}
			var state []byte
			whole := func() shelfRun {
				r := s.run(t, config, home, state, -1)
				maps.Copy(target, r.rows)
				state = r.state
				return r
			}
			whole()
			for kill := 1; kill <= kills.lines; kill += kills.step {
				if !testshare.Takes((kill-1)/kills.step+1, (kills.lines-1)/kills.step+1) {
					continue
				}
				first, stride := kills.changed(kill)
				s.change(func() {
					former = maps.Clone(s.is)
					for id := first; id <= s.most; id += stride {
						s.is[id] = fmt.Sprint("changed before line ", kill)
					}
				})
				killed := s.run(t, config, home, state, kill)
				maps.Copy(target, killed.rows)
				if killed.state != nil && !tt.lost {
					state = killed.state
				}
				s.change(func() { // half of them
					for id := first; id <= s.most; id += 2 * stride {
						s.is[id] = former[id]
					}
				})
				whole() // it may go on with the pass that was killed
				whole()
				for id := 1; id <= s.most; id++ {
					if target[id] != s.row(id) {
						t.Fatalf("killed at line %d: of row %d the target has %.60s, the API %.60s", kill, id, target[id], s.row(id))
					}
				}
				t.Logf("killed at line %d", kill)
				kills.check(t, s, whole)
			}
		})
	}
}
