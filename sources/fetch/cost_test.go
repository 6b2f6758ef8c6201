package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// leaky is an API with a bucket of points, as GraphQL APIs have it: a query takes
// what it costs out of it, and so much comes back in a second. What it refuses is
// answered 200.
type leaky struct {
	most, perSecond float64
	cost            func(n int64) float64
	resets          bool // all of it is there again at the full minute, nothing before
	pages           int64

	n        atomic.Int64
	mu       sync.Mutex
	left     float64
	at       time.Time
	refused  int
	answered map[string]int64
}

func (a *leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	cost := a.cost(a.n.Add(1))
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if a.resets && !now.Truncate(time.Minute).Equal(a.at) {
		a.at, a.left = now.Truncate(time.Minute), a.most
	} else if !a.resets {
		if a.at.IsZero() {
			a.at, a.left = now, a.most
		}
		a.left, a.at = min(a.most, a.left+now.Sub(a.at).Seconds()*a.perSecond), now
	}
	if a.left < cost {
		a.refused++
		return answer{status: 200, body: fmt.Sprintf(`{"data":[],"throttled":true,"left":%v,"reset":%q}`, a.left, a.at.Add(time.Minute).Format(time.RFC3339))}.response(r), nil
	}
	a.left -= cost
	walk := r.URL.Query().Get("walk")
	if a.answered == nil {
		a.answered = map[string]int64{}
	}
	a.answered[walk]++
	n := a.answered[walk]
	return answer{status: 200, body: fmt.Sprintf(`{"data":[{"id":%d}],"more":%v,"next":"%s-%d","cost":%v,"left":%v,"reset":%q}`,
		n, n < a.pages, walk, n, cost, a.left, a.at.Add(time.Minute).Format(time.RFC3339))}.response(r), nil
}

// TestPointsAreKeptTo: an API that counts points, and says in each answer what it cost
// and what is left, refuses nothing, and is read about as fast as it allows: whether
// points come back evenly or at a time, and whether all queries cost the same.
func TestPointsAreKeptTo(t *testing.T) {
	for _, tt := range []struct {
		name, limit string
		api         *leaky
		took        time.Duration // at most
	}{
		{"evenly", `{points: 1000, per: 20s, remaining: "{{ response.left }}"}`,
			&leaky{most: 1000, perSecond: 50, cost: func(int64) float64 { return 20 }}, 150 * time.Second},
		{"evenly, of different costs", `{points: 1000, per: 20s, remaining: "{{ response.left }}"}`,
			&leaky{most: 1000, perSecond: 50, cost: func(n int64) float64 { return float64(10 + n%3*10) }}, 220 * time.Second},
		{"at a time", `{points: 1000, per: 1m, remaining: "{{ response.left }}", reset: "{{ response.reset }}"}`,
			&leaky{most: 1000, resets: true, cost: func(int64) float64 { return 20 }}, 8 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := tt.api
				api.pages = 50
				s := define(t, `rate_limit: `+tt.limit+`, cost: "{{ response.cost }}", max_in_flight: 8, errors: [{when: "{{ response.throttled }}", do: retry}]`,
					`path: /q, partition_by: [{name: walk, values: [a]}], params: {walk: "{{ partition.walk }}"}, pagination: {type: cursor, next: next, param: c, more: more}`)[0]
				r := newRig(t, s, api)
				start := time.Now()
				var wg sync.WaitGroup
				for i := range 8 {
					wg.Go(func() {
						w := r.client.NewWalk(s, newSplitter(t, s.Records), walkVars(i), paging.Position{}, &r.counters)
						if got := drain(t, w); got.err != nil {
							t.Error(got.err)
						}
					})
				}
				wg.Wait()
				if api.refused > 0 {
					t.Errorf("%d of %d were refused", api.refused, api.n.Load())
				}
				if took := time.Since(start); took > tt.took {
					t.Errorf("took %v, want at most %v", took, tt.took)
				}
				if spent := sources.Cost(r.counters.Cost.Load()); spent < 7000*sources.OneCost || r.gate.spent.Load() != int64(spent) {
					t.Errorf("spent %v, and the gate knows of %v", spent, sources.Cost(r.gate.spent.Load()))
				}
			})
		})
	}
}

// TestCostOfAnswers: a number counts for each request, answered or not; a template for
// what its answers say, also in headers, and of those that say nothing, nothing.
func TestCostOfAnswers(t *testing.T) {
	page := func(body, credits string) answer {
		h := http.Header{}
		if credits != "" {
			h.Set("X-Credits", credits)
		}
		return answer{200, body, h}
	}
	answers := []answer{
		page(`{"data":[{"id":1}],"next":"a"}`, "2.5"), {503, `{}`, nil}, page(`{"data":[{"id":2}],"next":"b"}`, "0.1"), page(`{"data":[{"id":3}]}`, ""),
	}
	for cost, want := range map[string]string{`5`: "20", `0.001`: "0.004", `"{{ headers['x-credits'] }}"`: "2.6", `"{{ response.none }}"`: "0"} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "cost: "+cost, `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
			r := newRig(t, s, &script{answers: answers})
			got := r.run(s, paging.Position{})
			if spent := sources.Cost(r.counters.Cost.Load()); got.err != nil || spent.String() != want || len(got.ids) != 3 {
				t.Errorf("cost %s: spent %v, want %s; %v", cost, spent, want, got.err)
			}
		})
	}
}

// TestCostThatIsNone: a template that says no number is the definition's mistake.
func TestCostThatIsNone(t *testing.T) {
	for client, want := range map[string]string{
		`cost: "{{ response.next }}"`: `cost: wants a number from 0 to 1000000000, got much`,
		`cost: 1, rate_limit: {points: 9, per: 1s, remaining: "{{ response.next }}"}`:                                     `rate_limit.remaining: wants a number, got much`,
		`cost: 1, rate_limit: {points: 9, per: 1s, remaining: "{{ response.data[0].id }}", reset: "{{ response.next }}"}`: `rate_limit.reset: much is no duration, seconds, epoch or date`,
	} {
		s := define(t, client, `path: /x`)[0]
		err := newRig(t, s, &script{answers: []answer{{200, `{"data":[{"id":1}],"next":"much"}`, nil}}}).run(s, paging.Position{}).err
		if e := failure(t, err); e.Class != fetch.Permanent || !strings.Contains(e.Error(), want) {
			t.Errorf("got %v, want %s", e, want)
		}
	}
}

// walkVars are what the requests of a walk see, which say which walk it is.
func walkVars(i int) expr.Vars {
	vars := make(expr.Vars, sources.VarCount)
	vars[sources.VarPartition] = expr.Dict([]string{"walk"}, []expr.Value{expr.String(fmt.Sprint(i))})
	return vars
}

// TestCostIsSaved: what the journal has the answer of costs nothing, and is counted as
// what it cost.
func TestCostIsSaved(t *testing.T) {
	for cost, want := range map[string]string{`0.5`: "1.5", `"{{ response.cost }}"`: "0.6"} {
		s := define(t, "cost: "+cost, `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
		api := &script{answers: []answer{
			{200, `{"data":[{"id":1}],"next":"a","cost":0.1}`, nil}, {200, `{"data":[{"id":2}],"next":"b","cost":0.2}`, nil}, {200, `{"data":[{"id":3}],"cost":0.3}`, nil},
		}}
		dir := t.TempDir()
		j := openJournal(t, dir)
		for run, name := range []string{"spent", "saved"} {
			r := newRig(t, s, api)
			w := r.walk(s, paging.Position{})
			record(t, w, j).Only = run == 1
			if got := drain(t, w); got.err != nil || len(got.ids) != 3 {
				t.Fatal(got.err)
			}
			counts := [2]string{sources.Cost(r.counters.Cost.Load()).String(), sources.Cost(r.counters.Saved.Cost.Load()).String()}
			if counts[run] != want || counts[1-run] != "0" {
				t.Errorf("cost %s: spent and saved %v, want %s %s", cost, counts, want, name)
			}
			j = reopened(t, dir, j)
		}
	}
}

// TestLeftOfAnotherPath: what is left of a limit for some paths is said by the answers to
// requests that it counts, and by no others.
func TestLeftOfAnotherPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := define(t, `rate_limit: {requests: 30, per: 1m, match: "/search*", remaining: "{{ response.left }}"}`, `path: /x`, `path: /search`)
		r := newRig(t, streams[0], &script{answers: []answer{{200, `{"data":[],"left":0}`, nil}, {200, `{"data":[],"left":0}`, nil}, {200, `{"data":[],"left":9}`, nil}}})
		start := time.Now()
		for i, s := range []*sources.Stream{streams[0], streams[1], streams[1]} {
			if got := r.run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			if waited := time.Since(start) > 0; waited != (i == 2) {
				t.Errorf("request %d started after %v", i, time.Since(start))
			}
		}
	})
}
