package tap_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// coolHead is head with a client that rests for two minutes, at most twice.
var coolHead = strings.Replace(head, "max_wait: 1ms", "max_wait: 1ms, cool_down: 2m, cool_downs: 2", 1)

// coolStreams are streams of one client; other has a client of its own.
const coolStreams = "defaults: {records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: {type: cursor, next: next_page, param: cursor}%s}\nstreams:\n" +
	"  - {name: a, path: /a}\n  - {name: b, path: /b}\n  - {name: other, path: /other, base_url: http://other.test}\n"

// moody is an API whose paths are up when they say so.
type moody struct {
	*apitest.API
	began time.Time
	up    func(path string, after time.Duration) bool
}

func newMoody(up func(path string, after time.Duration) bool) *moody {
	api := apitest.New()
	for _, path := range []string{"/a", "/b", "/other"} {
		api.Add(apitest.Collection{Path: path, Style: apitest.Cursor, Rows: stamped(8, june)})
	}
	return &moody{api, time.Now(), up}
}

func (m *moody) RoundTrip(r *http.Request) (*http.Response, error) {
	if after := time.Since(m.began); !m.up(r.URL.Path, after) {
		return testrig.Answer(r, 503, "{}"), nil
	}
	return m.API.RoundTrip(r)
}

func coolSetup(t *testing.T, api http.RoundTripper, defaults string) setup {
	return setup{head: coolHead, definition: fmt.Sprintf(coolStreams, defaults), config: `{"run": {"concurrency": 3, "journal": {"off": true}}}`, api: api, workDir: memoryFolder(t)}
}

// TestCoolDown: where several streams of a client fail, it rests, and the others
// go on.
func TestCoolDown(t *testing.T) {
	for _, tt := range []struct {
		name  string
		up    func(path string, after time.Duration) bool
		took  time.Duration // of the run, about
		rests int
		fails int // streams
	}{
		{"the API is down for a minute", func(path string, after time.Duration) bool { return path == "/other" || after > time.Minute }, 2 * time.Minute, 1, 0},
		{"the API is down for three minutes", func(path string, after time.Duration) bool { return path == "/other" || after > 3*time.Minute }, 4 * time.Minute, 2, 0},
		{"the API is down", func(path string, _ time.Duration) bool { return path == "/other" }, 4 * time.Minute, 2, 2},
		{"one stream is down", func(path string, _ time.Duration) bool { return path != "/a" }, 0, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newMoody(tt.up)
				began := time.Now()
				r := coolSetup(t, api, "").run(t)
				var failures tap.Failures
				if errors.As(r.err, &failures); len(failures) != tt.fails || tt.fails > 0 && !failures.Temporary() {
					t.Errorf("got %v, want %d failures for now", r.err, tt.fails)
				}
				if got := time.Since(began); got.Round(time.Minute) != tt.took {
					t.Errorf("it took %s, want %s", got, tt.took)
				}
				if got := strings.Count(r.log, "the client rests"); got != tt.rests {
					t.Errorf("the client rested %d times, want %d:\n%s", got, tt.rests, r.log)
				}
				if got := len(r.records("other")); got != 8 {
					t.Errorf("other has %d records, want 8", got)
				}
				for _, q := range api.Requests() {
					if q.URL.Path == "/other" && q.Time.Sub(began) > time.Second {
						t.Errorf("other was kept waiting until %s", q.Time.Sub(began))
					}
				}
			})
		})
	}
}

// TestCoolDownEnds: a budget and a signal end it at once.
func TestCoolDownEnds(t *testing.T) {
	down := func(path string, _ time.Duration) bool { return path == "/other" }
	t.Run("budget", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := coolSetup(t, newMoody(down), "")
			s.config = `{"run": {"concurrency": 3, "max_duration": "30s"}}`
			began := time.Now()
			r := s.must(t)
			if got := time.Since(began); got != 30*time.Second {
				t.Errorf("it took %s, want 30s", got)
			}
			if last := r.lines[len(r.lines)-1].Type; last != "STATE" {
				t.Errorf("the last line is %s", last)
			}
		})
	})
	t.Run("signal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := coolSetup(t, newMoody(down), "")
			stop, cancel := context.WithCancelCause(t.Context())
			cause := errors.New("told to stop")
			time.AfterFunc(10*time.Second, func() { cancel(cause) })
			s.stop = stop
			began := time.Now()
			if r := s.run(t); !errors.Is(r.err, cause) {
				t.Errorf("got %v, want %v", r.err, cause)
			}
			if got := time.Since(began); got != 10*time.Second {
				t.Errorf("it took %s, want 10s", got)
			}
		})
	})
}

// TestDeferred: a stream that fails for now is tried again when the others are
// done; the state says how it failed, and the next run sees to it in its turn.
func TestDeferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name   string
			fault  apitest.Option
			class  string
			state  string
			first  string // stream of the next run's first request
			second bool   // the stream was tried again
		}{
			{"at its first request", apitest.From(1, apitest.Status(503)), "transient", `"deferred":true`, "/b", true},
			{"later", apitest.From(3, apitest.Status(503)), "transient", `"deferred":true`, "/b", true},
			{"for good at its first request", apitest.From(1, apitest.Status(403)), "permanent", `"owed":["`, "/z", false},
			{"for good later", apitest.From(3, apitest.Status(400)), "permanent", `"owed":["`, "/z", false},
		} {
			bad := apitest.New(tt.fault)
			good := apitest.New()
			var order []string
			mended := false
			api := transport(func(r *http.Request) (*http.Response, error) {
				order = append(order, r.URL.Path)
				if r.URL.Path == "/a" && !mended || r.URL.Path == "/z" && !mended {
					return bad.RoundTrip(r)
				}
				return good.RoundTrip(r)
			})
			failing := "/a"
			if !tt.second {
				failing = "/z" // what is owed comes first, wherever it stands
			}
			for _, path := range []string{"/a", "/b", "/z"} {
				c := apitest.Collection{Path: path, Style: apitest.Page, Rows: stamped(8, june)}
				good.Add(c)
				if path == failing {
					bad.Add(c)
				}
			}
			streams := []string{"a", "b"}
			if !tt.second {
				streams = []string{"b", "z"}
			}
			definition := "defaults: {records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: {type: page, param: page}}\nstreams:\n"
			for _, name := range streams {
				definition += fmt.Sprintf("  - {name: %s, path: /%[1]s}\n", name)
			}
			s := setup{definition: definition, config: `{"run": {"concurrency": 1}}`, api: api, workDir: memoryFolder(t)}
			first := s.run(t)
			checkFailure(t, first.err, tt.class)
			if got := strings.Contains(first.log, "tried again when the other streams are done"); got != tt.second {
				t.Errorf("%s: tried again: %v, want %v:\n%s", tt.name, got, tt.second, first.log)
			}
			if last := order[len(order)-1]; tt.second && last != failing {
				t.Errorf("%s: the last request was for %s", tt.name, last)
			}
			if !strings.Contains(first.state(), tt.state) {
				t.Errorf("%s: the state does not have %s: %s", tt.name, tt.state, first.state())
			}
			order, mended = nil, true
			s.state = first.state()
			second := s.must(t)
			if order[0] != tt.first {
				t.Errorf("%s: the next run's first request is for %s, want %s", tt.name, order[0], tt.first)
			}
			name := failing[1:]
			if n := testrig.Union(t, name, append(first.records(name), second.records(name)...), texts(stamped(8, june))); n > 0 {
				t.Errorf("%s: %d records came twice", tt.name, n)
			}
			if strings.Contains(second.state(), `"deferred":true`) || strings.Contains(second.state(), `"owed":["`) {
				t.Errorf("%s: the state in the end is %s", tt.name, second.state())
			}
		}
	})
}

// TestCoolDownRule: a rule may say that the client rests, for how long, for one
// stream alone too.
func TestCoolDownRule(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		after string // Retry-After
		took  time.Duration
	}{
		{"{status: 420, do: cool_down}", "", 2 * time.Minute},
		{"{status: 420, do: cool_down}", "7", 7 * time.Second},
		{"{status: 420, do: cool_down, wait: 5m}", "7", 5 * time.Minute},
		{"{status: 420, do: cool_down, wait: \"{{ headers['x-again'] | default('9') }}\"}", "7", 9 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			stream, api := journaledItems(5, apitest.On(3, apitest.Status(420, apitest.RetryAfter(tt.after))))
			began := time.Now()
			r := setup{head: coolHead, definition: strings.Replace(stream, "params:", "errors: ["+tt.rule+"], params:", 1), api: api, workDir: memoryFolder(t)}.must(t)
			if got := time.Since(began); got != tt.took {
				t.Errorf("%s: it took %s, want %s", tt.rule, got, tt.took)
			}
			if got := len(r.records("items")); got != 10 || api.Count() != 6 {
				t.Errorf("%s: got %d records and %d calls, want 10 and 6", tt.rule, got, api.Count())
			}
		})
		synctest.Test(t, func(t *testing.T) {
			stream, api := journaledItems(5, apitest.From(3, apitest.Status(420, apitest.RetryAfter(tt.after))))
			r := setup{head: coolHead, definition: strings.Replace(stream, "params:", "errors: ["+tt.rule+"], params:", 1), api: api, workDir: memoryFolder(t)}.run(t)
			checkFailure(t, r.err, "transient")
			if got := strings.Count(r.log, "the client rests"); got != 2 {
				t.Errorf("%s: the client rested %d times, want 2", tt.rule, got)
			}
		})
	}
}

// TestRestartsAcrossRuns loses a walk in run after run, without a journal: the
// state counts, and the third restart is the last.
func TestRestartsAcrossRuns(t *testing.T) {
	const definition = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, " +
		"pagination: {type: page, param: page}, errors: [{status: 409, do: restart}]}\n"
	api := &generations{lose: []int{4, 8, 12, 16}}
	s := setup{definition: definition, api: api, workDir: memoryFolder(t)}
	for n := range 3 {
		s.config = `{"run": {"max_requests": 5, "journal": {"off": true}}}`
		r := s.must(t)
		s.state = r.state()
		if got := bookmarkOf(t, s.state, "items").Resume[0].Open[0].Restarts; got != n+1 {
			t.Errorf("run %d: the state has %d restarts, want %d", n+1, got, n+1)
		}
	}
	s.config = `{"run": {"journal": {"off": true}}}`
	r := s.run(t)
	checkFailure(t, r.err, "session lost")
	if b := bookmarkOf(t, r.state(), "items"); b.Resume != nil {
		t.Errorf("the walk is over, but the state is %s", r.state())
	}
}
