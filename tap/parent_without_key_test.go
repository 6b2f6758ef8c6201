package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/testrig"
)

const ordersByCode = partitioned + `  - {name: shops, path: /shops}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}"}
    add: {shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: shops, keys: {shop: account}}]
`

// shopsByCode returns shops, the third of which has no code, with an order each.
func shopsByCode() *shops {
	api := newShops()
	for i, code := range []string{"a", "b", "", "d", "e"} {
		api.add("/shops", row{ID: i + 1, Account: code, Updated: fmt.Sprintf("2025-05-0%dT00:00:00Z", i+2)})
		if code == "" {
			code = "c"
		}
		api.add("/shops/"+code+"/orders", row{ID: i + 1, Updated: "2025-05-03T00:00:00Z"})
	}
	return api
}

// TestParentWithoutKey: a parent's record without the key of a child fails the child,
// and nothing else: the records of the parent leave, and so do the children of the
// others. Once the API has mended it, its children come from their start, whatever
// became of the states in between.
func TestParentWithoutKey(t *testing.T) {
	const why = `the record has no account (keys.shop), which would ask for everything (where that is right, when leaves such records out): {"id":3`
	for _, tt := range []struct {
		name, definition, config string
		lost                     bool // the first state
	}{
		{"one run", ordersByCode, `{}`, false},
		{"many runs", ordersByCode, `{"run": {"max_requests": 3}}`, false},
		{"from the journal", ordersByCode, `{"run": {"max_requests": 3}}`, true},
		{"parents that changed", changedCodes, `{}`, false},
		{"parents that changed, many runs", changedCodes, `{"run": {"max_requests": 3}}`, false},
	} {
		for _, alone := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, alone), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
					api := shopsByCode()
					s := setup{definition: tt.definition, workDir: memoryFolder(t), api: api, config: tt.config}
					if alone {
						s.catalog = ordersAlone
					}
					var all testrig.Lines
					failed := 0
					sync := func(first bool) {
						ended := map[string]bool{"shops": alone}
						passOf := func(state, stream string) (id string) {
							if state != "" && bookmarkOf(t, state, stream).Pass != nil {
								id = bookmarkOf(t, state, stream).Pass.ID
							}
							return id
						}
						began := s.state
						for n := range 200 {
							r := s.run(t)
							all = append(all, r.lines...)
							if r.err != nil {
								failed++
								if !strings.Contains(r.err.Error(), "stream orders: line") || !strings.Contains(r.err.Error(), why) || !strings.Contains(r.log, "has no account (keys.shop)") {
									t.Errorf("got %v; log %s", r.err, r.log)
								}
							}
							if s.state = r.state(); first && n == 0 && tt.lost {
								s.state = ""
							}
							time.Sleep(time.Minute)
							for _, stream := range []string{"shops", "orders"} {
								if id := passOf(s.state, stream); id != passOf(began, stream) && done(t, s.state, stream) {
									ended[stream] = true
								}
							}
							if ended["shops"] && ended["orders"] {
								return
							}
						}
						t.Fatalf("it does not end: %s", s.state)
					}
					sync(true)
					if failed == 0 {
						t.Error("no run fails")
					}
					if got := idsOf(t, result{lines: all}, "shops"); !alone && !slices.Equal(got, upTo(5)) {
						t.Errorf("shops %v", got)
					}
					if got := idsOf(t, result{lines: all}, "orders"); !slices.Equal(got, []int{1, 2, 4, 5}) {
						t.Errorf("orders %v", got)
					}
					api.rows["/shops"][2].Account = "c"
					time.Sleep(24 * time.Hour)
					failed = 0
					sync(false)
					if got := idsOf(t, result{lines: all}, "orders"); !slices.Equal(got, upTo(5)) || failed > 0 {
						t.Errorf("%d runs fail, orders %v", failed, got)
					}
				})
			})
		}
	}
}

var changedCodes = strings.Replace(changesOfShops, "keys: {shop: id}", "keys: {shop: account}", 1)

// TestKeyComesBack: a context whose parent has no key for a while is read from its
// start when it has one again: what changed meanwhile is not behind the bookmark.
func TestKeyComesBack(t *testing.T) {
	for _, definition := range []string{ordersByCode, changedCodes} {
		synctest.Test(t, func(t *testing.T) {
			sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
			api := shopsByCode()
			api.rows["/shops"][2].Account = "c"
			s := setup{definition: definition, workDir: memoryFolder(t), api: api}
			next := func() result {
				r := s.run(t)
				s.state = r.state()
				time.Sleep(24 * time.Hour)
				return r
			}
			next()
			for i := range api.rows["/shops"] { // all change, so that all are asked for
				api.rows["/shops"][i].Updated = "2025-05-10T12:00:00Z"
			}
			api.rows["/shops"][2].Account = ""
			api.add("/shops/c/orders", row{ID: 9, Updated: "2025-05-10T06:00:00Z"})
			if r := next(); r.err == nil {
				t.Error("no error")
			}
			api.rows["/shops"][2].Account = "c"
			if r := next(); r.err != nil || !slices.Contains(idsOf(t, r, "orders"), 9) {
				t.Errorf("orders %v come, error %v", idsOf(t, r, "orders"), r.err)
			}
		})
	}
}

// TestPlanWithoutKey: a plan that reads parents names what it does not know.
func TestPlanWithoutKey(t *testing.T) {
	s := setup{definition: ordersByCode, workDir: memoryFolder(t), api: shopsByCode()}
	var planned []string
	var log strings.Builder
	err := tap.PlanByParents(t.Context(), s.options(t, nil, &log), func(p planfile.Planned) error {
		planned = append(planned, fmt.Sprint(p.Stream, " ", p.Way))
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "has no account") || len(planned) != 6 || planned[5] != "orders children" {
		t.Errorf("error %v, planned %q", err, planned)
	}
	all, err := tap.Discover(t.Context(), s.options(t, nil, &log))
	if err != nil || len(all) != 2 || !strings.Contains(string(all[1].Schema), `"shop"`) {
		t.Errorf("discovery: %v, %+v", err, all)
	}
	s.api, s.workDir = newShops().add("/shops", row{ID: 1}), t.TempDir()
	if _, err = tap.Discover(t.Context(), s.options(t, nil, &log)); err == nil || !strings.Contains(err.Error(), "has no account") {
		t.Errorf("discovery where no record has the key: %v", err)
	}
}

// TestParentFails: where a parent is not read to its end, the log says so of the child
// as well.
func TestParentFails(t *testing.T) {
	api := shopsByCode()
	api.rows["/shops"][2].Account = "c"
	api.refuse = 403
	r := setup{definition: strings.Replace(ordersByCode, "path: /shops}", "path: /shops, pagination: {type: offset, param: after, size: 2}}", 1), workDir: memoryFolder(t), api: api}.run(t)
	if r.err == nil || !strings.Contains(r.err.Error(), "orders: its parent shops was not read to its end") {
		t.Errorf("got %v", r.err)
	}
	if n := strings.Count(r.log, "its parent shops was not read to its end"); n != 1 || !strings.Contains(r.log, "stream=orders") {
		t.Errorf("the log says it %d times, want once: %s", n, r.log)
	}
}
