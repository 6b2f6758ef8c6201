package firstdraft

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/testrig"
)

// echo is an API that repeats what it is sent wherever it can: in the URL of the next page,
// beside the records, in names of lists and in headers.
type echo struct{ status int }

func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	user, password, _ := r.BasicAuth()
	said := fmt.Sprintf("%s %s %v %s %s %s", r.URL, body, r.Header, user, password, r.Header.Get("Cookie"))
	q := r.URL.Query()
	page := number(q, "page", 1)
	q.Set("page", fmt.Sprint(page+1))
	next := *r.URL
	next.RawQuery = q.Encode()
	text := fmt.Sprintf(`{"you_said":%s,"warning":[{"text":%s}],"data":[{"id":%d},{"id":%d}],"links":{"next":%s}}`,
		quoted(true, said), quoted(true, said), page*2, page*2+1, quoted(true, next.String()))
	return testrig.Answer(r, e.status, text, "X-Echo", said, "X-Ratelimit-Remaining", said), nil
}

// TestInitSecrets proves that no secret of a request stands in a definition or in what is
// said, and that each is a setting with its value.
func TestInitSecrets(t *testing.T) {
	const secret = "Zq7-s3cretValue_42xY"
	tests := []struct{ name, line, setting, value string }{
		{"bearer", `curl -H 'Authorization: Bearer ` + secret + `' https://api.test/v1/orders`, "token", secret},
		{"bearer in small letters", `curl -H 'authorization: bearer ` + secret + `' https://api.test/v1/orders`, "token", secret},
		{"another scheme", `curl -H 'Authorization: Token ` + secret + `' https://api.test/v1/orders`, "token", secret},
		{"no scheme", `curl -H 'Authorization: ` + secret + `' https://api.test/v1/orders`, "authorization", secret},
		{"basic", `curl -u me:` + secret + ` https://api.test/v1/orders`, "password", secret},
		{"basic, the key as its user", `curl -u ` + secret + `: https://api.test/v1/orders`, "api_key", secret},
		{"basic in the address", `curl https://me:` + secret + `@api.test/v1/orders`, "password", secret},
		{"basic, encoded", `curl -H 'Authorization: Basic bWU6WnE3LXMzY3JldFZhbHVlXzQyeFk=' https://api.test/v1/orders`, "password", secret},
		{"a header", `curl -H 'X-Api-Key: ` + secret + `' https://api.test/v1/orders`, "api_key", secret},
		{"a header by how it looks", `curl -H 'X-Custom: ghp_` + secret + `' https://api.test/v1/orders`, "custom", "ghp_" + secret},
		{"a parameter", `curl 'https://api.test/v1/orders?api_key=` + secret + `&limit=5'`, "api_key", secret},
		{"a parameter by how it looks", `curl 'https://api.test/v1/orders?x=a1b2c3d4e5f6g7h8i9j0k1'`, "x", "a1b2c3d4e5f6g7h8i9j0k1"},
		{"cookies", `curl -b 'sid=` + secret + `; theme=dark' https://api.test/v1/orders`, "cookie", "sid=" + secret + "; theme=dark"},
		{"a body of JSON", `curl --json '{"filter":{"password":"` + secret + `"}}' https://api.test/v1/orders`, "password", secret},
		{"a form", `curl -d 'client_secret=` + secret + `&a=1' https://api.test/v1/orders`, "client_secret", secret},
		{"a text", `curl -H 'Content-Type: text/xml' -d '<a><key>a1b2c3d4e5f6g7h8i9j0k1</key></a>' https://api.test/v1/orders`, "body", "<a><key>a1b2c3d4e5f6g7h8i9j0k1</key></a>"},
		{"the path", `curl https://api.test/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/orders`, "path_key", "bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"},
		{"GraphQL", `curl --json '{"query":"{orders{id}}","variables":{"token":"` + secret + `"}}' https://api.test/graphql`, "token", secret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := drafted(t, readCurl, test.line, echo{200})
			if !slices.ContainsFunc(got.in.settings, func(s call.Setting) bool {
				return s.Name == test.setting && s.Value == test.value && s.Secret
			}) {
				t.Errorf("settings %+v, want the secret %s with its value", got.in.settings, test.setting)
			}
			for _, secret := range []string{test.value, secret, url.QueryEscape(test.value), "bWU6WnE3"} {
				if strings.Contains(string(got.yaml)+got.said, secret) {
					t.Errorf("%s stands in\n%s%s", secret, got.yaml, got.said)
				}
			}
			if _, err := config.Parse("init.yaml", got.yaml); err != nil {
				t.Errorf("%v in:\n%s", err, got.yaml)
			}
			if name, found := standsIn(got.yaml, got.in.settings); found {
				t.Errorf("the secret %s stands in\n%s", name, got.yaml)
			}
			in := &survey{stop: t.Context(), calls: 8, ask: &asker{}, api: echo{403}, say: func(string, ...any) {}}
			if _, err := readCurl([]byte(test.line), in); err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "403 Forbidden") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// FuzzInit answers all calls with the same bytes, and reads the definition that comes of it.
func FuzzInit(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":1,"updated_at":"2024-01-01T00:00:00Z"},{"id":2,"updated_at":"2024-01-02T00:00:00Z"}],"next":"/x?y=1","{{":[{"a":1}],"total":5,"has_more":true}`), "/v1/orders?page=1&limit=2", "")
	f.Add([]byte(`[{"id":1},{"id":2}]`), "/?{{=%&a=1&a=2", `<https://api.test/2>; rel="next"`)
	f.Add([]byte(`{"a.b":{"c|d":[{"#":1},{"#":2}]},"next_cursor":"x"}`), "/a%2Fb/{#?cursor=1", "")
	f.Add([]byte(`{"x":{"id":1},"y":{"id":2}}`), "/x", "x")
	f.Add([]byte("<html>"), "", "")
	f.Fuzz(func(t *testing.T, body []byte, path, link string) {
		api := constant{body, link}
		in := &survey{stop: t.Context(), calls: 8, ask: &asker{}, api: api, say: func(string, ...any) {}}
		d, err := readURL([]byte("http://api.test"+path), in)
		if err != nil {
			return
		}
		yaml := d.AppendYAML(nil)
		if _, err := config.Parse("init.yaml", yaml); err != nil && len(yaml) < 1<<20 {
			t.Errorf("%v in:\n%s", err, yaml)
		}
	})
}

// constant answers everything alike.
type constant struct {
	body []byte
	link string
}

func (c constant) RoundTrip(r *http.Request) (*http.Response, error) {
	return testrig.Answer(r, 200, string(c.body), "Link", c.link), nil
}
