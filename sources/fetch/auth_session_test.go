package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// loginAPI is an API of pages behind a login. Its sessions hold for a while, and
// each of its answers takes a while too.
type loginAPI struct {
	life, late time.Duration
	pages      int
	login      func(n int, sent string) answer // nil: as told gives
	gives      func(id string) answer          // what a login answers
	told       func(r *http.Request) string    // which session a request is of
	over       func(page string) answer        // the answer to one whose session is over; nil: 401
	body       func(id string) string          // what a page says beside its record

	mu      sync.Mutex
	begun   int
	until   time.Time
	logins  []string
	pagesAt map[string]int
	seen    []*http.Request
}

func (a *loginAPI) id() string { return fmt.Sprintf("Session-Id.%04d", a.begun) }

func (a *loginAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(a.late):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path == "/login" {
		return a.begin(r).response(r), nil
	}
	a.seen = append(a.seen, r)
	page := r.URL.Query().Get("page")
	if a.pagesAt == nil {
		a.pagesAt = map[string]int{}
	}
	if a.told(r) != a.id() || !time.Now().Before(a.until) {
		a.pagesAt["refused "+page]++
		if a.over != nil {
			return a.over(page).response(r), nil
		}
		return says(401, `{"error":"no session","you said":"`+a.told(r)+`"}`).response(r), nil
	}
	a.pagesAt["read "+page]++
	more := ""
	if a.body != nil {
		more = a.body(a.id())
	}
	record := `{"id":` + page + `}`
	if n, err := strconv.Atoi(page); err != nil || n > a.pages {
		record = ""
	}
	return says(200, fmt.Sprintf(`{"data":[%s],"total":%d%s}`, record, a.pages, more)).response(r), nil
}

func (a *loginAPI) begin(r *http.Request) answer {
	var buf bytes.Buffer
	if r.Body != nil {
		_, _ = buf.ReadFrom(r.Body)
	}
	sent := fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), buf.String())
	a.logins = append(a.logins, sent)
	if a.login != nil {
		if said := a.login(len(a.logins), sent); said.status != 0 {
			return said
		}
	}
	a.begun++
	a.until = time.Now().Add(a.life)
	return a.gives(a.id())
}

// kind is a way in which logins give what proves who asks, and requests send it.
type kind struct {
	name, auth string
	gives      func(id string) answer
	told       func(r *http.Request) string
}

var kinds = []kind{
	{"a token in the body", `send: {headers: {X-Auth: "Token {{ response.data.token }}"}}`,
		func(id string) answer { return says(200, `{"data":{"token":"`+id+`","user":"ann"}}`) },
		func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("X-Auth"), "Token ") }},
	{"a token in a header", `send: {params: {sid: "{{ headers['x-session'] }}"}}`,
		func(id string) answer { return says(201, "", "X-Session", id) },
		func(r *http.Request) string { return r.URL.Query().Get("sid") }},
	{"a token that is the text", `send: {headers: {Authorization: "Bearer {{ response }}"}}`,
		func(id string) answer { return says(200, id+"\n", "Content-Type", "text/plain") },
		func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") }},
	{"cookies", ``,
		func(id string) answer {
			return says(204, "", "Set-Cookie", "sid="+id+"; Path=/; HttpOnly", "Set-Cookie", "gone=; Max-Age=0")
		},
		cookieOf},
	{"cookies, one of them in a header too", `send: {headers: {X-CSRF: "{{ cookies.csrf }}"}}`,
		func(id string) answer { return says(200, `{}`, "Set-Cookie", "sid="+id, "Set-Cookie", "csrf=C"+id) },
		func(r *http.Request) string {
			if id := cookieOf(r); r.Header.Get("X-CSRF") == "C"+id {
				return id
			}
			return "no X-CSRF"
		}},
	{"cookies of a redirect to a page", `ok`,
		func(id string) answer { return says(302, "", "Set-Cookie", "sid="+id, "Location", "/dashboard") },
		cookieOf},
}

func cookieOf(r *http.Request) string {
	if c, err := r.Cookie("sid"); err == nil {
		return c.Value
	}
	return ""
}

const sessionSecret = "S3ssion-Passw0rd"

// client is the client of a kind; more are further keys of auth.
func (k kind) client(more string) string {
	login, send := `{path: /login, body: {json: {user: ann, password: "{{ config.key }}"}}}`, ", "+k.auth
	switch k.auth {
	case "ok":
		login, send = `{path: /login, body: {form: {password: "{{ config.key }}"}}, ok: "{{ headers.location == '/dashboard' }}"}`, ""
	case "":
		send = ""
	}
	return `auth: {type: session, login: ` + login + send + more + `}`
}

// TestSessionsExpireInAWalk proves that a walk of 200 pages with 8 in flight, whose
// sessions hold for 2 seconds, is complete, whatever logins give: one login for each
// session, and no page asked for twice but those that were refused.
func TestSessionsExpireInAWalk(t *testing.T) {
	for _, k := range kinds {
		for how, more := range map[string]string{"known": ", ttl: 2s", "not known": "", "said under 200": `, expired: "{{ response.code == 'over' }}"`} {
			t.Run(k.name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := &loginAPI{life: 2 * time.Second, late: 400 * time.Millisecond, pages: 200, gives: k.gives, told: k.told}
					if strings.Contains(more, "expired") {
						api.over = func(string) answer { return says(200, `{"data":[],"code":"over"}`) }
					}
					s := define(t, k.client(more)+", max_in_flight: 8", manyPages)[0]
					r := newRig(t, s, api, "key", sessionSecret)
					got := r.run(s, paging.Position{})
					if got.err != nil {
						t.Fatal(got.err)
					}
					wantIDs(t, got.ids, upTo(200))
					refused, pages := 0, 0
					for page, n := range api.pagesAt {
						if strings.HasPrefix(page, "refused") {
							refused += n
						} else if pages += n; n != 1 {
							t.Errorf("%s: %d times, want once", page, n)
						}
					}
					if n := len(api.logins); n < 5 || n > 12 || refused > 8*n {
						t.Errorf("%d logins, %d requests refused", n, refused)
					}
					if n := int64(len(api.logins) + refused + pages); r.counters.Requests.Load() != n || r.gate.entered.Load() != n {
						t.Errorf("%d calls in the account, want %d", r.counters.Requests.Load(), n)
					}
					t.Logf("%d logins, %d refused", len(api.logins), refused)
				})
			})
		}
	}
}

// TestOneSessionForAll proves that walks which need a session at once wait for one
// login, also where that fails for now or for good.
func TestOneSessionForAll(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  answer
		logins int
		want   string
	}{
		{"well", answer{}, 1, ""},
		{"wrong credentials", says(401, `{"error":"no ann with `+sessionSecret+`"}`), 1, "the login POST http://api.test/login: answered 401 Unauthorized: no ann with ***"},
		{"later", says(429, "", "Retry-After", "7"), 2, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &loginAPI{life: time.Hour, late: time.Second, pages: 3, gives: kinds[0].gives, told: kinds[0].told, login: func(n int, _ string) answer {
					if n > 1 && test.logins == n {
						return answer{}
					}
					return test.first
				}}
				s := define(t, kinds[0].client("")+", max_in_flight: 2", manyPages)[0]
				r := newRig(t, s, api, "key", sessionSecret)
				var all sync.WaitGroup
				errs := make([]error, 6)
				for i := range errs {
					all.Go(func() { errs[i] = r.run(s, paging.Position{}).err })
				}
				all.Wait()
				for _, err := range errs {
					if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
						t.Errorf("got %v, want %q", err, test.want)
					}
				}
				if len(api.logins) != test.logins {
					t.Errorf("%d logins, want %d", len(api.logins), test.logins)
				}
			})
		})
	}
}

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
			api := &loginAPI{life: time.Hour, pages: 1, gives: kinds[0].gives, told: kinds[0].told}
			s := define(t, `auth: {type: session, login: `+test.login+`, `+kinds[0].auth+`}`, manyPages)[0]
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
		{"HTML", kinds[0].client(""), says(200, `<html><title>Sign in</title>`, "Content-Type", "text/html"),
			[]string{"the login POST http://api.test/login: answered 200 OK, but with HTML: <html>", "is the URL of the login right"}},
		{"HTML with a cookie", kinds[3].client(""), says(200, `<html><form>`, "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"but with HTML", `auth: {login: {ok: "{{ cookies.NAME is defined }}"}}`}},
		{"a redirect to a page", kinds[3].client(""), says(302, "", "Location", "https://login.test/form?next="+sessionSecret, "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"answered 302 Found, a redirect to https://login.test/form: that is likely a page for people", "is the URL of the login right", "cookies.NAME"}},
		{"a redirect that is not ok", kinds[5].client(""), says(302, "", "Location", "/login?error", "Set-Cookie", "sid=Anonymous-Session"),
			[]string{"answered 302 Found, a redirect to /login:"}},
		{"an error under 200", kinds[0].client(""), says(200, `{"error":"unknown user"}`), []string{"answered 200 OK: unknown user", "check the credentials"}},
		{"no token", kinds[0].client(""), says(200, `{"token":"T0ken-Of-Another-Name","ttl":3}`),
			[]string{"answered 200 OK, but without the value of auth.send.headers.X-Auth; the answer has token, ttl", "are auth.send, and the credentials, right?"}},
		{"a wrong URL", kinds[0].client(""), says(404, `<html>`), []string{"answered 404 Not Found", "is auth.login.path right? Nothing takes a login there"}},
		{"a wrong method", kinds[0].client(""), says(405, `{"error":"not allowed"}`), []string{"answered 405 Method Not Allowed: not allowed", "is auth.login.path right?"}},
		{"no cookie", kinds[3].client(""), says(200, `{"token":"T0ken-Of-Another-Name"}`), []string{"but without a cookie", "say in auth.send what of the answer goes"}},
		{"another cookie", kinds[4].client(""), says(200, `{}`, "Set-Cookie", "other=T0ken-Of-Another-Name"), []string{"without the value of auth.send.headers.X-CSRF", "the login set the cookies other"}},
		{"a wrong clock", kinds[0].client(""), says(403, `{"error":"stale"}`, "Date", "Sat, 01 Jan 2000 00:10:00 GMT"), []string{"the clock of this machine is 10m0s behind the API's"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &loginAPI{login: func(int, string) answer { return test.answer }, told: cookieOf, gives: kinds[0].gives}
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

// TestSessionsAreNotKept proves that nothing of a login is in the journal, the log,
// an error or a position, though answers echo it; and that a position with some in
// it goes on with the next session.
func TestSessionsAreNotKept(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &loginAPI{life: time.Hour, pages: 4, gives: k.gives, told: k.told, body: func(id string) string {
					return fmt.Sprintf(`,"echo":"%s %s","next":"/orders?page=2&t=%s"`, id, sessionSecret, id)
				}}
				s := define(t, k.client(""), `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`)[0]
				r := newRig(t, s, api, "key", sessionSecret)
				var log bytes.Buffer
				r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
				dir := t.TempDir()
				j := openJournal(t, dir)
				w := r.walk(s, paging.Position{})
				record(t, w, j)
				page, err := w.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				at, text := kept(t, page.Next)
				api.until = time.Now() // the session is refused from now on, and the next as well
				api.life = 0
				_, err = w.Next(t.Context())
				e := failure(t, err)
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				said, files := text+e.Error()+log.String(), 0
				_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
					if data, err := os.ReadFile(path); err == nil {
						said += string(data)
						files++
					}
					return nil
				})
				if files == 0 || strings.Contains(said, "Session-Id.") || strings.Contains(said, sessionSecret) {
					t.Errorf("in %d files and messages: %s", files, said)
				}
				if len(api.logins) != 2 || e.Status != 401 {
					t.Errorf("%d logins: %v", len(api.logins), e)
				}

				api.life = time.Hour
				again := newRig(t, s, api, "key", sessionSecret)
				if _, err := again.walk(s, at).Next(t.Context()); err != nil {
					t.Fatal(err)
				}
				last := api.seen[len(api.seen)-1]
				if k.told(last) != api.id() || last.URL.Query().Get("page") != "2" || last.URL.Query().Get("t") != api.id() && k.auth != "" && k.auth != "ok" && !strings.Contains(k.auth, "cookies") {
					t.Errorf("went on with %s", last.URL)
				}
			})
		})
	}
}

// TestSessionStaysAtHome proves that nothing of a session goes to another host.
func TestSessionStaysAtHome(t *testing.T) {
	for _, k := range kinds {
		api := &loginAPI{life: time.Hour, pages: 2, gives: k.gives, told: k.told}
		away := ""
		two := transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "other.test" {
				away = all(r)
				return page(3, 4, "").response(r), nil
			}
			if r.URL.Path == "/orders" {
				_, _ = api.RoundTrip(r)
				return page(1, 2, `,"next":"http://other.test/orders?page=2"`).response(r), nil
			}
			return api.RoundTrip(r)
		})
		s := define(t, k.client("")+", allow_hosts: [other.test]", `path: /orders, pagination: {type: next_url, next: next}`)[0]
		got := newRig(t, s, two, "key", sessionSecret).run(s, paging.Position{})
		if got.err != nil || away == "" || strings.Contains(away, "Session-Id") || k.told(api.seen[0]) != api.id() {
			t.Errorf("%s: %v, another host got %s", k.name, got.err, away)
		}
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
	s := define(t, kinds[3].client(""), `path: /orders, pagination: {type: cursor, next: next, param: c, stop: "{{ response.next == 3 }}"}`)[0]
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
