package tap_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// watched is an API that knows which walks are under way: those of which a page
// came, and not the last one. A walk is a path and a window.
type watched struct {
	*shops
	mu   sync.Mutex
	open map[string]map[string]bool // by stream
	most map[string]int
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	parts := strings.Split(r.URL.Path, "/")
	stream, walk := parts[len(parts)-1], r.URL.Path+r.URL.Query().Get("from")
	w.mu.Lock()
	if w.open[stream] == nil {
		w.open[stream] = map[string]bool{}
	}
	w.open[stream][walk] = true
	w.most[stream] = max(w.most[stream], len(w.open[stream]))
	w.mu.Unlock()
	a, err := w.shops.RoundTrip(r)
	if err != nil {
		return a, err
	}
	body := new(strings.Builder)
	if _, err := io.Copy(body, a.Body); err != nil {
		return nil, err
	}
	if strings.Contains(body.String(), `"next":""`) {
		w.mu.Lock()
		delete(w.open[stream], walk)
		w.mu.Unlock()
	}
	return testrig.Answer(r, a.StatusCode, body.String()), nil
}

// TestOpenWalks: of one stream, the API sees no more walks under way than
// run.concurrency, waiting ones too: their tokens and sessions grow old.
func TestOpenWalks(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, definition string
		api              func() *shops
	}{
		{"windows", ordersByDay, func() *shops { return newShops().add("/orders", many(31*24, begin)...) }},
		{"family", shopOrders, func() *shops { return family(6, 5, 7) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				api := &watched{shops: tt.api(), open: map[string]map[string]bool{}, most: map[string]int{}}
				api.slow = time.Millisecond
				// Each page waits for its rate, a second, and gives its turn to others.
				s := setup{
					head:       "version: 1\nname: t\nclient: {base_url: http://api.test, rate_limit: {requests: 50, per: 1m}}\n",
					definition: tt.definition, workDir: memoryFolder(t), api: api, config: `{"run": {"concurrency": 3}}`,
				}
				s.must(t)
				if most := api.most["orders"]; most != 3 {
					t.Errorf("%d walks of orders were under way at a time, want 3", most)
				}
				for stream, most := range api.most {
					if most > 3 {
						t.Errorf("%d walks of %s were under way at a time, want 3 at most", most, stream)
					}
				}
			})
		})
	}
}

// TestSplitAfterKill: a run that was killed after an answer by which a rule halves
// a window comes to the same halves without asking for it again.
func TestSplitAfterKill(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	definition := ordersByDay + `    errors: [{when: "{{ response.total > 4 }}", do: split}]` + "\n"
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 3, 12, 0, 0, 0, time.UTC))
		fresh := func() *shops {
			api := newShops().add("/orders", many(48, begin)...)
			api.slow = time.Millisecond
			return api
		}
		uncut := fresh()
		setup{definition: definition, workDir: memoryFolder(t), api: uncut}.must(t)
		for n := 1; n <= len(uncut.asked); n++ {
			api := fresh()
			stop, cancel := context.WithCancelCause(t.Context())
			api.at = func(m int) {
				if m == n {
					cancel(errors.New("told to stop"))
				}
			}
			s := setup{definition: definition, workDir: memoryFolder(t), api: api, stop: stop}
			first := s.run(t)
			api.at, s.stop = nil, nil
			// The target lost the state: the journal alone knows of the halves.
			second := s.must(t)
			if got := idsOf(t, result{lines: append(first.lines, second.lines...)}, "orders"); !slices.Equal(got, upTo(48)) {
				t.Fatalf("stopped at request %d: %d records", n, len(got))
			}
			slices.Sort(api.asked)
			if got := slices.Compact(slices.Clone(api.asked)); len(got) != len(api.asked) || len(got) != len(uncut.asked) {
				t.Fatalf("stopped at request %d: %d requests, %d of them different, want %d:\n%v", n, len(api.asked), len(got), len(uncut.asked), api.asked)
			}
		}
	})
}
