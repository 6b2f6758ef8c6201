package tap_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

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
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	const list = `records: data, primary_key: [id], pagination: {type: page, param: page}}`
	const said = `1 walk ended with an answer without records, and no later one shows that the login still held`
	const auth = "defaults:\n  auth: {type: session, login: {path: /login, body: {json: {}}}, send: {headers: {X-Token: '{{ response.token }}'}}"
	for _, test := range []struct{ more, want string }{
		{"}\n", "full: " + said},
		{", expired: '{{ false }}'}\n", ""},
	} {
		s := setup{definition: auth + test.more + "streams:\n  - {name: empty, path: /empty, " + list + "\n  - {name: full, path: /full, " + list + "\n",
			api: api, workDir: t.TempDir(), config: `{"run": {"concurrency": 1}}`}
		r := s.must(t)
		text := r.account.String()
		if got := strings.Contains(text, said); got != (test.want != "") || !strings.Contains(text, test.want) {
			t.Errorf("got %s, want %q", text, test.want)
		}
	}
}
