package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// made are the ways in which requests of these tests carry what is made of the
// secret, with what that is.
func made(secret string) map[string]string {
	sum := sha256.Sum256([]byte("x" + secret))
	return map[string]string{
		`headers: {X-Made: "{{ config.key | b64encode }}"}`:                         base64.StdEncoding.EncodeToString([]byte(secret)),
		`headers: {Authorization: "Basic {{ ('ann:' ~ config.key) | b64encode }}"}`: base64.StdEncoding.EncodeToString([]byte("ann:" + secret)),
		`headers: {X-Made: "{{ config.key[:9] }}"}`:                                 secret[:9],
		`headers: {X-Made: "{{ config.key | upper }}"}`:                             strings.ToUpper(secret),
		`params: {sig: "{{ ('x' ~ config.key) | hash('sha256') }}"}`:                hex.EncodeToString(sum[:]),
		`params: {sig: "{{ (page.number ~ config.key[3:]) }}"}`:                     "1" + secret[3:],
		`headers: {X-Api-Key: literal-key-0}`:                                       "literal-key-0",
		`headers: {Cookie: "a=1; session=literal-session-0"}`:                       "literal-session-0",
		`headers: {Authorization: "Bearer literal-token-0"}`:                        "literal-token-0",
		`params: {api_key: literal-key-0}`:                                          "literal-key-0",
		`method: POST, body: {json: {auth: {k: "{{ config.key | b64encode }}"}}}`:   base64.StdEncoding.EncodeToString([]byte(secret)),
		`method: POST, body: {form: {password: literal-password}}`:                  "literal-password",
		`method: POST, body: {text: "k={{ config.key | lower | b64encode }}"}`:      base64.StdEncoding.EncodeToString([]byte(strings.ToLower(secret))),
	}
}

// all is a request as text: what an API may echo of it.
func all(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	return fmt.Sprint(r.URL, r.Header, string(body))
}

// TestMadeOfSecrets proves that what templates make of a secret, and what
// stands in the definition as a credential, is sent, is in no error, log line
// or position of a walk whose answers echo it, and is not carried to another
// host by a link or a redirect.
func TestMadeOfSecrets(t *testing.T) {
	const secret = "S3cret-Key-0123456789"
	for request, want := range made(secret) {
		s := define(t, "allow_hosts: [other.test]", `path: /orders, pagination: {type: next_url, next: next}, `+request)[0]
		sent := ""
		echo := transport(func(r *http.Request) (*http.Response, error) {
			sent = all(r)
			return says(400, `{"error":"`+url.QueryEscape(want)+` `+want+` `+strings.ReplaceAll(want, "a", `\u0061`)+`"}`).response(r), nil
		})
		r := newRig(t, s, echo, "key", secret)
		var log bytes.Buffer
		r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
		e := failure(t, r.run(s, paging.Position{}).err)
		if !strings.Contains(sent, want) && !strings.Contains(sent, url.QueryEscape(want)) {
			t.Errorf("%s: %s is not sent: %s", request, want, sent)
		}
		for _, said := range []string{e.Error(), e.Request, log.String()} {
			if strings.Contains(said, want) || strings.Contains(said, want[:len(want)-2]) {
				t.Errorf("%s: %s", request, said)
			}
		}

		answers := &script{answers: []answer{page(1, 2, `,"next":"/orders?page=2&echo=`+url.QueryEscape(want)+`"`), page(3, 4, "")}}
		got := newRig(t, s, answers, "key", secret).run(s, paging.Position{})
		if got.err != nil || len(got.ids) != 4 {
			t.Errorf("%s: got %v, %v", request, got.ids, got.err)
			continue
		}
		at, text := kept(t, got.nexts[0])
		if strings.Contains(text, want) || strings.Contains(text, url.QueryEscape(want)) {
			t.Errorf("%s: the position says %s", request, text)
		}
		again := &script{answers: []answer{page(3, 4, "")}}
		if got := newRig(t, s, again, "key", secret).run(s, at); got.err != nil || again.requests[0].URL.Query().Get("echo") != want {
			t.Errorf("%s: goes on with %v, %v", request, again.requests, got.err)
		}

		for _, away := range []answer{
			page(1, 2, `,"next":"http://other.test/orders?page=2"`), to(307, "http://other.test/orders"),
		} {
			asked := []string{}
			two := transport(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "other.test" {
					asked = append(asked, all(r))
					return page(3, 4, "").response(r), nil
				}
				return away.response(r), nil
			})
			got := newRig(t, s, two, "key", secret).run(s, paging.Position{})
			for _, text := range asked {
				if strings.Contains(text, want) || strings.Contains(text, url.QueryEscape(want)) {
					t.Errorf("%s: another host got %s", request, text)
				}
			}
			if strings.Contains(request, "body") != (got.err != nil) || got.err == nil && len(asked) != 1 {
				t.Errorf("%s: %v, asked the other host %d times", request, got.err, len(asked))
			}
		}
	}
}

// TestSealedPositionsOfOtherSecrets proves that a walk whose position holds what
// today's secrets cannot open is lost, and says so: it starts over.
func TestSealedPositionsOfOtherSecrets(t *testing.T) {
	for _, pagination := range []string{`{type: cursor, next: next, param: cursor}`, `{type: next_url, next: next}`} {
		s := define(t, `auth: {type: bearer, token: "{{ config.key }}"}`, `path: /orders, pagination: `+pagination)[0]
		code := base64.StdEncoding.EncodeToString([]byte(`{"token":"s3cret-0123456789"}`))
		answers := &script{answers: []answer{page(1, 2, `,"next":"/orders?c=`+url.QueryEscape(code)+`"`), page(3, 4, "")}}
		got := newRig(t, s, answers, "key", "s3cret-0123456789").run(s, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		at, text := kept(t, got.nexts[0])
		if strings.Contains(text, code[12:30]) {
			t.Errorf("the position says %s", text)
		}
		again := &script{answers: []answer{page(3, 4, "")}}
		if got := newRig(t, s, again, "key", "s3cret-0123456789").run(s, at); got.err != nil {
			t.Error(got.err)
		}
		e := failure(t, newRig(t, s, again, "key", "another-secret").run(s, at).err)
		if e.Class != fetch.SessionLost || !strings.Contains(e.Error(), "no longer the ones in use") {
			t.Errorf("got %v", e)
		}
	}
}
