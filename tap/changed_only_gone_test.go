package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testshare"
)

const changesOfAccounts = partitioned + `  - name: shops
    path: /accounts/{{ partition.account }}/shops
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{name: account, values: "{{ [2, 1] if config.token == 'of both' else [1] }}"}]
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: shops, keys: {shop: id}, changed_only: true}]
`

// accountGone is an API of two accounts, one of which is taken out of the config
// while a pass is unfinished, and put back later.
type accountGone struct {
	setup
	api   *shops
	begin time.Time
	order int
	came  []int
}

func (g *accountGone) at(day int) string {
	return g.begin.AddDate(0, 0, day).Add(-time.Hour).Format(time.RFC3339)
}

// change changes all shops of an account, and gives each an order.
func (g *accountGone) change(day, account int) {
	path := fmt.Sprintf("/accounts/%d/shops", account)
	g.api.rows[path] = nil
	for shop := account * 10; shop < account*10+3; shop++ {
		g.order++
		g.api.add(path, row{ID: shop, Updated: g.at(day)})
		g.api.add(fmt.Sprintf("/shops/%d/orders", shop), row{ID: g.order, Updated: g.at(day)})
	}
}

// run reads with so many requests, 0 for any number, and reports whether all is over.
func (g *accountGone) run(t *testing.T, accounts string, requests int) bool {
	g.config = fmt.Sprintf(`{"token": "of %s", "run": {"max_requests": %d, "concurrency": 1}}`, accounts, requests)
	r := g.must(t)
	g.state = r.state()
	g.came = append(g.came, idsOf(t, r, "orders")...)
	return done(t, g.state, "shops") && done(t, g.state, "orders")
}

// TestChangedOnlyBelowWhatWasTakenOut: an account is taken out of the config while
// the pass of its shops is unfinished, which then ends in this run or in a later one.
// What changes of its shops until the account is back comes then, though orders of
// these shops were read before: in the first pass, or in a later one.
func TestChangedOnlyBelowWhatWasTakenOut(t *testing.T) {
	for _, first := range []bool{true, false} {
		for cut := 1; cut < 9; cut++ {
			for _, requests := range []int{0, 2} {
				if !testshare.Takes(cut, 8) {
					continue
				}
				t.Run(fmt.Sprintf("first %v, after %d requests, then %d a run", first, cut, requests), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						g := &accountGone{api: newShops(), begin: time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)}
						g.setup = setup{definition: changesOfAccounts, workDir: memoryFolder(t), api: g.api,
							head: strings.Replace(head, "start: {type: string}", "token: {type: string, secret: true}", 1)}
						sleepUntil(g.begin)
						g.change(0, 1)
						g.change(0, 2)
						if !first {
							g.run(t, "both", 0)
							sleepUntil(g.begin.AddDate(0, 0, 1))
							g.change(1, 1)
							g.change(1, 2)
						}
						if g.run(t, "both", cut) {
							t.Fatal("nothing is left to be read without the account")
						}
						for !g.run(t, "one", requests) {
							time.Sleep(time.Minute)
						}
						sleepUntil(g.begin.AddDate(0, 0, 2))
						g.change(2, 1)
						g.change(2, 2)
						g.run(t, "one", 0)
						sleepUntil(g.begin.AddDate(0, 0, 3))
						g.change(3, 1)
						g.run(t, "one", 0)
						sleepUntil(g.begin.AddDate(0, 0, 4))
						g.run(t, "both", 0)
						slices.Sort(g.came)
						if got := slices.Compact(g.came); !slices.Equal(got, upTo(g.order)) {
							t.Errorf("orders %v came, want %d", got, g.order)
						}
					})
				})
			}
		}
	}
}
