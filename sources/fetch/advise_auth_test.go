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
		`{type: none}`: "auth: {type: none} sends nothing: check that the API looks for it there",
		`{type: bearer, token: "{{ config.key }}"}`: "auth: {type: bearer} sends the header Authorization: check that the API looks",
		`{type: hmac, key: "{{ config.key }}", sign: "{{ request.path }}", send: {headers: {X-Sig: "{{ signature.hex }}"}}}`:   "auth: {type: hmac} sends the header X-Sig: check that the API looks",
		`{type: jwt, algorithm: HS256, key: "{{ config.key }}"}`:                                                               "auth: {type: jwt} sends the header Authorization: check that the API looks",
		`{type: jwt, algorithm: HS256, key: "{{ config.key }}", send: {params: {token: "{{ response.access_token }}"}}}`:       "auth: {type: jwt} sends the parameter token: check that the API looks",
		`{type: pool, of: [{type: bearer, token: "{{ config.key }}"}, {type: api_key, in: query, name: k, value: "key-two"}]}`: "auth: {type: pool} sends what those in auth.of send: check that the API looks",
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
		"Basic realm=\"x\"":  "sends the header Authorization, and the API asks for Basic (WWW-Authenticate): check that the API looks for it there; check the credentials",
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

// TestAdviseKeyPlace proves that the header or parameter of a key is named, and the key
// of the definition that sends a session.
func TestAdviseKeyPlace(t *testing.T) {
	const login = `type: session, login: {path: /in}, `
	for auth, want := range map[string][]string{
		`{type: api_key, name: X-Api-Key, value: "{{ config.key }}", in: header}`: {
			"answered 401 Unauthorized; auth: {type: api_key, in: header} sends the header X-Api-Key: check that the API looks for it there; check the credentials",
			"answered 403 Forbidden; auth: {type: api_key, in: header} sends the header X-Api-Key: check that the API looks for it there; check that these credentials may read it",
		},
		`{type: api_key, name: k, value: "{{ config.key }}", in: query}`: {"sends the parameter k: check", "sends the parameter k: check"},
		`{` + login + `send: {headers: {X-Sesion: "{{ response.t }}"}}}`: {"sends the header X-Sesion (auth.send.headers.X-Sesion): check", "sends the header X-Sesion (auth.send.headers.X-Sesion): check"},
		`{` + login + `expired: "{{ response.gone }}", send: {headers: {X-Sesion: "{{ response.t }}"}, params: {t: "{{ response.t }}"}}}`: {
			"check that the API looks for the header X-Sesion (auth.send.headers.X-Sesion) and the parameter t (auth.send.params.t), the credentials, and auth.expired",
			"check that the API looks for the header X-Sesion (auth.send.headers.X-Sesion) and the parameter t (auth.send.params.t), the credentials, and auth.expired",
		},
	} {
		for i, status := range []int{401, 403} {
			s := define(t, "auth: "+auth, `path: /x, records: data`)[0]
			api := transport(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/in" {
					return says(200, `{"t":"Token-Of-Ann-01"}`).response(r), nil
				}
				return says(status, `{"gone":true}`).response(r), nil
			})
			e := failure(t, newRig(t, s, api, "key", "Key-Of-Ann-01").run(s, paging.Position{}).err)
			if !strings.Contains(e.Error(), want[i]) || strings.Contains(e.Error(), "?;") {
				t.Errorf("%s: got %v, want %q", auth, e, want[i])
			}
		}
	}
}

// TestAdviseNoPlaceWhereOthersWereLetIn proves that nobody is told to look where the
// key is put if the API has answered a request with it.
func TestAdviseNoPlaceWhereOthersWereLetIn(t *testing.T) {
	const auth = `auth: {type: api_key, name: X-Api-Key, value: "{{ config.key }}", in: header}`
	for status, want := range map[int]string{
		401: "answered 401 Unauthorized; the API answered other requests that were proven so: check that the credentials still hold, and may read this",
		403: "answered 403 Forbidden; the API answered other requests that were proven so: check that these credentials may read this",
	} {
		all := define(t, auth, `path: /a, records: data`, `path: /b, records: data`)
		api := transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/a" {
				return says(200, `{"data":[]}`).response(r), nil
			}
			return says(status, `{}`).response(r), nil
		})
		rig := newRig(t, all[0], api, "key", "Key-Of-Ann-01")
		if err := rig.run(all[0], paging.Position{}).err; err != nil {
			t.Fatal(err)
		}
		if e := failure(t, rig.run(all[1], paging.Position{}).err); !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "looks for it") {
			t.Errorf("got %v, want %q", e, want)
		}
	}
}
