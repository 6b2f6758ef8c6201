package fetch_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

const jwtSecret = "Jwt-Secret-0123456789-0123456789"

// TestSignedClaims proves what a token says: what the definition does, in its order,
// numbers as they are, with the moment of signing as now.
func TestSignedClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at midnight, UTC, of 2000-01-01
		const at = 946684800
		for _, test := range []struct{ auth, header, claims string }{
			{`claims: {iss: "{{ config.key[:3] }}", n: 9007199254740993, none: "{{ config.none }}", roles: [a, b]}`,
				`{"alg":"HS256","typ":"JWT"}`, fmt.Sprintf(`{"iat":%d,"exp":%d,"iss":"Jwt","n":9007199254740993,"roles":["a","b"]}`, at, at+300)},
			{`lifetime: 20m, headers: {kid: k1, typ: at+jwt}, claims: {exp: "{{ now | timestamp | int + 60 }}", aud: x}`,
				`{"alg":"HS256","typ":"at+jwt","kid":"k1"}`, fmt.Sprintf(`{"iat":%d,"exp":%d,"aud":"x"}`, at, at+60)},
		} {
			api := &script{answers: []answer{page(1, 1, "")}}
			s := define(t, `auth: {type: jwt, algorithm: HS256, key: "{{ config.key }}", `+test.auth+`}`, `path: /orders`)[0]
			if got := newRig(t, s, api, "key", jwtSecret).run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			parts := strings.Split(strings.TrimPrefix(api.requests[0].Header.Get("Authorization"), "Bearer "), ".")
			for i, want := range []string{test.header, test.claims} {
				got, _ := base64.RawURLEncoding.DecodeString(parts[i])
				if !json.Valid(got) || string(got) != want {
					t.Errorf("signed %s, want %s", got, want)
				}
			}
		}
	})
}

// TestKeyThatDoesNotSign proves that one is found before any request, and by Check.
func TestKeyThatDoesNotSign(t *testing.T) {
	api := &guarded{door: opensJWT(jwtSecret, 0)}
	s := define(t, `auth: {type: jwt, algorithm: RS256, key: "{{ config.key }}", claims: {iss: me}}`, manyPages)[0]
	r := newRig(t, s, api, "key", "-----BEGIN S3cret-----")
	const want = "auth.key: what {{ config.key }} gives has no private key in it: wants PEM"
	if err := r.client.Check(r.vars); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3cret") {
		t.Errorf("Check: %v", err)
	}
	e := failure(t, r.run(s, paging.Position{}).err)
	if !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "S3cret") || len(api.sent) > 0 {
		t.Errorf("got %v after %d requests", e, len(api.sent))
	}
}
