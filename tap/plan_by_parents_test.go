package tap_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// planned is what a plan lists of each stream, and its error.
type planned struct {
	keys    map[string][]string // of partitions, in their order
	unknown []string            // streams whose partitions are not all known
	calls   int64
	log     string
	err     error
}

// plan plans by parents.
func (s setup) plan(t *testing.T) planned {
	t.Helper()
	all := planned{keys: map[string][]string{}}
	stop := s.stop
	if stop == nil {
		stop = context.Background()
	}
	var logged bytes.Buffer
	all.err = tap.PlanByParents(stop, s.options(t, nil, &logged), func(p planfile.Planned) error {
		if p.Partition == "" {
			all.unknown = append(all.unknown, p.Stream)
		} else {
			all.keys[p.Stream] = append(all.keys[p.Stream], p.Partition)
		}
		all.calls += p.Calls
		return nil
	})
	for _, keys := range all.keys {
		slices.Sort(keys)
	}
	all.log = logged.String()
	return all
}

// TestPlanByParents lists the partitions of children of two levels, and reads
// nothing but parents; the sync that follows asks for none of them again.
func TestPlanByParents(t *testing.T) {
	for _, tt := range []struct{ name, catalog string }{
		{"all selected", ""},
		{"parents not selected", ordersAlone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				api.slow = time.Millisecond
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, catalog: tt.catalog}
				first := s.plan(t)
				if first.err != nil || len(first.keys["orders"]) != 30 || len(first.keys["shops"]) != 6 || first.unknown != nil || first.calls != 30 {
					t.Fatalf("%v, %+v", first.err, first)
				}
				if len(api.asked) != 3+6*3 {
					t.Errorf("%d requests: %q", len(api.asked), api.asked)
				}
				api.asked = nil
				if again := s.plan(t); again.err != nil || !slices.Equal(again.keys["orders"], first.keys["orders"]) || len(api.asked) > 0 {
					t.Errorf("again: %v, %+v, %d requests", again.err, again, len(api.asked))
				}
				r := s.must(t)
				if got := idsOf(t, r, "orders"); !slices.Equal(got, upTo(150)) {
					t.Errorf("%d orders came: %v", len(got), got)
				}
				if len(api.asked) != 30*3 {
					t.Errorf("the sync sent %d requests: %q", len(api.asked), api.asked)
				}
			})
		})
	}
}

// TestPlanStopped stops a plan at each request, by a signal or a budget: it says
// what it does not know, and those that follow ask for nothing again.
func TestPlanStopped(t *testing.T) {
	for _, config := range []string{`{}`, `{"run":{"max_requests":3}}`} {
		synctest.Test(t, func(t *testing.T) {
			api := family(3, 3, 3)
			s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, config: config}
			stopped, runs := 0, 0
			for {
				if runs++; runs > 30 {
					t.Fatal("it comes to no end")
				}
				stop, cancel := context.WithCancelCause(t.Context())
				why := errors.New("a signal")
				begun := len(api.asked)
				api.at = func(n int) {
					if config == `{}` && n == begun+2 {
						cancel(why)
					}
				}
				s.stop = stop
				p := s.plan(t)
				api.at = nil
				if p.unknown == nil && !errors.Is(p.err, why) { // the signal may come with the last answer
					if p.err != nil || len(p.keys["orders"]) != 9 {
						t.Fatalf("%v, %+v", p.err, p)
					}
					break
				}
				stopped++
				if config == `{}` && !errors.Is(p.err, why) || config != `{}` && (p.err != nil || !strings.Contains(p.log, "the plan is not complete")) {
					t.Errorf("%v, %s", p.err, p.log)
				}
			}
			if stopped < 1 || config != `{}` && stopped < 2 { // what is under way when a signal comes may end well
				t.Errorf("it was stopped %d times", stopped)
			}
			if slices.Sort(api.asked); len(slices.Compact(api.asked)) != 2+3*2 || len(api.asked) > 2+3*2 {
				t.Errorf("requests: %q", api.asked)
			}
		})
	}
}

// TestPlanRefused plans although one parent is refused: the others' children are
// listed, and it is said that there may be more.
func TestPlanRefused(t *testing.T) {
	for _, tt := range []struct {
		path  string
		shops int
		class fetch.Class
		code  int
	}{
		{"/accounts/2/shops", 6, fetch.Permanent, 403},
		{"/accounts/2/shops", 6, fetch.Transient, 503},
		{"/accounts", 0, fetch.Permanent, 403},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := family(3, 3, 3)
			api.fails[tt.path] = tt.code
			p := setup{definition: shopOrders, api: api}.plan(t)
			var e *fetch.Error
			if !errors.As(p.err, &e) || e.Class != tt.class || e.Status != tt.code {
				t.Errorf("%s: %v", tt.path, p.err)
			}
			if len(p.keys["orders"]) != tt.shops || !slices.Contains(p.unknown, "orders") {
				t.Errorf("%s: %+v", tt.path, p)
			}
			if !strings.Contains(p.log, "level=ERROR") || strings.Contains(strings.Join(api.asked, " "), "orders") {
				t.Errorf("%s: %s, %q", tt.path, p.log, api.asked)
			}
		})
	}
}

// TestPlanKeepsJournal plans without the state that a pass of the journal began
// from: the pass is there afterwards.
func TestPlanKeepsJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := family(2, 3, 3)
		s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		s.config = `{"run":{"max_requests":4}}`
		lost := len(api.asked)
		s.run(t) // its state is lost
		without := s
		without.state, without.config = "", ""
		if p := without.plan(t); p.err != nil || len(p.keys["orders"]) != 6 {
			t.Fatalf("%v, %+v", p.err, p)
		}
		paid := api.asked[lost : lost+4]
		s.config = ""
		before := len(api.asked)
		s.must(t)
		for _, one := range api.asked[before:] {
			if slices.Contains(paid, one) {
				t.Errorf("%s was asked again", one)
			}
		}
	})
}
