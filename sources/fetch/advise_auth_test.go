package fetch_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestAdviseAuth proves that a refusal says where the definition puts the proof.
func TestAdviseAuth(t *testing.T) {
	for auth, want := range map[string]string{
		`{type: none}`: "auth: {type: none} sends nothing: is that where it looks?",
		`{type: bearer, token: "{{ config.key }}"}`: "auth: {type: bearer} sends the header Authorization: is",
		`{type: hmac, key: "{{ config.key }}", sign: "{{ request.path }}", send: {headers: {X-Sig: "{{ signature.hex }}"}}}`:   "auth: {type: hmac} sends the header X-Sig: is",
		`{type: jwt, algorithm: HS256, key: "{{ config.key }}"}`:                                                               "auth: {type: jwt} sends the header Authorization: is",
		`{type: jwt, algorithm: HS256, key: "{{ config.key }}", send: {params: {token: "{{ response.access_token }}"}}}`:       "auth: {type: jwt} sends the parameter token: is",
		`{type: pool, of: [{type: bearer, token: "{{ config.key }}"}, {type: api_key, in: query, name: k, value: "key-two"}]}`: "auth: {type: pool} sends what those in auth.of send: is",
	} {
		s := define(t, "auth: "+auth, `path: /x, records: data`)[0]
		api := transport(func(r *http.Request) (*http.Response, error) { return says(401, `{}`).response(r), nil })
		e := failure(t, newRig(t, s, api, "key", "Key-Of-Ann-01").run(s, paging.Position{}).err)
		if !strings.Contains(e.Error(), want) {
			t.Errorf("%s: got %v, want %q", auth, e, want)
		}
	}
}

// TestAdviseNoOtherPlace: an API that asks for just what was sent is not suspected of
// looking elsewhere.
func TestAdviseNoOtherPlace(t *testing.T) {
	for asked, want := range map[string]string{
		"Bearer realm=\"x\"": "answered 401 Unauthorized; check the credentials",
		"Basic realm=\"x\"":  "sends the header Authorization, and the API asks for Basic (WWW-Authenticate): is that where it looks?; check the credentials",
	} {
		s := define(t, `auth: {type: bearer, token: "{{ config.key }}"}`, `path: /x, records: data`)[0]
		api := transport(func(r *http.Request) (*http.Response, error) {
			resp := says(401, `{}`).response(r)
			resp.Header.Set("Www-Authenticate", asked)
			return resp, nil
		})
		e := failure(t, newRig(t, s, api, "key", "Key-Of-Ann-01").run(s, paging.Position{}).err)
		if !strings.Contains(e.Error(), want) {
			t.Errorf("%s: got %v, want %q", asked, e, want)
		}
	}
}
