package tap_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// endCase is a walk of testdata/ends.json: the answers in turn, the last one
// again and again, and in words what a run must conclude.
type endCase struct {
	Name       string
	Pagination json.RawMessage
	Params     json.RawMessage
	Errors     json.RawMessage
	Records    string
	PrimaryKey []string `json:"primary_key"`
	Answers    []endAnswer
	Want       string
}

type endAnswer struct {
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

// definition is the case as a definition of the stream x.
func (c *endCase) definition(t *testing.T) string {
	t.Helper()
	s := map[string]any{
		"name": "x", "path": "/x", "records": "data", "primary_key": []string{"id"},
		"schema": map[string]any{"type": "object"},
	}
	set := func(key string, value json.RawMessage) {
		if len(value) > 0 && string(value) != "null" {
			s[key] = value
		}
	}
	set("pagination", c.Pagination)
	set("params", c.Params)
	set("errors", c.Errors)
	if c.Records != "" {
		s["records"] = c.Records
	}
	if c.PrimaryKey != nil {
		s["primary_key"] = c.PrimaryKey
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return "streams: [" + string(text) + "]\n"
}

// replies is an API that gives a case's answers, and keeps the requests.
type replies struct {
	answers  []endAnswer
	requests []string
}

func (a *replies) RoundTrip(r *http.Request) (*http.Response, error) {
	next := a.answers[min(len(a.requests), len(a.answers)-1)]
	a.requests = append(a.requests, r.URL.String())
	body := string(next.Body)
	var text string
	if json.Unmarshal(next.Body, &text) == nil {
		body = text
	}
	answer := testrig.JSON(r, next.Status, body)
	for name, value := range next.Headers {
		answer.Header.Set(name, value)
	}
	return answer, nil
}

// endHead is head with the host that the cases' links lead to. Answers are in the order of
// requests.
var endHead = strings.Replace(head, "http://api.test", "https://api.example\n  max_in_flight: 1", 1)

// ends is what a run must conclude of each case: its status in the account, its
// records, its calls (0: as many as it takes), and what the log says.
var ends = map[string]struct {
	status  string
	records int
	calls   int
	says    []string
}{
	"no pagination, body has next and has_more": {"complete?", 3, 1, []string{`next_page is "b"`, "has_more is true",
		"write pagination: {type: cursor, next: next_page, param: page}"}},
	"no pagination, Link next":                {"complete?", 3, 1, []string{`Link, rel="next", is`, "write pagination: {type: link_header}"}},
	"no pagination, total above":              {"complete?", 3, 1, []string{"meta.total is 7, but the walk ends here with 3 records", "total: meta.total"}},
	"next path that matches nothing":          {"complete?", 3, 1, []string{`next_page is "b": pagination.next, next_pag, matched no answer`, "next: next_page"}},
	"more and total paths that match nothing": {"complete", 3, 1, []string{"pagination.more, has_mor, matched no answer", "pagination.total, meta.totl, matched no answer"}},
	"OData key without its escape": {"complete?", 3, 1, []string{`\@odata\.nextLink is "https://api.example/x?$skiptoken=3"`,
		`pagination.next, odata.nextLink, matched no answer of the walk: write pagination: {type: next_url, next: '\@odata\.nextLink'}`}},
	"single quotes around rel":                              {"complete", 5, 2, nil},
	"link with an anchor":                                   {"complete", 3, 1, nil},
	"total 0 beside records":                                {"complete?", 6, 3, []string{"pagination.total is 0"}},
	"total falls to 0 in the middle":                        {"failed (transient)", 3, 0, []string{"total"}},
	"total is capped":                                       {"complete", 8, 3, []string{"is no total"}},
	"total counts what is left":                             {"complete", 7, 3, nil},
	"total as text with a separator":                        {"failed (permanent)", 0, 1, []string{"pagination.total: expected a count, got 1,007"}},
	"stop as text":                                          {"complete", 5, 2, nil},
	"token is an empty list":                                {"complete", 5, 2, nil},
	"token None made by a filter":                           {"complete", 3, 1, nil},
	"empty counted pages, more says there are more":         {"complete", 4, 4, nil},
	"equal rows under different cursors":                    {"complete", 4, 3, nil},
	"pages past the end repeat the last":                    {"complete", 5, 3, nil},
	"404 in HTML is the end":                                {"complete", 3, 2, nil},
	"a cap refuses a cursor":                                {"failed (permanent)", 3, 0, []string{"after must be at most 2"}},
	"page exactly as full as asked for, nothing else known": {"complete?", 3, 1, []string{"limit is 3, and exactly 3 records came"}},
}

// TestEnds runs every case of testdata/ends.json as a sync.
func TestEnds(t *testing.T) {
	data := testrig.Read(t, "testdata/ends.json")
	var file struct{ Cases []*endCase }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != len(ends) {
		t.Errorf("%d cases, and %d are known here", len(file.Cases), len(ends))
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			want, ok := ends[c.Name]
			if !ok {
				t.Fatalf("the case is not known here: want %s", c.Want)
			}
			api := &replies{answers: c.Answers}
			r := setup{head: endHead, definition: c.definition(t), api: api}.run(t)
			account := r.account.String()
			if got := r.account.Streams[0].Status(); got != want.status {
				t.Errorf("got %s, want %s\n%s", got, want.status, account)
			}
			if got := len(r.records("")); got != want.records && !(want.status == "failed (permanent)" && got == 2*want.records) {
				t.Errorf("got %d records, want %d", got, want.records)
			}
			if got := len(api.requests); want.calls > 0 && got != want.calls {
				t.Errorf("got %d calls, want %d: %v", got, want.calls, api.requests)
			}
			for _, text := range want.says {
				if said := account + fmt.Sprint(r.err) + strings.ReplaceAll(r.log, `" value=`, ` is `) + strings.ReplaceAll(r.log, " value=", " is "); !strings.Contains(said, text) {
					t.Errorf("neither account, error nor log says %q:\n%s", text, said)
				}
			}
			if want.status == "complete" && want.says == nil && strings.Contains(r.log, "level=WARN") {
				t.Errorf("a sound walk is warned of:\n%s", r.log)
			}
			if strings.HasPrefix(want.status, "failed") && !strings.Contains(r.state(), `"resume":[`) {
				t.Errorf("a failed stream has no resume: %s", r.state())
			}
		})
	}
}

// TestDoubtKeepsBookmark: what was not read may lie behind the bookmark. The
// definition may take the end for the end, or promise an order.
func TestDoubtKeepsBookmark(t *testing.T) {
	const body = `{"data":[{"id":1,"updated_at":"2025-05-12T00:00:00Z"},{"id":2,"updated_at":"2025-05-13T00:00:00Z"}],"has_more":true}`
	const since = `{"bookmarks":{"items":{"replication_key":"updated_at","replication_key_value":"2025-05-10T00:00:00Z"}}}`
	for _, tt := range []struct{ keys, inc, want string }{
		{"", "", `"2025-05-10T00:00:00Z"`},
		{"on_incomplete: warn", "", `"2025-05-13T00:00:00Z"`},
		{"", ", sorted: true", `"2025-05-13T00:00:00Z"`},
	} {
		definition := onePage("params: {from: \"{{ window.start }}\"}\n    replication_key: updated_at\n    incremental: {start: \"2025-01-01\"" + tt.inc + "}\n    " + tt.keys)
		r := setup{definition: definition, state: since, api: answering(body)}.must(t)
		if got := string(bookmarkOf(t, r.state(), "items").Value); got != tt.want {
			t.Errorf("%s%s: the bookmark is %s, want %s", tt.keys, tt.inc, got, tt.want)
		}
		if got := strings.Contains(r.log, "the bookmark stays where it is"); got != (tt.keys+tt.inc == "") {
			t.Errorf("%s%s: the log says that the bookmark stays: %t", tt.keys, tt.inc, got)
		}
		var log bytes.Buffer
		looked := setup{definition: definition, api: answering(body)}
		if _, err := tap.Preview(t.Context(), looked.options(t, io.Discard, &log), "items", 10); err != nil {
			t.Fatal(err)
		}
		if text := log.String(); strings.Contains(text, "bookmark") || !strings.Contains(text, "the last answer contradicts its end") {
			t.Errorf("%s%s: a preview, which has no bookmark, says %s", tt.keys, tt.inc, text)
		}
	}
}

// TestDoubtOnTheWayKeepsBookmark: behind an answer that lacks records the bookmark of a
// sorted stream does not move on, neither in the run that met it nor in the one after it.
func TestDoubtOnTheWayKeepsBookmark(t *testing.T) {
	for _, tt := range []struct{ name, second, keys, want string }{
		{"an error", `{"data":[],"error":"throttled","next":"c"}`, "", `"2025-05-11T00:00:00Z"`},
		{"fewer than there are", `{"data":[{"id":2,"updated_at":"2025-05-12T00:00:00Z"}],"partial":true,"next":"c"}`, "", `"2025-05-11T00:00:00Z"`},
		{"an error that is no matter", `{"data":[],"error":"throttled","next":"c"}`, "on_incomplete: warn", `"2025-05-14T00:00:00Z"`},
		{"sound", `{"data":[],"error":null,"next":"c"}`, "", `"2025-05-14T00:00:00Z"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := setup{
				definition: onePage("params: {from: \"{{ window.start }}\"}\n    replication_key: updated_at\n    incremental: {start: \"2025-01-01\", sorted: true}\n" +
					"    pagination: {type: cursor, next: next, param: c}\n    " + tt.keys),
				api: &replies{answers: jsonAnswers(
					`{"data":[{"id":1,"updated_at":"2025-05-11T00:00:00Z"}],"next":"b"}`, tt.second,
					`{"data":[{"id":3,"updated_at":"2025-05-13T00:00:00Z"}],"next":"d"}`, `{"data":[{"id":4,"updated_at":"2025-05-14T00:00:00Z"}],"next":null}`)},
				config: `{"run":{"max_requests":3}}`, workDir: t.TempDir(),
			}
			for range 2 {
				one.state = one.must(t).state()
			}
			if b := bookmarkOf(t, one.state, "items"); string(b.Value) != tt.want || b.Resume != nil {
				t.Errorf("the bookmark is %s, want %s, and the walk at its end: %s", b.Value, tt.want, one.state)
			}
		})
	}
}
