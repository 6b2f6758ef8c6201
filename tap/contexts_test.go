package tap_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
)

const shopDetails = partitioned + `  - {name: shops, path: /shops}
  - name: details
    path: /details
    params: {ids: "{{ partition.ids | join(',') }}"}
    partition_by: [{parent: shops, keys: {ids: id}, when: "{{ record.open }}", batch: 2}]
`

// detailed returns shops, the seventh closed, with a detail each.
func detailed() *shops {
	api := newShops()
	for _, id := range upTo(9) {
		api.add("/shops", row{ID: id, Open: id != 7}).add("/details", row{ID: id})
	}
	return api
}

// TestBatch asks for the details of two shops at once, never of two pages.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := detailed()
		r := setup{definition: shopDetails, workDir: memoryFolder(t), api: api}.must(t)
		if got, want := idsOf(t, r, "details"), []int{1, 2, 3, 4, 5, 6, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("details of %v", got)
		}
		asked := slices.DeleteFunc(slices.Clone(api.asked), func(at string) bool { return !strings.HasPrefix(at, "/details") })
		slices.Sort(asked)
		want := []string{"/details?ids=1%2C2", "/details?ids=3%2C4", "/details?ids=5%2C6", "/details?ids=8", "/details?ids=9"}
		if !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	})
}

const ordersOfBoth = partitioned + `  - {name: shops, path: /shops}
  - {name: markets, path: /markets}
  - name: orders
    path: /orders/{{ partition.place }}/{{ partition.kind.id }}
    add: {place: "{{ partition.place }}"}
    partition_by:
      - {parent: shops, keys: {place: id}}
      - {parent: markets, keys: {place: id}}
      - {name: kind, values: [{id: a}, {id: b}]}
`

// shopsAndMarkets returns an API whose orders are of shops 1 to 5 and of markets 4 to 8.
func shopsAndMarkets() *shops {
	api := newShops()
	for i, place := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		if i < 5 {
			api.add("/shops", row{ID: i + 1})
		}
		if i > 2 {
			api.add("/markets", row{ID: i + 1})
		}
		api.add("/orders/"+place+"/a", row{ID: 2*i + 1}).add("/orders/"+place+"/b", row{ID: 2*i + 2})
	}
	return api
}

// TestSeveralParents reads the contexts of each parent with each value, and one
// that both lead to once.
func TestSeveralParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := shopsAndMarkets()
		r := setup{definition: ordersOfBoth, workDir: memoryFolder(t), api: api}.must(t)
		if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(16)) {
			t.Errorf("orders %v", got)
		}
		if len(api.asked) != 3+3+16 {
			t.Errorf("%d requests: %v", len(api.asked), api.asked)
		}
	})
}

// TestNothingCameOfParents: a run that is stopped at its first request has said
// which passes feed the children, but of most of them nothing came. The next run
// reads each parent once.
func TestNothingCameOfParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := shopsAndMarkets()
		api.slow = time.Millisecond
		stop, cancel := context.WithCancelCause(t.Context())
		api.at = func(n int) {
			if n == 1 {
				cancel(errors.New("told to stop"))
			}
		}
		s := setup{definition: ordersOfBoth, workDir: memoryFolder(t), api: api, stop: stop}
		s.state = s.run(t).state()
		if !strings.Contains(s.state, `"feeds":[`) {
			t.Fatalf("state %s", s.state)
		}
		api.at, s.stop = nil, nil
		r := s.must(t)
		if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(16)) {
			t.Errorf("orders %v", got)
		}
		if len(api.asked) != 3+3+16 {
			t.Errorf("%d requests: %v", len(api.asked), api.asked)
		}
	})
}

// TestParentComesTwice: a record that moves to a later page of its parent leads to
// one walk.
func TestParentComesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newShops().add("/accounts", row{ID: 1, Open: true}, row{ID: 2, Open: true}, row{ID: 2, Open: true}, row{ID: 3, Open: true}, row{ID: 1, Open: true})
		for _, a := range []string{"1", "2", "3"} {
			api.add("/accounts/"+a+"/shops", row{ID: int(a[0] - '0')})
		}
		r := setup{definition: shopOrders, workDir: memoryFolder(t), api: api}.must(t)
		if got := r.records("shops"); len(got) != 3 {
			t.Errorf("shops came: %v", got)
		}
		if got := slices.DeleteFunc(api.asked, func(at string) bool { return !strings.HasSuffix(at, "/shops") }); len(got) != 3 {
			t.Errorf("asked %v", got)
		}
	})
}

// TestContextsThatCannotBe: values that are no contexts end the run before its
// first request, with the line; a record of a parent that is none fails the child
// and shows the record.
func TestContextsThatCannotBe(t *testing.T) {
	const accounts = partitioned + `  - name: orders
    path: /{{ partition.account.id }}/orders
    partition_by: [{name: account, values: "{{ config.accounts }}"}]
`
	settings := strings.Replace(head, "properties:\n", "properties:\n    accounts: {type: array}\n", 1)
	for _, tt := range []struct{ name, config, want string }{
		{"no accounts", `{"accounts": []}`, "stream orders: line 17: partition_by: values of account: the list is empty"},
		{"an account without its id", `{"accounts": [{"id": 1}, {"name": "x"}]}`, "stream orders: line 17: partition_by: values of account: value 2 has no account.id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := newShops()
			r := setup{definition: accounts, head: settings, config: tt.config, workDir: memoryFolder(t), api: api}.run(t)
			var input *tap.InputError
			if !errors.As(r.err, &input) || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got %v, want %s", r.err, tt.want)
			}
			if len(api.asked)+len(r.lines) > 0 {
				t.Errorf("asked %v, wrote %v", api.asked, r.lines)
			}
		})
	}
	t.Run("a parent's record without its key", func(t *testing.T) {
		api := family(2, 1, 1)
		definition := strings.Replace(shopOrders, "keys: {shop: id}", "keys: {shop: nr}", 1)
		r := setup{definition: definition, workDir: memoryFolder(t), api: api}.run(t)
		const want = `stream orders: line 22: partition_by: parent shops: the record has no nr (keys.shop), which would ask for everything (where that is right, when leaves such records out): {"id":`
		if r.err == nil || !strings.Contains(r.err.Error(), want) {
			t.Errorf("got %v, want %s", r.err, want)
		}
		if slices.ContainsFunc(api.asked, func(at string) bool { return strings.Contains(at, "/orders") }) {
			t.Errorf("asked %v", api.asked)
		}
	})
}

const changesOfShops = partitioned + `  - name: shops
    path: /shops
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}"}
    add: {shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: shops, keys: {shop: id}, changed_only: true}]
`

// TestChangedOnly asks, from the second sync on, for the children of parents that
// changed: of one that was read from the bookmark on, of a new one from the start.
// Those that did not change stay read. The latest parent comes again each time.
func TestChangedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)
		at := func(days int) string { return begin.AddDate(0, 0, days).Add(-time.Hour).Format(time.RFC3339) }
		sleepUntil(begin)
		api := newShops()
		for i, shop := range []string{"1", "2", "3"} {
			api.add("/shops", row{ID: i + 1, Updated: at(i - 3)}).add("/shops/"+shop+"/orders", row{ID: i + 1, Updated: at(-2)})
		}
		s := setup{definition: changesOfShops, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		sync := func() (asked []string) {
			time.Sleep(24 * time.Hour)
			api.asked = nil
			s.state = s.must(t).state()
			for _, at := range api.asked {
				if path, query, _ := strings.Cut(at, "?"); strings.HasSuffix(path, "/orders") {
					asked = append(asked, path[len("/shops/"):len("/shops/1")]+" "+strings.TrimPrefix(query, "from=")[:10])
				}
			}
			slices.Sort(asked)
			return asked
		}
		api.add("/shops", row{ID: 2, Updated: begin.Format(time.RFC3339)}, row{ID: 4, Updated: at(1)}).add("/shops/2/orders", row{ID: 12, Updated: at(1)}).add("/shops/4/orders", row{ID: 4, Updated: at(-5)})
		if got, want := sync(), []string{"2 2025-05-07", "3 2025-05-07", "4 2025-05-01"}; !slices.Equal(got, want) {
			t.Errorf("first asked %q, want %q", got, want)
		}
		api.add("/shops", row{ID: 3, Updated: at(2)}, row{ID: 4, Updated: at(2)})
		if got, want := sync(), []string{"3 2025-05-10", "4 2025-05-10"}; !slices.Equal(got, want) {
			t.Errorf("then asked %q, want %q", got, want)
		}
		api.add("/shops", row{ID: 1, Updated: at(3)})
		if got, want := sync(), []string{"1 2025-05-10", "3 2025-05-10", "4 2025-05-10"}; !slices.Equal(got, want) {
			t.Errorf("at last asked %q, want %q", got, want)
		}
	})
}

// TestContextsAreRemoved: a stream that is no longer read in contexts may have rows
// of others than the bookmark holds for.
func TestContextsAreRemoved(t *testing.T) {
	const definition = partitioned + `  - name: orders
    path: /orders
    params: {from: "{{ window.start }}", account: "{{ partition.account }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", settle: 0s}
    partition_by: [{name: account, values: [eu]}]
`
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/orders", row{ID: 1, Account: "eu", Updated: "2025-05-09T00:00:00Z"}, row{ID: 2, Account: "us", Updated: "2025-05-02T00:00:00Z"})
		s := setup{definition: definition, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		s.definition = strings.Replace(strings.Replace(definition, `, account: "{{ partition.account }}"`, "", 1), "    partition_by: [{name: account, values: [eu]}]\n", "", 1)
		r := s.must(t)
		if got := idsOf(t, r, "orders"); !slices.Equal(got, []int{1, 2}) || !strings.Contains(r.log, "it has none any more") {
			t.Errorf("got %v, and the log says %s", got, r.log)
		}
	})
}

// TestContextsComeAndGo: a context that is new begins at start, one that is gone
// is asked for no more, and one that comes back begins at start again.
func TestContextsComeAndGo(t *testing.T) {
	const definition = partitioned + `  - name: orders
    path: /{{ partition.account }}/orders
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", settle: 0s}
    partition_by: [{name: account, values: "{{ config.accounts }}"}]
`
	synctest.Test(t, func(t *testing.T) {
		begin := time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)
		sleepUntil(begin)
		s := setup{definition: definition, head: strings.Replace(head, "properties:\n", "properties:\n    accounts: {type: array}\n", 1), workDir: memoryFolder(t)}
		api := newShops()
		for _, account := range []string{"eu", "us", "uk"} {
			api.add("/"+account+"/orders", row{ID: 1, Updated: "2025-05-09T00:00:00Z"})
		}
		s.api = api
		for _, tt := range []struct{ config, want string }{
			{`{"accounts": ["eu", "us"]}`, "/eu 2025-05-01 /us 2025-05-01"},
			{`{"accounts": ["eu", "us", "uk"]}`, "/eu 2025-05-09 /uk 2025-05-01 /us 2025-05-09"},
			{`{"accounts": ["eu"]}`, "/eu 2025-05-09"},
			{`{"accounts": ["us", "eu"]}`, "/eu 2025-05-09 /us 2025-05-01"},
		} {
			api.asked, s.config = nil, tt.config
			s.state = s.must(t).state()
			var asked []string
			for _, at := range api.asked {
				path, from, _ := strings.Cut(at, "/orders?from=")
				asked = append(asked, path+" "+from[:10])
			}
			slices.Sort(asked)
			if got := strings.Join(asked, " "); got != tt.want {
				t.Errorf("%s: asked %s, want %s", tt.config, got, tt.want)
			}
			time.Sleep(time.Hour)
		}
	})
}

// tellsAuth notes who asks.
type tellsAuth struct {
	*shops
	got []string
}

func (a *tellsAuth) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.got = append(a.got, r.URL.Path+" "+r.Header.Get("Authorization"))
	a.mu.Unlock()
	return a.shops.RoundTrip(r)
}

// TestAuthOfContext: each account proves itself with its own token.
func TestAuthOfContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &tellsAuth{shops: newShops().add("/1/orders", row{ID: 1}).add("/2/orders", row{ID: 2})}
		setup{definition: partitioned + `  - name: orders
    path: /{{ partition.a.id }}/orders
    auth: {type: bearer, token: "{{ partition.a.token }}"}
    partition_by: [{name: a, values: [{id: 1, token: hunter1}, {id: 2, token: hunter2}]}]
`, workDir: memoryFolder(t), api: api}.must(t)
		slices.Sort(api.got)
		if want := []string{"/1/orders Bearer hunter1", "/2/orders Bearer hunter2"}; !slices.Equal(api.got, want) {
			t.Errorf("asked %q", api.got)
		}
	})
}
