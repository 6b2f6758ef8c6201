package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

const wholeShops = partitioned + `  - {name: shops, path: /shops}
`

const wholeOrders = wholeShops + `  - name: orders
    path: "/orders/{{ partition.shop }}"
    partition_by: [{parent: shops, keys: {shop: id}}]
`

// may is when the rows of these tests were updated.
var may = time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)

// activated are the streams of ACTIVATE_VERSION lines, in order. Each stands
// behind all records and the schema of its stream, and before a STATE.
func activated(t *testing.T, r result) []string {
	t.Helper()
	names := []string{}
	for i, l := range r.lines {
		if l.Type != "ACTIVATE_VERSION" {
			continue
		}
		names = append(names, l.Stream)
		if r.lines[len(r.lines)-1].Type != "STATE" {
			t.Error("the last line is no STATE")
		}
		if !slices.ContainsFunc(r.lines[:i], func(b testrig.Line) bool { return b.Type == "SCHEMA" && b.Stream == l.Stream && b.Version == l.Version }) {
			t.Errorf("%s: no SCHEMA of version %d came before ACTIVATE_VERSION", l.Stream, l.Version)
		}
		for j, other := range r.lines {
			if other.Type == "RECORD" && other.Stream == l.Stream && (other.Version != l.Version || j > i) {
				t.Errorf("%s: line %d is a record of version %d, ACTIVATE_VERSION is line %d, of version %d", l.Stream, j, other.Version, i, l.Version)
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestActivateVersion activates what was read whole, and nothing else.
func TestActivateVersion(t *testing.T) {
	const doubted = "pagination: {type: none}, on_incomplete: warn"
	for _, tt := range []struct {
		name       string
		definition string
		fails      map[string]int
		run        string
		want       string
	}{
		{"a table", wholeShops, nil, ``, "[shops]"},
		{"a table and its children", wholeOrders, nil, ``, "[orders shops]"},
		{"each page leaves alone", wholeOrders, nil, `"flush": {"responses": 1}`, "[orders shops]"},
		{"one of the children is refused", wholeOrders, map[string]int{"/orders/2": 403}, ``, "[shops]"},
		{"one of the children fails for now", wholeOrders, map[string]int{"/orders/5": 503}, ``, "[shops]"},
		{"the parent is refused", wholeOrders, map[string]int{"/shops": 403}, ``, "[]"},
		{"the budget ends", wholeOrders, nil, `"max_requests": 5`, "[]"},
		{"the end is in doubt", strings.Replace(wholeShops, "path: /shops", "path: /shops, "+doubted, 1), nil, ``, "[]"},
		{"the end of the parent is in doubt", strings.Replace(wholeOrders, "path: /shops", "path: /shops, "+doubted, 1), nil, ``, "[]"},
		{"the end of a parent that is not selected is in doubt",
			strings.Replace(wholeOrders, "path: /shops", "path: /shops, selected: false, "+doubted, 1), nil, ``, "[]"},
		{"a child is skipped", wholeOrders + "    errors: [{status: 404, do: skip}]\n", map[string]int{"/orders/3": 404}, ``, "[shops]"},
		{"a record is in quarantine", strings.Replace(wholeShops, "path: /shops",
			"path: /shops, on_invalid: quarantine, schema: {properties: {id: {type: integer, maximum: 4}}}", 1), nil, ``, "[]"},
		{"only children of what changed are read", strings.Replace(strings.Replace(wholeOrders, "{shop: id}", "{shop: id}, changed_only: true", 1),
			"path: /shops", "path: /shops, replication_key: updated_at, params: {from: '{{ window.start }}'}, incremental: {start: '2025-01-01'}", 1), nil, ``, "[]"},
		{"a parent is read by time", strings.Replace(wholeOrders, "path: /shops", "path: /shops, replication_key: updated_at, params: {from: '{{ window.start }}'}, incremental: {start: '2025-01-01'}", 1),
			nil, ``, "[]"},
		{"incremental", ordersByDay, nil, ``, "[]"},
		{"no records", strings.Replace(wholeShops, "path: /shops", "path: /none, schema: {properties: {id: {type: integer}}}", 1), nil, ``, "[shops]"},
		{"no records and no schema", strings.Replace(wholeShops, "path: /shops", "path: /none", 1), nil, ``, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := wholeAPI()
			if tt.fails != nil {
				api.fails = tt.fails
			}
			s := setup{definition: tt.definition, workDir: memoryFolder(t), api: api}
			s.config = `{"run": {"activate_version": true, ` + strings.TrimPrefix(tt.run+`, "concurrency": 3}}`, ", ")
			if strings.Contains(tt.definition, "selected: false") {
				s.definition = strings.Replace(tt.definition, "selected: false, ", "", 1)
				s.catalog = `{"streams": [{"tap_stream_id": "orders", "stream": "orders", "schema": {},
					"metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}]}`
			}
			if got := fmt.Sprint(activated(t, s.run(t))); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// wholeAPI has five shops with an order each.
func wholeAPI() *shops {
	api := newShops().add("/shops", many(5, may)...).add("/orders", many(5, may)...)
	for i := range 5 {
		api.add(fmt.Sprintf("/orders/%d", i+1), row{ID: i + 1})
	}
	return api
}

// TestActivateVersionGoesOn stops passes after a few requests: once a
// version is activated, all rows have left with it, in whichever run.
func TestActivateVersionGoesOn(t *testing.T) {
	for definition, most := range map[string]int{wholeShops: 1, wholeOrders: 4} {
		s := setup{definition: definition, workDir: memoryFolder(t), api: wholeAPI()}
		s.config = fmt.Sprintf(`{"run": {"activate_version": true, "max_requests": %d, "concurrency": 1, "journal": {"off": true}}}`, most)
		left, ended := map[string]map[string]bool{}, map[string]bool{}
		for runs := 1; len(ended) < strings.Count(definition, "name:"); runs++ {
			if runs > 30 {
				t.Fatalf("after 30 runs, only %v are activated", ended)
			}
			r := s.must(t)
			s.state = r.state()
			for _, l := range r.lines {
				table := fmt.Sprint(l.Stream, l.Version)
				switch {
				case l.Type == "RECORD" && left[table] == nil:
					left[table] = map[string]bool{string(l.Record): true}
				case l.Type == "RECORD":
					left[table][string(l.Record)] = true
				case l.Type == "ACTIVATE_VERSION":
					if ended[l.Stream] = true; len(left[table]) != 5 {
						t.Errorf("run %d: %s is activated after %d of 5 rows", runs, table, len(left[table]))
					}
				}
			}
		}
	}
}

// TestActivateVersionTurnedOn turns it on in the midst of a pass: records left
// without a version, which a target would delete.
func TestActivateVersionTurnedOn(t *testing.T) {
	s := setup{definition: wholeShops, workDir: memoryFolder(t), api: wholeAPI(), config: `{"run": {"max_requests": 1}}`}
	s.state = s.must(t).state()
	s.config = `{"run": {"activate_version": true}}`
	r := s.must(t)
	if got := r.types(); got != "SCHEMA RECORD*3 STATE" || !strings.Contains(r.log, "no ACTIVATE_VERSION") {
		t.Errorf("the pass that began without a version: got %s, log %s", got, r.log)
	}
	s.state = r.state()
	if r = s.must(t); len(activated(t, r)) != 1 {
		t.Errorf("the pass after it: got %s", r.types())
	}
}
