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

// TestRefusedHMACShowsWhatWasSigned proves that it does so on one line, without what
// settings made of it and without secrets, and not at length.
func TestRefusedHMACShowsWhatWasSigned(t *testing.T) {
	const key = "S1gning-Key/0123456789"
	for _, status := range []int{400, 401, 403} {
		for sign, want := range map[string]string{
			`{{ request.method }}\n{{ request.path }}?{{ request.query }}`:                           `auth.sign made "GET\n/x?a=b%20c": is that what the API signs?`,
			`{{ config.key }}{{ request.path }}{{ (config.key ~ request.method) | hash('sha256') }}`: `auth.sign made "***/x***": is`,
			`{{ config.key | hash('md5') }}:{{ config.key | b64encode }}:{{ config.name }}:GET`:      `auth.sign made "***:***:***:GET": is`,
			`{{ request.path }}:` + strings.Repeat("z", 500):                                         `z…": is`,
		} {
			s := define(t, `auth: {type: hmac, key: "{{ config.key }}", sign: "`+sign+`", send: {headers: {X-Sig: "{{ signature.hex }}"}}}`, `path: /x, params: {a: "b c"}`)[0]
			api := transport(func(r *http.Request) (*http.Response, error) { return says(status, `{}`).response(r), nil })
			e := failure(t, newRig(t, s, api, "key", key, "name", "ann-2").run(s, paging.Position{}).err)
			if !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "0123") || len(e.Error()) > 900 {
				t.Errorf("%d: got %v, want %q", status, e, want)
			}
		}
	}
}
