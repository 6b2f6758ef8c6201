//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

const (
	flakyToken     = "s3cret-of-the-shop"
	flakyForNow    = "2025-08-01" // the month that answers 503 until a run has failed
	flakyForbidden = "2025-10-01" // the month that answers 403 to the first two runs that ask
	flakyEnd       = "2026-01-01T00:00:00Z"
)

var flakyMonths = []string{"2025-07-01", flakyForNow, "2025-09-01", flakyForbidden, "2025-11-01", "2025-12-01"}

// A flakyShop is the sample shop of the definition in docs/kubernetes, with two months
// that fail.
type flakyShop struct {
	url    string
	orders apitest.Collection
	alone  bool // orders are its only stream
	mu     sync.Mutex
	fails  map[string]*flaky // by month
}

// flaky is how requests for a month fail.
type flaky struct{ status, times int }

// flakyAttempts are the attempts of a request in the definition.
const flakyAttempts = 3

func newFlakyShop(t *testing.T) *flakyShop {
	s := &flakyShop{orders: apitest.Orders(1800), fails: map[string]*flaky{
		flakyForNow:    {http.StatusServiceUnavailable, flakyAttempts},
		flakyForbidden: {http.StatusForbidden, 2},
	}}
	api := apitest.New(apitest.RequireBearer(flakyToken)).Add(apitest.Shops()).Add(s.orders)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := s.fault(r); status != 0 {
			w.WriteHeader(status)
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// fault is the status of an answer that fails; 0: it does not.
func (s *flakyShop) fault(r *http.Request) int {
	month, _, _ := strings.Cut(r.URL.Query().Get("from"), "T")
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fails[month]
	if f == nil || f.times == 0 {
		return 0
	}
	f.times--
	return f.status
}

// lay writes the definition, which ends with the last month and waits for nothing, and
// the config, whose name it returns.
func (s *flakyShop) lay(t *testing.T, dir string) string {
	t.Helper()
	writeFile(t, dir, "shop.yaml", s.definition(t))
	return writeJSON(t, dir, "config.json", map[string]any{"source": "shop.yaml", "base_url": s.url, "token": flakyToken})
}

func (s *flakyShop) definition(t *testing.T) []byte {
	t.Helper()
	text := string(testrig.Read(t, "../../docs/kubernetes/base/shop.yaml"))
	lines := map[string]string{
		"window: 1mo}":                 `window: 1mo, end: "2026-01-01"}`,
		"{attempts: 3, max_wait: 10s,": `{attempts: 3, min_wait: 1ms, max_wait: 1ms,`,
	}
	if s.alone {
		lines["  - {name: shops, path: /shops}\n"] = ""
	}
	for old, now := range lines {
		if !strings.Contains(text, old) {
			t.Fatalf("docs/kubernetes/base/shop.yaml does not have %s", old)
		}
		text = strings.Replace(text, old, now, 1)
	}
	return []byte(text)
}

// compare wants all orders of the months to be loaded, once, and all shops.
func (s *flakyShop) compare(t *testing.T, loaded string) {
	t.Helper()
	want := map[string]string{}
	for i := range s.orders.Made.Count {
		row := decodeOrder(t, s.orders.Made.Append(nil, i))
		if at := row.UpdatedAt; at >= flakyMonths[0] && at < flakyEnd {
			want[row.ID.String()] = row.text()
		}
	}
	got, twice := map[string]string{}, 0
	for line := range bytes.Lines(testrig.Read(t, filepath.Join(loaded, "orders.jsonl"))) {
		row := decodeOrder(t, line)
		if got[row.ID.String()] != "" {
			twice++
		}
		got[row.ID.String()] = row.text()
	}
	if len(want) < 400 || !maps.Equal(got, want) || twice > 0 {
		t.Errorf("%d orders are loaded, %d of them twice, want these %d once", len(got), twice, len(want))
	}
	if s.alone {
		return
	}
	shops := map[string]bool{}
	for line := range bytes.Lines(testrig.Read(t, filepath.Join(loaded, "shops.jsonl"))) {
		shops[string(line)] = true
	}
	if len(shops) != 3 {
		t.Errorf("%d shops are loaded, want 3", len(shops))
	}
}

// flakyOrder is what is compared of an order.
type flakyOrder struct {
	ID        json.Number
	Number    string
	UpdatedAt string `json:"updated_at"`
	Note      *string
	Lines     []json.RawMessage
}

func decodeOrder(t *testing.T, line []byte) (o flakyOrder) {
	t.Helper()
	decode(t, line, &o)
	return o
}

func (o flakyOrder) text() string {
	note := ""
	if o.Note != nil {
		note = *o.Note
	}
	return strings.Join([]string{o.Number, o.UpdatedAt, note, strings.Repeat("l", len(o.Lines))}, "|")
}

// checkState wants the state of both passes: nothing is open, nothing owed, and the
// bookmark stands behind the last month.
func (s *flakyShop) checkState(t *testing.T, file string) {
	t.Helper()
	var state struct {
		Bookmarks map[string]struct {
			Value  string `json:"replication_key_value"`
			Resume json.RawMessage
		}
	}
	decode(t, testrig.Read(t, file), &state)
	want := []string{"orders", "shops"}
	if s.alone {
		want = want[:1]
	}
	orders := state.Bookmarks["orders"]
	if streams := slices.Sorted(maps.Keys(state.Bookmarks)); !slices.Equal(streams, want) || orders.Value != flakyEnd || string(orders.Resume) != "null" {
		t.Errorf("the state is %s, want a finished pass up to %s", testrig.Read(t, file), flakyEnd)
	}
}
