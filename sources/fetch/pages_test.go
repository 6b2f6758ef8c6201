package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestPagesPastTheTotal proves what is made of an API's own number of pages: it
// is believed as long as the answers bear it out.
func TestPagesPastTheTotal(t *testing.T) {
	pages := func(n int) string { return fmt.Sprintf(`,"pages":%d`, n) }
	full, rest := page(1, 2, pages(2)), page(3, 4, pages(2))
	for _, test := range []struct {
		name, keys string
		answers    []answer
		requests   int
		records    int
		doubts     string // a part of the only one; "": none
		remarks    string
		fails      string
	}{
		{"not full", "", []answer{full, page(3, 3, pages(2))}, 2, 3, "", "", ""},
		{"none", "", []answer{page(1, 0, pages(0))}, 1, 0, "", "", ""},
		{"fewer than asked for", ", size: 3, size_param: l", []answer{page(1, 2, pages(1))}, 1, 2, "", "", ""},
		{"no records", "", []answer{full, rest, page(1, 0, pages(2))}, 3, 4, "", "", ""},
		{"no records, and none are counted", "", []answer{full, rest, page(1, 0, pages(0))}, 3, 4, "", "", ""},
		{"no records, and one page is counted", "", []answer{full, rest, page(1, 0, pages(1))}, 3, 4, "", "", ""},
		{"not there", "", []answer{full, rest, {status: 404, body: "<html>"}}, 3, 4, "", "", ""},
		{"gone", "", []answer{full, rest, {status: 410, body: "{}"}}, 3, 4, "", "", ""},
		{"out of range", "", []answer{full, rest, {status: 416, body: "{}"}}, 3, 4, "", "", ""},
		{"the last page again", "", []answer{full, rest, rest}, 3, 4, "", "", ""},
		{"refused: it may be a limit", "", []answer{full, rest, {status: 400, body: "{}"}}, 3, 4, "pagination.total_pages is 2, all of which were read", "", ""},
		{"more records", "", []answer{full, rest, page(5, 6, pages(2)), page(7, 7, pages(2))}, 4, 7, "", "pagination.total_pages says 2, and more pages came", ""},
		{"more records, and then none", "", []answer{full, rest, page(5, 6, pages(2)), page(1, 0, pages(2))}, 4, 6, "", "pagination.total_pages says 2", ""},
		{"always 1", "", []answer{page(1, 2, pages(1)), page(3, 4, pages(1)), page(5, 5, pages(1))}, 3, 5, "", "pagination.total_pages says 1", ""},
		{"always 0", "", []answer{page(1, 2, pages(0)), page(3, 4, pages(0)), page(5, 5, pages(0)), page(1, 0, pages(0))}, 4, 5, "pagination.total_pages is 0", "", ""},
		{"0 at first", "", []answer{page(1, 2, pages(0)), rest, page(5, 5, pages(3)), page(1, 0, pages(3))}, 4, 5, "pagination.total_pages is 0", "", ""},
		{"falls to 0 beside records", "", []answer{page(1, 2, pages(3)), page(3, 4, pages(0)), page(5, 5, pages(3)), page(1, 0, pages(3))}, 4, 5, "pagination.total_pages is 0", "", ""},
		{"falls below the page beside records", "", []answer{page(1, 2, pages(3)), page(3, 4, pages(1)), page(5, 5, pages(3)), page(1, 0, pages(3))}, 4, 5, "below the page in hand", "", ""},
		{"falls to 0 without records", "", []answer{page(1, 2, pages(5)), page(3, 4, pages(5)), page(1, 0, pages(0))}, 4, 4, "", "", "counts fewer records than were read"},
		{"no records and no number", "", []answer{page(1, 2, pages(5)), page(3, 4, pages(5)), page(1, 0, "")}, 3, 4, "", "", "pagination.total_pages is 5, but the walk ends here after 2 pages"},
		{"no last page and no number", "", []answer{full, page(1, 0, "")}, 2, 2, "", "", "pagination.total_pages is 2, but the walk ends here after 1 page"},
		{"more says that there are none", ", more: more", []answer{page(1, 2, pages(2)+`,"more":true`), page(3, 4, pages(2)+`,"more":false`)}, 2, 4, "", "", ""},
		{"total and pages", ", total: total", []answer{page(1, 2, pages(2)+`,"total":3`), page(3, 3, pages(2)+`,"total":3`)}, 2, 3, "", "", ""},
		{"total, and 0 pages", ", total: total", []answer{page(1, 2, pages(0)+`,"total":3`), page(3, 3, pages(0)+`,"total":3`)}, 2, 3, "pagination.total_pages is 0", "", ""},
	} {
		for _, start := range []int{1, 0} {
			stream := fmt.Sprintf(`path: /x, pagination: {type: page, param: page, start: %d, total_pages: pages%s}`, start, test.keys)
			s := define(t, "retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}", stream)[0]
			api := &script{answers: test.answers}
			got := newRig(t, s, api).run(s, paging.Position{})
			if test.fails == "" && got.err != nil || !strings.Contains(fmt.Sprint(got.err), test.fails) {
				t.Errorf("%s, from %d: got %v, want %q", test.name, start, got.err, test.fails)
			}
			if len(api.requests) != test.requests || len(got.ids) != test.records {
				t.Errorf("%s, from %d: got %d requests and %d records, want %d and %d", test.name, start, len(api.requests), len(got.ids), test.requests, test.records)
			}
			if e := (*fetch.Error)(nil); errors.Is(got.err, paging.ErrFallen) && (!errors.As(got.err, &e) || e.Class != fetch.Transient) {
				t.Errorf("%s: got %v, want it to fail for now", test.name, got.err)
			}
			if got.err != nil {
				continue
			}
			if d := got.last.Proof.Doubts; len(d) > 1 || (len(d) == 0) != (test.doubts == "") || len(d) == 1 && !strings.Contains(d[0].String(), test.doubts) {
				t.Errorf("%s, from %d: got doubts %v, want %q", test.name, start, d, test.doubts)
			}
		}
		if told := remarks(t, test.answers, test.keys); len(told) > 1 || !strings.Contains(strings.Join(told, ""), test.remarks) || test.remarks == "" && len(told) > 0 {
			t.Errorf("%s: got remarks %v, want %q", test.name, told, test.remarks)
		}
	}
}

// remarks are what the pages of a walk say of its counts.
func remarks(t *testing.T, answers []answer, keys string) (all []string) {
	t.Helper()
	s := define(t, "retry: {attempts: 1}", `path: /x, pagination: {type: page, param: page, total_pages: pages`+keys+`}`)[0]
	w := newRig(t, s, &script{answers: answers}).walk(s, paging.Position{})
	for {
		p, err := w.Next(t.Context())
		if err != nil {
			return all
		}
		for _, text := range p.Remarks {
			if strings.Contains(text, "total") {
				all = append(all, text)
			}
		}
		p.Release()
	}
}

// TestPagesAreLeftAloneAfterResume proves that a number of pages which was shown
// to be none stays that for a walk which goes on from a state.
func TestPagesAreLeftAloneAfterResume(t *testing.T) {
	s := define(t, "", `path: /x, pagination: {type: page, param: page, total_pages: pages}`)[0]
	answers := []answer{page(1, 2, `,"pages":0`), page(3, 4, `,"pages":2`), page(5, 5, `,"pages":0`), page(1, 0, `,"pages":0`)}
	whole := newRig(t, s, &script{answers: answers}).run(s, paging.Position{})
	if whole.err != nil || len(whole.nexts) != 3 {
		t.Fatalf("got %v after %d pages", whole.err, len(whole.nexts))
	}
	for i, at := range whole.nexts {
		at, text := kept(t, at)
		got := newRig(t, s, &script{answers: answers[i+1:]}).run(s, at)
		if got.err != nil || len(got.ids) != 5-whole.upTo[i] || len(got.last.Proof.Doubts) != 1 {
			t.Errorf("from %s: got %d records and %v", text, len(got.ids), got.err)
		}
	}
}

// TestLinkThatNobodyCanRead proves that a header Link which holds something that
// is no link ends no walk.
func TestLinkThatNobodyCanRead(t *testing.T) {
	s := define(t, "", `path: /x, pagination: {type: link_header}`)[0]
	for _, header := range []string{`}}{{<<>>;;,,rel`, `foo bar`, `<a>; rel="prev", }`, `<a>; rel="prev", <b>; rel="ne`, `</x?k=1; rel=prev`, `<a>; rel=prev <b>; rel=last`} {
		api := &script{answers: []answer{{status: 200, body: page(1, 2, "").body, header: http.Header{"Link": {header}}}}}
		if err := newRig(t, s, api).run(s, paging.Position{}).err; err == nil || !strings.Contains(err.Error(), "the header Link") || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("%s: got %v", header, err)
		}
	}
}
