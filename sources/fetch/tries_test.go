package fetch_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
)

// TestTriesAreKept: the journal has each attempt at an exchange, what it waited for
// before and how long it took, of requests that failed too.
func TestTriesAreKept(t *testing.T) {
	const limited = `rate_limit: {requests: 1, per: 10s}, max_in_flight: 1, retry: {attempts: 3, min_wait: 4s, max_wait: 4s}`
	steady := apitest.Every(1, apitest.Latency(time.Second))
	tests := []struct {
		name, client string
		faults       []apitest.Option
		status       []int
		waited, took []time.Duration // at least, and exactly
	}{
		{"at once", "max_in_flight: 1", nil, []int{200}, []time.Duration{0}, []time.Duration{time.Second}},
		{"after two failures", "max_in_flight: 1, retry: {attempts: 3, min_wait: 4s, max_wait: 4s}",
			[]apitest.Option{apitest.On(1, apitest.Status(503)), apitest.On(2, apitest.Status(500))},
			[]int{503, 500, 200}, []time.Duration{0, 2 * time.Second, 2 * time.Second}, []time.Duration{time.Second, time.Second, time.Second}},
		{"for a rate", limited, []apitest.Option{apitest.On(1, apitest.Status(503))},
			[]int{503, 200}, []time.Duration{0, 8 * time.Second}, []time.Duration{time.Second, time.Second}},
		{"no answer for good", "max_in_flight: 1, retry: {attempts: 2, min_wait: 4s, max_wait: 4s, cool_down: 0s}",
			[]apitest.Option{apitest.Every(1, apitest.Status(503))},
			[]int{503, 503}, []time.Duration{0, 2 * time.Second}, []time.Duration{time.Second, time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := openJournal(t, t.TempDir())
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, tt.client, "path: /orders")[0]
				r := newRig(t, stream, apitest.New(append(tt.faults, steady)...).Add(orders(5, is(apitest.None))))
				w := r.walk(stream, paging.Position{})
				record(t, w, j)
				drain(t, w)
			})
			var got []journal.Try
			if err := j.Each(func(e *journal.Exchange) error { got = e.Tries; return nil }); err != nil {
				t.Fatal(err)
			}
			for _, f := range j.Failures.All() {
				got = f.Tries
			}
			var status []int
			for i, try := range got {
				status = append(status, try.Status)
				if i < len(tt.took) && (try.Took != tt.took[i] || try.Waited < tt.waited[i] || try.Waited > 2*tt.waited[i]) {
					t.Errorf("attempt %d waited %v and took %v, want %v to twice that, and %v", i, try.Waited, try.Took, tt.waited[i], tt.took[i])
				}
			}
			if !slices.Equal(status, tt.status) {
				t.Errorf("the attempts were answered %v, want %v", status, tt.status)
			}
		})
	}
}

// TestTriesAhead: a page that is asked for ahead has its attempt as well.
func TestTriesAhead(t *testing.T) {
	j := openJournal(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		stream := define(t, "max_in_flight: 8", pagesStream)[0]
		r := newRig(t, stream, &latency{api: counted(apitest.Page, 205)})
		w := r.walk(stream, paging.Position{})
		record(t, w, j)
		drain(t, w)
	})
	n := 0
	err := j.Each(func(e *journal.Exchange) error {
		n++
		if len(e.Tries) != 1 || e.Tries[0].Status != 200 || e.Tries[0].Took != e.Took || e.Tries[0].Waited != 0 {
			t.Errorf("exchange %d, which took %v, has the attempts %+v", e.N, e.Took, e.Tries)
		}
		return nil
	})
	if err != nil || n != 21 {
		t.Errorf("%d exchanges, %v; want 21", n, err)
	}
}
