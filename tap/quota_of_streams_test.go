package tap_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// quotaAPI grants so much in any span of a second, to all streams together: requests, or
// what they cost by their path. What comes beyond that is refused.
type quotaAPI struct {
	most    int
	cost    map[string]int // nil: each counts as one
	pages   int
	latency time.Duration

	mu      sync.Mutex
	granted []struct {
		at   time.Time
		cost int
	}
	refused int
}

func (a *quotaAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	now, cost := time.Now(), 1
	if a.cost != nil {
		cost = a.cost[r.URL.Path]
	}
	spent := 0
	for _, one := range a.granted {
		if now.Sub(one.at) < time.Second {
			spent += one.cost
		}
	}
	refuses := spent+cost > a.most
	if refuses {
		a.refused++
	} else {
		a.granted = append(a.granted, struct {
			at   time.Time
			cost int
		}{now, cost})
	}
	a.mu.Unlock()
	time.Sleep(a.latency)
	if refuses {
		return testrig.Answer(r, http.StatusTooManyRequests, `{}`), nil
	}
	var page int
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	next := ""
	if page+1 < a.pages {
		next = fmt.Sprint(page + 1)
	}
	return testrig.Answer(r, 200, fmt.Sprintf(`{"data":[{"id":%d}],"next":%q,"cost":%d}`, page, next, cost)), nil
}

// TestQuotaOfStreams: a limit that a client declares holds for all of its streams
// together, requests or points, whether a stream's cost is a number or said by its
// answers: an API that enforces the limit refuses nothing, and is asked about as fast as
// it allows.
func TestQuotaOfStreams(t *testing.T) {
	costs := map[string]int{"/a": 1, "/b": 2, "/c": 5}
	for _, tt := range []struct {
		name, limit, cost string // cost: that of the streams, %d is the number
		costs             map[string]int
		all               int // what the run costs
	}{
		{"requests", `{requests: 20, per: 1s}`, "", nil, 120},
		{"points", `{points: 20, per: 1s}`, "cost: %d, ", costs, 320},
		{"points that answers tell of", `{points: 20, per: 1s}`, `cost: "{{ 0 * %d + response.cost }}", `, costs, 320},
		{"both", `[{points: 20, per: 1s}, {requests: 1000, per: 1h}]`, "cost: %d, ", costs, 320},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &quotaAPI{most: 20, cost: tt.costs, pages: 40, latency: 30 * time.Millisecond}
				definition := "streams:\n"
				for _, name := range []string{"a", "b", "c"} {
					cost := tt.cost
					if cost != "" {
						cost = fmt.Sprintf(cost, costs["/"+name])
					}
					definition += fmt.Sprintf("  - {name: %s, path: /%[1]s, records: data, primary_key: [id], %spagination: {type: cursor, next: next, param: page}, schema: {type: object}}\n", name, cost)
				}
				s := setup{
					workDir: memoryFolder(t), api: api, definition: definition, config: `{"run": {"concurrency": 3}}`,
					head: strings.Replace(head, "client:\n", "client:\n  rate_limit: "+tt.limit+"\n  max_in_flight: 8\n", 1),
				}
				start := time.Now()
				r := s.must(t)
				if api.refused > 0 || len(api.granted) != 120 {
					t.Errorf("%d requests were granted, %d refused", len(api.granted), api.refused)
				}
				if n := len(r.records("a")) + len(r.records("b")) + len(r.records("c")); n != 120 {
					t.Errorf("%d records came", n)
				}
				least := time.Duration(tt.all/20-1) * time.Second
				if took := time.Since(start); took < least || took > 2*least {
					t.Errorf("took %v, the limit asks for %v", took, least)
				}
				if spent, _ := r.account.Cost(); tt.costs != nil && spent.String() != fmt.Sprint(tt.all) {
					t.Errorf("the account says %v, and the API granted %d", spent, tt.all)
				}
			})
		})
	}
}
