package fetch

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// outgoing is a request of a walk, as often as it is sent.
type outgoing struct {
	*request.Request
	stream  string
	vars    expr.Vars   // what proofs see
	digest  [16]byte    // of all but proofs, where the walk is recorded
	under   body.Layers // of the answer's body
	jar     *cookies
	n       int64  // of the page in its walk: how many came before
	aside   string // of a request for no page: its place in the journal, beside the walk's
	tag     *Tag   // of the answer of before, which is not sent where it did not change; nil: there is none
	mark    marks  // of a request that must not be sent twice
	price   price
	started *rate.Started // the last time that it was let through
	seat    int           // of a pool's credential; 0: none was chosen
	login   bool          // it asks for a proof
	// file begins one for an answer that is too long for memory.
	file func(http.Header) (body.File, error)
}

// hashSeed is that of all hashes of requests in this process.
var hashSeed = maphash.MakeSeed()

// hash is the hash of a request, but for what proves who asks.
func (o *outgoing) hash() uint64 {
	sum := maphash.String(hashSeed, o.Method+" "+o.URL.String()) + maphash.Bytes(hashSeed, o.Body)
	for name, values := range o.Header {
		for _, v := range values {
			if name != "Authorization" {
				sum += maphash.String(hashSeed, name+": "+v)
			}
		}
	}
	return sum
}

// build makes the request for the walk's position.
func (w *Walk) build() (*outgoing, error) {
	page, err := w.asks()
	if err != nil {
		return nil, err
	}
	w.showLogin()
	r, err := w.requests.Make(w.vars, page)
	if err != nil {
		return nil, err
	}
	out := &outgoing{Request: r, vars: w.vars, n: w.pager.Position().Pages, file: w.recorder.file, under: w.under, jar: w.jar, stream: w.stream.Name, price: w.asker.price}
	if w.recorder.Recording != nil || w.recorder.tags != nil {
		out.digest = w.recorder.digest(out, false)
	}
	w.recorder.tags.unless(out)
	return out, nil
}

// asks is what the walk's pagination sends.
func (w *Walk) asks() (page request.Page, err error) {
	at := w.pager.Position()
	page = request.Page{First: w.pager.First(), Sends: w.pager.Sends()}
	if at.URL != "" {
		page.Link, err = w.requests.OpenURL(at.URL)
	}
	if err == nil && at.Token != nil {
		_, err = w.requests.OpenToken(at.Token)
	}
	return page, err
}

// requester makes the requests of a client's streams, and proves who asks. Its
// methods may be called from any goroutine.
type requester struct {
	source   *sources.Client
	secrets  *secret.Hider
	auth     auth.Authenticator
	known    auth.Known
	defaults http.Header // of requests that say no other

	mu     sync.Mutex
	makers map[*sources.Stream]*request.Maker
	logins map[*sources.SessionLogin]*request.Maker
}

// newRequester returns the requester of a client, whose auth sees vars. The
// options know the secrets of the run; the requester's knows what auth makes of
// them, and those of its tls.
func newRequester(source *sources.Client, o Options, vars expr.Vars, ofTLS secret.List) *requester {
	r := &requester{
		source: source, makers: map[*sources.Stream]*request.Maker{}, logins: map[*sources.SessionLogin]*request.Maker{},
		defaults: http.Header{"Accept": {"application/json"}, "Accept-Encoding": {body.Accept}, "User-Agent": {o.UserAgent}},
	}
	r.auth = auth.New(source.Auth, func() auth.Keeping {
		return auth.Keeping{Dir: o.Tokens.Dir, Replace: o.Tokens.Replace, Secrets: r.secrets, Log: o.Log, Login: r.loginRequest, Rotated: o.Tokens.Rotated}
	})
	r.known, _ = r.auth.Known(vars) // an error comes again with the first request
	r.secrets = o.Secrets.ForClient(append(ofTLS, r.known.Secrets...))
	if s := source.Auth.Session; s != nil {
		r.loginMaker(s, vars) // so that the secrets know what it carries
	}
	return r
}

// of returns the maker of a stream's requests, which see vars. It is asked for
// before the first request.
func (r *requester) of(s *sources.Stream, vars expr.Vars) *request.Maker {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.makers[s]
	if m == nil {
		m = request.NewMaker(s, r.secrets, r.defaults, r.known, vars)
		r.makers[s] = m
	}
	return m
}

// errUnproven is a request that cannot say who asks.
type errUnproven struct{ error }

func (e errUnproven) Unwrap() error { return e.error }

// prove returns a request of a walk, or one that a redirect made of it, with
// what proves who asks where it goes to the host of base_url.
func (r *requester) prove(ctx context.Context, out *outgoing, at *request.Request) (*http.Request, *auth.Proof, error) {
	sent := at.HTTP()
	if !at.AtHome() {
		return sent, nil, nil
	}
	to := auth.Request{Method: sent.Method, URL: sent.URL, Header: sent.Header, Body: at.Body, Vars: out.vars, Seat: out.seat}
	if at != out.Request { // a redirect says all of its URL
		u := *sent.URL
		to.URL = &u
	}
	proof, err := r.auth.Prove(ctx, &to)
	if err == nil {
		err = request.CheckHeaders(sent.Header)
	}
	if err != nil {
		return nil, nil, errUnproven{err}
	}
	return sent, &proof, nil
}

// Check reports what would keep every request of the client from being made: a
// base_url that is none, a credential that is empty. vars hold what templates
// see as config and now. Base URLs and credentials that depend on more are
// left to the requests.
func (c *Client) Check(vars expr.Vars) error {
	if t := c.requester.source.BaseURL; !sources.PerRequest(t) {
		base, err := t.Text(vars)
		if err == nil {
			_, err = uri.Parse(base)
		}
		if err != nil {
			return fmt.Errorf("base_url: %s: %w", c.Secrets.Redact(base), err)
		}
	}
	if c.noIdentity != nil {
		return c.noIdentity
	}
	_, err := c.requester.auth.Known(vars)
	return err
}

// Open undoes [secret.Hider.SealValue] for a stream, whose requests see vars.
func (c *Client) Open(v expr.Value, s *sources.Stream, vars expr.Vars) (expr.Value, error) {
	c.requester.of(s, vars) // so that the secrets know what the stream's requests carry
	return c.Secrets.OpenValue(v)
}
