package fetch_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// echo is an API that puts all it is told into all it answers: the URL and the
// Authorization header of the request into tokens, links, errors and headers.
// From the given request on it fails.
type echo struct {
	fail int
	key  string // how answers write it
	link string // how links do, "" for the same
	n    int
	got  []*http.Request
}

func (e *echo) RoundTrip(r *http.Request) (*http.Response, error) {
	e.n++
	e.got = append(e.got, r)
	if strings.HasPrefix(e.key, "%70") { // a spelling that only links are searched for
		e.key, e.link = "pa+ssw%2Fk%2By%221", e.key
	}
	said := r.URL.String() + " " + r.Header.Get("Authorization") + " " + r.Header.Get("X-Key") + " " + e.key
	if e.n == e.fail {
		return says(400, "{\"error\":\""+strings.Repeat("x", 480)+said+"\"}", "X-Request-Id", e.key).response(r), nil
	}
	next := fmt.Sprintf("http://api.test/orders?page=%d&key=%s&auth=%s", e.n+1, cmp.Or(e.link, e.key), url.QueryEscape(r.Header.Get("X-Key")))
	return says(200, fmt.Sprintf(`{"data":[{"id":%d}],"token":{"n":%d},"text":"%d %s","next":%q}`, e.n, e.n, e.n, e.key, next)).response(r), nil
}

// TestSecretsAreNotKept proves that no secret is in a position, an error or a
// log line, and that a walk resumed with another secret sends that one.
func TestSecretsAreNotKept(t *testing.T) {
	const after = `new "key/2&=`
	tests := []struct{ name, client, stream string }{
		{"bearer", `auth: {type: bearer, token: "{{ config.key }}"}`, `path: /orders, pagination: {type: next_url, next: next}`},
		{"basic", `auth: {type: basic, username: ann, password: "{{ config.key }}"}`, `path: /orders, pagination: {type: next_url, next: next}`},
		{"key in a header", `auth: {type: api_key, in: header, name: X-Key, value: "{{ config.key }}"}`, `path: /orders, pagination: {type: next_url, next: next}`},
		{"key in the query", `auth: {type: api_key, in: query, name: key, value: "{{ config.key }}"}`, `path: /orders, pagination: {type: next_url, next: next}`},
		{"parameter", "", `path: /orders, params: {k: "{{ config.key }}"}, pagination: {type: next_url, next: next}`},
		{"token", `auth: {type: bearer, token: "{{ config.key }}"}`, `path: /orders, pagination: {type: cursor, next: text, param: cursor}`},
		{"path", "", `path: "/orders/{{ config.key }}", pagination: {type: cursor, next: text, param: cursor}`},
	}
	for _, test := range tests {
		// Keys as they stand in JSON and in queries of the API's own spelling.
		for _, key := range []string{"passwd", "pa%20ssw%2fk%2by%221", "pa%20ssw%2Fk%2By%221", "pa+ssw%2Fk%2By%221", "%70a+ssw%2Fk%2By%221", `pa ssw\/k+y\"1`} {
			if strings.ContainsAny(key, `%`) && (test.name == "token" || test.name == "path") || strings.Contains(key, `\`) && test.name != "token" && test.name != "path" {
				continue
			}
			before := `pa ssw/k+y"1`
			if key == "passwd" { // a new one may need escapes that this one does not
				before = key
			}
			t.Run(test.name+" as "+key, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := define(t, test.client, test.stream)[0]
					api := &echo{fail: 3, key: key}
					r := newRig(t, s, api, "key", before)
					var log bytes.Buffer
					r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
					got := r.run(s, paging.Position{})
					e := failure(t, got.err)
					at, text := kept(t, got.nexts[len(got.nexts)-1])
					for what, text := range map[string]string{"position": text, "error": e.Error(), "request": e.Request, "log": log.String(), "page's request": got.last0()} {
						for _, secret := range []string{"ssw", base64.StdEncoding.EncodeToString([]byte("ann:" + before))} {
							if strings.Contains(text, secret) || strings.Contains(text, before) {
								t.Errorf("the %s says %s: %s", what, secret, text)
							}
						}
					}

					api.fail = 0
					resumed := newRig(t, s, api, "key", after)
					if _, err := resumed.walk(s, at).Next(context.Background()); err != nil {
						t.Fatal(err)
					}
					sent := api.got[len(api.got)-1]
					if strings.Contains(fmt.Sprint(sent.URL, sent.Header), "ssw") {
						t.Errorf("the old secret was sent: %s %v", sent.URL, sent.Header)
					}
					q := sent.URL.Query()
					switch test.name {
					case "token", "path":
						if want := "2 " + after; q.Get("cursor") != want {
							t.Errorf("sent cursor %q, want %q", q.Get("cursor"), want)
						}
					default:
						if q.Get("key") != after || q.Get("page") != "3" {
							t.Errorf("sent %s, want the new secret", sent.URL)
						}
					}
				})
			})
		}
	}
}

// last0 is the request of the last page.
func (s seen) last0() string { return s.last.Request }

// TestExcerptsCutNoSecret proves that a secret at the end of an excerpt does
// not stay half.
func TestExcerptsCutNoSecret(t *testing.T) {
	for n := 490; n <= 520; n++ {
		s := define(t, `auth: {type: bearer, token: "{{ config.key }}"}`, cursorStream)[0]
		api := &script{answers: []answer{says(400, strings.Repeat("x", n)+"0123456789abcdef")}}
		e := failure(t, newRig(t, s, api, "key", "0123456789abcdef").run(s, paging.Position{}).err)
		if strings.Contains(e.Error(), "01") || len(e.Excerpt) > 512 {
			t.Errorf("%d: %q", n, e.Excerpt)
		}
	}
}

// TestMessagesHoldNoSecret proves that what an error quotes of an answer or a
// definition has its secrets taken out.
func TestMessagesHoldNoSecret(t *testing.T) {
	const secret = "s3cret-0123456789"
	for name, test := range map[string]struct {
		stream string
		answer answer
		want   string
	}{
		"message of a rule": {`path: /orders, errors: [{status: 400, do: fail, message: "{{ response.e }}"}]`, says(400, `{"e":"key s3cret-0123456789"}`), "key ***"},
		"skipped":           {`path: /orders, errors: [{status: 400, do: skip, message: "{{ response.e }}"}]`, says(400, `{"e":"key s3cret-0123456789"}`), ""},
		"redirect":          {`path: /orders`, to(302, "ftp://s3cret-0123456789.test/"), "***"},
		"not the records":   {`path: /orders`, says(200, `{"data":"s3cret-0123456789"}`), "***"},
		"GraphQL":           {`path: /orders, body: {graphql: {query: q}}`, says(200, `{"data":[],"errors":["`+strings.Repeat("x", 70)+`s3cret-0123456789"]}`), "xx***"},
		"total":             {`path: /orders, pagination: {type: page, param: p, total: t}`, says(200, `{"data":[],"t":"s3cret-0123456789"}`), "***"},
		"path":              {`path: "{{ config.key | safe }}:// /x"`, answer{}, "***"},
		"wait":              {`path: /orders, errors: [{status: 400, do: retry, wait: "{{ response.w }}"}]`, says(400, `{"w":"s3cret-0123456789"}`), "***"},
	} {
		s := define(t, "", test.stream)[0]
		got := newRig(t, s, &script{answers: []answer{test.answer}}, "key", secret).run(s, paging.Position{})
		text := ""
		if got.err != nil {
			text = got.err.Error()
		} else {
			text = got.last.Skipped
		}
		if strings.Contains(text, "s3cr") || !strings.Contains(text, test.want) || text == "" {
			t.Errorf("%s: got %q, want %q", name, text, test.want)
		}
	}
}

// TestTokensWithSecretsInside proves that a token which is no text is not kept
// with a secret in it.
func TestTokensWithSecretsInside(t *testing.T) {
	s := define(t, `auth: {type: bearer, token: "{{ config.key }}"}`, `path: /orders, pagination: {type: cursor, next: token, param: cursor}`)[0]
	api := &script{answers: []answer{page(1, 2, `,"token":{"n":[1,"s3cret"]}`)}}
	e := failure(t, newRig(t, s, api, "key", "s3cret").run(s, paging.Position{}).err)
	if strings.Contains(e.Error(), "s3cret") || !strings.Contains(e.Error(), "cannot be kept") {
		t.Errorf("got %v", e)
	}
	api = &script{answers: []answer{page(1, 2, `,"token":"{secret:0}"`)}}
	if e := failure(t, newRig(t, s, api, "key", "s3cret").run(s, paging.Position{}).err); !strings.Contains(e.Error(), "cannot be kept") {
		t.Errorf("got %v", e)
	}
}

// TestTokensOfAnyKind proves that tokens go back as they came, after a resume
// too.
func TestTokensOfAnyKind(t *testing.T) {
	for token, want := range map[string]string{
		`"a b&c=d/e+f\u00fc\"<>"`: `a b&c=d/e+fü"<>`, `12345678901234567890`: `12345678901234567890`, `0`: `0`, `1.50`: `1.50`,
		`{"a":[1,"<x>"]}`: `{"a":[1,"<x>"]}`, `["2026-01-01",7]`: `["2026-01-01",7]`, `true`: `true`,
	} {
		s := define(t, "", `path: /orders, pagination: {type: cursor, next: token, param: cursor}`)[0]
		api := &script{answers: []answer{page(1, 2, `,"token":`+token), page(3, 4, "")}}
		r := newRig(t, s, api)
		first, err := r.walk(s, paging.Position{}).Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.walk(s, first.Next).Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		at, _ := kept(t, first.Next)
		if _, err := r.walk(s, at).Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := api.requests[1].URL.Query().Get("cursor"); got != want {
			t.Errorf("%s: sent %s, want %s", token, got, want)
		}
		if got := api.requests[2].URL.Query().Get("cursor"); strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(got) != want {
			t.Errorf("%s: sent %s after a resume, want %s", token, got, want)
		}
	}
	for _, end := range []string{`null`, `""`, `false`} {
		s := define(t, "", `path: /orders, pagination: {type: cursor, next: token, param: cursor}`)[0]
		got := newRig(t, s, &script{answers: []answer{page(1, 2, `,"token":`+end)}}).run(s, paging.Position{})
		if got.err != nil || len(got.ids) != 2 {
			t.Errorf("%s: got %v, %v, want an end", end, got.ids, got.err)
		}
	}
}
