package auth

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	rfc7616 "github.com/icholy/digest"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

// digestAuth answers the API's challenges (RFC 7616). A request that goes without an
// answer is refused with a challenge, which serves further requests until the API
// says that it is stale.
type digestAuth struct {
	username, password part
	keeping            func() Keeping
	nonce              func() string
	taken

	mu        sync.Mutex
	number    Proof // of the challenge: 0 is none
	challenge *challenge
	fresh     []*challenge // nobody has answered them yet
}

// challenge is one that is being answered.
type challenge struct {
	rfc7616.Challenge
	count int  // of answers
	given bool // by an answer that took the one before, not by a refusal
	// The -sess algorithms hash the first nonces of both sides into the password.
	first, cnonce string
}

func newDigest(a *sources.Auth, keep func() Keeping) Authenticator {
	return &digestAuth{
		username: part{"username", a.Username}, password: part{"password", a.Password}, keeping: sync.OnceValue(keep), nonce: newNonce,
	}
}

func (d *digestAuth) Prove(_ context.Context, r *Request) (Proof, error) {
	user, password, err := userOf(r, d.username, d.password)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.fresh) > 0 {
		d.challenge, d.fresh = d.fresh[0], d.fresh[1:]
		if d.number++; d.challenge.given {
			d.Accepted(d.number) // who asks is known to be right
		}
	}
	if d.challenge == nil {
		return 0, nil
	}
	text, err := d.answer(r, user, password)
	if err != nil {
		return 0, fmt.Errorf("auth: the answer to the API's challenge: %w", err)
	}
	r.Header.Set("Authorization", text)
	return d.number, nil
}

// sess marks algorithms that hash the first answer's nonces into the password.
const sess = "-SESS"

// answer answers the challenge for a request.
func (d *digestAuth) answer(r *Request, user, password string) (string, error) {
	c := d.challenge
	c.count++
	o := rfc7616.Options{
		Method: r.Method, URI: r.URL.RequestURI(), Count: c.count, Username: user, Password: password, Cnonce: d.nonce(),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil },
	}
	asked := c.Challenge
	if plain, ok := cutSess(c.Algorithm); ok { // the library does not know them
		asked.Algorithm, o.Cnonce = plain, c.cnonce
		o.A1 = hashHex(plain, hashHex(plain, user+":"+c.Realm+":"+password)+":"+c.first+":"+c.cnonce)
	}
	answer, err := rfc7616.Digest(&asked, o)
	if err != nil {
		return "", err
	}
	answer.Algorithm = c.Algorithm
	d.keeping().Secrets.Pass("", answer.Response)
	return answer.String(), nil
}

func cutSess(algorithm string) (plain string, found bool) {
	return strings.CutSuffix(strings.ToUpper(algorithm), sess)
}

// hashHex hashes a text by an algorithm that rfc7616.CanDigest knows.
func hashHex(algorithm, text string) string {
	h := map[string]func() hash.Hash{"MD5": md5.New, "SHA-256": sha256.New, "SHA-512": sha512.New, "SHA-512-256": sha512.New512_256}[algorithm]()
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// Refused takes the challenge that came with a refusal. Where an answer to the last
// one was never taken, the password is wrong, and the next challenge changes nothing.
func (d *digestAuth) Refused(_ context.Context, p Proof, a Refusal) bool {
	if a.Status != http.StatusUnauthorized {
		return false
	}
	c := findChallenge(a.Header)
	d.mu.Lock()
	defer d.mu.Unlock()
	if c == nil || !d.Held(p) && !c.Stale {
		return false
	}
	d.fresh = append(d.fresh, &challenge{Challenge: *c, first: c.Nonce, cnonce: d.nonce()})
	return true
}

// nextNonce finds the nonce that the server wishes to be used next.
var nextNonce = pattern.New(`(?i)(?:^|[\s,])nextnonce\s*=\s*"([^"\\]+)"`)

// Renew takes the nonce that came with an answer (RFC 7616, section 3.5): a server whose
// nonces are good for one request would refuse each of them once otherwise.
func (d *digestAuth) Renew(_ Proof, _ *url.URL, h http.Header) {
	next := nextNonce().FindStringSubmatch(h.Get("Authentication-Info"))
	if next == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.challenge
	if n := len(d.fresh); n > 0 {
		last = d.fresh[n-1]
	}
	if last == nil || last.Nonce == next[1] {
		return
	}
	c := challenge{Challenge: last.Challenge, given: true, first: last.first, cnonce: last.cnonce}
	c.Nonce = next[1]
	d.fresh = append(d.fresh, &c)
}

// Late reports whether an answer says that a proof was right, but too late.
func (a Refusal) Late() bool {
	c := findChallenge(a.Header)
	return c != nil && c.Stale
}

// nextScheme is where the challenge of another scheme begins in the same header.
var nextScheme = pattern.New(`(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]*)\s+[A-Za-z]+\s*=`)

// findChallenge returns the first challenge that can be answered; nil: there is none.
func findChallenge(h http.Header) *rfc7616.Challenge {
	for _, header := range h.Values("WWW-Authenticate") {
		starts := nextScheme().FindAllStringSubmatchIndex(header, -1)
		for i, at := range starts {
			end := len(header)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			c, err := rfc7616.ParseChallenge(header[at[2]:end])
			if err != nil {
				continue
			}
			for i, q := range c.QOP {
				c.QOP[i] = strings.TrimSpace(q)
			}
			asked := *c
			if plain, ok := cutSess(c.Algorithm); ok {
				asked.Algorithm = plain
			}
			if rfc7616.CanDigest(&asked) {
				return c
			}
		}
	}
	return nil
}

func (d *digestAuth) Known(vars expr.Vars) (Known, error) {
	return Known{Secrets: secretsOf(vars, d.password)}, check(vars, d.username)
}
