package fetch_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

const (
	signingKey  = "S1gning-Key/0123456789"
	signedPages = `path: "/or ders/ü+(1)", params: {q: "a b+c/ü"}, pagination: {type: page, param: page, total: total}`
)

// TestSignedRepeats proves that each request of a walk with 8 in flight is signed as it
// is sent, that which is repeated later too.
func TestSignedRepeats(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		if !w.timed {
			return
		}
		api, failed := w.api(40, time.Hour), false
		proves := api.proves
		api.proves = func(r *http.Request, body string, came time.Time) bool {
			if r.URL.Query().Get("page") == "7" && !failed {
				failed = true
				return false
			}
			return proves(r, body, came)
		}
		api.refuse = func(*http.Request) answer { return says(503, "", "Retry-After", "3") }
		r, s := w.client(t, api, rightKey, "", ", max_in_flight: 8, retry: {attempts: 2}", signedPages)
		got := r.run(s, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(40))
		if api.refused != 1 || r.counters.Requests.Load() != int64(len(api.sent)) || len(api.sent) != 42 { // with the page behind the last one
			t.Errorf("%d refused of %d, counted %d", api.refused, len(api.sent), r.counters.Requests.Load())
		}
	})
}

// TestKeysThatAreNone proves that a key which does not parse is said before the first
// request, by its place, and not shown.
func TestKeysThatAreNone(t *testing.T) {
	for _, test := range []struct{ auth, want string }{
		{`auth: {type: hmac, key: "{{ config.key }}", key_encoding: hex, sign: x, send: {headers: {A: "{{ signature.hex }}"}}}`, "auth.key: is not written in hex"},
		{`auth: {type: hmac, key: "{{ config.key ~ '!' }}", key_encoding: base64, sign: x, send: {headers: {A: "{{ signature.hex }}"}}}`, "auth.key: is not written in base64"},
		{`auth: {type: hmac, key: "{{ config.none }}", sign: x, send: {headers: {A: "{{ signature.hex }}"}}}`, "auth.key: {{ config.none }} is empty"},
		{`auth: {type: oauth1, consumer_key: me, signature_method: RSA-SHA1, key: "{{ config.key }}"}`, "auth.key: has no private key in it: wants PEM"},
		{`auth: {type: oauth1, consumer_key: me, signature_method: RSA-SHA256, key: "-----BEGIN PRIVATE KEY-----\n{{ config.key }}\n-----END PRIVATE KEY-----"}`, "auth.key: has no private key in it: wants PEM"},
		{`auth: {type: aws_sigv4, access_key: a, secret_key: "{{ config.none }}", region: r, service: s}`, "auth.secret_key: {{ config.none }} is empty"},
		{`auth: {type: digest, username: "{{ config.none }}", password: p}`, "auth.username: {{ config.none }} is empty"},
	} {
		s := define(t, test.auth, signedPages)[0]
		r := newRig(t, s, &guarded{}, "key", signingKey)
		err := r.client.Check(r.vars)
		e := failure(t, r.run(s, paging.Position{}).err)
		for _, text := range []string{fmt.Sprint(err), e.Error()} {
			if !strings.Contains(text, test.want) || strings.Contains(text, signingKey) {
				t.Errorf("got %s, want %q", text, test.want)
			}
		}
	}
}

// TestRSAKeysSign proves a signature with its public key.
func TestRSAKeysSign(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	synctest.Test(t, func(t *testing.T) {
		api := &guarded{pages: 2}
		api.proves = func(r *http.Request, _ string, _ time.Time) bool {
			said := oauthParams(r.Header.Get("Authorization"))
			sum := sha256.Sum256([]byte(oauthText(r, said)))
			signature, _ := base64.StdEncoding.DecodeString(said["oauth_signature"])
			return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) == nil
		}
		api.refuse = func(*http.Request) answer { return says(401, "") }
		s := define(t, `auth: {type: oauth1, consumer_key: me, signature_method: RSA-SHA256, key: "{{ config.key }}"}`, signedPages)[0]
		got := newRig(t, s, api, "key", text).run(s, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(2))
	})
}
