package fetch_test

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

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
				api.proves = func(r *http.Request, body string, _ time.Time) (well bool) {
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
				api := &guarded{shut: true}
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
