package probe_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/testrig"
)

// answers is an API that answers a request by its URL, else with the text for "".
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	text, known := a[r.URL.RequestURI()]
	if !known {
		text = a[""]
	}
	status := 200
	if text == "" {
		status = 404
	}
	return testrig.Answer(r, status, text), nil
}

func look(t *testing.T, api http.RoundTripper, o probe.Options, address string) (*probe.Found, error) {
	t.Helper()
	c, err := call.New(address)
	if err != nil {
		t.Fatal(err)
	}
	if o.Tape == nil {
		o.Tape = probe.NewTape(api, 8)
	}
	if o.Name == "" {
		o.Name = c.Describe().Name
	}
	return probe.Look(t.Context(), c, o)
}

// shown writes what was found in lines, what is open with "? " before it.
func shown(f *probe.Found) string {
	var b strings.Builder
	for _, entries := range [][]draft.Entry{f.Records, f.Fields, f.Paging} {
		for _, e := range entries {
			var d draft.Definition
			d.Root.Set(e.Key, e.Value, "")
			if e.Open {
				b.WriteString("? ")
			}
			b.WriteString(strings.TrimPrefix(string(d.AppendYAML(nil)), draft.Modeline+"\n"))
		}
	}
	return b.String()
}

// TestLook looks at answers that say little, or what may be misunderstood: whatever is
// decided without proof is said.
func TestLook(t *testing.T) {
	tests := []struct {
		name    string
		api     answers
		address string
		want    string
		guesses string // a part of each
	}{
		{"one record", answers{"": `{"id":1,"name":"x","tags":["a"]}`}, "http://a.test/me", "single: true\n", ""},
		{"one record below data", answers{"": `{"data":{"id":1,"name":"x"}}`}, "http://a.test/me", "records: data\nsingle: true\n", ""},
		{"an object of records", answers{"": `{"a":{"n":1},"b":{"n":2}}`}, "http://a.test/things", "keyed: key\nprimary_key: [key]\n? pagination: {type: page, param: page}\n", "pagination: one page"},
		{"an empty list", answers{"": `{"data":[],"total":0}`}, "http://a.test/things", "records: data\n? pagination: {type: page, param: page}\n", "no record came"},
		{"a page by its number that has all, today", answers{"": `{"data":[{"id":1},{"id":2}],"total":2}`}, "http://a.test/x?page=1&limit=50", "records: data\nprimary_key: [id]\n? pagination: {type: page, param: page, total: total}\n", ""},
		{"one record with parts", answers{"": `{"id":7,"name":"x","lines":[{"n":1},{"n":2}]}`}, "http://a.test/orders/7", "single: true\n", "records: @this is one of 2 lists"},
		{"one record with parts below data", answers{"": `{"data":{"id":7,"lines":[{"n":1},{"n":2}]}}`}, "http://a.test/orders/7", "records: data\nsingle: true\n", "records: data is one of 2 lists"},
		{"a list beside the id of the answer", answers{"": `{"id":"req-1","data":[{"id":1},{"id":2}],"total":2}`}, "http://a.test/orders", "records: data\nprimary_key: [id]\n", ""},
		{"no list and no object", answers{"": `[1,2,3]`}, "http://a.test/things", "? records: \"…\"\n", "where the records are"},
		{"two lists alike", answers{"": `{"orders":[{"id":1},{"id":2}],"items":[{"id":1},{"id":2}]}`}, "http://a.test/x", "records: items\nprimary_key: [id]\n? pagination: {type: page, param: page}\n", "records: items is one of 2 lists|pagination: one page"},
		{"a list by its name", answers{"": `{"included":[{"id":1},{"id":2},{"id":3}],"orders":[{"id":1},{"id":2}],"total":2}`}, "http://a.test/orders", "records: orders\nprimary_key: [id]\n", ""},
		{"a filter that lets few through", answers{"": `{"data":[{"id":1},{"id":2}],"next":null}`}, "http://a.test/x?since=2025-12-01T00:00:00Z&limit=100",
			"records: data\nprimary_key: [id]\n? pagination: {type: page, param: page}\n", "since of the request let no more through"},
		{"no key", answers{"": `{"data":[{"n":1},{"n":1}],"total":2}`}, "http://a.test/x", "records: data\n? primary_key: [\"…\"]\n", "primary_key: no field"},
		{"a key that only looks like one", answers{"": `{"data":[{"email":"a"},{"email":"b"}],"total":2}`}, "http://a.test/x", "records: data\n? primary_key: [email]\n", "primary_key: email is asked"},
		{"an id that comes again", answers{"": `{"data":[{"id":1,"a":1},{"id":1,"a":2}],"total":2}`}, "http://a.test/x", "records: data\n? primary_key: [\"…\"]\n", "primary_key: no field"},
		{"an id that comes again on the second page", answers{"": `{"data":[{"id":1,"a":1},{"id":2,"a":2}],"next":"/y"}`, "/y": `{"data":[{"id":3,"a":3},{"id":3,"a":4}],"next":null}`}, "http://a.test/x",
			"records: data\n? primary_key: [\"…\"]\npagination: {type: next_url, next: next}\n", "primary_key: no field"},
		{"a next page that has the same records", answers{"": `{"data":[{"id":1},{"id":2}],"next":"/y"}`}, "http://a.test/x", "records: data\nprimary_key: [id]\n? pagination: {type: next_url, next: next}\n", "pagination: next_url is asked"},
		{"a next page on another host", answers{"": `{"data":[{"id":1},{"id":2}],"next":"http://b.test/y"}`}, "http://a.test/x", "records: data\nprimary_key: [id]\n? pagination: {type: next_url, next: next}\n", "pagination: next_url is asked"},
		{"a token that nothing takes", answers{"": `{"data":[{"id":1},{"id":2}],"next_cursor":"abc"}`}, "http://a.test/x", "records: data\nprimary_key: [id]\n? pagination: {type: cursor, next: next_cursor, param: cursor}\n", "pagination: cursor is asked"},
		{"times that may be those of making", answers{"": `{"data":[{"id":1,"created_at":"2024-01-01"},{"id":2,"created_at":"2024-01-02"}],"total":2}`}, "http://a.test/x",
			"records: data\nprimary_key: [id]\n? replication_key: created_at\n? incremental: {format: date, client_filter: true}\n", ""},
		{"rows whose columns the answer names, beside other lists", answers{"": `{"rows":[["a",1],["a",2],["b",1]],"expanded_columns":[],"columns":["region","nr"],"primary_keys":["region","nr"],"suggested_facets":[{"name":"region"}],"next":null,"next_url":null}`}, "http://a.test/places",
			"records: rows\ncolumns: columns\nprimary_key: [region, nr]\n", ""},
		{"rows below names with types", answers{"": `{"columns":[{"name":"id","type":"bigint"},{"name":"n","type":"bigint"}],"data":[[1,5],[2,5]],"total":2}`}, "http://a.test/x",
			"records: data\ncolumns: columns\nprimary_key: [id]\n", ""},
		{"rows that nothing names", answers{"": `{"values":[["id","n"],["1","5"],["2"]],"total":3}`}, "http://a.test/x",
			"records: values\ncolumns: [column_1, column_2]\nshort_rows: \"null\"\n? primary_key: [\"…\"]\n", "columns: the answer|primary_key: no field"},
		{"a polygon is no table", answers{"": `{"id":1,"shape":[[1,2],[3,4]]}`}, "http://a.test/zones/1", "single: true\n", ""},
		{"a list that is beside the records by its name", answers{"": `{"suggested_facets":[{"name":"a"},{"name":"b"}],"total":2}`}, "http://a.test/x",
			"records: suggested_facets\n? primary_key: [\"…\"]\n", "records: suggested_facets is the only list|primary_key: no field"},
		{"links are records where the address asks for links", answers{"": `{"links":[{"url":"a"},{"url":"b"}],"total":2}`}, "http://a.test/links", "records: links\n? primary_key: [\"…\"]\n", "primary_key: no field"},
		{"a key that the answer names and that comes again", answers{"": `{"primary_keys":["n"],"data":[{"id":1,"n":1},{"id":2,"n":1}],"total":2}`}, "http://a.test/x", "records: data\nprimary_key: [id]\n", ""},
		{"a time of day rather than a date", answers{"": `{"data":[{"id":1,"day":"2024-01-01","written_at":"2024-01-01T00:00:00Z"},{"id":2,"day":"2024-01-02","written_at":"2024-01-02T00:00:00Z"}],"total":2}`}, "http://a.test/x",
			"records: data\nprimary_key: [id]\n? replication_key: written_at\n? incremental: {client_filter: true}\n", ""},
		{"a number that is no time", answers{"": `{"data":[{"id":1,"updated":12},{"id":2,"updated":13}],"total":2}`}, "http://a.test/x", "records: data\nprimary_key: [id]\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := look(t, test.api, probe.Options{}, test.address)
			if err != nil {
				t.Fatal(err)
			}
			wantFound(t, f, test.want, test.guesses)
		})
	}
}

// wantFound holds what a look found to the lines of its definition, and to what it says of
// its guesses, which | parts.
func wantFound(t *testing.T, f *probe.Found, lines, guesses string) {
	t.Helper()
	if got := shown(f); got != lines {
		t.Errorf("got:\n%s\nwant:\n%s", got, lines)
	}
	var want []string
	if guesses != "" {
		want = strings.Split(guesses, "|")
	}
	said := strings.Join(f.Guesses, "|")
	for _, part := range want {
		if !strings.Contains(said, part) {
			t.Errorf("guesses %q, want %q in them", f.Guesses, part)
		}
	}
	if len(f.Guesses) != len(want) {
		t.Errorf("guesses %q, want %d", f.Guesses, len(want))
	}
}

func TestLookLetsAPersonChoose(t *testing.T) {
	api := answers{"": `{"orders":[{"id":1},{"id":2}],"items":[{"id":1},{"id":2}],"total":2}`}
	choose := func(question string, options []string) int {
		if question != "Which list has the records of x?" || fmt.Sprint(options) != "[items  (a list of 2 objects) orders  (a list of 2 objects)]" {
			t.Errorf("asked %q of %q", question, options)
		}
		return 1
	}
	f, err := look(t, api, probe.Options{Choose: choose, Name: "x"}, "http://a.test/x")
	if err != nil || !strings.HasPrefix(shown(f), "records: orders\n") {
		t.Errorf("%v\n%s", err, shown(f))
	}
}

// TestLookWaits asks an API again that refuses for now.
func TestLookWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := apitest.New(apitest.On(1, apitest.Status(429, apitest.RetryAfter("3"))), apitest.On(3, apitest.Status(503))).Add(apitest.Customers(300))
		f, err := look(t, api, probe.Options{}, "http://a.test/customers?page=1")
		if err != nil || !f.Proven || f.Way != "page" {
			t.Errorf("%v: %+v", err, f)
		}
		if n := api.Count(); n > 8 {
			t.Errorf("%d calls, want 8 at most", n)
		}
	})
}

// moved sends http to https, and to a slash at the end.
type moved struct{ answers }

func (m moved) RoundTrip(r *http.Request) (*http.Response, error) {
	to := ""
	switch {
	case r.URL.Scheme == "http":
		to = "https://" + r.URL.Host + r.URL.RequestURI()
	case r.URL.Path == "/x":
		to = "/x/"
	case r.URL.Path == "/away":
		to = "https://b.test/"
	case r.URL.Path == "/down":
		to = "http://a.test/x"
	case r.URL.Path == "/same":
		to = "/same?" + r.URL.RawQuery
	case strings.HasPrefix(r.URL.Path, "/on"):
		to = r.URL.Path + "/on"
	default:
		return m.answers.RoundTrip(r)
	}
	return testrig.Answer(r, 301, "", "Location", to), nil
}

func TestLookFollows(t *testing.T) {
	api := moved{answers{"/x/": `{"data":[{"id":1},{"id":2}],"total":2}`}}
	f, err := look(t, api, probe.Options{}, "http://a.test/x")
	if err != nil || f.Call.Address() != "https://a.test/x/" || len(f.Remarks) != 2 {
		t.Errorf("%v: %s, remarks %q", err, f.Call.Address(), f.Remarks)
	}
	for path, says := range map[string]string{
		"/away":       "it leads to another host, or to one without TLS", // no credential goes there
		"/down":       "it leads to another host, or to one without TLS",
		"/same?api=1": "it leads to the address that was asked",
		"/on":         "it leads on after 2 others that did",
	} {
		if _, err = look(t, api, probe.Options{}, "https://a.test"+path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", path, err, says)
		}
	}
}

// page is a page of HTML.
type page struct{}

func (page) RoundTrip(r *http.Request) (*http.Response, error) {
	return testrig.Answer(r, 200, "<html>", "Content-Type", "text/html; charset=utf-8"), nil
}

func TestLookAtAPage(t *testing.T) {
	if _, err := look(t, page{}, probe.Options{}, "http://a.test/x"); err == nil || !strings.Contains(err.Error(), "a page of HTML, and no data") {
		t.Errorf("error %v", err)
	}
}

func TestLookRefused(t *testing.T) {
	_, err := look(t, answers{"": ""}, probe.Options{}, "http://a.test/x")
	var status *probe.StatusError
	if !errors.As(err, &status) || status.Status != 404 {
		t.Errorf("error %v, want a StatusError of 404", err)
	}
}

// counter counts the calls that come through.
type counter struct {
	n   int
	err error
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	if c.err != nil {
		return nil, c.err
	}
	return testrig.Answer(r, 200, `{"n":`+fmt.Sprint(c.n)+`}`, "Content-Length", "99"), nil
}

func TestTape(t *testing.T) {
	ask := func(tape *probe.Tape, method, url, body string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := tape.RoundTrip(r)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(answer.Body)
		return string(text), err
	}
	api := &counter{}
	tape := probe.NewTape(api, 2)
	steps := []struct{ method, url, body, want string }{
		{"GET", "http://a.test/x?a=1&b=%20", "", `{"n":1}`},
		{"GET", "http://a.test/x?b=+&a=1", "", `{"n":1}`},
		{"POST", "http://a.test/x", `{"a": 1, "b": 2}`, `{"n":2}`},
		{"POST", "http://a.test/x", `{"b":2,"a":1}`, `{"n":2}`},
	}
	for _, s := range steps {
		if got, err := ask(tape, s.method, s.url, s.body); err != nil || got != s.want {
			t.Errorf("%s %s %s: %s, %v, want %s", s.method, s.url, s.body, got, err, s.want)
		}
	}
	if _, err := ask(tape, "GET", "http://a.test/y", ""); !errors.Is(err, probe.ErrNotRecorded) || api.n != 2 || tape.Left() != 0 {
		t.Errorf("a third call: %v, %d calls, %d left", err, api.n, tape.Left())
	}
	down := &counter{err: &net.OpError{Op: "dial", Err: errors.New("refused")}}
	tape = probe.NewTape(down, 2)
	if _, err := ask(tape, "GET", "http://a.test/y", ""); err == nil || tape.Left() != 2 {
		t.Errorf("a call without a connection: %v, %d left, want 2", err, tape.Left())
	}
}

// TestLookAtForm: what says in a form where a page begins is told of, since it holds a run to
// that page.
func TestLookAtForm(t *testing.T) {
	c, err := call.New("http://a.test/x")
	if err != nil {
		t.Fatal(err)
	}
	c.Method, c.Body = "POST", []byte("limit=2&offset=0")
	c.SetHeader("Content-Type", "application/x-www-form-urlencoded")
	f, err := probe.Look(t.Context(), c, probe.Options{Tape: probe.NewTape(answers{"": `{"data":[{"id":1},{"id":2}]}`}, 8), Name: "x"})
	if err != nil || len(f.Remarks) != 1 || !strings.Contains(f.Remarks[0], "offset in its form holds a run to one page") || !strings.Contains(f.Paging[0].Note, "offset in the form of the body") {
		t.Errorf("%v: remarks %q, paging %+v", err, f.Remarks, f.Paging)
	}
}

// TestLookAtErrors: an answer that tells of an error is none to draw up a definition from,
// whatever its status; one with records is.
func TestLookAtErrors(t *testing.T) {
	for _, body := range []string{`{"error":{"code":17,"message":"no such table"}}`, `{"errors":[{"message":"no such table"}]}`, `{"success":false,"error":"no such table"}`, `{"errors":[{"message":"no such table"}],"data":null}`} {
		_, err := look(t, answers{"": body}, probe.Options{}, "http://a.test/x")
		var status *probe.StatusError
		if !errors.As(err, &status) || !strings.Contains(err.Error(), "tells of an error, in ") || !strings.Contains(err.Error(), "no such table") {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`{"errors":[],"data":[{"id":1},{"id":2}]}`, `{"errors":[{"message":"x"}],"data":[{"id":1},{"id":2}]}`, `{"id":3,"error":"x"}`} {
		if f, err := look(t, answers{"": body}, probe.Options{}, "http://a.test/x"); err != nil || len(f.Records) == 0 {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestLookAtFaults: a fault of SOAP behind 200 is no answer to draw up a definition from; an
// envelope with records is.
func TestLookAtFaults(t *testing.T) {
	const one = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring>no such table</faultstring></soap:Fault></soap:Body></soap:Envelope>`
	const two = `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header><id>1</id></e:Header><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang="en">no such table</e:Text><e:Text xml:lang="de">keine Tabelle</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>`
	const bare = `<Envelope><Body><Fault><faultstring>no such table</faultstring></Fault></Body></Envelope>`
	for _, body := range []string{one, two, bare} {
		_, err := look(t, typed{"text/xml", body}, probe.Options{}, "http://a.test/x")
		var status *probe.StatusError
		if !errors.As(err, &status) || !strings.Contains(err.Error(), "tells of an error, in Envelope.Body.Fault: ") || !strings.Contains(err.Error(), "no such table") {
			t.Errorf("%s: %v", body, err)
		}
	}
	const records = `<s:Envelope xmlns:s="x"><s:Body><Orders><Order><Id>1</Id><Fault>a</Fault></Order><Order><Id>2</Id><Fault>b</Fault></Order></Orders></s:Body></s:Envelope>`
	if f, err := look(t, typed{"text/xml", records}, probe.Options{}, "http://a.test/x"); err != nil || !strings.Contains(shown(f), "records: Envelope.Body.Orders.Order\n") {
		t.Errorf("%s: %v", records, err)
	}
}

// TestLookAtPosts: what POST answers without a list may be no reading.
func TestLookAtPosts(t *testing.T) {
	for _, test := range []struct{ body, answer, guess string }{
		{"a=1", `{"ok":true}`, "does this request read records?"},
		{`{"query":"{orders {id}}"}`, `{"data":{"orders":[{"id":1},{"id":2}]}}`, "pagination: one page of 2 records"},
	} {
		c, err := call.New("http://a.test/x")
		if err != nil {
			t.Fatal(err)
		}
		c.Method, c.Body = "POST", []byte(test.body)
		f, err := probe.Look(t.Context(), c, probe.Options{Tape: probe.NewTape(answers{"": test.answer}, 8), Name: "x"})
		if err != nil || len(f.Guesses) != 1 || !strings.Contains(f.Guesses[0], test.guess) {
			t.Errorf("%s: %v, guesses %q", test.body, err, f.Guesses)
		}
		if test.body[0] == '{' && !strings.Contains(shown(f), "? pagination: {type: relay, connection: data.orders}") {
			t.Errorf("a query is not asked whether it is a connection:\n%s", shown(f))
		}
	}
}
