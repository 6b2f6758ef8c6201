package fetch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/workdir"
	"github.com/tap-rest/tap-rest/testrig"
)

const (
	clientCredentials = `auth: {type: oauth2, grant: client_credentials, token_url: "http://api.test/token", client_id: me, client_secret: "{{ config.key }}"}`
	oauthSecret       = "Client-Secret-0123"
)

// tokenAPI is an API behind a token endpoint.
func tokenAPI(pages int, life time.Duration) *guarded {
	p := &passes{of: "api", life: life}
	return &guarded{pages: pages, door: door{
		passes: p, login: func(*http.Request, string) answer { return token(p.next(), life) },
		proves: func(r *http.Request, _ string, _ time.Time) bool { return p.good(bearerOf(r)) },
	}}
}

// TestTokenRequests proves what the grants send.
func TestTokenRequests(t *testing.T) {
	const form = "POST /token application/x-www-form-urlencoded "
	for _, test := range []struct{ name, auth, want, header string }{
		{"client_credentials", `grant: client_credentials, client_id: me, client_secret: "a b&c", scopes: [read, "write:all"], audience: "https://api", extra: {resource: x, none: null}`,
			form + "grant_type=client_credentials&client_id=me&client_secret=a+b%26c&audience=https%3A%2F%2Fapi&scope=read+write%3Aall&resource=x", ""},
		{"basic", `grant: client_credentials, client_auth: basic, client_id: "m:e", client_secret: "a b&c"`, form + "grant_type=client_credentials", "Basic bSUzQWU6YStiJTI2Yw=="},
		{"password", `grant: password, username: ann, password: " p ", scopes: all`, form + "grant_type=password&username=ann&password=+p+&scope=all", ""},
		{"another", `grant: "urn:x:device", extra: {code: "{{ config.key }}"}`, form + "grant_type=urn%3Ax%3Adevice&code=" + oauthSecret, ""},
		{"JSON", `grant: client_credentials, encoding: json, client_id: me, extra: {n: 1}`, `POST /token application/json {"grant_type":"client_credentials","client_id":"me","n":1}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := tokenAPI(1, time.Hour)
			s := define(t, `auth: {type: oauth2, token_url: "http://api.test/token", `+test.auth+`}`, manyPages)[0]
			if got := newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			if api.logins[0] != test.want || api.headers[0].Get("Authorization") != test.header {
				t.Errorf("sent %s with %q\nwant %s with %q", api.logins[0], api.headers[0].Get("Authorization"), test.want, test.header)
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
		{"a scope that is none", says(400, `{"error":"invalid_scope","error_description":"scope read is needed"}`), []string{"invalid_scope: scope read is needed", "check auth.scopes"}},
		{"a grant that is none", says(400, `{"error":"unsupported_grant_type"}`), []string{"unsupported_grant_type", "check auth.grant"}},
		{"a client that is none", says(401, `{"error":"invalid_client"}`), []string{"invalid_client", "auth.client_auth, which says where they go"}},
		{"a wrong clock", says(400, `{"error":"invalid_grant"}`, "Date", "Sat, 01 Jan 2000 00:10:00 GMT"), []string{"the clock of this machine is 10m0s behind the API's"}},
		{"a token as a form", says(200, `access_token=T0ken-Of-A-Form&expires_in=3`), []string{"answered 200 OK, but with no JSON: 41 bytes, which are not shown: there may be a token in them"}},
		{"a token in what is nearly JSON", says(200, `{"access_token":"T0ken-Of-Pages","expires_in":NaN}`), []string{"but with no JSON: 50 bytes, which are not shown"}},
		{"nothing under 200", says(200, ``), []string{"but with no JSON: an empty body"}},
		{"a token that is no text", says(200, `{"access_token":null}`), []string{"answered 200 OK, but without text in access_token"}},
		{"nothing", says(400, ``), []string{"an empty body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it begins at midnight, UTC, of 2000-01-01
				api := tokenAPI(1, time.Hour)
				api.login = func(*http.Request, string) answer { return test.answer }
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

// TestTokenSaysWhereToAsk proves that base_url may come from the token's answer,
// and that what a request shows of the token's answer follows the next token.
func TestTokenSaysWhereToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := tokenAPI(20, 2*time.Second)
		api.late = 300 * time.Millisecond
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

// TestTokenShownInAnExport proves that a request about a job which shows the token is
// asked again as itself, with the next token, where the first one was refused.
func TestTokenShownInAnExport(t *testing.T) {
	for refused := range 3 { // submit, poll, download
		synctest.Test(t, func(t *testing.T) {
			var answers []answer
			for i, a := range []answer{says(200, `{"id":"j1"}`), says(200, `{"files":[{"url":"https://api.test/files/1"}]}`), says(200, `[{"id":1},{"id":2}]`)} {
				if i == 0 {
					answers = append(answers, says(200, `{"access_token":"First-Token"}`))
				}
				if i == refused {
					answers = append(answers, says(401, "{}"), says(200, `{"access_token":"Second-Token"}`))
				}
				answers = append(answers, a)
			}
			api := &script{answers: answers}
			const shown = `headers: {X-T: "{{ auth.access_token }}"}`
			s := define(t, clientCredentials, `records: "@this", export: {submit: {path: /exports, `+shown+`}, poll: {path: "/exports/{{ job.id }}", `+shown+`}, links: "files.#.url", download: {path: "{{ link }}", `+shown+`}}`)[0]
			got := newRig(t, s, api, "key", oauthSecret).run(s, paging.Position{})
			if got.err != nil {
				t.Fatalf("refused %d: %v", refused, got.err)
			}
			wantIDs(t, got.ids, upTo(2))
			var asked []string
			for _, r := range api.requests {
				if r.URL.Path != "/token" {
					asked = append(asked, r.URL.Path+" "+r.Header.Get("X-T"))
				}
			}
			var want []string
			token := "First-Token"
			for i, path := range []string{"/exports", "/exports/j1", "/files/1"} {
				want = append(want, path+" "+token)
				if i == refused {
					token = "Second-Token"
					want = append(want, path+" "+token)
				}
			}
			if !slices.Equal(asked, want) {
				t.Errorf("refused %d: asked %q, want %q", refused, asked, want)
			}
		})
	}
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
	api := tokenAPI(1, time.Hour)
	s := define(t, clientCredentials, manyPages)[0]
	r := newRig(t, s, api, "key", oauthSecret)
	r.gate.shut()
	if got := r.run(s, paging.Position{}); !errors.Is(got.err, fetch.ErrStopped) || len(api.logins) != 0 {
		t.Errorf("%d logins, %v", len(api.logins), got.err)
	}
}

// rotating makes an API's token endpoint rotate: a refresh token is good until the
// one that follows was used.
func rotating(api *guarded, used *int) {
	api.login = func(_ *http.Request, body string) answer {
		var at int
		form, _ := url.ParseQuery(body)
		if _, err := fmt.Sscanf(form.Get("refresh_token"), "Refresh-Token/%d", &at); err != nil || at < *used {
			return says(400, `{"error":"invalid_grant"}`)
		}
		*used = at
		return says(200, fmt.Sprintf(`{"access_token":%q,"expires_in":2,"refresh_token":"Refresh-Token/%d"}`, api.passes.next(), at+1))
	}
}

// TestRefreshTokensRotate proves that each refresh token is kept before it is used,
// for nobody else to read, and that a later run goes on with the latest, whichever
// of them its config has.
func TestRefreshTokensRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		used := 0
		api := tokenAPI(20, 2*time.Second)
		api.late = 200 * time.Millisecond
		rotating(api, &used)
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
		testrig.Write(t, files[0], data[:len(data)/2])
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
