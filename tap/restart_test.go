package tap_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// scrolled is an API by cursor with pages of two records; answer says other for
// a request.
type scrolled struct {
	pages  int
	answer func(n int, after string) (status int, body string, ok bool)
	asked  []string
}

func (a *scrolled) RoundTrip(r *http.Request) (*http.Response, error) {
	after := r.URL.Query().Get("after")
	a.asked = append(a.asked, after)
	at := 0
	_, _ = fmt.Sscan(after, &at)
	next := "null"
	if at+1 < a.pages {
		next = fmt.Sprintf(`"%d"`, at+1)
	}
	body := fmt.Sprintf(`{"data":[{"id":%d},{"id":%d}],"total":%d,"n":%s}`, 2*at, 2*at+1, 2*a.pages, next)
	status := 200
	if a.answer != nil {
		if s, b, ok := a.answer(len(a.asked), after); ok {
			status, body = s, b
		}
	}
	one := replies{answers: []endAnswer{{Status: status, Body: json.RawMessage(body)}}}
	return one.RoundTrip(r)
}

const scrolledStream = `streams:
  - {name: x, path: /x, records: data, primary_key: [id], schema: {type: object}, pagination: {type: cursor, next: n, param: after, total: total}}
`

// TestRefusedRequest proves that a limit of the API costs one restart, once and
// for all: no later run reads what came before it again.
func TestRefusedRequest(t *testing.T) {
	refuses := func(from int) func(int, string) (int, string, bool) {
		return func(_ int, after string) (int, string, bool) {
			at := 0
			_, _ = fmt.Sscan(after, &at)
			return 400, `{"message":"maximum value for after is 3"}`, at >= from
		}
	}
	api := &scrolled{pages: 9, answer: refuses(4)}
	s := setup{definition: scrolledStream, api: api}
	r := s.run(t)
	checkFailure(t, r.err, "permanent")
	if got, want := strings.Join(api.asked, ","), ",1,2,3,4,,1,2,3,4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for range 2 {
		api.asked, s.state = nil, r.state()
		r = s.run(t)
		checkFailure(t, r.err, "permanent")
		if got, want := strings.Join(api.asked, ","), "4"; got != want {
			t.Errorf("a later run: got %s, want %s; the state was %s", got, want, s.state)
		}
	}
	api.answer, s.state = nil, r.state() // the limit is lifted
	if r := s.must(t); len(r.records("")) != 10 {
		t.Errorf("got %d records, want the last 10", len(r.records("")))
	}
}

// TestRefusedElsewhere proves that a token which expired while nothing ran is no
// limit of the API, though it was refused at another place before.
func TestRefusedElsewhere(t *testing.T) {
	once := map[string]bool{}
	api := &scrolled{pages: 5, answer: func(_ int, after string) (int, string, bool) {
		refused := after == "2" && !once[after]
		once[after] = once[after] || refused
		return 400, `{}`, refused
	}}
	s := setup{definition: scrolledStream, api: api, config: `{"run": {"max_requests": 7}}`}
	r := s.must(t)
	if got, want := strings.Join(api.asked, ","), ",1,2,,1,2,3"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	api.asked, s.state, s.config = nil, r.state(), ""
	api.answer = func(n int, _ string) (int, string, bool) { return 403, `{}`, n == 1 }
	s.must(t)
	if got, want := strings.Join(api.asked, ","), "4,,1,2,3,4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFallenTotal proves that an empty answer with a total below what was read
// is no end, and that a walk whose token has expired starts over in the next run.
func TestFallenTotal(t *testing.T) {
	api := &scrolled{pages: 5, answer: func(_ int, after string) (int, string, bool) {
		return 200, `{"data":[],"total":0,"n":null}`, after == "3"
	}}
	s := setup{definition: scrolledStream, api: api}
	r := s.run(t)
	checkFailure(t, r.err, "transient")
	if got := len(r.records("")); got != 6 {
		t.Errorf("got %d records, want 6", got)
	}
	asked := len(api.asked)
	api.answer = func(n int, after string) (int, string, bool) {
		return 200, `{"data":[],"total":0,"n":null}`, after == "3" && n < asked+4
	}
	s.state = r.state()
	if r = s.must(t); len(r.records("")) != 10 || bookmarkOf(t, r.state(), "x").Resume != nil {
		t.Errorf("got %d records, want all 10; asked for %v; %s", len(r.records("")), api.asked[asked:], r.state())
	}
}
