package tap_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// planning is what came of a run that hands out: its plan, "" where that is not whole.
type planning struct {
	result
	plan string
}

// handsOut is a run that hands out what others can read.
func (s setup) handsOut(t *testing.T) (e planning) {
	t.Helper()
	var lines strings.Builder
	s.handOut = &tap.HandOut{
		Line: func(p planfile.Planned) error { return json.NewEncoder(&lines).Encode(p) },
		End: func(h planfile.Head, n int) error {
			var all strings.Builder
			out := json.NewEncoder(&all)
			if err := out.Encode(h); err != nil {
				return err
			}
			all.WriteString(lines.String())
			if err := out.Encode(planfile.End{End: n}); err != nil {
				return err
			}
			e.plan = all.String()
			return nil
		},
	}
	e.result = s.run(t)
	return e
}

// parts reads every of parts nth share of a plan that reads says, and returns the orders and
// the state of all.
func (s setup) parts(t *testing.T, plan string, from *state.State, parts int, reads func(i int) bool) (orders []int, left *state.State) {
	t.Helper()
	left = from
	for i := range parts {
		if !reads(i) {
			continue
		}
		r, one := s.runShare(t, plan, nil, func(n int, _ string) bool { return n%parts == i })
		orders = append(orders, idsOf(t, r, "orders")...)
		var err error
		if left, err = progress.MergeStates(left, one, ""); err != nil {
			t.Fatal(err)
		}
	}
	return orders, left
}

// parsedState reads the last STATE of a run.
func parsedState(t *testing.T, r result) *state.State {
	t.Helper()
	s, err := state.ParseSinger("", []byte(r.state()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHandOut proves that a run reads the parents of two levels, plans what they lead to,
// and that runs of the plan's parts and of what is left of it read each order once.
func TestHandOut(t *testing.T) {
	all := func(int) bool { return true }
	for _, tt := range []struct {
		name, catalog string
		reads         func(int) bool // parts of three
	}{
		{"all parts", "", all},
		{"parents not selected", ordersAlone, all},
		{"one part of three", "", func(i int) bool { return i == 1 }},
		{"no part", "", func(int) bool { return false }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				api.slow = time.Millisecond
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, catalog: tt.catalog}
				e := s.handsOut(t)
				if e.err != nil || e.plan == "" {
					t.Fatalf("%v, %s", e.err, e.log)
				}
				if len(api.asked) != 3+6*3 || len(idsOf(t, e.result, "orders")) > 0 || strings.Count(e.plan, "\n") != 32 {
					t.Errorf("%d requests, plan %s", len(api.asked), e.plan)
				}
				if tt.catalog == "" && len(idsOf(t, e.result, "shops")) != 30 {
					t.Errorf("%d shops", len(idsOf(t, e.result, "shops")))
				}
				orders, left := s.parts(t, e.plan, parsedState(t, e.result), 3, tt.reads)
				rest, ended := s.runShare(t, e.plan, left, nil)
				orders = append(orders, idsOf(t, rest, "orders")...)
				if slices.Sort(orders); !slices.Equal(orders, upTo(150)) {
					t.Errorf("%d orders: %v", len(orders), orders)
				}
				if len(api.asked) != 3+6*3+30*3 {
					t.Errorf("%d requests", len(api.asked))
				}
				if line := string(ended.AppendSinger(nil)); strings.Contains(line, `"resume":[`) {
					t.Errorf("the passes are not over: %s", line)
				}
			})
		})
	}
}

// TestHandOutWithoutThePlan proves that a run which knows nothing of a plan misses nothing
// that the plan has, however much of it was read.
func TestHandOutWithoutThePlan(t *testing.T) {
	for parts := range 4 {
		for _, keeps := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api}
				e := s.handsOut(t)
				orders, left := s.parts(t, e.plan, parsedState(t, e.result), 3, func(i int) bool { return i < parts })
				s.state = string(left.AppendSinger(nil))
				if !keeps {
					s.workDir = memoryFolder(t)
				}
				orders = append(orders, idsOf(t, s.must(t), "orders")...)
				if slices.Sort(orders); !slices.Equal(slices.Compact(orders), upTo(150)) {
					t.Errorf("%d parts: %d orders: %v", parts, len(orders), orders)
				}
			})
		}
	}
}

// TestHandOutStopped stops a run that plans at each request, and repeats it until it ends,
// with the state it left or without one: the parts of the last plan are whole, no parent's
// page is paid for twice, and no plan is there before.
func TestHandOutStopped(t *testing.T) {
	for _, states := range []bool{true, false} {
		for at := 1; at < 21; at++ {
			if testing.Short() && states != (at%2 == 1) {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api}
				stop, cancel := context.WithCancelCause(t.Context())
				why := errors.New("a signal")
				api.at = func(n int) {
					if n == at {
						cancel(why)
					}
				}
				s.stop = stop
				e := s.handsOut(t)
				if e.plan != "" && e.err == nil { // the signal came with the last answers
					return
				}
				if !errors.Is(e.err, why) || e.plan != "" {
					t.Fatalf("%d: %v, plan %s", at, e.err, e.plan)
				}
				api.at, s.stop = nil, nil
				if states {
					s.state = e.state()
				}
				if e = s.handsOut(t); e.err != nil || e.plan == "" {
					t.Fatalf("%d: %v, %s", at, e.err, e.log)
				}
				if len(api.asked) != 3+6*3 || strings.Count(e.plan, "\n") != 32 {
					t.Errorf("%d: %d requests, plan %s", at, len(api.asked), e.plan)
				}
				orders, left := s.parts(t, e.plan, parsedState(t, e.result), 2, func(i int) bool { return true })
				rest, _ := s.runShare(t, e.plan, left, nil)
				orders = append(orders, idsOf(t, rest, "orders")...)
				if slices.Sort(orders); !slices.Equal(orders, upTo(150)) {
					t.Errorf("%d: %d orders: %v", at, len(orders), orders)
				}
			})
		}
	}
}

// TestHandOutFails proves that there is no plan where a parent failed for now, or a budget
// ended the run, and one where what a parent owes is for good.
func TestHandOutFails(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		code         int
		plan         bool
	}{
		{"refused for good", "", 403, true},
		{"fails for now", "", 503, false},
		{"budget", `{"run":{"max_requests":4}}`, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := family(6, 5, 5)
				if tt.code != 0 {
					api.fails["/accounts/2/shops"] = tt.code
				}
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, config: tt.config}
				e := s.handsOut(t)
				if e.err == nil || (e.plan != "") != tt.plan || tt.code == 0 && !errors.Is(e.err, tap.ErrNoPlan) {
					t.Fatalf("%v, plan %s", e.err, e.plan)
				}
				if !tt.plan && strings.Contains(e.state(), "accounts") {
					t.Errorf("the state goes on without the plan: %s", e.state())
				}
				if delete(api.fails, "/accounts/2/shops"); !tt.plan {
					s.config, s.state = "", e.state()
					if e = s.handsOut(t); e.err != nil {
						t.Fatal(e.err)
					}
				}
				orders, left := s.parts(t, e.plan, parsedState(t, e.result), 2, func(i int) bool { return true })
				rest, ended := s.runShare(t, e.plan, left, nil)
				orders = append(orders, idsOf(t, rest, "orders")...)
				s.state = string(ended.AppendSinger(nil))
				if tt.plan { // what was owed comes with the next pass
					orders = append(orders, idsOf(t, s.must(t), "orders")...)
				}
				if slices.Sort(orders); !slices.Equal(slices.Compact(orders), upTo(150)) {
					t.Errorf("%d orders: %v", len(orders), orders)
				}
			})
		})
	}
}

// TestHandOutOfWindows proves that accounts whose months were read by runs of a plan are not
// read from their start by the plan after it, of which only one month is due, or nothing.
func TestHandOutOfWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := &visits{}
		s := setup{definition: visitsOfShops, api: api, workDir: t.TempDir()}
		for round, months := range []int{6, 0, 0, 2} { // of both accounts
			api.calls = 0
			e := s.handsOut(t)
			if e.err != nil || strings.Count(e.plan, "\n") != 2+months {
				t.Fatalf("round %d: %v, plan %s", round, e.err, e.plan)
			}
			merged := parsedState(t, e.result)
			for i := range 3 {
				_, left := s.runShare(t, e.plan, nil, func(n int, _ string) bool { return n%3 == i })
				var err error
				if merged, err = progress.MergeStates(merged, left, ""); err != nil {
					t.Fatal(err)
				}
			}
			r, _ := s.runShare(t, e.plan, merged, nil)
			if s.state = r.state(); api.calls != 1+months {
				t.Errorf("round %d: %d calls, want %d; state %s", round, api.calls, 1+months, s.state)
			}
			if time.Sleep(time.Minute); round == 2 {
				sleepUntil(time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC))
			}
		}
	})
}

const visitsOfShops = `streams:
  - {name: shops, path: /shops, records: data, primary_key: [id]}
  - name: visits
    path: /visits
    params: {of: "{{ partition.of }}", from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data
    primary_key: [id]
    replication_key: at
    schema: {type: object, properties: {id: {type: string}, at: {type: string}}}
    partition_by: [{parent: shops, keys: {of: id}}]
    incremental: {start: "2025-03-01", window: 1mo, format: date}
`

// TestHandOutAgain: a run that plans without a state goes on with the pass that the journal
// has, and its plan is of when that began: it warns, once for each stream of the plan, and
// says how to plan anew. None that begins a pass warns, with a state or without one.
func TestHandOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := family(6, 5, 5)
		s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api}
		const warning = `level=WARN msg="the plan is of a pass that an earlier run began`
		warns := func(e planning, want int) {
			t.Helper()
			if n := strings.Count(e.log, warning); n != want || e.plan == "" {
				t.Errorf("it warns %d times, want %d, with the plan %q:\n%s", n, want, e.plan, e.log)
			}
		}
		began := time.Now().UTC().Format(time.RFC3339)
		first := s.handsOut(t)
		warns(first, 0)
		time.Sleep(2 * time.Hour)
		again := s.handsOut(t)
		warns(again, 1)
		if !strings.Contains(again.log, "stream=orders as_of="+began) || !strings.Contains(again.plan, began) {
			t.Errorf("the warning does not name the pass of %s, of which the plan is: %s\n%s", began, again.log, again.plan)
		}
		_, left := s.parts(t, first.plan, parsedState(t, first.result), 1, func(int) bool { return true })
		_, ended := s.runShare(t, first.plan, left, nil)
		s.state = string(ended.AppendSinger(nil))
		warns(s.handsOut(t), 0)
		s.state, s.workDir = "", memoryFolder(t) // as if the journal had been pruned
		warns(s.handsOut(t), 0)
	})
}

// TestRestWithoutReadChildren: the run which reads what is left of a plan reads a parent's
// records, where no other has, and not the children that the plan's maker has read.
func TestRestWithoutReadChildren(t *testing.T) {
	for _, tt := range []struct {
		read          []string
		catalog       string
		shops, orders int // that come; -1: the plan is refused
		asked         int
	}{
		{nil, "", 6, 12, 2 + 3 + 6},
		{[]string{"orders"}, "", 6, 0, 2 + 3},
		{[]string{"shops", "orders"}, "", 0, 0, 2},
		{[]string{"orders"}, ordersAlone, 0, 0, 0}, // no parent is read for nobody
		{[]string{"shops"}, "", -1, -1, 0},
	} {
		t.Run(strings.Join(tt.read, " and ")+tt.catalog[:min(1, len(tt.catalog))], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := family(3, 2, 2)
				s := setup{definition: shopOrders, workDir: memoryFolder(t), api: api, catalog: tt.catalog}
				head, rest, _ := strings.Cut(s.planLines(t), "\n")
				head = strings.Replace(head, `"rest":`, `"read":`+string(marshaled(t, tt.read))+`,"rest":`, 1)
				share, err := planfile.Read("plan.jsonl", strings.NewReader(head+"\n"+rest), nil)
				if err != nil {
					t.Fatal(err)
				}
				s.share = share
				r := s.run(t)
				if tt.shops < 0 {
					if r.err == nil || !strings.Contains(r.err.Error(), "it says that shops was read, and has no partition of orders") || len(api.asked) > 0 {
						t.Errorf("%v after %d requests", r.err, len(api.asked))
					}
					return
				}
				if shops, orders := len(idsOf(t, r, "shops")), len(idsOf(t, r, "orders")); r.err != nil || shops != tt.shops || orders != tt.orders || len(api.asked) != tt.asked {
					t.Errorf("%d shops and %d orders, want %d and %d; asked %q; %v", shops, orders, tt.shops, tt.orders, api.asked, r.err)
				}
			})
		})
	}
}

func marshaled(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
