package paging_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// The list that all ways read: so many records, so many on a page. Their ids,
// and whatever names a page, hold a secret.
const (
	size, count = 10, 25
	secret      = "hunter2"
)

// subject is a way, and an API that pages in it.
type subject struct {
	name       string
	pagination sources.Pagination
	begins     string                                     // what the first request sends
	goesOn     string                                     // and the second one
	start      func(ask ask) int                          // of the page that a request asks for
	next       func(start int) (body string, link string) // what an answer adds where records follow
	ends       string                                     // what the last answer adds
	single     bool                                       // all records are on one page
	names      bool                                       // what answers name is sealed
}

// ask is what a pager says of a request.
type ask struct {
	first bool
	url   string
	sends string // the value of the page, as JSON
}

func (a ask) String() string { return a.url + a.sends }

var at = func(path string) sources.Ref { return sources.Ref{Path: path} }

var subjects = []subject{
	{name: "none", pagination: sources.Pagination{Type: sources.PaginateNone}, single: true,
		start: func(ask) int { return 0 }},
	{name: "cursor", pagination: sources.Pagination{Type: sources.PaginateCursor, Next: at("next"), Sends: param}, names: true,
		goesOn: `"hunter2-10"`, start: behindSecret,
		next: func(start int) (string, string) { return fmt.Sprintf(`, "next": "%s-%d"`, secret, start+size), "" }},
	{name: "next_url", pagination: sources.Pagination{Type: sources.PaginateNextURL, Next: at("next")}, names: true,
		goesOn: "http://api.test/x?key=hunter2-10", start: behindSecret,
		next: func(start int) (string, string) { return fmt.Sprintf(`, "next": "%s"`, link(start+size)), "" }},
	{name: "link_header", pagination: sources.Pagination{Type: sources.PaginateLinkHeader, Rel: "next"}, names: true,
		goesOn: "http://api.test/x?key=hunter2-10", start: behindSecret,
		next: func(start int) (string, string) { return "", fmt.Sprintf(`<%s>; rel="next"`, link(start+size)) }},
	{name: "page", pagination: sources.Pagination{Type: sources.PaginatePage, Start: 1, Sends: param},
		begins: "1", goesOn: "2", start: func(a ask) int { return (number(a.sends) - 1) * size }},
	{name: "offset", pagination: sources.Pagination{Type: sources.PaginateOffset, Sends: param},
		begins: "0", goesOn: "10", start: func(a ask) int { return number(a.sends) }},
	{name: "keyset", pagination: sources.Pagination{Type: sources.PaginateKeyset, Field: "id", Sends: param}, names: true,
		goesOn: `"hunter2-9"`, start: func(a ask) int {
			if a.first {
				return 0
			}
			return behindSecret(a) + 1
		}},
	{name: "relay", pagination: sources.Pagination{Type: sources.PaginateRelay, Connection: "c"}, names: true,
		goesOn: `"hunter2-10"`, start: behindSecret, ends: `, "c": {"pageInfo": {"hasNextPage": false, "endCursor": "hunter2-25"}}`,
		next: func(start int) (string, string) {
			return fmt.Sprintf(`, "c": {"pageInfo": {"hasNextPage": true, "endCursor": "%s-%d"}}`, secret, start+size), ""
		}},
}

var param = sources.PageSending{Param: "page"}

func link(start int) string { return fmt.Sprintf("http://api.test/x?key=%s-%d", secret, start) }

// behindSecret is the number behind the secret in what a request sends.
func behindSecret(a ask) int {
	_, n, _ := strings.Cut(strings.Trim(a.String(), `"`), secret+"-")
	if a.first {
		return 0
	}
	return number(n)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("a request sends %q: %v", text, err))
	}
	return n
}

// answer is what the subject's API says of a page, with something more in its
// body.
func (s subject) answer(start int, more string) paging.Answer {
	end := min(start+size, count)
	if s.single {
		end = count
	}
	var list []string
	for i := start; i < end; i++ {
		list = append(list, fmt.Sprintf(`{"id": "%s-%d"}`, secret, i))
	}
	body, header := `{"data": [`+strings.Join(list, ", ")+`]`+more, http.Header{}
	if s.next != nil && end < count {
		named, link := s.next(start)
		body += named
		if link != "" {
			header.Set("Link", link)
		}
	}
	if end == count {
		body += s.ends
	}
	body += "}"
	return paging.Answer{
		Request: fmt.Sprintf("GET from %d", start), Status: 200, Header: header, Body: []byte(body), Beside: []byte(body),
		Records: records(gjson.Get(body, "data").Array()),
	}
}

type records []gjson.Result

func (r records) Len() int            { return len(r) }
func (r records) Record(i int) []byte { return []byte(r[i].Raw) }

// walk is a pager with what is outside of it.
type walk struct {
	t      *testing.T
	pager  *paging.Pager
	answer *paging.Answer
}

// mark stands for the secret in what is kept.
const mark = "~sealed~"

func (w *walk) Eval(r sources.Ref, _ expr.Value) (expr.Value, error) {
	return ref.Eval(r, nil, w.answer.Body, w.answer.Header)
}

func (w *walk) Seal(v expr.Value) (json.RawMessage, error) {
	return json.RawMessage(strings.ReplaceAll(string(v.AppendJSON(nil)), secret, mark)), nil
}

func (w *walk) Open(token json.RawMessage) expr.Value {
	return expr.JSON(strings.ReplaceAll(string(token), mark, secret))
}

func (w *walk) Follow(target string, _ func() string) (string, error) {
	return strings.ReplaceAll(target, secret, mark), nil
}

func (w *walk) Answered(string) bool     { return false }
func (w *walk) Asked() (int64, string)   { return 0, "" }
func (w *walk) Quote(text string) string { return text }
func (w *walk) Hide(text string) string  { return text }

func (s subject) walk(t *testing.T, from paging.Position) *walk {
	t.Helper()
	w := &walk{t: t}
	stream := &sources.Stream{Name: "list", Records: sources.Records{Steps: []string{"data"}}, Pagination: s.pagination}
	w.pager = paging.New(stream, from, w, slog.New(slog.DiscardHandler))
	return w
}

// asks is what the next request says of the page.
func (w *walk) asks() (a ask) {
	a.first, a.url = w.pager.First(), strings.ReplaceAll(w.pager.Position().URL, mark, secret)
	for _, s := range w.pager.Sends() {
		if s.Param+s.Header+s.Body == "" {
			w.t.Errorf("sends %v nowhere", s.Value)
		}
		a.sends += string(s.Value.AppendJSON(nil))
	}
	return a
}

// begin takes note of the next request.
func (w *walk) begin(a ask) error {
	h := fnv.New64a()
	_, _ = h.Write([]byte(a.String()))
	return w.pager.Begin(h.Sum64())
}

func (w *walk) take(a paging.Answer) (paging.Found, error) {
	w.answer = &a
	found, err := w.pager.Take(a)
	if err == nil {
		w.pager.Go(found.Next)
	}
	return found, err
}

// read is what a walk gave.
type read struct {
	ids   []string
	found []paging.Found
}

func (r read) last() paging.Found { return r.found[len(r.found)-1] }

// drain walks to the end; last is what the last answer says besides.
func (s subject) drain(t *testing.T, w *walk, last string) (r read) {
	t.Helper()
	for range 2 * count {
		a := w.asks()
		if err := w.begin(a); err != nil {
			t.Fatal(err)
		}
		start, more := s.start(a), ""
		if start+size >= count || s.single {
			more = last
		}
		found, err := w.take(s.answer(start, more))
		if err != nil {
			t.Fatalf("%v: %v", a, err)
		}
		for _, one := range w.answer.Records.(records) {
			r.ids = append(r.ids, one.Get("id").Str)
		}
		if r.found = append(r.found, found); found.Last {
			return r
		}
	}
	t.Fatal("the walk does not end")
	return r
}

// kept is a position as a state keeps it.
func kept(t *testing.T, p paging.Position) (back paging.Position, text string) {
	t.Helper()
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back, string(b)
}

var all = func() (ids []string) {
	for i := range count {
		ids = append(ids, fmt.Sprintf("%s-%d", secret, i))
	}
	return ids
}()

// properties are what every way has to have.
var properties = []struct {
	name  string
	check func(t *testing.T, s subject)
}{
	{"the first page", func(t *testing.T, s subject) {
		w := s.walk(t, paging.Position{})
		if a := w.asks(); !a.first || a.sends != s.begins || a.url != "" {
			t.Errorf("asks for %+v, want the first page with %q", a, s.begins)
		}
	}},
	{"the next page", func(t *testing.T, s subject) {
		w := s.walk(t, paging.Position{})
		found, err := w.take(s.answer(0, ""))
		if err != nil || found.Last != s.single || !found.First {
			t.Fatalf("found %+v, %v, want a first page; the last: %v", found, err, s.single)
		}
		if a := w.asks(); !s.single && (a.first || a.String() != s.goesOn) {
			t.Errorf("then asks for %+v, want %q", a, s.goesOn)
		}
	}},
	{"every record once, and the end proven", func(t *testing.T, s subject) {
		r := s.drain(t, s.walk(t, paging.Position{}), "")
		if !slices.Equal(r.ids, all) {
			t.Errorf("got %v", r.ids)
		}
		if last := r.last(); last.Proof.Doubts != nil || !reflect.DeepEqual(last.Next, paging.Position{}) {
			t.Errorf("ends with the doubts %v at %+v, want none", last.Proof.Doubts, last.Next)
		}
	}},
	{"the end doubted", func(t *testing.T, s subject) {
		last := s.drain(t, s.walk(t, paging.Position{}), `, "has_more": true`).last()
		if len(last.Proof.Doubts) != 1 || last.Proof.Doubts[0].Key != "has_more" || last.Proof.Doubts[0].Advice == "" {
			t.Errorf("got the doubts %v, want has_more with advice", last.Proof.Doubts)
		}
	}},
	{"what the answer says of more goes before all else", func(t *testing.T, s subject) {
		s.pagination.Ends.More = at("more")
		w := s.walk(t, paging.Position{})
		if _, err := w.take(s.answer(0, `, "more": "perhaps"`)); err == nil || !strings.Contains(err.Error(), `perhaps`) {
			t.Errorf("got %v of more: perhaps", err)
		}
		if found, err := w.take(s.answer(0, `, "more": false`)); err != nil || !found.Last {
			t.Errorf("got %+v, %v of more: false, want the end", found, err)
		}
	}},
	{"positions survive JSON, and another pager goes on from them", func(t *testing.T, s subject) {
		whole := s.drain(t, s.walk(t, paging.Position{}), "")
		for i, f := range whole.found[:len(whole.found)-1] {
			back, text := kept(t, f.Next)
			if !reflect.DeepEqual(back, f.Next) {
				t.Errorf("%s comes back as %+v", text, back)
			}
			r := s.drain(t, s.walk(t, back), "")
			if want := all[min((i+1)*size, count):]; !slices.Equal(r.ids, want) {
				t.Errorf("from %s: got %v, want %v", text, r.ids, want)
			}
			if got, want := r.last().Proof.Doubts, whole.last().Proof.Doubts; !reflect.DeepEqual(got, want) {
				t.Errorf("from %s: ends with %v, want %v", text, got, want)
			}
		}
	}},
	{"going round is found", func(t *testing.T, s subject) {
		w := s.walk(t, paging.Position{})
		for i := range 10 {
			err := w.begin(w.asks())
			var found paging.Found
			if err == nil {
				found, err = w.take(s.answer(0, ""))
			}
			switch {
			case found.Last && s.single:
				return
			case err != nil && i > 0 && strings.Contains(err.Error(), "the same"):
				return
			case err != nil || found.Last:
				t.Fatalf("answer %d: got %+v, %v", i, found, err)
			}
		}
		t.Error("goes on over the same page again and again")
	}},
	{"what names a page is sealed", func(t *testing.T, s subject) {
		for _, f := range s.drain(t, s.walk(t, paging.Position{}), "").found {
			if _, text := kept(t, f.Next); strings.Contains(text, secret) || strings.Contains(text, mark) != (s.names && !f.Last) {
				t.Errorf("the position is %s", text)
			}
		}
	}},
	{"a refused answer leaves the pager as it was", func(t *testing.T, s subject) {
		s.pagination.Ends.Total = at("total")
		w, other := s.walk(t, paging.Position{}), s.walk(t, paging.Position{})
		for _, start := range []int{0, size} {
			if _, err := w.take(s.answer(start, `, "total": "many"`)); err == nil || !strings.Contains(err.Error(), "many") {
				t.Errorf("got %v of a total that is none", err)
			}
			got, err := w.take(s.answer(start, ""))
			want, _ := other.take(s.answer(start, ""))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("then found %+v, %v, want %+v", got, err, want)
			}
			if s.single {
				break
			}
		}
	}},
}

func TestWays(t *testing.T) {
	for _, p := range properties {
		t.Run(p.name, func(t *testing.T) {
			for _, s := range subjects {
				t.Run(s.name, func(t *testing.T) { p.check(t, s) })
			}
		})
	}
}

// TestEveryWayPasses: the suite knows all ways there are.
func TestEveryWayPasses(t *testing.T) {
	var names []sources.PaginationType
	for _, s := range subjects {
		names = append(names, sources.PaginationType(s.name))
	}
	slices.Sort(names)
	if want := paging.Ways(); !slices.Equal(names, want) {
		t.Errorf("the suite has %v, want all ways: %v", names, want)
	}
}
