package auth

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// oauth1 signs requests as RFC 5849 says. dghubble/oauth1 signs only inside a
// transport of its own, at a time that nobody else can set, and knows neither
// PLAINTEXT nor RSA-SHA256: the RFC's examples could not be held against it.
type oauth1 struct {
	signer
	method, version            string
	id, idKey, token, tokenKey part
	rsaKey, realm              part
}

func newOAuth1(a *sources.Auth, keep func() Keeping) Authenticator {
	s := a.OAuth1
	return oauth1{
		signer: newSigner(keep), method: s.Method, version: "1.0",
		id: part{"consumer_key", s.ConsumerKey}, idKey: part{"consumer_secret", s.ConsumerSecret},
		token: part{"token", s.Token}, tokenKey: part{"token_secret", s.TokenSecret},
		rsaKey: part{"key", s.Key}, realm: part{"realm", s.Realm},
	}
}

func (o oauth1) Prove(_ context.Context, r *Request) (Proof, error) {
	return 0, o.sign(r, strconv.FormatInt(time.Now().Unix(), 10), newNonce())
}

func (o oauth1) sign(r *Request, timestamp, nonce string) error {
	id, err := o.id.text(r.Vars)
	if err != nil {
		return err
	}
	var given [4]string
	for i, p := range []part{o.token, o.idKey, o.tokenKey, o.realm} {
		if given[i], err = p.optional(r.Vars); err != nil {
			return fmt.Errorf("auth.%s: %w", p.key, err)
		}
	}
	token, keys, realm := given[0], percent(given[1])+"&"+percent(given[2]), given[3]
	own := [][2]string{{"oauth_consumer_key", id}, {"oauth_signature_method", o.method}, {"oauth_timestamp", timestamp}, {"oauth_nonce", nonce}}
	if o.version != "" {
		own = append(own, [2]string{"oauth_version", o.version})
	}
	if token != "" {
		own = append(own, [2]string{"oauth_token", token})
	}
	if o.method == "PLAINTEXT" { // the time and the nonce say nothing there
		own = slices.DeleteFunc(own, func(p [2]string) bool { return p[0] == "oauth_timestamp" || p[0] == "oauth_nonce" })
	}
	signature, err := o.signature(r, own, keys)
	if err != nil {
		return err
	}
	o.hide(signature)
	var header strings.Builder
	header.WriteString("OAuth ")
	if realm != "" {
		fmt.Fprintf(&header, "realm=%q, ", realm)
	}
	for _, p := range own {
		fmt.Fprintf(&header, `%s="%s", `, p[0], percent(p[1]))
	}
	fmt.Fprintf(&header, `oauth_signature="%s"`, percent(signature))
	r.Header.Set("Authorization", header.String())
	return nil
}

// signature signs a request by the method of the definition.
func (o oauth1) signature(r *Request, own [][2]string, keys string) (string, error) {
	var hashed hash.Hash
	var kind crypto.Hash
	switch {
	case o.method == "PLAINTEXT":
		return keys, nil
	case strings.HasPrefix(o.method, "HMAC-"):
		hashed = hmac.New(map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New}[o.method], []byte(keys))
	case o.method == "RSA-SHA1":
		hashed, kind = sha1.New(), crypto.SHA1
	default:
		hashed, kind = sha256.New(), crypto.SHA256
	}
	hashed.Write([]byte(baseText(r, own)))
	sum := hashed.Sum(nil)
	if kind != 0 {
		key, err := o.privateKey(r.Vars)
		if err == nil {
			sum, err = rsa.SignPKCS1v15(rand.Reader, key, kind, sum)
		}
		if err != nil {
			return "", err
		}
	}
	return base64.StdEncoding.EncodeToString(sum), nil
}

// baseText is what is signed (section 3.4.1).
func baseText(r *Request, own [][2]string) string {
	all := slices.Clone(own)
	add := func(query string) {
		for _, p := range uri.ParsePairs(query) {
			all = append(all, [2]string{p.Name, p.Value()})
		}
	}
	add(r.URL.RawQuery)
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		add(string(r.Body))
	}
	pairs := make([][2]string, len(all))
	for i, p := range all {
		pairs[i] = [2]string{percent(p[0]), percent(p[1])}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	texts := make([]string, len(pairs))
	for i, p := range pairs {
		texts[i] = p[0] + "=" + p[1]
	}
	scheme, host := strings.ToLower(r.URL.Scheme), strings.ToLower(r.URL.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	return strings.ToUpper(r.Method) + "&" + percent(scheme+"://"+host+pathOf(r)) + "&" + percent(strings.Join(texts, "&"))
}

// percent encodes a text as section 3.6 has it.
func percent(text string) string {
	return strings.NewReplacer("+", "%20", "%7E", "~").Replace(url.QueryEscape(text))
}

// privateKey is that of the RSA methods.
func (o oauth1) privateKey(vars expr.Vars) (*rsa.PrivateKey, error) {
	text, err := o.rsaKey.text(vars)
	if err != nil {
		return nil, err
	}
	key, err := privateKey([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("auth.key: %w", err)
	}
	if own, ok := key.(*rsa.PrivateKey); ok {
		return own, nil
	}
	return nil, errors.New("auth.key: is no key of RSA: the RSA methods sign with no other")
}

// Known has the secrets as they are, and as PLAINTEXT sends them.
func (o oauth1) Known(vars expr.Vars) (Known, error) {
	known := Known{Secrets: secretsOf(vars, o.idKey, o.token, o.tokenKey, o.rsaKey)}
	if a, b := o.idKey.secret(vars).Reveal(), o.tokenKey.secret(vars).Reveal(); o.method == "PLAINTEXT" {
		known.Secrets = append(known.Secrets, secret.New("auth.plaintext", percent(a)+"&"+percent(b)))
	}
	err := check(vars, o.id)
	if err == nil && o.rsaKey.template != nil && !sources.PerRequest(o.rsaKey.template) {
		_, err = o.privateKey(vars)
	}
	return known, err
}
