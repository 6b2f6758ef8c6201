package fetch_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

const sessionSecret = "S3ssion-Passw0rd"

// sessionAPI is an API behind a login.
func sessionAPI(login func(string) answer) *guarded {
	return &guarded{pages: 1, door: door{
		login:  func(_ *http.Request, body string) answer { return login(body) },
		proves: func(*http.Request, string, time.Time) bool { return true },
	}}
}

// The auths of these tests.
const (
	jsonToken     = `auth: {type: session, ` + jsonLogin + `, send: {headers: {X-Auth: "Token {{ response.data.token }}"}}}`
	justCookies   = `auth: {type: session, ` + jsonLogin + `}`
	cookieAndCSRF = `auth: {type: session, ` + jsonLogin + `, send: {headers: {X-CSRF: "{{ cookies.csrf }}"}}}`
	redirectIsOK  = `auth: {type: session, login: {path: /login, body: {form: {password: "{{ config.key }}"}}, ok: "{{ headers.location == '/dashboard' }}"}}`
)

// TestLoginRequests proves that a login is asked for as a stream's request is.
func TestLoginRequests(t *testing.T) {
	for _, test := range []struct{ name, login, want string }{
		{"JSON", `{path: /login, body: {json: {user: ann, password: "{{ config.key }}"}}}`, `POST /login application/json {"user":"ann","password":"` + sessionSecret + `"}`},
		{"a form", `{path: login, body: {form: {u: "a b", p: "{{ config.key }}", none: null}}}`, `POST /login application/x-www-form-urlencoded u=a+b&p=` + sessionSecret},
		{"text", `{path: /login, method: PUT, headers: {Content-Type: text/xml}, body: {text: "<p>{{ config.key }}</p>"}}`, `PUT /login text/xml <p>` + sessionSecret + `</p>`},
		{"parameters", `{path: "http://api.test/login", method: GET, params: {q: [1, 2], k: "{{ config.key }}"}}`, `GET /login?q=1&q=2&k=` + sessionSecret + `  `},
		{"another host", `{path: "http://login.test/login", params: {k: "{{ config.key }}"}}`, `POST /login?k=` + sessionSecret + `  `},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := sessionAPI(func(string) answer { return says(200, `{"data":{"token":"T0ken"}}`) })
			s := define(t, `auth: {type: session, login: `+test.login+`, send: {headers: {X-Auth: "Token {{ response.data.token }}"}}}`, manyPages)[0]
			if got := newRig(t, s, api, "key", sessionSecret).run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			if api.logins[0] != test.want {
				t.Errorf("sent %q, want %q", api.logins[0], test.want)
			}
		})
	}
}

// TestLoginsThatDoNotHelp proves that each says what came and what to do, and is
// not tried again.
func TestLoginsThatDoNotHelp(t *testing.T) {
	for _, test := range []struct {
		name, auth string
		answer     answer
		want       []string
	}{
		{"HTML", jsonToken, says(200, `<html><title>Sign in</title>`, "Content-Type", "text/html"),
			[]string{"the login POST http://api.test/login: answered 200 OK, but with HTML: <html>", "is the URL of the login right"}},
		{"HTML with a cookie", justCookies, says(200, `<html><form>`, "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"but with HTML", `auth: {login: {ok: "{{ cookies.NAME is defined }}"}}`}},
		{"a redirect to a page", justCookies, says(302, "", "Location", "https://login.test/form?next="+sessionSecret, "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"answered 302 Found, a redirect to https://login.test/form: that is likely a page for people", "is the URL of the login right", "cookies.NAME"}},
		{"a redirect that is not ok", redirectIsOK, says(302, "", "Location", "/login?error", "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"answered 302 Found, a redirect to /login:"}},
		{"an error under 200", jsonToken, says(200, `{"error":"unknown user"}`), []string{"answered 200 OK: unknown user", "check the credentials"}},
		{"no token", jsonToken, says(200, `{"token":"T0ken-Of-Another-Name","ttl":3}`),
			[]string{"answered 200 OK, but without the value of auth.send.headers.X-Auth; the answer has token, ttl", "are auth.send, and the credentials, right?"}},
		{"a wrong URL", jsonToken, says(404, `<html>`), []string{"answered 404 Not Found", "is auth.login.path right? Nothing takes a login there"}},
		{"a wrong method", jsonToken, says(405, `{"error":"not allowed"}`), []string{"answered 405 Method Not Allowed: not allowed", "is auth.login.path right?"}},
		{"no cookie", justCookies, says(200, `{"token":"T0ken-Of-Another-Name"}`), []string{"but without a cookie", "say in auth.send what of the answer goes"}},
		{"another cookie", cookieAndCSRF, says(200, `{}`, "Set-Cookie", "other=T0ken-Of-Another-Name"), []string{"without the value of auth.send.headers.X-CSRF", "the login set the cookies other"}},
		{"a wrong clock", jsonToken, says(403, `{"error":"stale"}`, "Date", "Sat, 01 Jan 2000 00:10:00 GMT"), []string{"the clock of this machine is 10m0s behind the API's"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := sessionAPI(func(string) answer { return test.answer })
				s := define(t, test.auth, manyPages)[0]
				e := failure(t, newRig(t, s, api, "key", sessionSecret).run(s, paging.Position{}).err)
				for _, want := range test.want {
					if !strings.Contains(e.Error(), want) || e.Class != fetch.Permanent {
						t.Errorf("got %v, want %q", e, want)
					}
				}
				if strings.Contains(e.Error(), sessionSecret) || strings.Contains(e.Error(), "T0ken") || strings.Contains(e.Error(), "Anonymous-Session") || len(api.logins) != 1 {
					t.Errorf("after %d logins got %v", len(api.logins), e)
				}
			})
		})
	}
}

// TestSessionCookiesAreRenewed proves that a cookie of the session which answers
// renew is sent as it was last, no other one is, and none of them is kept twice.
func TestSessionCookiesAreRenewed(t *testing.T) {
	n := 0
	var sent []string
	api := transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/login" {
			return says(200, `{}`, "Set-Cookie", "sid=Session-Id.0").response(r), nil
		}
		n++
		sent = append(sent, r.Header.Get("Cookie"))
		return says(200, fmt.Sprintf(`{"data":[{"id":%d}],"next":%d}`, n, n), "Set-Cookie", fmt.Sprintf("sid=Session-Id.%d", n), "Set-Cookie", fmt.Sprintf("visits=%d", n)).response(r), nil
	})
	s := define(t, justCookies, `path: /orders, pagination: {type: cursor, next: next, param: c, stop: "{{ response.next == 3 }}"}`)[0]
	if got := newRig(t, s, api, "key", sessionSecret).run(s, paging.Position{}); got.err != nil {
		t.Fatal(got.err)
	}
	if want := []string{"sid=Session-Id.0", "sid=Session-Id.1", "sid=Session-Id.2"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// TestLoginAtAnotherHost proves that a cookie for the whole domain goes to base_url's
// host, and one of the login's own host does not.
func TestLoginAtAnotherHost(t *testing.T) {
	cookie := ""
	api := transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "login.shop.test" {
			return says(200, `{}`, "Set-Cookie", "sid=Session-Id.0; Domain=shop.test", "Set-Cookie", "own=Own-Session.0").response(r), nil
		}
		cookie = r.Header.Get("Cookie")
		return page(1, 1, "").response(r), nil
	})
	s := define(t, `auth: {type: session, login: {path: "http://login.shop.test/"}}`, `path: "http://api.shop.test/orders"`)[0]
	if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || cookie != "sid=Session-Id.0" {
		t.Errorf("%v, sent %q", got.err, cookie)
	}
}
