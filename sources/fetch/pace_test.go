package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// walkers lets n walks read the stream at the same time, and returns when each
// request started.
func walkers(t *testing.T, s *sources.Stream, api *apitest.API, n int) []time.Time {
	t.Helper()
	r := newRig(t, s, api)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if got := r.run(s, paging.Position{}); got.err != nil {
				t.Error(got.err)
			}
		})
	}
	wg.Wait()
	var starts []time.Time
	for _, q := range api.Requests() {
		starts = append(starts, q.Time)
	}
	return starts
}

func TestPace(t *testing.T) {
	tests := []struct {
		name    string
		client  string
		latency time.Duration
		limits  map[time.Duration]int
		took    time.Duration // at most
	}{
		{"one limit", `rate_limit: {requests: 3, per: 1s}`, 0, map[time.Duration]int{time.Second: 3}, 20 * time.Second},
		{"several limits", `rate_limit: [{requests: 2, per: 1s}, {requests: 20, per: 1m}]`, 0,
			map[time.Duration]int{time.Second: 2, time.Minute: 20}, 3 * time.Minute},
		{"slow answers", `rate_limit: {requests: 5, per: 1s}, max_in_flight: 2`, 1700 * time.Millisecond,
			map[time.Duration]int{time.Second: 5}, 50 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, test.client, pageStream)[0]
				api := apitest.New(apitest.Every(1, apitest.Latency(test.latency))).Add(orders(50, is(apitest.Page)))
				begin := time.Now()
				starts := walkers(t, s, api, 8)
				for per, most := range test.limits {
					for i := most; i < len(starts); i++ {
						if d := starts[i].Sub(starts[i-most]); d < per {
							t.Fatalf("%d requests within %v, from %v on", most+1, d, starts[i-most].Sub(begin))
						}
					}
				}
				if took := time.Since(begin); took > test.took {
					t.Errorf("took %v for %d requests, want at most %v", took, len(starts), test.took)
				}
			})
		})
	}
}

func TestMaxInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "max_in_flight: 3", pageStream)[0]
		api := apitest.New(apitest.Every(1, apitest.Latency(time.Second))).Add(orders(50, is(apitest.Page)))
		begin := time.Now()
		starts := walkers(t, s, api, 8)
		for i := 3; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-3]); d < time.Second {
				t.Fatalf("4 requests in flight %v after the start", starts[i].Sub(begin))
			}
		}
		if took, want := time.Since(begin), time.Duration(len(starts)/3)*time.Second; took != want {
			t.Errorf("took %v, want %v: three at a time", took, want)
		}
	})
}

// TestWaitsHoldNoSlot proves that a walk that waits before its retry lets
// another one through, though there is only one slot.
func TestWaitsHoldNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "max_in_flight: 1, retry: {attempts: 2, min_wait: 40s, max_wait: 40s}",
			`path: /slow`, `path: /orders, pagination: {type: page, param: page}`)
		api := apitest.New(apitest.OnPath("/slow", 1, apitest.Reset())).
			Add(orders(50, is(apitest.Page))).Add(orders(5, func(c *apitest.Collection) { c.Path, c.Style = "/slow", apitest.None }))
		r := newRig(t, s[0], api)
		done := make(chan seen)
		go func() { done <- r.run(s[0], paging.Position{}) }()
		synctest.Wait()
		start := time.Now()
		if got := r.run(s[1], paging.Position{}); got.err != nil {
			t.Error(got.err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the other walk took %v", took)
		}
		if got := <-done; got.err != nil {
			t.Error(got.err)
		}
	})
}

// TestThrottlingPausesTheClient proves that what a 429 asks for holds for all
// streams of the client, after the last attempt too.
func TestThrottlingPausesTheClient(t *testing.T) {
	for _, attempts := range []string{"1", "2"} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "retry: {attempts: "+attempts+"}", `path: /orders`, `path: /other`)
			api := apitest.New(apitest.OnPath("/orders", 1, apitest.Status(429, apitest.RetryAfter("30")))).
				Add(orders(5, is(apitest.None))).Add(orders(5, func(c *apitest.Collection) { c.Path, c.Style = "/other", apitest.None }))
			r := newRig(t, s[0], api)
			done := make(chan seen)
			go func() { done <- r.run(s[0], paging.Position{}) }()
			synctest.Wait()
			start := time.Now()
			if got := r.run(s[1], paging.Position{}); got.err != nil {
				t.Error(got.err)
			}
			if waited := time.Since(start); waited != 30*time.Second {
				t.Errorf("%s attempts: the other stream waited %v, want 30s", attempts, waited)
			}
			<-done
		})
	}
}

// TestLongWaitsPauseNobody proves that a wait which ends a walk, as too long,
// does not hold the others.
func TestLongWaitsPauseNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "", `path: /orders`, `path: /other`)
		api := apitest.New(apitest.OnPath("/orders", 1, apitest.Status(429, apitest.RetryAfter("7200")))).
			Add(orders(5, is(apitest.None))).Add(orders(5, func(c *apitest.Collection) { c.Path, c.Style = "/other", apitest.None }))
		r := newRig(t, s[0], api)
		failure(t, r.run(s[0], paging.Position{}).err)
		start := time.Now()
		if got := r.run(s[1], paging.Position{}); got.err != nil || time.Since(start) != 0 {
			t.Errorf("got %v after %v", got.err, time.Since(start))
		}
	})
}

// TestRulesThatPause proves that a rule's wait holds for the whole client where
// the answer says how long, and for the request alone where the rule does.
func TestRulesThatPause(t *testing.T) {
	for wait, want := range map[string]time.Duration{`30s`: 0, `"{{ headers['x-wait'] }}"`: 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "errors: [{status: 409, do: retry, wait: "+wait+"}]", `path: /orders`, `path: /other`)
			api := apitest.New(apitest.OnPath("/orders", 1, apitest.Status(409, apitest.Header("X-Wait", "30")))).
				Add(orders(5, is(apitest.None))).Add(orders(5, func(c *apitest.Collection) { c.Path, c.Style = "/other", apitest.None }))
			r := newRig(t, s[0], api)
			done := make(chan seen)
			go func() { done <- r.run(s[0], paging.Position{}) }()
			synctest.Wait()
			start := time.Now()
			if got := r.run(s[1], paging.Position{}); got.err != nil {
				t.Error(got.err)
			}
			if waited := time.Since(start); waited != want {
				t.Errorf("wait %s: the other stream waited %v, want %v", wait, waited, want)
			}
			<-done
		})
	}
}

// TestLargeLimits proves that a limit takes no memory before it is used.
func TestLargeLimits(t *testing.T) {
	s := define(t, "rate_limit: {requests: 1000000000000000, per: 1s}, max_in_flight: 1000000000", cursorStream)[0]
	if got := newRig(t, s, apitest.New().Add(orders(25, nil))).run(s, paging.Position{}); got.err != nil {
		t.Error(got.err)
	}
}

func TestRetry(t *testing.T) {
	tests := []struct {
		name       string
		client     string
		fault      apitest.Fault
		requests   int
		least      time.Duration
		most       time.Duration
		want       string
		wantAdvice string
	}{
		{"used up", "retry: {attempts: 4, min_wait: 2s, max_wait: 5s}", apitest.Status(503), 4,
			(1 + 2 + 2.5) * 1000 * time.Millisecond, (2 + 4 + 5) * time.Second, "answered 503 Service Unavailable (4 attempts)", ""},
		{"one attempt", "retry: {attempts: 1}", apitest.Reset(), 1, 0, 0, "connection reset", ""},
		{"no wait", "retry: {attempts: 3, min_wait: 0s, max_wait: 0s}", apitest.Status(503), 3, 0, 0, "(3 attempts)", ""},
		{"as the API says", "retry: {attempts: 3}", apitest.Status(503, apitest.RetryAfter("3600")), 3, 2 * time.Hour, 2 * time.Hour, "(3 attempts)", ""},
		{"longer than an hour", "", apitest.Status(429, apitest.RetryAfter("3601")), 1, 0, 0, "answered 429",
			"the API asks to wait until 2000-01-01T01:00:01Z: run again after that"},
		{"Retry-After: 0 is no advice", "retry: {attempts: 2, min_wait: 8s}", apitest.Status(503, apitest.RetryAfter("0")), 2, 4 * time.Second, 8 * time.Second, "(2 attempts)", ""},
		{"a quota that is not used up", "retry: {attempts: 2, min_wait: 8s}",
			apitest.Status(502, apitest.Header("X-RateLimit-Remaining", "4999"), apitest.Header("X-RateLimit-Reset", "3000")), 2, 4 * time.Second, 8 * time.Second, "(2 attempts)", ""},
		{"cut body of a 429", "retry: {attempts: 2}", apitest.Status(429, apitest.RetryAfter("50"), apitest.CutBody(3)), 2, 50 * time.Second, 50 * time.Second, "unexpected EOF", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, test.client, cursorStream)[0]
				api := apitest.New(apitest.From(1, test.fault)).Add(orders(25, nil))
				start := time.Now()
				e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
				took := time.Since(start)
				if e.Class != fetch.Transient || e.Attempts != test.requests || api.Count() != test.requests {
					t.Errorf("got %v after %d attempts and %d requests, want transient after %d", e.Class, e.Attempts, api.Count(), test.requests)
				}
				if !strings.Contains(e.Error(), test.want) || !strings.HasSuffix(e.Advice, test.wantAdvice) {
					t.Errorf("got %q, want %q and %q", e.Error(), test.want, test.wantAdvice)
				}
				if took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
			})
		})
	}
}

// noLater is an error of a transport that answers no later request either.
type noLater struct{ final bool }

func (noLater) Error() string { return "the answer is not on the tape" }

func (e noLater) Final() bool { return e.final }

// RoundTrip makes an error of it, in the words of a transport.
func (e noLater) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s: %w", r.URL.Path, e)
}

// TestFinalErrorIsNotRetried: a transport that says that it has no answer later either is
// asked once, and nobody waits for it.
func TestFinalErrorIsNotRetried(t *testing.T) {
	for _, tt := range []struct {
		final    bool
		class    fetch.Class
		attempts int
	}{{true, fetch.Permanent, 1}, {false, fetch.Transient, 3}} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "retry: {attempts: 3}", cursorStream)[0]
			e := failure(t, newRig(t, s, noLater{tt.final}).run(s, paging.Position{}).err)
			if e.Class != tt.class || e.Attempts != tt.attempts || !strings.Contains(e.Error(), "not on the tape") {
				t.Errorf("final %v: %v after %d attempts: %v, want %v after %d", tt.final, e.Class, e.Attempts, e, tt.class, tt.attempts)
			}
		})
	}
}

// TestStopEndsEveryWait proves that a closed gate or an ended context ends a
// walk at once, whatever it waits for, and that no request follows.
func TestStopEndsEveryWait(t *testing.T) {
	waits := []struct {
		name     string
		client   string
		fault    apitest.Fault
		requests int // sent when the run is stopped
		again    int // retries that were begun until then
		inFlight bool
	}{
		{"before a retry", "", apitest.Status(429, apitest.RetryAfter("60")), 1, 1, false},
		{"for the rate", "rate_limit: {requests: 1, per: 60s}", apitest.Latency(0), 1, 0, false},
		{"for a slot", "max_in_flight: 1", apitest.Hang(), 1, 0, true},
		{"for an answer", "", apitest.Hang(), 1, 0, true},
		{"for a body", "", apitest.Stall(10), 1, 0, true},
	}
	for _, wait := range waits {
		for _, how := range []string{"gate", "context"} {
			t.Run(wait.name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := define(t, wait.client, pageStream)[0]
					api := apitest.New(apitest.From(1, wait.fault)).Add(orders(50, is(apitest.Page)))
					r := newRig(t, s, api)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					n := 1
					if wait.name == "for a slot" {
						n = 2
					}
					ended := make(chan error, n)
					for range n {
						go func() {
							w := r.walk(s, paging.Position{})
							for {
								if _, err := w.Next(ctx); err != nil {
									ended <- err
									return
								}
							}
						}()
					}
					time.Sleep(time.Second)
					stopped := time.Now()
					if how == "gate" {
						r.gate.shut()
					} else {
						cancel()
					}
					for i := range n {
						if how == "gate" && wait.inFlight && i == n-1 {
							cancel() // what is in flight is not ended by the gate
						}
						if err := <-ended; !errors.Is(err, fetch.ErrStopped) {
							t.Errorf("got %v, want ErrStopped", err)
						}
					}
					if took := time.Since(stopped); took != 0 {
						t.Errorf("ended %v after the stop", took)
					}
					if api.Count() != wait.requests {
						t.Errorf("%d requests, want %d", api.Count(), wait.requests)
					}
					if again := strings.Count(r.log.String(), "asking again"); again != wait.again {
						t.Errorf("the log says %d times that a request is made again, want %d: %s", again, wait.again, &r.log)
					}
				})
			})
		}
	}
}

// TestNoRequestAfterTheEnd proves that an ended context lets nothing start.
func TestNoRequestAfterTheEnd(t *testing.T) {
	s := define(t, "", pageStream)[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // a free slot must not win by chance
		r := newRig(t, s, apitest.New().Add(orders(5, is(apitest.Page))))
		if _, err := r.walk(s, paging.Position{}).Next(ctx); err != fetch.ErrStopped || r.gate.entered.Load() != 0 {
			t.Fatalf("got %v after %d requests", err, r.gate.entered.Load())
		}
	}
}

// TestNoRequestWithoutTheGate proves that a closed gate lets nothing start.
func TestNoRequestWithoutTheGate(t *testing.T) {
	s := define(t, "", pageStream)[0]
	r := newRig(t, s, transport(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("sent")
	}))
	r.gate.shut()
	if got := r.run(s, paging.Position{}); got.err != fetch.ErrStopped {
		t.Errorf("got %v, want ErrStopped", got.err)
	}
}

// TestNothingIsAskedAgain: a refusal that comes when no request may start any more
// ends the walk, and nothing says that the request is made again.
func TestNothingIsAskedAgain(t *testing.T) {
	s := define(t, "", pageStream)[0]
	var r *rig
	r = newRig(t, s, transport(func(req *http.Request) (*http.Response, error) {
		r.gate.shut()
		return answer{status: http.StatusServiceUnavailable}.response(req), nil
	}))
	if got := r.run(s, paging.Position{}); got.err != fetch.ErrStopped || r.log.Len() > 0 || r.counters.Retries.Load() > 0 {
		t.Errorf("got %v, %d retries, want ErrStopped: %s", got.err, r.counters.Retries.Load(), &r.log)
	}
}
