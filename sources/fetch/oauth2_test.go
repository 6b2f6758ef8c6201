package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// tokens is an API of 200 pages behind a token endpoint. Its tokens hold for a
// while, and each of its answers takes a while too.
type tokens struct {
	life, late time.Duration
	pages      int
	answer     func(n int, form url.Values) answer // of the token endpoint; nil: as RFC 6749 says
	body       func(n int, token string) string    // what a page says beside its record

	mu      sync.Mutex
	issued  int
	until   time.Time // of the last token
	logins  []url.Values
	pagesAt map[string]int // by the status and the page: how often
	headers []http.Header  // of token requests
	shown   []string       // Authorization headers of pages
}

func (a *tokens) token() string { return fmt.Sprintf("Access-Token/%04d", a.issued) }

func (a *tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(a.late):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path == "/token" {
		return a.issue(r).response(r), nil
	}
	a.shown = append(a.shown, r.Header.Get("Authorization"))
	page := r.URL.Query().Get("page")
	if a.pagesAt == nil {
		a.pagesAt = map[string]int{}
	}
	if r.Header.Get("Authorization") != "Bearer "+a.token() || !time.Now().Before(a.until) {
		a.pagesAt["401 "+page]++
		return says(401, `{"error":"invalid_token","you said":"`+r.Header.Get("Authorization")+`"}`).response(r), nil
	}
	a.pagesAt["200 "+page]++
	more := ""
	if a.body != nil {
		more = a.body(a.issued, a.token())
	}
	record := `{"id":` + page + `}`
	if n, err := strconv.Atoi(page); err != nil || n > a.pages {
		record = ""
	}
	return says(200, fmt.Sprintf(`{"data":[%s],"total":%d%s}`, record, a.pages, more)).response(r), nil
}

func (a *tokens) issue(r *http.Request) answer {
	var buf bytes.Buffer
	_, _ = buf.ReadFrom(r.Body)
	form, _ := url.ParseQuery(buf.String())
	if strings.HasPrefix(buf.String(), "{") {
		form = url.Values{"json": {buf.String()}}
	}
	a.logins, a.headers = append(a.logins, form), append(a.headers, r.Header.Clone())
	if a.answer != nil {
		if said := a.answer(len(a.logins), form); said.status != 0 {
			return said
		}
	}
	a.issued++
	a.until = time.Now().Add(a.life)
	return says(200, fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":%d,"instance_url":"http://api.test"}`, a.token(), int(a.life.Seconds())))
}

const (
	clientCredentials = `auth: {type: oauth2, grant: client_credentials, token_url: "http://api.test/token", client_id: me, client_secret: "{{ config.key }}"}`
	manyPages         = `path: /orders, pagination: {type: page, param: page, total: total}`
	oauthSecret       = "Client-Secret-0123"
)

// TestTokensExpireInAWalk proves that a walk of 200 pages with 8 in flight, whose
// tokens hold for 2 seconds, is complete: one login for each token, and no page
// asked for twice but those that were refused.
func TestTokensExpireInAWalk(t *testing.T) {
	for name, lies := range map[string]bool{"as the answer says": false, "sooner than the answer says": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &tokens{life: 2 * time.Second, late: 400 * time.Millisecond, pages: 200}
				if lies {
					api.answer = func(int, url.Values) answer {
						api.issued++
						api.until = time.Now().Add(api.life)
						return says(200, fmt.Sprintf(`{"access_token":%q,"expires_in":3600}`, api.token()))
					}
				}
				s := define(t, clientCredentials+", max_in_flight: 8", manyPages)[0]
				r := newRig(t, s, api, "key", oauthSecret)
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(200))
				refused, pages := 0, 0
				for page, n := range api.pagesAt {
					if strings.HasPrefix(page, "401") {
						refused += n
					} else if pages += n; n != 1 {
						t.Errorf("%s: %d times, want once", page, n)
					}
				}
				if len(api.logins) < 5 || len(api.logins) != api.issued || len(api.logins) > 12 || refused > 8*len(api.logins) {
					t.Errorf("%d logins, %d requests refused", len(api.logins), refused)
				}
				t.Logf("%d logins, %d refused", len(api.logins), refused)
				calls := int64(len(api.logins) + refused + pages)
				if n := r.counters.Requests.Load(); n != calls || r.gate.entered.Load() != calls {
					t.Errorf("%d calls in the account, %d in the budget, want %d", n, r.gate.entered.Load(), calls)
				}
			})
		})
	}
}

// TestOneLoginForAll proves that walks which need a token at once wait for one
// login, also where that fails for now or for good.
func TestOneLoginForAll(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  answer
		logins int
		want   string
	}{
		{"well", answer{}, 1, ""},
		{"wrong credentials", says(401, `{"error":"invalid_client","error_description":"no client `+oauthSecret+`"}`), 1, "answered 401 Unauthorized: invalid_client: no client ***"},
		{"later", says(503, "", "Retry-After", "7"), 2, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &tokens{life: time.Hour, late: time.Second, pages: 3, answer: func(n int, _ url.Values) answer {
					if n > 1 && test.logins == n {
						return answer{}
					}
					return test.first
				}}
				s := define(t, clientCredentials+", max_in_flight: 2", manyPages)[0]
				r := newRig(t, s, api, "key", oauthSecret)
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

// TestTokenRequests proves what the grants send.
func TestTokenRequests(t *testing.T) {
	for _, test := range []struct{ name, auth, want, header string }{
		{"client_credentials", `grant: client_credentials, client_id: me, client_secret: "a b&c", scopes: [read, "write:all"], audience: "https://api", extra: {resource: x, none: null}`,
			"audience=https%3A%2F%2Fapi&client_id=me&client_secret=a+b%26c&grant_type=client_credentials&resource=x&scope=read+write%3Aall", ""},
		{"basic", `grant: client_credentials, client_auth: basic, client_id: "m:e", client_secret: "a b&c"`, "grant_type=client_credentials", "Basic bSUzQWU6YStiJTI2Yw=="},
		{"password", `grant: password, username: ann, password: " p ", scopes: all`, "grant_type=password&password=+p+&scope=all&username=ann", ""},
		{"another", `grant: "urn:x:device", extra: {code: "{{ config.key }}"}`, "code=" + oauthSecret + "&grant_type=urn%3Ax%3Adevice", ""},
		{"JSON", `grant: client_credentials, encoding: json, client_id: me, extra: {n: 1}`, "json=" + url.QueryEscape(`{"grant_type":"client_credentials","client_id":"me","n":1}`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &tokens{life: time.Hour, pages: 1}
			s := define(t, `auth: {type: oauth2, token_url: "http://api.test/token", `+test.auth+`}`, manyPages)[0]
			if got := newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			if got := api.logins[0].Encode(); got != test.want || api.headers[0].Get("Authorization") != test.header {
				t.Errorf("sent %s with %q\nwant %s with %q", got, api.headers[0].Get("Authorization"), test.want, test.header)
			}
		})
	}
}

// TestTokenAnswersThatDoNotHelp proves that each says what came and what to do.
func TestTokenAnswersThatDoNotHelp(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer answer
		want   []string
	}{
		{"no token", says(200, `{"token":"T0ken-Of-Another-Name","expires_in":3}`), []string{"POST http://api.test/token", "answered 200 OK, but without access_token; the answer has token, expires_in"}},
		{"a wrong URL", says(404, `{"error":"no such route"}`), []string{"answered 404 Not Found: no such route", "is auth.token_url right? Nothing takes a login there"}},
		{"HTML", says(200, `<html><h1>Log in</h1>`, "Content-Type", "text/html"), []string{"but with HTML: <html>", "is the URL of the login right"}},
		{"a redirect", to(302, "https://login.test/page?state="+oauthSecret), []string{"answered 302 Found, a redirect to https://login.test/page: that is likely a page for people"}},
		{"an error under 200", says(200, `{"error":"bad_verification_code"}`), []string{"answered 200 OK: bad_verification_code", "check the credentials"}},
		{"a wrong clock", says(400, `{"error":"invalid_grant"}`, "Date", "Sat, 01 Jan 2000 00:10:00 GMT"), []string{"the clock of this machine is 10m0s behind the API's"}},
		{"a token as a form", says(200, `access_token=T0ken-Of-A-Form&expires_in=3`), []string{"answered 200 OK, but with no JSON: 41 bytes, which are not shown: there may be a token in them"}},
		{"a token in what is nearly JSON", says(200, `{"access_token":"T0ken-Of-Pages","expires_in":NaN}`), []string{"but with no JSON: 50 bytes, which are not shown"}},
		{"nothing under 200", says(200, ``), []string{"but with no JSON: an empty body"}},
		{"a token that is no text", says(200, `{"access_token":null}`), []string{"answered 200 OK, but without text in access_token"}},
		{"nothing", says(400, ``), []string{"an empty body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it begins at midnight, UTC, of 2000-01-01
				api := &tokens{answer: func(int, url.Values) answer { return test.answer }}
				s := define(t, clientCredentials, manyPages)[0]
				e := failure(t, newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}).err)
				for _, want := range test.want {
					if !strings.Contains(e.Error(), want) || e.Class != fetch.Permanent {
						t.Errorf("got %v, want %q", e, want)
					}
				}
				if strings.Contains(e.Error(), oauthSecret) || strings.Contains(e.Error(), "T0ken") || len(api.logins) != 1 {
					t.Errorf("after %d logins got %v", len(api.logins), e)
				}
			})
		})
	}
}

// TestTokensAreNotKept proves that no token is in the journal, the log, an error or
// a position, though answers echo it; and that a position with one in it goes on
// with the next token.
func TestTokensAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &tokens{life: time.Hour, pages: 4, body: func(n int, token string) string {
			return fmt.Sprintf(`,"echo":%q,"next":"/orders?page=%d&t=%s"`, token, 2, url.QueryEscape(token))
		}}
		s := define(t, clientCredentials, `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`)[0]
		r := newRig(t, s, api, "key", oauthSecret)
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
		api.until = time.Now() // the token is refused from now on, and the next as well
		api.answer = func(int, url.Values) answer {
			api.issued++
			return says(200, `{"access_token":"`+api.token()+`"}`)
		}
		_, err = w.Next(t.Context())
		e := failure(t, err)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		said := text + e.Error() + log.String()
		files := 0
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if data, err := os.ReadFile(path); err == nil {
				said += string(data)
				files++
			}
			return nil
		})
		if files == 0 || strings.Contains(said, "Access-Token") || strings.Contains(said, oauthSecret) {
			t.Errorf("in %d files and messages: %s", files, said)
		}
		if len(api.logins) != 2 || e.Status != 401 {
			t.Errorf("%d logins: %v", len(api.logins), e)
		}

		api.answer = nil
		again := newRig(t, s, api, "key", oauthSecret)
		if _, err := again.walk(s, at).Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := api.shown[len(api.shown)-1]; got != "Bearer "+api.token() || api.pagesAt["200 2"] != 1 {
			t.Errorf("went on with %s", got)
		}
	})
}

// TestTokenSaysWhereToAsk proves that base_url may come from the token's answer,
// and that what a request shows of the token's answer follows the next token.
func TestTokenSaysWhereToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &tokens{life: 2 * time.Second, late: 300 * time.Millisecond, pages: 20}
		d, err := definition.Parse("test.yaml", []byte(`{version: 1, name: test, settings: {additionalProperties: true}, client: {base_url: "{{ auth.instance_url }}", max_in_flight: 1, `+
			clientCredentials+`}, streams: [{name: s, records: data, headers: {X-T: "{{ auth.access_token }}"}, `+manyPages+`}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, d.Streams[0], api, "key", oauthSecret)
		got := r.run(d.Streams[0], paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(20))
	})
}

// TestExpiredUnderAnyStatus proves that an answer which says by its body that the
// token holds no longer is asked for again with another token, and is no empty
// last page.
func TestExpiredUnderAnyStatus(t *testing.T) {
	api := &script{answers: []answer{
		says(200, `{"access_token":"First-Token"}`), says(200, `{"data":[],"code":"expired"}`),
		says(200, `{"access_token":"Second-Token"}`), page(1, 2, ""),
	}}
	s := define(t, strings.TrimSuffix(clientCredentials, "}")+`, expired: "{{ response.code == 'expired' }}"}`, `path: /orders`)[0]
	got := newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{})
	if got.err != nil {
		t.Fatal(got.err)
	}
	wantIDs(t, got.ids, upTo(2))
	if sent := proofs(api, "Authorization"); !slices.Equal(sent, []string{"", "Bearer First-Token", "", "Bearer Second-Token"}) {
		t.Errorf("sent %q", sent)
	}
	api = &script{answers: []answer{says(200, `{"access_token":"First-Token","data":[],"code":"expired"}`)}}
	e := failure(t, newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}).err)
	if !strings.Contains(e.Error(), "auth.expired") || len(api.requests) != 4 {
		t.Errorf("after %d requests got %v", len(api.requests), e)
	}
}

// TestTokenSentOtherwise proves that send says where a token goes, and that an
// answer 403 costs no login.
func TestTokenSentOtherwise(t *testing.T) {
	api := &script{answers: []answer{says(200, `{"access_token":"First-Token"}`), says(403, "")}}
	s := define(t, strings.TrimSuffix(clientCredentials, "}")+`, send: {headers: {X-Key: "k {{ response.access_token }}"}, params: {t: "{{ auth.access_token }}"}}}`, `path: /orders`)[0]
	e := failure(t, newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}).err)
	sent := api.requests[len(api.requests)-1]
	if e.Status != 403 || len(api.requests) != 2 || sent.Header.Get("X-Key") != "k First-Token" || sent.URL.Query().Get("t") != "First-Token" || sent.Header.Get("Authorization") != "" {
		t.Errorf("sent %s %v: %v", sent.URL, sent.Header, e)
	}
}

// TestNoLoginWhereNobodyMayAsk proves that a run which is told to stop logs in no
// more.
func TestNoLoginWhereNobodyMayAsk(t *testing.T) {
	api := &tokens{life: time.Hour, pages: 1}
	s := define(t, clientCredentials, manyPages)[0]
	r := newRig(t, s, api, "key", oauthSecret)
	r.gate.shut()
	if got := r.run(s, paging.Position{}); !errors.Is(got.err, fetch.ErrStopped) || len(api.logins) != 0 {
		t.Errorf("%d logins, %v", len(api.logins), got.err)
	}
}

// rotating makes an API's token endpoint rotate: a refresh token is good until the
// one that follows was used.
func rotating(api *tokens, used *int) func(int, url.Values) answer {
	return func(n int, form url.Values) answer {
		var at int
		if _, err := fmt.Sscanf(form.Get("refresh_token"), "Refresh-Token/%d", &at); err != nil || at < *used {
			return says(400, `{"error":"invalid_grant"}`)
		}
		*used = at
		api.issued++
		api.until = time.Now().Add(api.life)
		return says(200, fmt.Sprintf(`{"access_token":%q,"expires_in":2,"refresh_token":"Refresh-Token/%d"}`, api.token(), at+1))
	}
}

// TestRefreshTokensRotate proves that each refresh token is kept before it is used,
// for nobody else to read, and that a later run goes on with the latest, whichever
// of them its config has.
func TestRefreshTokensRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		used := 0
		api := &tokens{life: 2 * time.Second, late: 200 * time.Millisecond, pages: 20}
		api.answer = rotating(api, &used)
		dir := filepath.Join(t.TempDir(), "tokens")
		s := define(t, `auth: {type: oauth2, grant: refresh_token, token_url: "http://api.test/token", client_id: me, refresh_token: "{{ config.key }}"}`, manyPages)[0]
		walk := func(given string) error {
			r := newRig(t, s, api, "key", given)
			r.client = fetch.NewClient(s.Client, fetch.Options{
				Transport: api, UserAgent: "test", Gate: r.gate, Log: slog.New(slog.DiscardHandler), Secrets: r.client.Secrets,
				Tokens: fetch.Tokens{Dir: dir, Replace: workdir.Replace},
			}, r.vars)
			return r.run(s, paging.Position{}).err
		}
		for _, given := range []string{"Refresh-Token/0", "Refresh-Token/0", "Refresh-Token/1"} {
			before := used
			if err := walk(given); err != nil || used <= before {
				t.Fatalf("with %s: %v, used %d", given, err, used)
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "refresh-*.json"))
		if err != nil || len(files) != 1 {
			t.Fatalf("files %v, %v", files, err)
		}
		info, err := os.Stat(files[0])
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		var f struct{ Token string }
		data, _ := os.ReadFile(files[0])
		if err := json.Unmarshal(data, &f); err != nil || f.Token != fmt.Sprintf("Refresh-Token/%d", used+1) {
			t.Errorf("the file says %s, want %d", data, used+1)
		}
		if err := walk("Refresh-Token/-1"); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a token of another chain: %v", err)
		}
		used = 1 << 20
		if err := walk("Refresh-Token/0"); err == nil || !strings.Contains(err.Error(), "the latest one that the API gave, kept in "+files[0]) {
			t.Errorf("a chain that is lost: %v", err)
		}
		if err := os.WriteFile(files[0], data[:len(data)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if e := failure(t, walk("Refresh-Token/0")); e.Class != fetch.Permanent || !strings.Contains(e.Error(), files[0]+": it is damaged") || !strings.Contains(e.Error(), "give a new refresh token") {
			t.Errorf("a damaged file: %v", e)
		}
	})
}

// TestRuleLogsIn proves that a rule makes the refused request, and no other, be
// asked again after another login, and that this does not go on for ever.
func TestRuleLogsIn(t *testing.T) {
	const auth = clientCredentials + `, errors: [{status: 403, when: "{{ response.code == 7 }}", do: login}]`
	spent := says(403, `{"code":7}`)
	api := &script{answers: []answer{says(200, `{"access_token":"First-Token"}`), spent, says(200, `{"access_token":"Second-Token"}`), page(1, 2, "")}}
	s := define(t, auth, `path: /orders`)[0]
	got := newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{})
	if got.err != nil {
		t.Fatal(got.err)
	}
	wantIDs(t, got.ids, upTo(2))
	if sent := proofs(api, "Authorization"); !slices.Equal(sent, []string{"", "Bearer First-Token", "", "Bearer Second-Token"}) {
		t.Errorf("sent %q", sent)
	}
	api = &script{answers: []answer{says(200, `{"access_token":"First-Token"}`), spent, says(200, `{"access_token":"Second-Token"}`), spent}}
	e := failure(t, newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}).err)
	if e.Status != 403 || !strings.Contains(e.Error(), "a rule says login") || len(api.requests) != 4 {
		t.Errorf("after %d requests got %v", len(api.requests), e)
	}
}
