package fetch_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/golang-jwt/jwt/v5"
)

// guarded is an API of some pages that looks at the proof of each request.
type guarded struct {
	door
	pages int
	late  time.Duration                // how long its answers take; 0: 100 ms
	more  func(r *http.Request) string // what a page says beside its record
	shut  bool                         // it lets nobody in

	mu      sync.Mutex
	refused int
	asked   map[string]int
	sent    []*http.Request // for pages
	logins  []string        // requests for them, whole
	headers []http.Header   // of those
}

// door is how an API knows who asks. It is asked one request at a time.
type door struct {
	login  func(r *http.Request, body string) answer // to /login and /token; nil: nobody logs in
	proves func(r *http.Request, body string, came time.Time) bool
	refuse func(r *http.Request) answer // nil: 401
	passes *passes                      // what logins give; nil: nothing
}

// passes are what logins give, each good for a while, and until the next.
type passes struct {
	of    string
	life  time.Duration
	n     int
	until time.Time
}

func (p *passes) next() string {
	p.n, p.until = p.n+1, time.Now().Add(p.life)
	return p.last()
}

func (p *passes) last() string { return fmt.Sprintf("Pass-Of-%s/%04d", p.of, p.n) }

func (p *passes) good(said string) bool { return said == p.last() && time.Now().Before(p.until) }

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	came := time.Now()
	select {
	case <-time.After(cmp.Or(g.late, 100*time.Millisecond)):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	var body bytes.Buffer
	if r.Body != nil {
		_, _ = body.ReadFrom(r.Body)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.login != nil && (r.URL.Path == "/login" || r.URL.Path == "/token") {
		g.logins = append(g.logins, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body.String()))
		g.headers = append(g.headers, r.Header.Clone())
		return g.login(r, body.String()).response(r), nil
	}
	g.sent = append(g.sent, r)
	if g.shut || !g.proves(r, body.String(), came) {
		g.refused++
		if g.refuse == nil {
			return says(401, `{"error":"you sent `+echoed(r)+`"}`).response(r), nil
		}
		return g.refuse(r).response(r), nil
	}
	page := r.URL.Query().Get("page")
	if g.asked == nil {
		g.asked = map[string]int{}
	}
	g.asked[page]++
	more, record := "", `{"id":`+page+`}`
	if g.more != nil {
		more = g.more(r)
	}
	if n, err := strconv.Atoi(page); err != nil || n > g.pages {
		record = ""
	}
	return says(200, fmt.Sprintf(`{"data":[%s],"total":%d%s}`, record, g.pages, more)).response(r), nil
}

// echoed is all of a request that may be a secret, for a JSON string.
func echoed(r *http.Request) string {
	return strings.NewReplacer(`"`, `'`, `\`, `\\`).Replace(fmt.Sprint(r.URL, r.Header))
}

// way is an auth of a definition, and how an API looks at it.
type way struct {
	name, auth string // which has the key as config.key
	door       func(key string, life time.Duration) door
	hows       map[string]string // how it is known that a pass has run out, and the keys of auth that say so
	logins     int               // how many have to log in
	timed      bool              // what is sent is good for its time alone
	wrong      int               // how many requests a wrong key makes
	sealed     bool              // a pass that a position holds is opened as the next one
	tls        *authorities      // a client certificate says who asks
	of         *way              // of a pool's members; nil: it is none
}

const (
	rightKey  = "R1ght-Key/0123456789"
	wrongKey  = "Wr0ng-Key/9876543210"
	manyPages = `path: /orders, pagination: {type: page, param: page, total: total}`
)

// with is the auth with further keys, which a pool has in each of its members.
func (w way) with(more string) string {
	if w.of == nil {
		return strings.TrimSuffix(w.auth, "}") + more + "}"
	}
	of := w.of.with(more)
	return `{type: pool, of: [` + strings.ReplaceAll(of, "config.key", "config.ann") + `, ` + strings.ReplaceAll(of, "config.key", "config.bob") + `]}`
}

// isSent is the door of who sends the key itself.
func isSent(said func(r *http.Request) string) func(string, time.Duration) door {
	return func(key string, _ time.Duration) door {
		return door{proves: func(r *http.Request, _ string, _ time.Time) bool { return said(r) == key }}
	}
}

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func cookieOf(r *http.Request) string {
	if c, err := r.Cookie("sid"); err == nil {
		return c.Value
	}
	return ""
}

// carries reports whether a login has a key, in its body or as HTTP's Basic.
func carries(r *http.Request, body, key string) bool {
	_, basic, _ := r.BasicAuth()
	return strings.Contains(body, key) || strings.Contains(body, url.QueryEscape(key)) || basic == url.QueryEscape(key)
}

// afterLogin is the door of who logs in with a key, and sends what that gave.
func afterLogin(gives func(pass string, life time.Duration) answer, said func(r *http.Request) string) func(string, time.Duration) door {
	return func(key string, life time.Duration) door {
		p := &passes{of: key[len(key)-4:], life: life}
		return door{passes: p, login: func(r *http.Request, body string) answer {
			if !carries(r, body, key) {
				return refusedCredentials(body)
			}
			return gives(p.next(), life)
		}, proves: func(r *http.Request, _ string, _ time.Time) bool { return p.good(said(r)) }}
	}
}

func refusedCredentials(body string) answer {
	return says(401, fmt.Sprintf(`{"error":"invalid_client","error_description":"no client %s"}`, strings.ReplaceAll(body, `"`, "'")))
}

// token answers as RFC 6749 has it.
func token(pass string, life time.Duration) answer {
	return says(200, fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":%d,"instance_url":"http://api.test"}`, pass, int(life.Seconds())))
}

// ofOAuth2 is a way by a grant.
func ofOAuth2(name, keys string) way {
	return way{name: "oauth2 " + name, auth: `{type: oauth2, token_url: "http://api.test/token", ` + keys + `}`, door: afterLogin(token, bearerOf),
		hows: map[string]string{"as the answer says": ""}, logins: 1, wrong: 1, sealed: true}
}

// ofSession is a way by a login.
func ofSession(name, keys string, gives func(pass string) answer, said func(r *http.Request) string) way {
	return way{name: "session with " + name, auth: `{type: session, ` + keys + `}`, door: afterLogin(func(pass string, _ time.Duration) answer { return gives(pass) }, said),
		hows: map[string]string{"known": ", ttl: 2s", "not known": "", "said under 200": `, expired: "{{ response.code == 'over' }}"`}, logins: 1, wrong: 1, sealed: strings.Contains(keys, "send") && !strings.Contains(keys, "cookies")}
}

const jsonLogin = `login: {path: /login, body: {json: {user: ann, password: "{{ config.key }}"}}}`

// singleWays are the ways by one credential.
func singleWays(t testing.TB) []way {
	sooner := ofOAuth2("client_credentials, whose tokens run out sooner than it says", `grant: client_credentials, client_id: me, client_secret: "{{ config.key }}"`)
	sooner.hows = map[string]string{"not known": ""}
	sooner.door = afterLogin(func(pass string, _ time.Duration) answer { return token(pass, time.Hour) }, bearerOf)
	return []way{
		{name: "basic", auth: `{type: basic, username: ann, password: "{{ config.key }}"}`, wrong: 1, door: isSent(func(r *http.Request) string { _, p, _ := r.BasicAuth(); return p })},
		{name: "bearer", auth: `{type: bearer, token: "{{ config.key }}"}`, wrong: 1, door: isSent(bearerOf)},
		{name: "api_key in a header", auth: `{type: api_key, in: header, name: X-Auth, value: "{{ config.key }}"}`, wrong: 1, door: isSent(func(r *http.Request) string { return r.Header.Get("X-Auth") })},
		{name: "api_key in the query", auth: `{type: api_key, in: query, name: k, value: "{{ config.key }}"}`, wrong: 1, door: isSent(func(r *http.Request) string { return r.URL.Query().Get("k") })},
		ofOAuth2("client_credentials", `grant: client_credentials, client_id: me, client_secret: "{{ config.key }}"`),
		ofOAuth2("client_credentials by Basic", `grant: client_credentials, client_auth: basic, client_id: me, client_secret: "{{ config.key }}"`),
		ofOAuth2("client_credentials in JSON", `grant: client_credentials, encoding: json, client_id: me, client_secret: "{{ config.key }}"`),
		ofOAuth2("password", `grant: password, username: ann, password: "{{ config.key }}"`),
		ofOAuth2("refresh_token", `grant: refresh_token, refresh_token: "{{ config.key }}"`),
		ofOAuth2("by a grant of its own", `grant: "urn:x:device", extra: {code: "{{ config.key }}"}`),
		sooner,
		ofSession("a token in the body", jsonLogin+`, send: {headers: {X-Auth: "Token {{ response.data.token }}"}}`,
			func(pass string) answer { return says(200, `{"data":{"token":"`+pass+`","user":"ann"}}`) },
			func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("X-Auth"), "Token ") }),
		ofSession("a token in a header", jsonLogin+`, send: {params: {sid: "{{ headers['x-session'] }}"}}`,
			func(pass string) answer { return says(201, "", "X-Session", pass) },
			func(r *http.Request) string { return r.URL.Query().Get("sid") }),
		ofSession("a token that is the text", jsonLogin+`, send: {headers: {Authorization: "Bearer {{ response }}"}}`,
			func(pass string) answer { return says(200, pass+"\n", "Content-Type", "text/plain") }, bearerOf),
		ofSession("cookies", jsonLogin, func(pass string) answer {
			return says(204, "", "Set-Cookie", "sid="+pass+"; Path=/; HttpOnly", "Set-Cookie", "gone=; Max-Age=0")
		}, cookieOf),
		ofSession("cookies, one of them in a header too", jsonLogin+`, send: {headers: {X-CSRF: "{{ cookies.csrf }}"}}`,
			func(pass string) answer {
				return says(200, `{}`, "Set-Cookie", "sid="+pass, "Set-Cookie", "csrf=C"+pass)
			},
			func(r *http.Request) string {
				if pass := cookieOf(r); r.Header.Get("X-CSRF") == "C"+pass {
					return pass
				}
				return "no X-CSRF"
			}),
		ofSession("cookies of a redirect to a page", `login: {path: /login, body: {form: {password: "{{ config.key }}"}}, ok: "{{ headers.location == '/dashboard' }}"}`,
			func(pass string) answer { return says(302, "", "Set-Cookie", "sid="+pass, "Location", "/dashboard") }, cookieOf),
		{name: "jwt", auth: `{type: jwt, algorithm: HS256, key: "{{ config.key }}", claims: {iss: me}, send: {headers: {Authorization: "JWT {{ auth.access_token }}"}}}`,
			door: opensJWT, hows: map[string]string{"known": ", lifetime: 2s"}, timed: true, wrong: 2, sealed: true},
		ofExchange("jwt, exchanged", ``, "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion"),
		ofExchange("jwt, exchanged in place of a secret", `, grant: client_credentials, extra: {client_id: me}`, "client_credentials", "client_assertion"),
		{name: "aws_sigv4", auth: `{type: aws_sigv4, access_key: AKID, secret_key: "{{ config.key }}", session_token: "{{ config.key ~ '-session' }}", region: eu-west-1, service: execute-api}`, timed: true, wrong: 1, door: provesAWS("execute-api")},
		{name: "aws_sigv4 of s3", auth: `{type: aws_sigv4, access_key: AKID, secret_key: "{{ config.key }}", region: eu-west-1, service: s3}`, timed: true, wrong: 1, door: provesAWS("s3")},
		{name: "hmac in headers", auth: `{type: hmac, key: "{{ config.key }}", algorithm: sha512, sign: "{{ request.method }}\n{{ request.path }}?{{ request.query }}\n{{ request.headers['x-time'] }}\n{{ request.body | hash('sha256') }}",
			send: {headers: {X-Time: "{{ request.timestamp }}", Authorization: "HMAC {{ signature.base64 }}"}}}`, timed: true, wrong: 1, door: signedBy(func(key string, r *http.Request, body string, came time.Time) bool {
			sum := sha256.Sum256([]byte(body))
			text := r.Method + "\n" + r.URL.EscapedPath() + "?" + r.URL.RawQuery + "\n" + r.Header.Get("X-Time") + "\n" + hex.EncodeToString(sum[:])
			return r.Header.Get("X-Time") == fmt.Sprint(came.Unix()) && r.Header.Get("Authorization") == "HMAC "+base64.StdEncoding.EncodeToString(macOf(sha512.New, key, text))
		})},
		{name: "hmac in the query", auth: `{type: hmac, key: "{{ config.key | b64encode }}", key_encoding: base64, sign: "{{ request.query }}", send: {params: {timestamp: "{{ request.timestamp_ms }}", sig: "{{ signature.hex }}"}}}`,
			timed: true, wrong: 1, door: signedBy(func(key string, r *http.Request, _ string, _ time.Time) bool {
				signed, sig, found := strings.Cut(r.URL.RawQuery, "&sig=")
				return found && strings.Contains(signed, "timestamp=") && sig == hex.EncodeToString(macOf(sha256.New, key, signed))
			})},
		{name: "oauth1", auth: `{type: oauth1, consumer_key: me, consumer_secret: "{{ config.key }}", token: T0ken-Of-Ann, token_secret: "{{ config.key ~ '-token' }}"}`, timed: true, wrong: 1, door: func(key string, _ time.Duration) door {
			seen := map[string]bool{}
			return door{proves: func(r *http.Request, _ string, _ time.Time) bool {
				said := oauthParams(r.Header.Get("Authorization"))
				if said["oauth_signature"] != oauthSignature(r, said, key+"&"+key+"-token") || seen[said["oauth_nonce"]] {
					return false
				}
				seen[said["oauth_nonce"]] = true
				return true
			}}
		}},
		{name: "oauth1 in plain text", auth: `{type: oauth1, signature_method: PLAINTEXT, consumer_key: me, consumer_secret: "{{ config.key }}"}`, timed: true, wrong: 1, door: signedBy(func(key string, r *http.Request, _ string, _ time.Time) bool {
			return oauthParams(r.Header.Get("Authorization"))["oauth_signature"] == url.QueryEscape(key)+"&"
		})},
		ofDigest("digest", nonces{algorithm: "SHA-256", qop: "auth", uses: 1000}),
		ofDigest("digest of nonces that run out", nonces{algorithm: "MD5-sess", qop: "auth", uses: 25}),
		{name: "tls", auth: `{type: none}`, wrong: 0, tls: newAuthorities(t), door: func(string, time.Duration) door {
			return door{proves: func(r *http.Request, _ string, _ time.Time) bool {
				return r.TLS.PeerCertificates[0].Subject.CommonName == "me"
			}}
		}},
	}
}

// everyWay are all of these, and a pool of two of each.
func everyWay(t testing.TB) []way {
	all := singleWays(t)
	for _, w := range slices.Clone(all) {
		if w.tls == nil {
			all = append(all, poolOf(w))
		}
	}
	return all
}

// poolKeys are the keys of a pool's members, of which the settings have the right or
// the wrong one.
func poolKeys(key string) [2]string { return [2]string{key + "-of-ann", key + "-of-bob"} }

// poolOf is a pool of two credentials of a way.
func poolOf(one way) way {
	w := one
	w.name, w.of, w.sealed, w.logins, w.wrong = "pool of "+one.name, &one, false, 2*one.logins, 2*one.wrong
	w.door = func(key string, life time.Duration) door {
		keys := poolKeys(key)
		a, b := one.door(keys[0], life), one.door(keys[1], life)
		both := a
		both.proves = func(r *http.Request, body string, came time.Time) bool {
			return a.proves(r, body, came) || b.proves(r, body, came)
		}
		if a.login != nil {
			both.login = func(r *http.Request, body string) answer {
				if said := a.login(r, body); said.status/100 != 4 {
					return said
				}
				return b.login(r, body)
			}
		}
		return both
	}
	return w
}

func ofExchange(name, keys, grant, param string) way {
	return way{name: name, auth: `{type: jwt, algorithm: HS256, key: "{{ config.key }}", token_url: "http://api.test/token", claims: {iss: me, scope: "a b"}, headers: {kid: k1}` + keys + `}`,
		hows: map[string]string{"as the answer says": ""}, logins: 1, wrong: 1, sealed: true, door: func(key string, life time.Duration) door {
			d := afterLogin(token, bearerOf)(key, life)
			d.login = func(_ *http.Request, body string) answer {
				form, _ := url.ParseQuery(body)
				text := form.Get(param)
				parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return []byte(key), nil }, jwt.WithAudience("http://api.test/token"), jwt.WithTimeFunc(time.Now), jwt.WithIssuedAt())
				if err != nil || form.Get("grant_type") != grant || parsed.Header["kid"] != "k1" || parsed.Claims.(jwt.MapClaims)["scope"] != "a b" {
					return refusedCredentials(body)
				}
				return token(d.passes.next(), life)
			}
			return d
		}}
}

// opensJWT is the door of who sends tokens that are signed with a key.
func opensJWT(key string, _ time.Duration) door {
	return door{proves: func(r *http.Request, _ string, came time.Time) bool {
		_, err := jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return came }), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithIssuer("me")).
			Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "JWT "), func(*jwt.Token) (any, error) { return []byte(key), nil })
		return err == nil
	}}
}

func ofDigest(name string, n nonces) way {
	return way{name: name, auth: `{type: digest, username: ann, password: "{{ config.key }}"}`, wrong: 2, door: func(key string, _ time.Duration) door {
		n, stale := n, false
		return door{proves: func(r *http.Request, body string, _ time.Time) (well bool) {
			well, stale = n.proves(r, body, key)
			return well
		}, refuse: func(r *http.Request) answer {
			return says(401, `{"error":"you sent `+echoed(r)+`"}`, "WWW-Authenticate", n.challenge(stale))
		}}
	}}
}

// signedBy is the door of who signs with a key.
func signedBy(proves func(key string, r *http.Request, body string, came time.Time) bool) func(string, time.Duration) door {
	return func(key string, _ time.Duration) door {
		return door{proves: func(r *http.Request, body string, came time.Time) bool { return proves(key, r, body, came) }}
	}
}

func macOf(h func() hash.Hash, key, text string) []byte {
	mac := hmac.New(h, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// provesAWS signs what came again, as AWS has it, and compares.
func provesAWS(service string) func(string, time.Duration) door {
	return signedBy(func(key string, r *http.Request, body string, came time.Time) bool {
		sum := sha256.Sum256([]byte(body))
		again := r.Clone(r.Context())
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		named := regexp.MustCompile(`SignedHeaders=([^,]*),`).FindStringSubmatch(r.Header.Get("Authorization"))
		if err != nil || came.Sub(at) > 2*time.Second || named == nil {
			return false
		}
		for name := range again.Header {
			if !slices.Contains(strings.Split(named[1], ";"), strings.ToLower(name)) {
				again.Header.Del(name)
			}
		}
		err = v4.NewSigner().SignHTTP(r.Context(), aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: key, SessionToken: r.Header.Get("X-Amz-Security-Token")},
			again, hex.EncodeToString(sum[:]), service, "eu-west-1", at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
		return err == nil && again.Header.Get("Authorization") == r.Header.Get("Authorization") && again.URL.RawQuery == r.URL.RawQuery
	})
}

func oauthParams(header string) map[string]string {
	said := map[string]string{}
	for _, p := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(header, -1) {
		said[p[1]], _ = url.PathUnescape(p[2])
	}
	return said
}

// oauthText is what RFC 5849 has signed of a request.
func oauthText(r *http.Request, said map[string]string) string {
	pairs := []string{}
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	for name, value := range said {
		if name != "oauth_signature" {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	for name, values := range r.URL.Query() {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return r.Method + "&" + escape("http://api.test"+r.URL.EscapedPath()) + "&" + escape(strings.Join(pairs, "&"))
}

func oauthSignature(r *http.Request, said map[string]string, keys string) string {
	return base64.StdEncoding.EncodeToString(macOf(sha1.New, strings.ReplaceAll(keys, "/", "%2F"), oauthText(r, said)))
}
