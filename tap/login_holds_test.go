package tap_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestExpiredLooksAtNothing proves that a template expired with a misspelt name does not
// silence what is said of walks that ended with an empty answer: the log warns, once, and
// says what the answer has, the account has it, and the certificate.
func TestExpiredLooksAtNothing(t *testing.T) {
	api := transport(func(r *http.Request) (*http.Response, error) {
		body := `{"data":[],"status":"SESSION_EXPIRED"}`
		switch page := r.URL.Query().Get("page"); {
		case r.URL.Path == "/login":
			body = `{"token":"t1"}`
		case page == "1":
			body = `{"data":[{"id":1}],"status":"ok"}`
		}
		return testrig.JSON(r, 200, body), nil
	})
	s := setup{
		definition: "defaults:\n  auth: {type: session, login: {path: /login, body: {json: {}}}, send: {headers: {X-Token: '{{ response.token }}'}}, expired: \"{{ response.state == 'SESSION_EXPIRED' }}\"}\n" +
			"streams:\n  - {name: full, path: /full, records: data, primary_key: [id], pagination: {type: page, param: page}}\n",
		api: api, workDir: memoryFolder(t),
	}
	r := s.must(t)
	const said = "1 walk ended with an answer without records, and no later one shows that the login still held"
	if text := r.account.String(); !strings.Contains(text, said) {
		t.Errorf("the account is %s", text)
	}
	for _, want := range []string{"nothing shows that the login still held", "response has no state: it has data, status", "streams=full walks=1"} {
		if strings.Count(r.log, want) != 1 || !strings.Contains(r.log, "level=WARN") {
			t.Errorf("%q is not said once in a warning: %s", want, r.log)
		}
	}
	if c := r.account.Certificate("", func(s string) string { return s }); !strings.Contains(strings.Join(c.Streams[0].Signs, "\n"), said) {
		t.Errorf("the certificate has %q", c.Streams[0].Signs)
	}
}

// TestAccountOfLogins proves that the account says of an empty stream behind a login
// whose end nobody tells that nothing shows that the login held, and of a stream behind
// which others have records that it did.
func TestAccountOfLogins(t *testing.T) {
	api := transport(func(r *http.Request) (*http.Response, error) {
		body := `{"data":[]}`
		switch {
		case r.URL.Path == "/login":
			body = `{"token":"t1"}`
		case r.URL.Path == "/full" && r.URL.Query().Get("page") == "1":
			body = `{"data":[{"id":1}]}`
		}
		return testrig.JSON(r, 200, body), nil
	})
	const list = `records: data, primary_key: [id], pagination: {type: page, param: page}}`
	const said = `1 walk ended with an answer without records, and no later one shows that the login still held`
	const auth = "defaults:\n  auth: {type: session, login: {path: /login, body: {json: {}}}, send: {headers: {X-Token: '{{ response.token }}'}}"
	for _, test := range []struct{ more, want string }{
		{"}\n", "full: " + said},
		{", expired: '{{ false }}'}\n", ""},
	} {
		s := setup{definition: auth + test.more + "streams:\n  - {name: empty, path: /empty, " + list + "\n  - {name: full, path: /full, " + list + "\n",
			api: api, workDir: memoryFolder(t), config: `{"run": {"concurrency": 1}}`}
		r := s.must(t)
		text := r.account.String()
		if got := strings.Contains(text, said); got != (test.want != "") || !strings.Contains(text, test.want) {
			t.Errorf("got %s, want %q", text, test.want)
		}
	}
}
