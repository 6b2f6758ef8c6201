package fetch_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// granting lets so many requests a second through to an API, and refuses others.
type granting struct {
	api       http.RoundTripper
	perSecond int

	mu      sync.Mutex
	times   []time.Time
	refused int
}

func (g *granting) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	at := time.Now()
	for len(g.times) > 0 && at.Sub(g.times[0]) >= time.Second {
		g.times = g.times[1:]
	}
	if len(g.times) >= g.perSecond {
		g.refused++
		g.mu.Unlock()
		return testrig.Answer(r, http.StatusTooManyRequests, ""), nil
	}
	g.times = append(g.times, at)
	g.mu.Unlock()
	return g.api.RoundTrip(r)
}

// TestPaceIsFound: an API that grants 40 calls a second refuses none where the
// limit is declared, and at most ten of a thousand where it is not.
func TestPaceIsFound(t *testing.T) {
	for _, test := range []struct {
		client  string
		refused int
		took    time.Duration // at most
	}{
		{"rate_limit: {requests: 40, per: 1s}, max_in_flight: 8", 0, 27 * time.Second},
		{"max_in_flight: 8", 10, 45 * time.Second},
	} {
		t.Run(test.client, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, test.client, pageStream)[0]
				api := apitest.New(apitest.Every(1, apitest.Latency(30*time.Millisecond))).Add(orders(1250, is(apitest.Page)))
				g := &granting{api: api, perSecond: 40}
				r := newRig(t, s, g)
				start := time.Now()
				var wg sync.WaitGroup
				for range 8 { // 125 pages each
					wg.Go(func() {
						if got := r.run(s, paging.Position{}); got.err != nil {
							t.Error(got.err)
						}
					})
				}
				wg.Wait()
				if api.Count() < 1000 || g.refused > test.refused {
					t.Errorf("%d of %d calls were refused, want at most %d", g.refused, api.Count(), test.refused)
				}
				if took := time.Since(start); took > test.took {
					t.Errorf("took %v, want at most %v", took, test.took)
				}
			})
		})
	}
}

// TestQuotaIsWaitedFor: a client waits for a quota that headers call used up,
// before the API refuses a request.
func TestQuotaIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "max_in_flight: 1", pageStream)[0]
		api := apitest.New().Add(orders(50, is(apitest.Page)))
		var waits []time.Duration
		last, n := time.Now(), 0
		r := newRig(t, s, transport(func(req *http.Request) (*http.Response, error) {
			waits, last = append(waits, time.Since(last)), time.Now()
			resp, err := api.RoundTrip(req)
			if err == nil {
				n++
				resp.Header.Set("X-RateLimit-Limit", "3")
				resp.Header.Set("X-RateLimit-Remaining", strconv.Itoa((3-n%3)%3))
				resp.Header.Set("X-RateLimit-Reset", "20")
			}
			return resp, err
		}))
		if got := r.run(s, paging.Position{}); got.err != nil {
			t.Fatal(got.err)
		}
		for i, wait := range waits {
			want := time.Duration(0)
			if i > 0 && i%3 == 0 {
				want = 20 * time.Second
			}
			if wait != want {
				t.Errorf("request %d came after %v, want %v", i, wait, want)
			}
		}
		if len(waits) != 6 {
			t.Errorf("%d requests, want 6", len(waits))
		}
	})
}
