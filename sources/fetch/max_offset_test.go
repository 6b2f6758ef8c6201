package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// capped is an API of numbered records that lets nobody count beyond some of them.
// after asks for those behind a key.
type capped struct {
	t              *testing.T
	records, limit int
	total          bool
}

func (a *capped) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	num := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	offset, size := num("offset"), num("limit")
	if q.Has("page") {
		offset = (num("page") - 1) * size
	}
	if offset+size > a.limit {
		a.t.Errorf("asked for what lies beyond: %s", r.URL)
		return says(400, `{"error":"result window is too large"}`).response(r), nil
	}
	after := num("after")
	var rows []string
	for id := after + offset + 1; id <= min(a.records, after+offset+size); id++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
	}
	total := ""
	if a.total {
		total = fmt.Sprintf(`,"total":%d`, a.records-after)
	}
	return says(200, fmt.Sprintf(`{"data":[%s]%s}`, strings.Join(rows, ","), total)).response(r), nil
}

// TestMaxOffset proves that a walk goes on from its last record behind max_offset,
// and from every page of it, and that without beyond it fails there, after what came.
func TestMaxOffset(t *testing.T) {
	for _, kind := range []string{"type: offset, param: offset", "type: page, param: page"} {
		for _, keys := range []string{"", ", total: total"} {
			for _, records := range []int{0, 3, 9, 10, 11, 20, 21, 37} {
				stream := `path: /x, primary_key: [id], pagination: {` + kind + keys + `, size_param: limit, size: 3, max_offset: 10`
				s := define(t, "max_in_flight: 4", stream+`, beyond: {field: id, param: after}}`)[0]
				api := &capped{t: t, records: records, limit: 10, total: keys != ""}
				whole := newRig(t, s, api).run(s, paging.Position{})
				if whole.err != nil || len(whole.last.Proof.Doubts) > 0 {
					t.Fatalf("%s, %d records: %v %v", stream, records, whole.err, whole.last)
				}
				wantIDs(t, whole.ids, upTo(records))
				for i, at := range whole.nexts {
					at, _ := kept(t, at)
					got := newRig(t, s, api).run(s, at)
					if got.err != nil {
						t.Fatalf("%s, %d records, from page %d: %v", stream, records, i+1, got.err)
					}
					wantIDs(t, got.ids, upTo(records)[whole.upTo[i]:])
				}

				s = define(t, "max_in_flight: 4", stream+`}`)[0]
				got := newRig(t, s, api).run(s, paging.Position{})
				switch {
				case records < 9 && got.err != nil:
					t.Errorf("%s, %d records: %v", stream, records, got.err)
				case records > 9 && !errors.Is(got.err, paging.ErrBeyond):
					t.Errorf("%s, %d records: the walk ends with %v", stream, records, got.err)
				}
				wantIDs(t, got.ids, upTo(min(9, records)))
			}
		}
	}
}

// TestBeyondIsNotTaken proves that an API which does not take what beyond sends is
// found out.
func TestBeyondIsNotTaken(t *testing.T) {
	s := define(t, "", `path: /x, primary_key: [id], pagination: {type: offset, param: offset, size_param: limit, size: 5, total: total, max_offset: 10, beyond: {field: id, param: behind}}`)[0]
	api := &capped{t: t, records: 23, limit: 10, total: true}
	if got := newRig(t, s, api).run(s, paging.Position{}); got.err == nil {
		t.Errorf("the walk ends well, with %d records", len(got.ids))
	} else if !strings.Contains(got.err.Error(), "pagination.beyond") {
		t.Error(got.err)
	}
}

// TestBeyondIsMisspelled proves that a field which no record has is found out by the
// first page, and not behind max_offset.
func TestBeyondIsMisspelled(t *testing.T) {
	for records, fails := range map[int]bool{0: false, 3: true, 23: true} {
		s := define(t, "", `path: /x, primary_key: [id], pagination: {type: offset, param: offset, size_param: limit, size: 2, max_offset: 10, beyond: {field: idd, param: after}}`)[0]
		got := newRig(t, s, &capped{t: t, records: records, limit: 10}).run(s, paging.Position{})
		if fails != (got.err != nil) || fails && (len(got.ids) > 0 || !strings.Contains(got.err.Error(), `no record of the first page has "idd", which pagination.beyond.field names; did you mean "id"?`)) {
			t.Errorf("%d records: got %d and %v", records, len(got.ids), got.err)
		}
	}
}

// TestBeyondAndTotal proves that a walk past max_offset, whose first page counts all,
// proves its end by that count, or says what it could not prove: where fewer records
// came, where the count stops at the limit, and where it is none.
func TestBeyondAndTotal(t *testing.T) {
	const stream = `path: /x, primary_key: [id], pagination: {type: offset, param: offset, size_param: limit, size: 5, total: total, max_offset: 10, beyond: {field: id, param: after}}`
	for _, test := range []struct {
		name  string
		total func(after, own int) int // what a page counts of so many behind a record
		lost  int                      // so many of the last records never come
		held  bool
		want  string // of error, doubts and remarks
	}{
		{"of what lies behind the record", func(_, own int) int { return own }, 0, true, ""},
		{"of all, each time", func(after, own int) int { return after + own }, 0, true, ""},
		{"the last ones do not come", func(after, own int) int { return after + own }, 3, false, "pagination.total is 23, but the walk ends here with 20 records"},
		{"only up to the limit", func(after, own int) int { return min(10, after+own) }, 0, false, "it is no total"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := define(t, "", stream)[0]
			api := transport(func(r *http.Request) (*http.Response, error) {
				after, _ := strconv.Atoi(r.URL.Query().Get("after"))
				offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
				var rows []string
				for id := after + offset + 1; id <= min(23-test.lost, after+offset+5); id++ {
					rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
				}
				return says(200, fmt.Sprintf(`{"data":[%s],"total":%d}`, strings.Join(rows, ","), test.total(after, 23-after))).response(r), nil
			})
			got := newRig(t, s, api).run(s, paging.Position{})
			text := fmt.Sprint(got.err, got.last.Proof.Doubts, got.last.Remarks)
			if held := slices.Contains(got.last.Proof.Held, paging.CheckTotal); held != test.held || !strings.Contains(text, test.want) || test.want == "" && text != "<nil> [] []" {
				t.Errorf("the walk ends with %d records and %s; the total held: %v; proof %+v", len(got.ids), text, held, got.last.Proof)
			}
		})
	}
}

// TestBeyondIsNotUnique proves that a walk which goes on from a record whose value the
// one before has, too, does not end without a doubt, also where another run goes on.
func TestBeyondIsNotUnique(t *testing.T) {
	s := define(t, "", `path: /x, primary_key: [id], pagination: {type: offset, param: offset, size_param: limit, size: 5, max_offset: 10, beyond: {field: day, param: after}}`)[0]
	api := transport(func(r *http.Request) (*http.Response, error) {
		body := `{"data":[{"id":11,"day":8}]}`
		switch q := r.URL.Query(); {
		case q.Has("after") && q.Get("offset") != "0":
			body = `{"data":[]}`
		case q.Has("after"):
		case q.Get("offset") == "0":
			body = `{"data":[{"id":1,"day":1},{"id":2,"day":2},{"id":3,"day":3},{"id":4,"day":4},{"id":5,"day":5}]}`
		default:
			body = `{"data":[{"id":6,"day":6},{"id":7,"day":6},{"id":8,"day":6},{"id":9,"day":7},{"id":10,"day":7}]}`
		}
		return says(200, body).response(r), nil
	})
	whole := newRig(t, s, api).run(s, paging.Position{})
	at, _ := kept(t, whole.nexts[1])
	for name, got := range map[string]seen{"at once": whole, "in two runs": newRig(t, s, api).run(s, at)} {
		if got.err != nil || len(got.last.Proof.Doubts) != 1 || got.last.Proof.Doubts[0].Key != "pagination.beyond.field" {
			t.Errorf("%s, the walk ends with %v and the doubts %v", name, got.err, got.last.Proof.Doubts)
		}
	}
}

// TestKeysetIsNotUnique proves that pages whose last two records share the value that
// the next one is asked for by do not end without a doubt; nor is there one where the
// page is the last, as it is not full, or where the API's own count came.
func TestKeysetIsNotUnique(t *testing.T) {
	for _, test := range []struct {
		name, days, more string
		total            int
		doubts           int
	}{
		{"at the end of a page", "1 2 2", "", 0, 1},
		{"elsewhere", "1 1 2", "", 0, 0},
		{"on a page that is not full", "2 2", "", 0, 0},
		{"all came", "1 2 2", ", total: total", 4, 0},
	} {
		s := define(t, "", `path: /x, primary_key: [id], pagination: {type: keyset, field: day, param: after, size_param: limit, size: 3`+test.more+`}`)[0]
		api := transport(func(r *http.Request) (*http.Response, error) {
			days := strings.Fields(test.days)
			switch r.URL.Query().Get("after") {
			case "2":
				days = []string{"3"}
			case "3":
				days = nil
			}
			var rows []string
			for i, day := range days {
				rows = append(rows, fmt.Sprintf(`{"id":"%s-%d","day":%s}`, day, i, day))
			}
			return says(200, fmt.Sprintf(`{"data":[%s],"total":%d}`, strings.Join(rows, ","), test.total)).response(r), nil
		})
		got := newRig(t, s, api).run(s, paging.Position{})
		if n := len(got.last.Proof.Doubts); n != test.doubts || got.err != nil {
			t.Errorf("%s: the walk ends with %v and the doubts %v", test.name, got.err, got.last.Proof.Doubts)
		}
	}
}
