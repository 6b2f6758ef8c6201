package postman_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/drafttest"
	"github.com/tap-rest/tap-rest/sources/draft/postman"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	data := testrig.Read(t, filepath.Join("testdata", "shop.json"))
	if !postman.LooksLike(data) {
		t.Error("LooksLike = false")
	}
	d, err := postman.Read("shop.json", data)
	if err != nil {
		t.Fatal(err)
	}
	drafttest.Loads(t, d)
	drafttest.Answered(t, d)
	drafttest.Golden(t, filepath.Join("testdata", "shop.golden"), d, *update)
	// What the collection holds of secrets stands nowhere.
	text := string(d.AppendYAML(nil))
	for _, secret := range []string{"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "Zm9vYmFyMTIzNDU2Nzg5MA", "hunter2hunter2AB"} {
		if strings.Contains(text, secret) {
			t.Errorf("the secret %s is in the definition", secret)
		}
	}
}

// TestAuth has the ways of Postman to prove who asks, and where their secrets go.
func TestAuth(t *testing.T) {
	const secret = "S3cret-0f-the-collection"
	pair := func(pairs ...string) string {
		var list []string
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, `{"key": "`+pairs[i]+`", "value": "`+pairs[i+1]+`"}`)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	tests := []struct{ name, auth, header, want string }{
		{"bearer", `{"type": "bearer", "bearer": ` + pair("token", secret) + `}`, "", `type: bearer`},
		{"basic", `{"type": "basic", "basic": ` + pair("username", "me", "password", secret) + `}`, "", `type: basic`},
		{"version 2.0", `{"type": "basic", "basic": {"username": "me", "password": "` + secret + `"}}`, "", `username: {type: string, default: me}`},
		{"digest", `{"type": "digest", "digest": ` + pair("username", "me", "password", secret) + `}`, "", `type: digest`},
		{"key in the query", `{"type": "apikey", "apikey": ` + pair("key", "k", "value", secret, "in", "query") + `}`, "", `in: query`},
		{"client credentials", `{"type": "oauth2", "oauth2": ` + pair("grant_type", "client_credentials", "accessTokenUrl", "https://id.example/token", "clientId", "it", "clientSecret", secret, "scope", "read all") + `}`, "", `scopes: "read all"`},
		{"authorization code", `{"type": "oauth2", "oauth2": ` + pair("grant_type", "authorization_code", "accessTokenUrl", "https://id.example/token", "clientSecret", secret) + `}`, "", `grant: refresh_token`},
		{"a token of OAuth", `{"type": "oauth2", "oauth2": ` + pair("accessToken", secret) + `}`, "", `type: bearer`},
		{"AWS", `{"type": "awsv4", "awsv4": ` + pair("accessKey", secret, "secretKey", secret, "region", "eu-west-1", "service", "execute-api") + `}`, "", `type: aws_sigv4`},
		{"OAuth 1", `{"type": "oauth1", "oauth1": ` + pair("consumerKey", "c", "consumerSecret", secret, "token", "t", "tokenSecret", secret) + `}`, "", `type: oauth1`},
		{"none of a definition", `{"type": "hawk", "hawk": ` + pair("authKey", secret) + `}`, "", `auth of the type hawk`},
		{"none", `{"type": "noauth"}`, "", `client: {base_url: "{{ config.base_url }}"}`},
		{"a header", `null`, `{"key": "Authorization", "value": "Bearer ` + secret + `"}`, `auth: {type: bearer, token: "{{ config.token }}"}`},
		{"a header of its own scheme", `null`, `{"key": "Authorization", "value": "Token ` + secret + `"}`, `value: "Token {{ config.token }}"`},
		{"a key in a header", `null`, `{"key": "X-Api-Key", "value": "` + secret + `"}`, `X-Api-Key: "{{ config.api_key }}"`},
		{"a cookie", `null`, `{"key": "Cookie", "value": "sid=` + secret + `"}`, `name: Cookie`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := `{"info": {"name": "n"}, "auth": ` + tt.auth + `, "item": [{"name": "rows", "request": {"method": "GET", "header": [` + tt.header + `], "url": "https://a.example/rows"}}]}`
			d, err := postman.Read("c.json", []byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			text := string(d.AppendYAML(nil))
			if !strings.Contains(text, tt.want) {
				t.Errorf("%s is not in\n%s", tt.want, text)
			}
			if strings.Contains(text, secret) {
				t.Errorf("a secret is in\n%s", text)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"not JSON", `{"info": `, "c.json:1: not JSON"},
		{"version 1", `{"id": "x", "requests": []}`, "c.json:1: no collection of Postman: the key item is missing; export it as a collection of version 2.1"},
		{"nothing reads", `{"item": [{"name": "x", "request": {"method": "POST", "url": "https://a.example/x"}}]}`, "none of the requests reads a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := postman.Read("c.json", []byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	data := testrig.Read(f, filepath.Join("testdata", "shop.json"))
	f.Add(data)
	f.Add([]byte(`{"item": [{"name": "{{a}}", "request": {"url": {"raw": "{{x}}{{y}}/{a}/:b/{%?{{q}}={{v}}&a={%"}, "header": [{"key": "a b", "value": "\u0001"}]}}]}`))
	f.Add([]byte(`{"item": [{"request": "http://h/{{run}}/{{ source }}/x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := postman.Read("fuzz", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") && !strings.Contains(err.Error(), "does not fit") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		drafttest.Loads(t, d)
	})
}
