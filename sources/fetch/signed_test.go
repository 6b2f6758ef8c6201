package fetch_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// guarded is an API of some pages that looks at the proof of each request.
type guarded struct {
	pages  int
	proves func(r *http.Request, body string) bool // false: the answer is refuses
	refuse func(r *http.Request) answer
	more   func(r *http.Request) string // what a page says beside its record

	mu      sync.Mutex
	refused int
	asked   map[string]int
	sent    []*http.Request
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(100 * time.Millisecond):
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	body := ""
	if r.Body != nil {
		text, _ := io.ReadAll(r.Body)
		body = string(text)
	}
	g.sent = append(g.sent, r)
	if !g.proves(r, body) {
		g.refused++
		return g.refuse(r).response(r), nil
	}
	page := r.URL.Query().Get("page")
	if g.asked == nil {
		g.asked = map[string]int{}
	}
	g.asked[page]++
	more := ""
	if g.more != nil {
		more = g.more(r)
	}
	record := `{"id":` + page + `}`
	if n, err := strconv.Atoi(page); err != nil || n > g.pages {
		record = ""
	}
	return says(200, fmt.Sprintf(`{"data":[%s],"total":%d%s}`, record, g.pages, more)).response(r), nil
}

const signingKey = "S1gning-Key/0123456789"

// signedWays are the auth types that make a proof of each request, and how an API
// looks at it, with the key that the settings have.
var signedWays = []struct {
	name, auth string
	proves     func(key string) func(r *http.Request, body string) bool
}{
	{"aws_sigv4", `auth: {type: aws_sigv4, access_key: AKID, secret_key: "{{ config.key }}", session_token: "{{ config.key ~ '-session' }}", region: eu-west-1, service: execute-api}`, provesAWS("execute-api")},
	{"aws_sigv4 of s3", `auth: {type: aws_sigv4, access_key: AKID, secret_key: "{{ config.key }}", region: eu-west-1, service: s3}`, provesAWS("s3")},
	{"hmac in headers", `auth: {type: hmac, key: "{{ config.key }}", algorithm: sha512, sign: "{{ request.method }}\n{{ request.path }}?{{ request.query }}\n{{ request.headers['x-time'] }}\n{{ request.body | hash('sha256') }}",
		send: {headers: {X-Time: "{{ request.timestamp }}", Authorization: "HMAC {{ signature.base64 }}"}}}`, func(key string) func(*http.Request, string) bool {
		return func(r *http.Request, body string) bool {
			sum := sha256.Sum256([]byte(body))
			text := r.Method + "\n" + r.URL.EscapedPath() + "?" + r.URL.RawQuery + "\n" + r.Header.Get("X-Time") + "\n" + hex.EncodeToString(sum[:])
			return r.Header.Get("X-Time") == fmt.Sprint(time.Now().Add(-100*time.Millisecond).Unix()) && r.Header.Get("Authorization") == "HMAC "+base64.StdEncoding.EncodeToString(macOf(sha512.New, key, text))
		}
	}},
	{"hmac in the query", `auth: {type: hmac, key: "{{ config.key | b64encode }}", key_encoding: base64, sign: "{{ request.query }}",
		send: {params: {timestamp: "{{ request.timestamp_ms }}", sig: "{{ signature.hex }}"}}}`, func(key string) func(*http.Request, string) bool {
		return func(r *http.Request, _ string) bool {
			signed, sig, found := strings.Cut(r.URL.RawQuery, "&sig=")
			return found && strings.Contains(signed, "timestamp=") && sig == hex.EncodeToString(macOf(sha256.New, key, signed))
		}
	}},
	{"oauth1", `auth: {type: oauth1, consumer_key: me, consumer_secret: "{{ config.key }}", token: T0ken-Of-Ann, token_secret: "{{ config.key ~ '-token' }}"}`, func(key string) func(*http.Request, string) bool {
		seen := map[string]bool{}
		return func(r *http.Request, _ string) bool {
			said := oauthParams(r.Header.Get("Authorization"))
			fresh := !seen[said["oauth_nonce"]]
			seen[said["oauth_nonce"]] = true
			return fresh && said["oauth_signature"] == oauthSignature(r, said, key+"&"+key+"-token")
		}
	}},
	{"oauth1 in plain text", `auth: {type: oauth1, signature_method: PLAINTEXT, consumer_key: me, consumer_secret: "{{ config.key }}"}`, func(key string) func(*http.Request, string) bool {
		return func(r *http.Request, _ string) bool {
			return oauthParams(r.Header.Get("Authorization"))["oauth_signature"] == url.QueryEscape(key)+"&"
		}
	}},
}

func macOf(h func() hash.Hash, key, text string) []byte {
	mac := hmac.New(h, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// provesAWS signs what came again, as AWS has it, and compares.
func provesAWS(service string) func(key string) func(*http.Request, string) bool {
	return func(key string) func(*http.Request, string) bool {
		return func(r *http.Request, body string) bool {
			sum := sha256.Sum256([]byte(body))
			again := r.Clone(r.Context())
			at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if err != nil || time.Since(at) > 2*time.Second {
				return false
			}
			named := regexp.MustCompile(`SignedHeaders=([^,]*),`).FindStringSubmatch(r.Header.Get("Authorization"))
			if named == nil {
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
		}
	}
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

const signedPages = `path: "/or ders/ü+(1)", params: {q: "a b+c/ü"}, pagination: {type: page, param: page, total: total}`

// TestSignedWalks proves that each request of a walk with 8 in flight is signed as it
// is sent, repeated ones too, and is asked for once.
func TestSignedWalks(t *testing.T) {
	for _, way := range signedWays {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failed := false
				api := &guarded{pages: 40, proves: way.proves(signingKey)}
				proves := api.proves
				api.proves = func(r *http.Request, body string) bool {
					if r.URL.Query().Get("page") == "7" && !failed {
						failed = true
						return false
					}
					return proves(r, body)
				}
				api.refuse = func(*http.Request) answer { return says(503, "", "Retry-After", "3") }
				s := define(t, way.auth+", max_in_flight: 8, retry: {attempts: 2}", signedPages)[0]
				r := newRig(t, s, api, "key", signingKey)
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(40))
				if api.refused != 1 || r.counters.Requests.Load() != int64(len(api.sent)) || len(api.sent) != 42 { // with the page behind the last one
					t.Errorf("%d refused of %d, counted %d", api.refused, len(api.sent), r.counters.Requests.Load())
				}
			})
		})
	}
}

// TestSignedWithWrongKeys proves that a proof which is refused is no reason to ask
// again, that the error says what to do, and that nothing of the key or the proof is
// shown or kept, though answers echo both.
func TestSignedWithWrongKeys(t *testing.T) {
	for _, way := range signedWays {
		for _, status := range []int{401, 403, 400} {
			t.Run(fmt.Sprint(way.name, " ", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					shown := func(r *http.Request) string {
						return fmt.Sprintf("%q %q %s", r.Header.Get("Authorization"), "wrong-"+signingKey, r.URL.RawQuery+r.Header.Get("X-Amz-Security-Token"))
					}
					api := &guarded{pages: 2, proves: way.proves(signingKey)}
					api.refuse = func(r *http.Request) answer {
						return says(status, `{"error":"you sent `+strings.ReplaceAll(shown(r), `"`, `'`)+`"}`, "Date", time.Now().Add(-20*time.Minute).UTC().Format(http.TimeFormat))
					}
					s := define(t, way.auth, signedPages)[0]
					r := newRig(t, s, api, "key", "wrong-"+signingKey)
					var log bytes.Buffer
					r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
					e := failure(t, r.run(s, paging.Position{}).err)
					if e.Class != fetch.Permanent || e.Status != status || len(api.sent) != 1 {
						t.Errorf("after %d requests %v: %v", len(api.sent), e.Class, e)
					}
					if !strings.Contains(e.Error(), "the clock of this machine is 20m0s ahead of the API's") {
						t.Errorf("got %v", e)
					}
					wantHidden(t, e.Error()+e.Request+log.String(), "wrong-"+signingKey, api.sent[0])
				})
			})
		}
	}
}

// wantHidden wants that nothing of a key, and of the proof that a request had, is in
// a text.
func wantHidden(t *testing.T, said, key string, sent *http.Request) {
	t.Helper()
	all := []string{key, url.QueryEscape(key), sent.Header.Get("X-Amz-Security-Token")}
	if auth := sent.Header.Get("Authorization"); auth != "" {
		parts := regexp.MustCompile(`[A-Za-z0-9+/%]{24,}={0,2}`).FindAllString(auth, -1)
		all = append(all, strings.Join(parts[max(0, len(parts)-1):], ""))
	}
	all = append(all, sent.URL.Query()["sig"]...)
	for _, text := range all {
		if text != "" && strings.Contains(said, text) {
			t.Errorf("%s shows %s", said, text)
		}
	}
}

// TestSignaturesAreNotKept proves that neither key nor proof is in the journal, the
// log or the position of a walk whose answers echo them; and that neither goes to
// another host.
func TestSignaturesAreNotKept(t *testing.T) {
	for _, way := range signedWays {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &guarded{pages: 3, proves: way.proves(signingKey)}
				api.more = func(r *http.Request) string {
					return fmt.Sprintf(`,"key":%q,"next":"/orders?page=2&echo=%s"`, signingKey, url.QueryEscape(signingKey))
				}
				s := define(t, way.auth+", allow_hosts: [other.test]", `path: /orders, params: {page: 1}, pagination: {type: next_url, next: next}`)[0]
				r := newRig(t, s, api, "key", signingKey)
				var log bytes.Buffer
				r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
				dir := t.TempDir()
				j := openJournal(t, dir)
				w := r.walk(s, paging.Position{})
				record(t, w, j)
				first, err := w.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				at, text := kept(t, first.Next)
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				said, files := text+log.String(), 0
				_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
					if data, err := os.ReadFile(path); err == nil {
						said += string(data)
						files++
					}
					return nil
				})
				if files == 0 {
					t.Error("there is no journal")
				}
				wantHidden(t, said, signingKey, api.sent[0])
				if got := newRig(t, s, api, "key", signingKey).run(s, at); got.last == nil || api.sent[1].URL.Query().Get("echo") != signingKey {
					t.Errorf("went on with %s: %v", api.sent[1].URL, got.err)
				}

				for _, away := range []answer{to(307, "http://other.test/orders"), page(1, 2, `,"next":"http://other.test/orders"`)} {
					var asked []*http.Request
					two := transport(func(r *http.Request) (*http.Response, error) {
						if r.URL.Host == "other.test" {
							asked = append(asked, r)
							return says(200, `{"data":[]}`).response(r), nil
						}
						return away.response(r), nil
					})
					got := newRig(t, s, two, "key", signingKey).run(s, paging.Position{})
					if got.err != nil || len(asked) != 1 {
						t.Fatalf("asked the other host %d times, %v", len(asked), got.err)
					}
					if text := all(asked[0]); asked[0].Header.Get("Authorization") != "" || strings.Contains(text, "sig=") || strings.Contains(text, "X-Amz-") || strings.Contains(text, "X-Time") {
						t.Errorf("another host got %s", text)
					}
				}
			})
		})
	}
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
		api.proves = func(r *http.Request, _ string) bool {
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

// nonces is an API that answers the digest of RFC 7616.
type nonces struct {
	algorithm, qop string
	uses           int  // how often a nonce is good
	strict         bool // nonces are good in the order of their counts alone
	silent         bool // what is stale is not said to be
	next           bool // each answer gives the nonce for another request

	issued int
	used   map[string]int
	firsts map[string]string // of nonces that answers gave: that of the challenge before
}

func (n *nonces) challenge(stale bool) string {
	n.issued++
	text := fmt.Sprintf(`Digest realm="a, b", nonce="n%d"`, n.issued)
	if n.algorithm != "" {
		text += ", algorithm=" + n.algorithm
	}
	if n.qop != "" {
		text += fmt.Sprintf(`, qop=%q`, n.qop)
	}
	if stale && !n.silent {
		text += ", stale=true"
	}
	return `Basic realm="x", ` + text
}

// proves looks at an answer to a challenge; stale means that it is right, but late.
func (n *nonces) proves(r *http.Request, body, password string) (well, stale bool) {
	said := map[string]string{}
	for _, p := range regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^ ,]+))`).FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
		said[p[1]] = p[2] + p[3]
	}
	h := func(text string) string { sum := md5.Sum([]byte(text)); return hex.EncodeToString(sum[:]) }
	if strings.HasPrefix(n.algorithm, "SHA-256") {
		h = func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) }
	}
	a1, a2 := h("ann:a, b:"+password), r.Method+":"+said["uri"]
	if strings.HasSuffix(n.algorithm, "-sess") {
		a1 = h(a1 + ":" + cmp.Or(n.firsts[said["nonce"]], said["nonce"]) + ":" + said["cnonce"])
	}
	if n.qop == "auth-int" {
		a2 += ":" + h(body)
	}
	want := h(a1 + ":" + said["nonce"] + ":" + h(a2))
	if n.qop != "" {
		want = h(a1 + ":" + said["nonce"] + ":" + said["nc"] + ":" + said["cnonce"] + ":" + said["qop"] + ":" + h(a2))
	}
	if said["response"] != want || said["uri"] != r.URL.RequestURI() || said["username"] != "ann" {
		return false, false
	}
	if n.used == nil {
		n.used = map[string]int{}
	}
	count, _ := strconv.ParseInt(said["nc"], 16, 32)
	n.used[said["nonce"]]++
	if late := n.used[said["nonce"]] > n.uses || n.strict && n.qop != "" && int(count) != n.used[said["nonce"]]; late {
		return false, true
	}
	return true, false
}

// gives is the Authentication-Info of an answer to a request.
func (n *nonces) gives(r *http.Request) string {
	was := oauthParams(r.Header.Get("Authorization"))["nonce"]
	n.issued++
	if n.firsts == nil {
		n.firsts = map[string]string{}
	}
	now := fmt.Sprintf("n%d", n.issued)
	n.firsts[now] = cmp.Or(n.firsts[was], was)
	return `qop=auth, nextnonce="` + now + `", nc=00000001`
}

// TestDigestWalks proves that one challenge serves many requests, and that those
// which come too late for theirs, and they alone, are asked for again.
func TestDigestWalks(t *testing.T) {
	for _, test := range []struct {
		nonces
		flight, most int // calls for 40 pages
	}{
		{nonces{algorithm: "MD5", qop: "auth", uses: 1000}, 8, 42},
		{nonces{algorithm: "SHA-256", qop: "auth-int,auth", uses: 1000}, 1, 42},
		{nonces{algorithm: "SHA-256", qop: "auth-int", uses: 1000}, 8, 42},
		{nonces{algorithm: "MD5-sess", qop: "auth", uses: 1000}, 8, 42},
		{nonces{algorithm: "SHA-256-sess", qop: "auth", uses: 10}, 1, 46},
		{nonces{uses: 1000}, 8, 42},
		{nonces{algorithm: "MD5", qop: "auth", uses: 10}, 8, 81},
		{nonces{algorithm: "MD5", qop: "auth", uses: 10, silent: true}, 8, 81},
		{nonces{algorithm: "MD5", qop: "auth", uses: 1}, 8, 84},
		{nonces{algorithm: "MD5", qop: "auth", uses: 1000, strict: true}, 8, 84},
		{nonces{algorithm: "MD5", qop: "auth", uses: 1, next: true}, 1, 42},
		{nonces{algorithm: "SHA-256", qop: "auth", uses: 1, next: true}, 8, 49},
		{nonces{algorithm: "SHA-256-sess", qop: "auth", uses: 1, next: true}, 1, 42},
		{nonces{algorithm: "MD5", qop: "auth", uses: 1000, next: true}, 8, 42},
	} {
		t.Run(fmt.Sprintf("%+v", test.nonces), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, stale := test.nonces, false
				api := &guarded{pages: 40}
				api.proves = func(r *http.Request, body string) (well bool) {
					well, stale = n.proves(r, body, signingKey)
					return well
				}
				api.refuse = func(*http.Request) answer { return says(401, "", "WWW-Authenticate", n.challenge(stale)) }
				s := define(t, fmt.Sprintf(`auth: {type: digest, username: ann, password: "{{ config.key }}"}, max_in_flight: %d`, test.flight), `method: POST, body: {text: "x=1"}, `+signedPages)[0]
				r := newRig(t, s, transport(func(r *http.Request) (*http.Response, error) {
					resp, err := api.RoundTrip(r)
					if err == nil && resp.StatusCode == 200 && n.next {
						api.mu.Lock()
						defer api.mu.Unlock()
						resp.Header.Set("Authentication-Info", n.gives(r))
					}
					return resp, err
				}), "key", signingKey)
				got := r.run(s, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(40))
				for page, times := range api.asked {
					if times != 1 {
						t.Errorf("page %s came %d times", page, times)
					}
				}
				if calls := int(r.counters.Requests.Load()); calls != len(api.sent) || calls > test.most {
					t.Errorf("%d calls, counted %d, want at most %d", len(api.sent), calls, test.most)
				}
			})
		})
	}
}

// TestDigestRefused proves that a wrong password is sent once, that a challenge which
// cannot be answered is said, and that neither password nor answer is shown.
func TestDigestRefused(t *testing.T) {
	for _, test := range []struct {
		name, header, want string
		calls              int
	}{
		{"a wrong password", "", "check the credentials", 2},
		{"always stale", "stale", "check the credentials", 6},
		{"another scheme", `Bearer realm="x"`, "answered 401", 1},
		{"an algorithm that is not known", `Digest realm="x", nonce="n", algorithm=SHA-3`, "answered 401", 1},
		{"a broken challenge", `Digest realm="x`, "answered 401", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := nonces{algorithm: "MD5", qop: "auth"}
				api := &guarded{proves: func(*http.Request, string) bool { return false }}
				api.refuse = func(r *http.Request) answer {
					header := test.header
					if header == "" || header == "stale" {
						header = n.challenge(header == "stale")
					}
					return says(401, strings.ReplaceAll(r.Header.Get("Authorization"), `"`, "'")+signingKey, "WWW-Authenticate", header)
				}
				s := define(t, `auth: {type: digest, username: ann, password: "{{ config.key }}"}`, signedPages)[0]
				r := newRig(t, s, api, "key", signingKey)
				var log bytes.Buffer
				r.client.Log = slog.New(slog.NewTextHandler(&log, nil))
				e := failure(t, r.run(s, paging.Position{}).err)
				if len(api.sent) != test.calls || !strings.Contains(e.Error(), test.want) {
					t.Errorf("after %d calls %v", len(api.sent), e)
				}
				said := oauthParams(api.sent[len(api.sent)-1].Header.Get("Authorization"))["response"]
				for _, text := range []string{e.Error(), log.String()} {
					if strings.Contains(text, signingKey) || said != "" && strings.Contains(text, said) {
						t.Errorf("%s shows the password or %s", text, said)
					}
				}
			})
		})
	}
}
