package tap_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/testrig"
)

// hosts is an API on several hosts, each with the collection /items of 8 records
// on 4 pages. first says how a host answers its first requests, one by one.
type hosts struct {
	apis  map[string]*apitest.API
	began time.Time
	asked map[string][]time.Duration // of each path on each host
	first map[string][]answer503
	slow  time.Duration // that an answer takes
	mu    sync.Mutex
}

// answer503 is a Retry-After.
type answer503 string

func newHosts(first map[string][]answer503) *hosts {
	return &hosts{apis: map[string]*apitest.API{}, began: time.Now(), asked: map[string][]time.Duration{}, first: first}
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(h.slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at := r.URL.Host + r.URL.Path
	h.asked[at] = append(h.asked[at], time.Since(h.began))
	if rest := h.first[at]; len(rest) > 0 {
		h.first[at] = rest[1:]
		resp := testrig.Answer(r, 503, "{}")
		if rest[0] != "" {
			resp.Header.Set("Retry-After", string(rest[0]))
		}
		return resp, nil
	}
	if h.apis[at] == nil {
		h.apis[at] = apitest.New().Add(apitest.Collection{Path: r.URL.Path, Style: apitest.Page, Rows: stamped(8, june)})
	}
	return h.apis[at].RoundTrip(r)
}

// hostStreams is a definition with a stream for each name; the part before the
// dash is its host.
func hostStreams(names ...string) string {
	var b strings.Builder
	b.WriteString("defaults: {records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: {type: page, param: page}}\nstreams:\n")
	for _, name := range names {
		host, _, _ := strings.Cut(name, "-")
		fmt.Fprintf(&b, "  - {name: %s, path: /%[1]s, base_url: \"http://%s.test\"}\n", name, host)
	}
	return b.String()
}

func hostSetup(t *testing.T, api http.RoundTripper, concurrency int, names ...string) setup {
	return setup{definition: hostStreams(names...), api: api, workDir: memoryFolder(t),
		config: fmt.Sprintf(`{"run": {"concurrency": %d, "journal": {"off": true}}}`, concurrency)}
}

// TestWaitsHoldNoTurn: streams that wait keep no others from being read, but for
// those that would have to wait for the same client.
func TestWaitsHoldNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(map[string][]answer503{
			"a.test/a-1": {"1200"}, "b.test/b-1": {"1200"}, "c.test/c-1": {"1200"}, "d.test/d-1": {"1200"},
		})
		h.slow = time.Millisecond
		r := hostSetup(t, h, 4, "a-1", "b-1", "c-1", "d-1", "e-1", "e-2").must(t)
		if got := time.Since(h.began).Round(time.Second); got != 1200*time.Second {
			t.Errorf("it took %s, want 20m", got)
		}
		for _, name := range []string{"a-1", "b-1", "c-1", "d-1", "e-1", "e-2"} {
			if got := len(r.records(name)); got != 8 {
				t.Errorf("%s has %d records, want 8", name, got)
			}
		}
		for _, at := range []string{"e.test/e-1", "e.test/e-2"} {
			if last := h.asked[at][len(h.asked[at])-1]; last > time.Second {
				t.Errorf("%s was kept waiting until %s", at, last)
			}
		}
	})
}

// TestTurnsOfOneClient: while a client waits, no more of its walks begin than
// there are turns.
func TestTurnsOfOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(map[string][]answer503{"a.test/a-1": {"60"}})
		h.slow = time.Millisecond
		definition := strings.ReplaceAll(hostStreams("a-1", "a-2", "a-3"), `, base_url: "http://a.test"`, "") + "  - {name: b-1, path: /b-1, base_url: \"http://b.test\"}\n"
		s := hostSetup(t, h, 1)
		s.definition, s.head = definition, strings.Replace(head, "http://api.test", "http://a.test", 1)
		s.must(t)
		if at := h.asked["b.test/b-1"][0]; at > time.Second {
			t.Errorf("b-1 began after %s", at)
		}
		order := []time.Duration{h.asked["a.test/a-1"][len(h.asked["a.test/a-1"])-1], h.asked["a.test/a-2"][0], h.asked["a.test/a-3"][0]}
		if order[0] < 60*time.Second || order[1] < order[0] || order[2] < order[1] {
			t.Errorf("a-1 ended, and a-2 and a-3 began, after %v", order)
		}
	})
}

// TestTurnsGoRound: a walk whose wait is over goes on between two pages of
// another that took its turn.
func TestTurnsGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(map[string][]answer503{"a.test/a-1": {"10"}})
		h.slow = 8 * time.Second
		hostSetup(t, h, 1, "a-1", "b-1").must(t)
		// b-1 begins after 8 s, and answers come after 16 s, 24 s, …
		if got := fmt.Sprint(h.asked["a.test/a-1"][1].Round(time.Second)); got != "32s" {
			t.Errorf("a-1 is answered again after %s, want 32s: %v", got, h.asked)
		}
	})
}

// TestAttemptsOfOneStream: a stream beside which nothing is to be done gets
// exactly its attempts, and the error says how many there were.
func TestAttemptsOfOneStream(t *testing.T) {
	down := make([]answer503, 20)
	for _, tt := range []struct {
		streams []string
		down    []string
		late    bool // the other stream is done before the failing one fails
		calls   int
		want    string
	}{
		{[]string{"a-1"}, []string{"a-1"}, false, 3, "(3 attempts)"},
		{[]string{"a-1", "b-1"}, []string{"a-1"}, false, 6, "(6 attempts, 3 of them when the other streams were done)"},
		{[]string{"b-1", "a-1"}, []string{"a-1"}, false, 3, "(3 attempts)"}, // one at a time
		{[]string{"a-1", "b-1"}, []string{"a-1", "b-1"}, false, 6, "(6 attempts, 3 of them when the other streams were done)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			first := map[string][]answer503{}
			for _, name := range tt.down {
				first[name[:1]+".test/"+name] = down
			}
			h := newHosts(first)
			s := hostSetup(t, h, 1, tt.streams...)
			s.head = strings.Replace(head, "attempts: 2", "attempts: 3", 1)
			r := s.run(t)
			for _, name := range tt.down {
				if got := len(h.asked[name[:1]+".test/"+name]); got != tt.calls {
					t.Errorf("%v: %s was asked %d times, want %d", tt.streams, name, got, tt.calls)
				}
			}
			var e *fetch.Error
			if !errors.As(r.err, &e) || !strings.Contains(e.Error(), tt.want) || strings.Count(r.err.Error(), tt.want) != len(tt.down) {
				t.Errorf("%v: got %v, want %s", tt.streams, r.err, tt.want)
			}
			if put := tt.calls > 3; strings.Contains(r.log, "is tried again") != put || strings.Contains(r.log, "tried again when the other streams are done") != put {
				t.Errorf("%v: the log does not say what is tried again:\n%s", tt.streams, r.log)
			}
		})
	}
}

// TestTurnsAtRandom: however walks wait, all of them come to their end, and no
// more requests are under way than there are turns.
func TestTurnsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			first := map[string][]answer503{}
			var names []string
			for i := range 2 + random.IntN(7) {
				name := fmt.Sprintf("%c-%d", 'a'+rune(random.IntN(3)), i)
				names = append(names, name)
				for range random.IntN(2) { // one more would use the attempts up
					wait := answer503("")
					if random.IntN(3) > 0 {
						wait = answer503(fmt.Sprint(1 + random.IntN(100)))
					}
					first[name[:1]+".test/"+name] = append(first[name[:1]+".test/"+name], wait)
				}
			}
			h := newHosts(first)
			h.slow = time.Duration(1+random.IntN(3000)) * time.Millisecond
			most := 1 + random.IntN(3)
			var under, highest atomic.Int64
			counted := transport(func(r *http.Request) (*http.Response, error) {
				highest.Store(max(highest.Load(), under.Add(1)))
				defer under.Add(-1)
				return h.RoundTrip(r)
			})
			r := hostSetup(t, counted, most, names...).must(t)
			for _, name := range names {
				if got := len(r.records(name)); got != 8 {
					t.Errorf("seed %d: %s has %d records, want 8", seed, name, got)
				}
			}
			if got := highest.Load(); got > int64(most) {
				t.Errorf("seed %d: %d requests at a time, want %d at most", seed, got, most)
			}
		})
	}
}
