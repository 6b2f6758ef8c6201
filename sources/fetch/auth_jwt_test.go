package fetch_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// signed is an API of pages that takes tokens which its callers sign, with a secret
// that both know.
type signed struct {
	skew  time.Duration // how far its clock is ahead
	pages int

	mu      sync.Mutex
	tokens  map[string]bool
	pagesAt map[string]int
	echo    bool
}

func (a *signed) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now().Add(a.skew) // as it comes in
	select {
	case <-time.After(400 * time.Millisecond):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	text, page := strings.TrimPrefix(r.Header.Get("Authorization"), "JWT "), r.URL.Query().Get("page")
	_, err := jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithIssuer("me")).
		Parse(text, func(*jwt.Token) (any, error) { return []byte(jwtSecret), nil })
	if err != nil {
		a.pagesAt["refused "+page]++
		return says(401, `{"error":"`+err.Error()+`","you said":"`+text+`"}`, "Date", now.UTC().Format(http.TimeFormat)).response(r), nil
	}
	a.tokens[text] = true
	a.pagesAt["read "+page]++
	more := ""
	if a.echo {
		more = `,"next":"/orders?page=2&t=` + text + `","secret":"` + jwtSecret + `"`
	}
	record := `{"id":` + page + `}`
	if n, err := strconv.Atoi(page); err != nil || n > a.pages {
		record = ""
	}
	return says(200, fmt.Sprintf(`{"data":[%s],"total":%d%s}`, record, a.pages, more)).response(r), nil
}

const (
	jwtSecret = "Jwt-Secret-0123456789-0123456789"
	selfMade  = `auth: {type: jwt, algorithm: HS256, key: "{{ config.key }}", claims: {iss: me}, send: {headers: {Authorization: "JWT {{ auth.access_token }}"}}`
	exchanged = `auth: {type: jwt, algorithm: HS256, key: "{{ config.key }}", token_url: "http://api.test/token", claims: {iss: me, scope: "a b"}, headers: {kid: k1}`
)

func newSigned(pages int) *signed {
	return &signed{pages: pages, tokens: map[string]bool{}, pagesAt: map[string]int{}}
}

// TestSignedTokensExpireInAWalk proves that a walk of 200 pages with 8 in flight,
// whose tokens hold for 2 seconds, is complete: no request is refused, since who
// signs them knows when they end, and none is asked for twice.
func TestSignedTokensExpireInAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newSigned(200)
		s := define(t, selfMade+`, lifetime: 2s}, max_in_flight: 8`, manyPages)[0]
		r := newRig(t, s, api, "key", jwtSecret)
		got := r.run(s, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(200))
		for page, n := range api.pagesAt {
			if strings.HasPrefix(page, "refused") || n != 1 {
				t.Errorf("%s: %d times", page, n)
			}
		}
		if n := len(api.tokens); n < 5 || n > 12 || r.counters.Requests.Load() != int64(len(api.pagesAt)) {
			t.Errorf("%d tokens, %d calls", n, r.counters.Requests.Load())
		}
	})
}

// TestExchangedTokensExpireInAWalk proves the same of tokens that signed ones are
// exchanged for: one exchange for each, of a token that was signed for it.
func TestExchangedTokensExpireInAWalk(t *testing.T) {
	for _, test := range []struct{ name, more, grant, param string }{
		{"as the grant", ``, "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion"},
		{"in place of a secret", `, grant: client_credentials, extra: {client_id: me}`, "client_credentials", "client_assertion"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &tokens{life: 2 * time.Second, late: 400 * time.Millisecond, pages: 200}
				given := map[string]bool{}
				api.answer = func(_ int, form url.Values) answer {
					text := form.Get(test.param)
					parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return []byte(jwtSecret), nil }, jwt.WithAudience("http://api.test/token"), jwt.WithTimeFunc(time.Now), jwt.WithIssuedAt())
					if err != nil || form.Get("grant_type") != test.grant || parsed.Header["kid"] != "k1" || parsed.Claims.(jwt.MapClaims)["scope"] != "a b" {
						return says(400, fmt.Sprintf(`{"error":"invalid_grant","error_description":"%v"}`, err))
					}
					given[text] = true
					return answer{}
				}
				s := define(t, exchanged+test.more+`}, max_in_flight: 8`, manyPages)[0]
				got := newRig(t, s, api, "key", jwtSecret).run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(200))
				for page, n := range api.pagesAt {
					if strings.HasPrefix(page, "401") || n != 1 {
						t.Errorf("%s: %d times", page, n)
					}
				}
				if n := len(api.logins); n < 5 || n > 12 || n != len(given) {
					t.Errorf("%d exchanges of %d tokens", n, len(given))
				}
			})
		})
	}
}

// TestOneExchangeForAll proves that walks which need a token at once wait for one
// exchange, also where it fails for good.
func TestOneExchangeForAll(t *testing.T) {
	for name, refused := range map[string]bool{"well": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &tokens{life: time.Hour, late: time.Second, pages: 3, answer: func(_ int, form url.Values) answer {
					if refused {
						return says(400, `{"error":"invalid_grant","error_description":"no `+form.Get("assertion")+`"}`)
					}
					return answer{}
				}}
				s := define(t, exchanged+`}, max_in_flight: 2`, manyPages)[0]
				r := newRig(t, s, api, "key", jwtSecret)
				var all sync.WaitGroup
				for range 6 {
					all.Go(func() {
						err := r.run(s, paging.Position{}).err
						if (err != nil) != refused || err != nil && (!strings.Contains(err.Error(), "invalid_grant: no ***") || strings.Contains(err.Error(), "eyJ")) {
							t.Errorf("got %v", err)
						}
					})
				}
				all.Wait()
				if len(api.logins) != 1 {
					t.Errorf("%d exchanges", len(api.logins))
				}
			})
		})
	}
}

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

// TestSignedByAWrongClock proves that a token which is refused for its time says so.
func TestSignedByAWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for skew, want := range map[time.Duration]string{time.Hour: "the clock of this machine is 59m59s behind the API's", -time.Hour: "the clock of this machine is 1h0m1s ahead of the API's"} {
			api := newSigned(3)
			api.skew = skew
			s := define(t, selfMade+`}`, manyPages)[0]
			e := failure(t, newRig(t, s, api, "key", jwtSecret).run(s, paging.Position{}).err)
			if !strings.Contains(e.Error(), want) || e.Class != fetch.Permanent || strings.Contains(e.Error(), "eyJ") {
				t.Errorf("got %v", e)
			}
		}
	})
}

// TestKeyThatDoesNotSign proves that one is found before any request, and by Check.
func TestKeyThatDoesNotSign(t *testing.T) {
	api := newSigned(3)
	s := define(t, strings.Replace(selfMade, "HS256", "RS256", 1)+`}`, manyPages)[0]
	r := newRig(t, s, api, "key", "-----BEGIN S3cret-----")
	const want = "auth.key: what {{ config.key }} gives has no private key in it: wants PEM"
	if err := r.client.Check(r.vars); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3cret") {
		t.Errorf("Check: %v", err)
	}
	e := failure(t, r.run(s, paging.Position{}).err)
	if !strings.Contains(e.Error(), want) || strings.Contains(e.Error(), "S3cret") || len(api.pagesAt) > 0 {
		t.Errorf("got %v after %v", e, api.pagesAt)
	}
}

// TestSignedTokensAreNotKept proves that no token and no key is in the journal, the
// log, an error or a position, though answers echo both; and that a position with
// one in it goes on with the next token.
func TestSignedTokensAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newSigned(4)
		api.echo = true
		s := define(t, selfMade+`}`, `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`)[0]
		r := newRig(t, s, api, "key", jwtSecret)
		var log bytes.Buffer
		r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
		dir := t.TempDir()
		j := openJournal(t, dir)
		w := r.walk(s, paging.Position{})
		record(t, w, j)
		page, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at, text := kept(t, page.Next)
		api.skew = time.Hour
		_, err = w.Next(t.Context())
		e := failure(t, err)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		said, files := text+e.Error()+log.String(), 0
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if data, err := os.ReadFile(path); err == nil {
				said += string(data)
				files++
			}
			return nil
		})
		if files == 0 || strings.Contains(said, "eyJ") || strings.Contains(said, jwtSecret) {
			t.Errorf("in %d files and messages: %s", files, said)
		}
		api.skew = 0
		time.Sleep(time.Minute) // of the bubble: the next token is another one
		if _, err := newRig(t, s, api, "key", jwtSecret).walk(s, at).Next(t.Context()); err != nil || len(api.tokens) != 2 {
			t.Errorf("%d tokens, %v", len(api.tokens), err)
		}
	})
}
