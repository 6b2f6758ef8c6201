package tap_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestSmallBudgetsBesideSick: accounts are read by themselves in 12 requests, and for
// their shops by another pass. A shop whose orders fail for now, or an account's page,
// does not hold up the others: with a budget that a new pass of accounts uses up to the
// last request, again and again, the passes of shops and orders come to their ends all
// the same.
func TestSmallBudgetsBesideSick(t *testing.T) {
	for _, budget := range []int{3, 4, 6, 8, 12, 14} {
		for _, workers := range []int{1, 2} {
			if testing.Short() && (workers == 2) != (budget%3 == 0) {
				continue
			}
			for _, sick := range []string{"/shops/3/orders", "/accounts?after=6"} {
				t.Run(fmt.Sprintf("%s/%d/%d", sick, budget, workers), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { besideSick(t, budget, workers, sick) })
				})
			}
		}
	}
}

func besideSick(t *testing.T, budget, workers int, sick string) {
	sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
	api := family(24, 2, 1)
	api.slow = time.Millisecond
	var ill atomic.Bool
	s := setup{
		definition: shopOrders, workDir: memoryFolder(t), catalog: accountsAlone, config: `{"run": {"max_requests": 7}}`,
		api: transport(func(r *http.Request) (*http.Response, error) {
			if ill.Load() && strings.HasPrefix(r.URL.RequestURI(), sick) {
				return testrig.Answer(r, 503, "{}"), nil
			}
			return api.RoundTrip(r)
		}),
	}
	s.state = s.must(t).state()
	ill.Store(true)
	s.catalog, s.config = selectedOf("accounts", "orders"), `{"run": {"concurrency": 1}}`
	s.state = s.run(t).state()
	if !strings.Contains(s.state, `"deferred":true`) || !done(t, s.state, "accounts") {
		t.Fatalf("nothing is left to the next run, or not that alone: %s", s.state)
	}
	ill.Store(strings.HasPrefix(sick, "/shops")) // for ever
	s.config = fmt.Sprintf(`{"run": {"max_requests": %d, "concurrency": %d}}`, budget, workers)
	passes := map[string]bool{}
	for run := 1; run <= 150 && len(passes) < 2; run++ {
		time.Sleep(time.Hour)
		s.state = s.run(t).state()
		passes[bookmarkOf(t, s.state, "orders").Pass.ID] = true
	}
	if len(passes) < 2 {
		t.Errorf("%d passes of orders began: the last state is %s", len(passes), s.state)
	}
}
