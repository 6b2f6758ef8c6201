package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// hosts is an API on several hosts: it answers by URL, in order for each, and
// keeps the requests.
type hosts struct {
	answers  map[string]answer // by scheme, host and path
	requests []*http.Request
	bodies   []string
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.requests = append(h.requests, r)
	if r.Body != nil {
		b := make([]byte, r.ContentLength)
		if _, err := r.Body.Read(b); err != nil {
			return nil, err
		}
		h.bodies = append(h.bodies, string(b))
	}
	a, found := h.answers[r.URL.Scheme+"://"+r.URL.Host+r.URL.Path]
	if !found {
		a = says(404, `{}`)
	}
	return a.response(r), nil
}

// asked are the URLs of the requests.
func (h *hosts) asked() (urls []string) {
	for _, r := range h.requests {
		urls = append(urls, r.URL.String())
	}
	return urls
}

func to(status int, url string) answer { return says(status, "", "Location", url) }

func TestRedirects(t *testing.T) {
	const get = `path: /orders`
	tests := []struct {
		name    string
		client  string
		stream  string
		answers map[string]answer
		asked   string // the last URL
		want    string // of the error; "" for none
	}{
		{"301", "", get, map[string]answer{"http://api.test/orders": to(301, "/v2/orders")}, "http://api.test/v2/orders", ""},
		{"302, absolute", "", get, map[string]answer{"http://api.test/orders": to(302, "http://api.test/v2/orders?a=%2f#x")}, "http://api.test/v2/orders?a=%2f", ""},
		{"303", "", get, map[string]answer{"http://api.test/orders": to(303, "v2/orders")}, "http://api.test/v2/orders", ""},
		{"307 of a POST", "", `path: /orders, body: {json: {a: 1}}`, map[string]answer{"http://api.test/orders": to(307, "/v2/orders")}, "http://api.test/v2/orders", ""},
		{"302 of a POST", "", `path: /orders, body: {json: {a: 1}}`, map[string]answer{"http://api.test/orders": to(302, "/v2/orders")}, "http://api.test/orders",
			"answered 302, which would turn the POST into a GET of /v2/orders"},
		{"http to https", "", get, map[string]answer{"http://api.test/orders": to(301, "https://api.test/v2/orders")}, "https://api.test/v2/orders", ""},
		{"https to http", `base_url: "https://api.test"`, get, map[string]answer{"https://api.test/orders": to(301, "http://api.test/v2/orders")}, "https://api.test/orders",
			"the redirect leads from https to http://api.test, without encryption"},
		{"another port", "", get, map[string]answer{"http://api.test/orders": to(301, "http://api.test:81/v2/orders")}, "http://api.test/orders", "to http://api.test:81"},
		{"another host", "", get, map[string]answer{"http://api.test/orders": to(301, "http://cdn.test/v2/orders")}, "http://api.test/orders", "the redirect leads away"},
		{"another host, allowed", "allow_hosts: [CDN.test]", get, map[string]answer{"http://api.test/orders": to(301, "https://cdn.test/v2/orders")}, "https://cdn.test/v2/orders", ""},
		{"host that ends alike", "allow_hosts: [cdn.test]", get, map[string]answer{"http://api.test/orders": to(301, "http://evilcdn.test/v2/orders")}, "http://api.test/orders", "the redirect leads away"},
		{"another host behind an allowed one", "allow_hosts: [cdn.test]", get, map[string]answer{
			"http://api.test/orders": to(301, "http://cdn.test/orders"), "http://cdn.test/orders": to(301, "http://evil.test/")}, "http://cdn.test/orders", "the redirect leads away"},
		{"no http", "allow_hosts: [cdn.test]", get, map[string]answer{"http://api.test/orders": to(301, "ftp://cdn.test/v2/orders")}, "http://api.test/orders", "is no absolute http or https URL"},
		{"no URL", "", get, map[string]answer{"http://api.test/orders": to(301, "http://%zz/")}, "http://api.test/orders", "but its Location http://%zz/"},
		{"no Location", "", get, map[string]answer{"http://api.test/orders": says(301, "")}, "http://api.test/orders", "answered 301 Moved Permanently"},
		{"to itself", "", get, map[string]answer{"http://api.test/orders": to(302, "/orders")}, "http://api.test/orders", "more than 10 redirects"},
		{"round and round", "", get, map[string]answer{"http://api.test/orders": to(302, "/a"), "http://api.test/a": to(302, "/orders")}, "http://api.test/orders", "more than 10 redirects"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, host := range []string{"http://api.test", "https://api.test", "http://cdn.test", "https://cdn.test"} {
					test.answers[host+"/v2/orders"] = page(1, 2, "")
				}
				client := test.client
				if base, found := strings.CutPrefix(client, `base_url: `); found {
					test.stream += ", base_url: " + base
					client = ""
				}
				s := define(t, client, test.stream)[0]
				api := &hosts{answers: test.answers}
				got := newRig(t, s, api).run(s, paging.Position{})
				asked := api.asked()
				if asked[len(asked)-1] != test.asked {
					t.Errorf("asked for %v, want %s last", asked, test.asked)
				}
				if test.want == "" {
					if got.err != nil || len(got.ids) != 2 {
						t.Errorf("got %v and %v", got.ids, got.err)
					}
					return
				}
				if e := failure(t, got.err); e.Class != fetch.Permanent || e.Attempts != 1 || !strings.Contains(e.Error(), test.want) {
					t.Errorf("got %v: %v, want %q", e.Class, e, test.want)
				}
			})
		})
	}
}

func TestRedirectsInNumber(t *testing.T) {
	for hops, ok := range map[int]bool{10: true, 11: false} {
		answers := map[string]answer{"http://api.test/orders": to(302, "/1"), fmt.Sprintf("http://api.test/%d", hops): page(1, 2, "")}
		for i := 1; i < hops; i++ {
			answers[fmt.Sprintf("http://api.test/%d", i)] = to(302, fmt.Sprintf("/%d", i+1))
		}
		s := define(t, "", `path: /orders`)[0]
		api := &hosts{answers: answers}
		r := newRig(t, s, api)
		if got := r.run(s, paging.Position{}); (got.err == nil) != ok {
			t.Errorf("%d redirects: %v", hops, got.err)
		}
		if len(api.requests) != 11 || r.gate.entered.Load() != 11 || r.counters.Requests.Load() != 11 {
			t.Errorf("%d redirects: %d requests, want 11, all through the gate and counted", hops, len(api.requests))
		}
	}
}

// TestRedirectsArePaced proves that a redirect counts as a request for the
// rate.
func TestRedirectsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "rate_limit: {requests: 1, per: 10s}", `path: /orders`)[0]
		api := &hosts{answers: map[string]answer{"http://api.test/orders": to(302, "/v2"), "http://api.test/v2": page(1, 2, "")}}
		start := time.Now()
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil {
			t.Fatal(got.err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v, want 10s", took)
		}
	})
}

// TestLinksStayOnTheHost proves that a link to a next page on another host is
// refused, and never asked for.
func TestLinksStayOnTheHost(t *testing.T) {
	for _, link := range []string{
		"http://evil.test/orders", "//evil.test/orders", "http://api.test.evil.test/orders", "http://api.test@evil.test/orders",
		"http://api.test:8080/orders", "ftp://api.test/orders", "http:orders", "javascript:alert(1)", "http://evil.test\\@api.test/",
	} {
		s := define(t, "", `path: /orders, pagination: {type: next_url, next: next}`, `path: /orders, pagination: {type: link_header}`)
		for _, s := range s {
			api := &script{answers: []answer{
				{200, `{"data":[{"id":1}],"next":` + fmt.Sprintf("%q", link) + `}`, http.Header{"Link": {"<" + link + `>; rel="next"`}}},
				page(2, 2, ""),
			}}
			got := newRig(t, s, api).run(s, paging.Position{})
			if e := failure(t, got.err); e.Class != fetch.Permanent || len(api.requests) != 1 {
				t.Errorf("%s: got %v: %v after %d requests", link, e.Class, e, len(api.requests))
			}
		}
	}
}

// TestCredentialsStayHome proves that no credential of any kind arrives at
// another host, by a redirect or by a link, where the host is allowed; and
// that they are there again on the way home.
func TestCredentialsStayHome(t *testing.T) {
	const secret = "s3cret/key+1"
	auths := []struct{ name, client string }{
		{"bearer", `auth: {type: bearer, token: "{{ config.key }}"}`},
		{"basic", `auth: {type: basic, username: ann, password: "{{ config.key }}"}`},
		{"api_key header", `auth: {type: api_key, in: header, name: X-Key, value: "{{ config.key }}"}`},
		{"api_key query", `auth: {type: api_key, in: query, name: key, value: "{{ config.key }}"}`},
		{"secret headers", `headers: {X-Other: "v={{ config.key }}", Cookie: session=1}`},
		{"secret params", `headers: {X: y}`},
	}
	ways := []struct {
		name string
		away map[string]answer // to cdn.test/orders
	}{
		{"redirect", map[string]answer{"http://api.test/orders": to(307, "http://cdn.test/orders?key=s3cret%2Fkey%2B1&keep=1")}},
		{"link", map[string]answer{"http://api.test/orders": says(200, `{"data":[{"id":0}],"next":"http://cdn.test/orders?key=s3cret%2fkey%2B1&keep=1"}`)}},
	}
	for _, auth := range auths {
		for _, way := range ways {
			t.Run(auth.name+" by "+way.name, func(t *testing.T) {
				stream := `path: /orders, pagination: {type: next_url, next: next}`
				if auth.name == "secret params" {
					stream = `path: /orders, params: {token: "{{ config.key }}"}, pagination: {type: next_url, next: next, after_first: {params: {token: "{{ config.key }}"}}}`
				}
				s := define(t, auth.client+", allow_hosts: [cdn.test]", stream)[0]
				way.away["http://cdn.test/orders"] = page(1, 1, `,"next":"http://api.test/home"`)
				way.away["http://api.test/home"] = page(2, 2, "")
				api := &hosts{answers: way.away}
				got := newRig(t, s, api, "key", secret).run(s, paging.Position{})
				if got.err != nil || len(api.requests) != 3 {
					t.Fatalf("got %v after %v", got.err, api.asked())
				}
				for i, r := range api.requests {
					credentials := strings.Contains(r.URL.RawQuery, "s3cret%2Fkey%2B1") || r.Header.Get("Authorization") != "" ||
						strings.Contains(fmt.Sprint(r.Header), secret)
					if at := r.URL.Host; credentials != (at == "api.test") {
						t.Errorf("request %d to %s: %s %v", i+1, at, r.URL, r.Header)
					}
				}
				away := api.requests[1]
				if strings.Contains(strings.ToLower(away.URL.String()), "s3cret") || away.Header.Get("Cookie") != "" || away.Header.Get("Referer") != "" {
					t.Errorf("away: %s %v", away.URL, away.Header)
				}
				if away.URL.Query().Get("keep") != "1" {
					t.Errorf("away: %s lacks what is no secret", away.URL)
				}
			})
		}
	}
}

// TestShortKeysStayHome proves the same of a key that is too short to be
// searched for in texts, on a redirect away and back.
func TestShortKeysStayHome(t *testing.T) {
	for _, in := range []string{"header", "query"} {
		s := define(t, `auth: {type: api_key, in: `+in+`, name: key, value: a1}, allow_hosts: [cdn.test]`, `path: /orders`)[0]
		api := &hosts{answers: map[string]answer{
			"http://api.test/orders": to(307, "http://cdn.test/orders?key=a1"),
			"http://cdn.test/orders": to(307, "http://api.test/home?key=a1"),
			"http://api.test/home":   page(1, 2, ""),
		}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(api.requests) != 3 {
			t.Fatalf("%s: got %v after %v", in, got.err, api.asked())
		}
		for i, r := range api.requests {
			home := i != 1
			if in == "header" && (r.Header.Get("Key") == "a1") != home || in == "query" && (r.URL.RawQuery == "key=a1") != home {
				t.Errorf("%s: request %d: %s %v", in, i+1, r.URL, r.Header)
			}
		}
	}
}

// TestBodiesStayHome proves that a body which holds a secret goes nowhere.
func TestBodiesStayHome(t *testing.T) {
	s := define(t, `allow_hosts: [cdn.test]`, `path: /orders, body: {json: {key: "{{ config.key }}"}}`)[0]
	api := &hosts{answers: map[string]answer{"http://api.test/orders": to(307, "http://cdn.test/orders")}}
	got := newRig(t, s, api, "key", "s3cret").run(s, paging.Position{})
	if e := failure(t, got.err); e.Class != fetch.Permanent || !strings.Contains(e.Error(), "would carry a secret to another host, cdn.test") {
		t.Errorf("got %v", e)
	}
	if len(api.requests) != 1 || api.bodies[0] != `{"key":"s3cret"}` {
		t.Errorf("got %v with %v", api.asked(), api.bodies)
	}
}

// TestAbsolutePath proves that a path that is a URL stands alone: its host is
// the one that credentials stay on.
func TestAbsolutePath(t *testing.T) {
	const client = `auth: {type: bearer, token: abcd}`
	tests := []struct {
		name, stream string
		asked        string // the last URL
		authorized   bool
		want         string // of the error
	}{
		{"of the stream", `path: "http://cdn.test/orders"`, "http://cdn.test/orders", true, ""},
		{"after the first", `path: /orders, pagination: {type: page, param: page, after_first: {path: "http://cdn.test/orders"}}`,
			"http://cdn.test/orders?page=2", false, ""},
		{"after the first, not allowed", `path: /orders, pagination: {type: page, param: page, after_first: {path: "http://evil.test/orders"}}`,
			"http://api.test/orders?page=1", true, "the URL leads away"},
		{"with a URL inside", `path: "/orders?to=http://evil.test/"`, "http://api.test/orders?to=http://evil.test/", true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := define(t, client+", allow_hosts: [cdn.test]", test.stream)[0]
			api := &hosts{answers: map[string]answer{"http://api.test/orders": page(1, 2, ""), "http://cdn.test/orders": page(1, 0, "")}}
			got := newRig(t, s, api).run(s, paging.Position{})
			last := api.requests[len(api.requests)-1]
			if last.URL.String() != test.asked || (last.Header.Get("Authorization") != "") != test.authorized {
				t.Errorf("asked for %v with %v", api.asked(), last.Header)
			}
			if (got.err == nil) != (test.want == "") || got.err != nil && !strings.Contains(got.err.Error(), test.want) {
				t.Errorf("got %v, want %q", got.err, test.want)
			}
		})
	}
}

// TestAuth proves that each type gets through to an API that asks for it.
func TestAuth(t *testing.T) {
	for _, test := range []struct {
		name, client string
		require      apitest.Option
	}{
		{"bearer", `auth: {type: bearer, token: "{{ config.key }}"}`, apitest.RequireBearer("s3cret")},
		{"basic", `auth: {type: basic, username: ann, password: "{{ config.key }}"}`, apitest.RequireBasic("ann", "s3cret")},
		{"basic without password", `auth: {type: basic, username: "{{ config.key }}", password: ""}`, apitest.RequireBasic("s3cret", "")},
		{"header", `auth: {type: api_key, in: header, name: X-Key, value: "{{ config.key }}"}`, apitest.RequireKey("X-Key", "s3cret")},
		{"query", `auth: {type: api_key, in: query, name: api_key, value: "{{ config.key }}"}`, apitest.RequireKey("api_key", "s3cret")},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, st := range []apitest.Style{apitest.Cursor, apitest.NextURL, apitest.Link} {
				stream := map[apitest.Style]string{
					apitest.Cursor:  cursorStream,
					apitest.NextURL: `path: /orders, pagination: {type: next_url, next: next}`,
					apitest.Link:    `path: /orders, pagination: {type: link_header}`,
				}[st]
				s := define(t, test.client, stream)[0]
				got := newRig(t, s, apitest.New(test.require).Add(orders(25, is(st))), "key", "s3cret").run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(25))
			}
		})
	}
}

// TestEmptyCredentials proves that nothing is asked without a credential that
// the definition wants.
func TestEmptyCredentials(t *testing.T) {
	for _, client := range []string{
		`auth: {type: bearer, token: "{{ config.gone }}"}`,
		`auth: {type: basic, username: "{{ config.empty }}", password: x}`,
		`auth: {type: api_key, in: header, name: X-Key, value: " {{ config.empty }} "}`,
		`auth: {type: api_key, in: header, name: "a b", value: x}`,
		`auth: {type: bearer, token: "{{ config.broken }}"}`,
	} {
		s := define(t, client, cursorStream)[0]
		api := apitest.New().Add(orders(25, nil))
		got := newRig(t, s, api, "empty", "", "broken", "a\nb").run(s, paging.Position{})
		if e := failure(t, got.err); e.Class != fetch.Permanent || e.Status != 0 || api.Count() != 0 {
			t.Errorf("%s: got %v after %d requests", client, e, api.Count())
		}
	}
}
