package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

const (
	cursorStream = `path: /orders, pagination: {type: cursor, next: next_page, param: cursor}`
	pageStream   = `path: /orders, pagination: {type: page, param: page}`
)

func says(status int, body string, header ...string) answer {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return answer{status, body, h}
}

// TestRules proves what the definition's rules do with the second answer,
// after a first page with records 1 and 2.
func TestRules(t *testing.T) {
	first := page(1, 2, `,"next_page":"a"`)
	end := page(3, 4, "")
	tests := []struct {
		name    string
		rules   string
		answers []answer // after the first
		records int
		waited  time.Duration // -1: by the stream's retry
		class   fetch.Class   // 0: no error
		want    string
	}{
		{"first match decides", `[{status: 418, do: retry, wait: 5s}, {status: 418, do: fail}]`,
			[]answer{says(418, `{}`), end}, 4, 5 * time.Second, 0, ""},
		{"status and when", `[{status: 418, when: "{{ response.code == 'no' }}", do: fail, message: no}, {status: 418, do: retry, wait: 5s}]`,
			[]answer{says(418, `{"code":"yes"}`), end}, 4, 5 * time.Second, 0, ""},
		{"list", `[{status: [409, 418], do: retry, wait: 5s}]`, []answer{says(418, `{}`), end}, 4, 5 * time.Second, 0, ""},
		{"range", `[{status: 4xx, do: retry, wait: 5s}]`, []answer{says(499, `{}`), end}, 4, 5 * time.Second, 0, ""},
		{"out of range", `[{status: 4xx, do: retry}]`, []answer{says(501, `{}`), end}, 2, 0, fetch.Permanent, "answered 501 Not Implemented"},
		{"before what is built in", `[{status: 503, do: fail}]`, []answer{says(503, `{}`), end}, 2, 0, fetch.Permanent, "answered 503"},
		{"error under 200", `[{when: "{{ response.error.code == 'throttled' }}", do: retry, wait: "{{ headers['x-wait'] }}"}]`,
			[]answer{says(200, `{"error":{"code":"throttled"}}`, "X-Wait", "9"), end}, 4, 9 * time.Second, 0, ""},
		{"fail with a message", `[{when: "{{ response.error is defined }}", do: fail, message: "the API says {{ response.error }}"}]`,
			[]answer{says(200, `{"error":"over quota"}`)}, 2, 0, fetch.Permanent, "answered 200 the API says over quota"},
		{"wait in seconds", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":2.5}`), end}, 4, 2500 * time.Millisecond, 0, ""},
		{"wait as a duration", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":"1m30s"}`), end}, 4, 90 * time.Second, 0, ""},
		{"wait until an epoch", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":946684810}`), end}, 4, 10 * time.Second, 0, ""},
		{"wait until an epoch in ms", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":946684810500}`), end}, 4, 10500 * time.Millisecond, 0, ""},
		{"wait until a date", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":"2000-01-01T00:01:00Z"}`), end}, 4, time.Minute, 0, ""},
		{"wait until a date as headers have it", `[{status: 418, do: retry, wait: "{{ headers['x-until'] }}"}]`,
			[]answer{says(418, `{}`, "X-Until", "Sat, 01 Jan 2000 00:00:20 GMT"), end}, 4, 20 * time.Second, 0, ""},
		{"wait by the API's clock", `[{status: 418, do: retry, wait: "{{ headers['x-until'] }}"}]`,
			[]answer{says(418, `{}`, "X-Until", "Sat, 01 Jan 2000 01:00:20 GMT", "Date", "Sat, 01 Jan 2000 01:00:00 GMT"), end}, 4, 20 * time.Second, 0, ""},
		{"wait that is not there", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{}`), end}, 4, -1, 0, ""},
		{"wait that is none", `[{status: 418, do: retry, wait: "{{ response.wait }}"}]`, []answer{says(418, `{"wait":"soon"}`)}, 2, 0, fetch.Permanent, "soon is no duration, seconds, epoch or date"},
		{"retry without wait", `[{status: 418, do: retry}]`, []answer{says(418, `{}`, "Retry-After", "7"), end}, 4, 7 * time.Second, 0, ""},
		{"next", `[{status: 418, do: next}]`, []answer{says(418, `{"next_page":"b"}`), end}, 4, 0, 0, ""},
		{"next, the last one", `[{status: 418, do: next}]`, []answer{says(418, `{"next_page":null}`)}, 2, 0, 0, ""},
		{"next, but there is none", `[{status: 418, do: next}]`, []answer{says(418, `{}`)}, 2, 0, fetch.Permanent, "a rule says next, but the answer has nothing at pagination.next"},
		{"next, but no JSON", `[{status: 418, do: next}]`, []answer{says(418, `<html>`)}, 2, 0, fetch.Permanent, "a rule says next, but the answer is not JSON"},
		{"a rule by a header under 200", `[{when: "{{ headers['x-error'] == 'busy' }}", do: retry, wait: 5s}]`, []answer{says(200, `{"data":[]}`, "X-Error", "busy"), end}, 4, 5 * time.Second, 0, ""},
		{"a rule by a header of what is no JSON", `[{when: "{{ headers['x-error'] is defined }}", do: fail, message: "{{ headers['x-error'] }}"}]`,
			[]answer{says(200, `busy`, "X-Error", "the shop is closed")}, 2, 0, fetch.Permanent, "answered 200 the shop is closed"},
		{"skip later", `[{status: 418, do: skip}]`, []answer{says(418, `{}`)}, 2, 0, fetch.Permanent, "a rule says skip, but pages of this walk came before"},
		{"rule that fails", `[{when: "{{ response.n / 0 }}", do: skip}]`, []answer{says(418, `{"n":1}`)}, 0, 0, fetch.Permanent, "errors.when"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, "errors: "+test.rules, cursorStream)[0]
				r := newRig(t, s, &script{answers: append([]answer{first}, test.answers...)})
				start := time.Now()
				got := r.run(s, paging.Position{})
				if len(got.ids) != test.records {
					t.Errorf("got %d records, want %d (%v)", len(got.ids), test.records, got.err)
				}
				took := time.Since(start)
				if test.waited < 0 && (took < time.Second/2 || took > time.Second) || test.waited >= 0 && took != test.waited {
					t.Errorf("waited %v, want %v", took, test.waited)
				}
				if test.class == 0 && got.err != nil {
					t.Fatal(got.err)
				}
				if test.class == 0 {
					return
				}
				if e := failure(t, got.err); e.Class != test.class || !strings.Contains(e.Error(), test.want) {
					t.Errorf("got %v: %v, want %v: %q", e.Class, e, test.class, test.want)
				}
			})
		})
	}
}

func TestSkipOnTheFirstRequest(t *testing.T) {
	s := define(t, `errors: [{status: 404, do: skip, message: "shop has no orders"}]`, cursorStream)[0]
	got := newRig(t, s, &script{answers: []answer{says(404, `{}`)}}).run(s, paging.Position{})
	if got.err != nil || !got.last.Last || got.last.Skipped != "answered 404 shop has no orders" {
		t.Errorf("got %v, %+v", got.err, got.last)
	}
}

// TestNextInAHeaderOfAnError proves that a header of an answer that is an error, and
// no JSON, names the next page where a rule says next.
func TestNextInAHeaderOfAnError(t *testing.T) {
	for stream, header := range map[string][2]string{
		`path: /orders, pagination: {type: link_header}`:                                    {"Link", `</orders?page=%s>; rel="next"`},
		`path: /orders, pagination: {type: cursor, next: "header:X-Next", param: page}`:     {"X-Next", "%s"},
		`path: /orders, pagination: {type: next_url, next: "header:X-Next-URL"}`:            {"X-Next-Url", "/orders?page=%s"},
		`path: /orders, pagination: {type: cursor, next: {p: "header:X-Next"}, param: "*"}`: {"X-Next", "%s"},
	} {
		s := define(t, "errors: [{status: 451, do: next}]", stream)[0]
		to := func(n string) []string { return []string{header[0], strings.Replace(header[1], "%s", n, 1)} }
		first := page(1, 2, "")
		first.header = says(200, "", to("2")...).header
		api := &script{answers: []answer{first, says(451, "<h1>not here</h1>", to("3")...), page(3, 4, "")}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != 4 {
			t.Errorf("%s: got %v and %v, want 4 records", stream, got.ids, got.err)
		}
	}
}

// TestNextGoesOnByNumber proves that next moves numbered walks too.
func TestNextGoesOnByNumber(t *testing.T) {
	for stream, want := range map[string]int{
		pageStream: 4,
		`path: /orders, pagination: {type: offset, param: offset, size: 2}`: 4,
		`path: /orders, pagination: {type: offset, param: offset}`:          4, // as far as the page before
	} {
		s := define(t, "errors: [{status: 418, do: next}]", stream)[0]
		api := &script{answers: []answer{page(1, 2, ""), says(418, `{}`), page(5, 6, ""), page(1, 0, "")}}
		got := newRig(t, s, api).run(s, paging.Position{})
		if len(got.ids) != want || got.err != nil {
			t.Errorf("%s: got %v and %v, want %d records", stream, got.ids, got.err, want)
		}
	}
}

// TestBuiltIn proves what happens to answers that no rule is for, to the first
// request and to one with a page token.
func TestBuiltIn(t *testing.T) {
	const none = fetch.Class(0)
	tests := []struct {
		name         string
		stream       string
		answer       answer
		first, later fetch.Class
		want         string
	}{
		{"400", cursorStream, says(400, `{"error":"bad"}`), fetch.Permanent, fetch.SessionLost, "answered 400 Bad Request"},
		{"401", cursorStream, says(401, `{}`), fetch.Permanent, fetch.Permanent, "check the credentials"},
		{"403", cursorStream, says(403, `{}`), fetch.Permanent, fetch.SessionLost, "answered 403 Forbidden"},
		{"403 with quota left", cursorStream, says(403, `{}`, "X-RateLimit-Remaining", "9"), fetch.Permanent, fetch.SessionLost, "answered 403"},
		{"403 as a rate limit", cursorStream, says(403, `{}`, "Retry-After", "1"), fetch.Transient, fetch.Transient, "(2 attempts)"},
		{"404", cursorStream, says(404, `{}`), fetch.Permanent, fetch.SessionLost, "answered 404 Not Found"},
		{"410", cursorStream, says(410, `{}`), fetch.Permanent, fetch.SessionLost, "answered 410 Gone"},
		{"410, by page", pageStream, says(410, `{}`), fetch.Permanent, fetch.Permanent, "answered 410 Gone"},
		{"410, by URL", `path: /orders, pagination: {type: next_url, next: next_page}`, says(410, `{}`), fetch.Permanent, fetch.SessionLost, "answered 410"},
		{"410, by key", `path: /orders, pagination: {type: keyset, field: id, param: after}`, says(410, `{}`), fetch.Permanent, fetch.Permanent, "answered 410"},
		{"501", cursorStream, says(501, `{}`), fetch.Permanent, fetch.Permanent, "answered 501"},
		{"304", cursorStream, says(304, ``), fetch.Permanent, fetch.Permanent, "answered 304"},
		{"202", cursorStream, says(202, `{"data":[{"id":1}]}`), fetch.Transient, fetch.Transient, "its answer is not ready (2 attempts); a rule can say how often"},
		{"206 of bytes", cursorStream, says(206, `{"data":[{"id":1}]}`, "Content-Range", "bytes 0-19/4000"), fetch.Transient, fetch.Transient, "no Range was asked for (2 attempts)"},
		{"206 in parts", cursorStream, says(206, `{"data":[]}`, "Content-Type", "multipart/byteranges; boundary=x"), fetch.Transient, fetch.Transient, "no Range was asked for"},
		{"206 of rows", cursorStream, says(206, `{"data":[{"id":1}]}`, "Content-Range", "0-0/1"), none, none, ""},
		{"204", cursorStream, says(204, ``), fetch.Permanent, fetch.Permanent, "on_missing: empty"},
		{"204 is empty", cursorStream + `, on_missing: empty`, says(204, ``), none, none, ""},
		{"HTML", cursorStream, says(200, `<html>`), fetch.Permanent, fetch.Permanent, "the answer is an HTML page (2 attempts)"},
		{"cut JSON", cursorStream, says(200, `{"data":[{"id":1}`), fetch.Transient, fetch.Transient, "does the API answer in JSON?"},
		{"503 in HTML", cursorStream, says(503, `<html><title>Maintenance`), fetch.Transient, fetch.Transient, "answered 503 Service Unavailable (2 attempts)"},
		{"502 in HTML", cursorStream, says(502, `<html>`), fetch.Transient, fetch.Transient, "answered 502 Bad Gateway (2 attempts)"},
		{"504 in HTML", cursorStream, says(504, `<html>`), fetch.Transient, fetch.Transient, "answered 504 Gateway Timeout (2 attempts)"},
		{"500, empty", cursorStream, says(500, ``), fetch.Transient, fetch.Transient, "answered 500 Internal Server Error (2 attempts)"},
		{"503, larger than memory", cursorStream, says(503, "<html>"+strings.Repeat(" ", body.Max)), fetch.Transient, fetch.Transient, "answered 503"},
		{"503, larger than memory, which records need whole", `path: /orders, records: data.@reverse, pagination: {type: cursor, next: next_page, param: cursor}`, says(503, "<html>"+strings.Repeat(" ", body.Max)), fetch.Transient, fetch.Transient, "answered 503"},
		{"503 in an encoding that nobody knows", cursorStream, says(503, "<html>", "Content-Encoding", "compress"), fetch.Transient, fetch.Transient, "(2 attempts)"},
		{"520", cursorStream, says(520, `<html>`), fetch.Transient, fetch.Transient, "answered 520 (2 attempts)"},
		{"527", cursorStream, says(527, `<html>`), fetch.Transient, fetch.Transient, "answered 527 (2 attempts)"},
		{"529", cursorStream, says(529, `{}`), fetch.Transient, fetch.Transient, "answered 529 (2 attempts)"},
		{"530", cursorStream, says(530, `<html>`), fetch.Permanent, fetch.Permanent, "answered 530"},
		{"HTML under 404", cursorStream, says(404, `<html>`), fetch.Permanent, fetch.SessionLost, `the answer begins: <html>`},
		{"no records path", cursorStream, says(200, `{"rows":[]}`), fetch.Permanent, fetch.Permanent, `"data"`},
		{"an object for the array", cursorStream, says(200, `{"data":{}}`), fetch.Permanent, fetch.Permanent, "data"},
		{"GraphQL errors", `path: /graphql, body: {graphql: {query: q}}, pagination: {type: cursor, next: next_page, body: variables.after}`,
			says(200, `{"data":null,"errors":[{"message":"no such field"}]}`), fetch.Permanent, fetch.Permanent, "GraphQL errors: [{\"message\":\"no such field\"}]"},
		{"no GraphQL errors", `path: /graphql, body: {graphql: {query: q}}, pagination: {type: cursor, next: next_page, body: variables.after}`,
			says(200, `{"data":[],"errors":[]}`), none, none, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, "retry: {attempts: 2}", test.stream)[0]
				check := func(answers []answer, class fetch.Class) {
					t.Helper()
					got := newRig(t, s, &script{answers: answers}).run(s, paging.Position{})
					if class == none {
						if got.err != nil {
							t.Error(got.err)
						}
						return
					}
					e := failure(t, got.err)
					if e.Class != class || !strings.Contains(e.Error(), test.want) || e.Status != test.answer.status {
						t.Errorf("got %v: %v, status %d, want %v: %q", e.Class, e, e.Status, class, test.want)
					}
				}
				check([]answer{test.answer}, test.first)
				check([]answer{page(1, 2, `,"next_page":"a"`), test.answer}, test.later)
			})
		})
	}
}

// TestErrorsSay proves what an error carries.
func TestErrorsSay(t *testing.T) {
	s := define(t, "", cursorStream)[0]
	body := strings.Repeat("x", 511) + "ü" + strings.Repeat("x", 10)
	got := newRig(t, s, &script{answers: []answer{says(400, body, "X-Request-Id", "req-1")}}).run(s, paging.Position{})
	e := failure(t, got.err)
	if e.Stream != "s0" || e.Request != "GET http://api.test/orders" || e.Status != 400 || e.RequestID != "req-1" || e.Attempts != 1 {
		t.Errorf("got %+v", e)
	}
	if want := strings.Repeat("x", 511) + "�"; e.Excerpt != want {
		t.Errorf("got excerpt %q", e.Excerpt)
	}
	for _, want := range []string{"s0: GET http://api.test/orders: answered 400 Bad Request; request id req-1; the answer begins"} {
		if !strings.HasPrefix(e.Error(), want) {
			t.Errorf("got %q, want %q…", e.Error(), want)
		}
	}
	if n := strings.Count(e.Error(), "\n"); n != 0 {
		t.Errorf("the message has %d line breaks", n)
	}
	for class, want := range map[fetch.Class]string{fetch.Transient: "transient", fetch.SessionLost: "session lost", fetch.Permanent: "permanent"} {
		if class.String() != want {
			t.Errorf("got %v, want %q", class, want)
		}
	}
}

// TestExchange proves what a page says about how it came.
func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "", cursorStream)[0]
		api := apitest.New(apitest.On(1, apitest.Status(503, apitest.RetryAfter("2"))), apitest.On(2, apitest.Latency(3*time.Second))).
			Add(orders(5, func(c *apitest.Collection) { c.Encoding = coding.Named("gzip") }))
		r := newRig(t, s, api)
		start := time.Now()
		page, err := r.walk(s, paging.Position{}).Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if page.Attempts != 2 || page.Status != 200 || page.RequestID != "req-000002" || page.Request != "GET http://api.test/orders" {
			t.Errorf("got %+v", page.Exchange)
		}
		if page.Took != 3*time.Second || page.At.Sub(start) != 5*time.Second {
			t.Errorf("took %v until %v", page.Took, page.At.Sub(start))
		}
		if page.Wire <= 0 || page.Wire >= int64(len(page.Body.Text)) || r.counters.Wire.Load() <= page.Wire {
			t.Errorf("%d bytes on the wire of %d, %d in all", page.Wire, len(page.Body.Text), r.counters.Wire.Load())
		}
		if got := fmt.Sprint(r.counters.Requests.Load(), r.counters.Retries.Load(), time.Duration(r.counters.Waited.Load())); got != "2 1 2s" {
			t.Errorf("counted %s", got)
		}
	})
}
