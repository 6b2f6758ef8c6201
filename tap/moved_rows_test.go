package tap_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// list is an API over a list of ids that changes before some requests. It pages
// by page or offset, two at a time, and names a total, the next page and a delta
// token.
type list struct {
	mu      sync.Mutex // pages that are known in advance are asked for at once
	ids     []int
	changed int            // of ids: was updated
	change  map[int]func() // before the request of that number, from 1
	n       int
	asked   []string
	repeats bool // pages past the end are the last one again
}

func (a *list) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n++; a.change[a.n] != nil {
		a.change[a.n]()
	}
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("offset"))
	if q.Has("page") {
		n, _ := strconv.Atoi(q.Get("page"))
		from = 2 * (n - 1)
	}
	a.asked = append(a.asked, fmt.Sprint(from))
	if a.repeats && from >= len(a.ids) {
		from = (len(a.ids) - 1) / 2 * 2
	}
	from = min(from, len(a.ids))
	data := []json.RawMessage{}
	for _, id := range a.ids[from:min(from+2, len(a.ids))] {
		day := id
		if id == a.changed {
			day = 21
		}
		data = append(data, json.RawMessage(fmt.Sprintf(`{"id":%d,"updated_at":"2025-05-%02dT00:00:00Z"}`, id, day)))
	}
	body := map[string]any{"data": data, "delta": fmt.Sprintf("d%d", a.n), "total": len(a.ids)}
	text, err := json.Marshal(body)
	page := testrig.Answer(r, 200, string(text))
	if from+2 < len(a.ids) {
		page.Header.Set("Link", fmt.Sprintf(`</items?page=%d>; rel="next"`, from/2+2))
	}
	return page, err
}

func (a *list) drop(ids ...int) func() {
	return func() {
		a.ids = slices.DeleteFunc(slices.Clone(a.ids), func(id int) bool { return slices.Contains(ids, id) })
	}
}

func sequence(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i+1)
	}
	return ids
}

// moving is an incremental stream over a list.
func moving(pagination, more, incremental string) string {
	return "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], replication_key: updated_at, schema: " + stampedSchema +
		`, params: {from: "{{ window.start }}"}, pagination: ` + pagination + ", incremental: {start: \"2025-01-01\", " + incremental + "}" + more + "}\n"
}

// emitted are the ids of a run's records.
func emitted(t *testing.T, r result) (ids []int) {
	t.Helper()
	for _, text := range r.records("items") {
		var one struct{ ID int }
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	return ids
}

// TestOverlap proves that records which are asked for again leave once, and
// that rows which moved are found, also between a kill and its resume.
func TestOverlap(t *testing.T) {
	definition := moving("{type: offset, param: offset, overlap: 1}", "", "")
	still := &list{ids: sequence(7)}
	r := setup{definition: definition, api: still}.must(t)
	if got, want := emitted(t, r), sequence(7); !slices.Equal(got, want) {
		t.Errorf("nothing moves: got %v, want %v; asked for %v", got, want, still.asked)
	}

	a := &list{ids: sequence(9)}
	s := setup{definition: definition, api: a, config: `{"run": {"max_requests": 3, "journal": {"off": true}}}`}
	first := s.must(t)
	a.drop(1, 2, 3)()
	s.state, s.config = first.state(), ""
	got := append(emitted(t, first), emitted(t, s.must(t))...)
	for id := 4; id <= 9; id++ {
		if !slices.Contains(got, id) {
			t.Errorf("between two runs: row %d is lost: got %v, asked for %v", id, got, a.asked)
		}
	}
}

// TestWalksAgain proves that a stream is walked until two walks agree, that a
// run which was cut in the second one goes on with it, and that the journal
// keeps the walks apart.
func TestWalksAgain(t *testing.T) {
	definition := moving("{type: page, param: page}", ", on_incomplete: again", "")
	a := &list{ids: sequence(5)}
	a.change = map[int]func(){2: a.drop(1)}
	s := setup{definition: definition, api: a, workDir: memoryFolder(t)}
	r := s.must(t)
	if want := "0 2 4 0 2 4 0 2 4"; strings.Join(a.asked, " ") != want {
		t.Errorf("asked for %v, want %s: three walks, of which the last two agree", a.asked, want)
	}
	for id := 2; id <= 5; id++ {
		if !slices.Contains(emitted(t, r), id) {
			t.Errorf("row %d is lost", id)
		}
	}
	if got, want := r.mark(t, "items"), `"2025-05-05T00:00:00Z"`; got != want {
		t.Errorf("got bookmark %s, want %s", got, want)
	}
	if strings.Contains(r.account.String(), "complete?") {
		t.Errorf("two walks agree, and the account says\n%s", r.account)
	}

	for budget := 1; budget <= 8; budget++ {
		b := &list{ids: sequence(5)}
		s := setup{definition: definition, api: b, workDir: memoryFolder(t), config: fmt.Sprintf(`{"run": {"max_requests": %d}}`, budget)}
		for range 9 {
			r := s.must(t)
			if s.state = r.state(); done(t, s.state, "items") {
				break
			}
		}
		if want := "0 2 4 6 0 2 4 6"; strings.Join(b.asked, " ") != want {
			t.Errorf("%d requests a run: asked for %v, want %s", budget, b.asked, want)
		}
	}
}

// TestBookmarkStays proves that a stream whose rows may be missing is doubtful
// and keeps its bookmark, unless the definition takes that for no matter.
func TestBookmarkStays(t *testing.T) {
	for more, want := range map[string]string{
		", on_incomplete: again": "null",
		"":                       `"2025-05-09T00:00:00Z"`,
	} {
		a := &list{ids: sequence(9)}
		a.change = map[int]func(){}
		for n := 2; n < 60; n += 3 {
			a.change[n] = func() { a.ids = append(a.ids[1:len(a.ids):len(a.ids)], a.ids[0]) } // the first becomes the last
		}
		r := setup{definition: moving("{type: page, param: page}", more, ""), api: a}.run(t)
		if r.err != nil {
			t.Fatal(r.err)
		}
		if got := r.mark(t, "items"); got != want {
			t.Errorf("%q: got bookmark %s, want %s", more, got, want)
		}
		if doubted := strings.Contains(r.account.String(), "complete?"); doubted != (more != "") {
			t.Errorf("%q: doubtful is %t:\n%s", more, doubted, r.account)
		}
		if more == "" && !strings.Contains(r.account.String(), "it is not proven that all rows came: pages are counted") {
			t.Errorf("the account does not say that nothing is proven:\n%s", r.account)
		}
	}
}

// TestMovesAreTold proves that records which come again on later pages are told
// as the evidence of rows that moved which they are, and that no sound walk is
// told of.
func TestMovesAreTold(t *testing.T) {
	insert := func(a *list) { a.ids = append([]int{20}, a.ids...) }
	update := func(a *list) { a.drop(2)(); a.ids = append(a.ids, 2); a.changed = 2 }
	const overlap, again = `write="on_incomplete: again in the stream, or overlap: 1"`, `write="on_incomplete: again in the stream"`
	for _, tt := range []struct {
		name, pagination, more, config string
		change                         func(*list) // before the second request
		keys                           int64
		log                            []string
	}{
		{"nothing moves", "{type: page, param: page}", "", "", nil, 0, nil},
		{"inserted", "{type: page, param: page}", "", "", insert, 1, []string{"at least 1 primary key came", "unchanged", `record="id=2"`, again}},
		{"inserted before links", "{type: link_header}", "", "", insert, 1, []string{"at least 1 primary key came", again}},
		{"updated", "{type: offset, param: offset}", "", "", update, 1, []string{"at least 1 primary key came", "had been updated, and so had moved", `record="id=2"`, overlap}},
		{"updated, overlap", "{type: offset, param: offset, overlap: 1}", "", "", update, 0, nil},
		{"inserted, again", "{type: page, param: page}", ", on_incomplete: again", "", insert, 0, nil},
		{"deleted, and the walk goes back", "{type: offset, param: offset, total: total}", "", "", func(a *list) { a.drop(1)() }, 0, nil},
		{"the end repeats", "{type: page, param: page, at_end: repeat}", "", "", nil, 0, nil},
		{"cut", "{type: page, param: page}", "", `{"run": {"max_requests": 2}}`, insert, 1, []string{"at least 1 primary key came", again}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &list{ids: sequence(9), repeats: strings.Contains(tt.pagination, "repeat")}
			if tt.change != nil {
				a.change = map[int]func(){2: func() { tt.change(a) }}
			}
			r := setup{definition: moving(tt.pagination, tt.more, ""), api: a, config: tt.config}.must(t)
			if got := r.account.Streams[0].Counts[report.CameAgain]; got != tt.keys {
				t.Errorf("got %d records that came again, want %d; asked for %v", got, tt.keys, a.asked)
			}
			if said := strings.Contains(r.account.String(), "rows moved in their list"); said != (tt.keys > 0) {
				t.Errorf("the account says that rows moved: %t\n%s", said, r.account)
			}
			if got := strings.Count(r.log, "rows moved in their list"); (got == 1) != (tt.keys > 0) || got > 1 {
				t.Errorf("the log says %d times that rows moved\n%s", got, r.log)
			}
			for _, want := range tt.log {
				if !strings.Contains(r.log, want) {
					t.Errorf("the log does not say %q:\n%s", want, r.log)
				}
			}
			if last := r.mark(t, "items"); tt.config == "" && last == "null" {
				t.Error("the bookmark stays")
			}
		})
	}
}

// TestBookmarkFrom proves that the bookmark is taken from the first answer
// where the definition says so, also by a run that goes on.
func TestBookmarkFrom(t *testing.T) {
	for keys, want := range map[string]string{
		"bookmark: delta":                       `"d5"`,
		"bookmark: delta, bookmark_from: last":  `"d5"`,
		"bookmark: delta, bookmark_from: first": `"d1"`,
	} {
		for _, budget := range []int{0, 2} {
			a := &list{ids: sequence(7)}
			s := setup{definition: moving("{type: page, param: page}", "", keys), api: a, config: fmt.Sprintf(`{"run": {"max_requests": %d}}`, budget)}
			for range 4 {
				if s.state = s.must(t).state(); done(t, s.state, "items") {
					break
				}
			}
			if got := (result{lines: testrig.Lines{{Type: "STATE", Value: json.RawMessage(s.state)}}}).mark(t, "items"); got != want {
				t.Errorf("%s, %d requests a run: got bookmark %s, want %s", keys, budget, got, want)
			}
		}
	}
}
