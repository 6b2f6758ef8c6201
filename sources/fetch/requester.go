package fetch

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/fetch/vigil"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// requester makes the requests of a client's streams, and proves who asks. Its
// methods may be called from any goroutine.
type requester struct {
	source   *sources.Client
	secrets  *secret.Hider
	auth     auth.Authenticator
	known    auth.Known
	vigil    vigil.Vigil
	taken    atomic.Bool // the API answered a request that was proven
	defaults http.Header // of requests that say no other

	log  *slog.Logger
	took sync.Map // what the log has said of formats

	mu     sync.Mutex
	makers map[*sources.Stream]*request.Maker
	logins map[*sources.SessionLogin]*request.Maker
}

// newRequester returns the requester of a client, whose auth sees vars. The
// options know the secrets of the run; the requester's knows what auth makes of
// them, and those of its tls.
func newRequester(source *sources.Client, o Options, vars expr.Vars, ofTLS secret.List) *requester {
	r := &requester{
		log: o.Log, source: source, makers: map[*sources.Stream]*request.Maker{}, logins: map[*sources.SessionLogin]*request.Maker{},
		defaults: http.Header{"Accept": {"application/json"}, "Accept-Encoding": {body.Accept}, "User-Agent": {o.UserAgent}},
	}
	r.auth = auth.New(source.Auth, func() auth.Keeping {
		k := auth.Keeping{Dir: o.Tokens.Dir, Replace: o.Tokens.Replace, Secrets: r.secrets, Log: o.Log, Login: r.loginRequest, Rotated: o.Tokens.Rotated}
		if o.Budget != nil {
			k.Stopped = o.Gate.Closed()
			k.Fleet = o.Budget.Logins(r.fleetID(o.Budget, vars), r.secrets.Key("tap-rest: what logins give", o.Budget.Memo))
		}
		return k
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
		m = request.NewMaker(s, r.secrets, r.defaultsOf(s), r.known, vars)
		r.makers[s] = m
	}
	return m
}

// defaultsOf are the headers of a stream's requests that say no other. What is packed
// already is not to be packed again on its way: it comes as it lies there, and can be
// gone on with where it breaks off.
func (r *requester) defaultsOf(s *sources.Stream) http.Header {
	d := &s.Text.Decode
	if d.IsJSON() {
		return r.defaults
	}
	own := r.defaults.Clone()
	own.Set("Accept", "*/*")
	if d.Packed() {
		own.Set("Accept-Encoding", "identity")
	}
	return own
}

// takes tells in the log what answers of a stream are taken for, each thing once.
func (r *requester) takes(stream string) func(why string) {
	return func(why string) {
		if _, told := r.took.LoadOrStore(stream+"\n"+why, true); !told {
			r.log.Info("decode: "+why, "stream", stream)
		}
	}
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
	to := auth.Request{Method: sent.Method, URL: sent.URL, Header: sent.Header, Body: at.Body, Vars: out.vars, Seat: out.passage.Seat}
	if at != out.Request { // a redirect says all of its URL
		u := *sent.URL
		to.URL = &u
	}
	proof, err := r.auth.Prove(ctx, &to)
	out.signed = to.Signed
	if err == nil {
		err = request.CheckHeaders(sent.Header)
	}
	if err != nil {
		return nil, nil, errUnproven{err}
	}
	return sent, &proof, nil
}

// loginRequest makes the request of a login as those of streams are made.
func (r *requester) loginRequest(s *sources.SessionLogin, vars expr.Vars) (*http.Request, error) {
	out, err := r.loginMaker(s, vars).Make(vars, request.Page{First: true})
	if err != nil {
		return nil, err
	}
	return out.HTTP(), nil
}

// loginMaker returns the maker of a login's requests. It makes secrets know what
// they carry.
func (r *requester) loginMaker(s *sources.SessionLogin, vars expr.Vars) *request.Maker {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.logins[s]
	if m == nil {
		own := *r.source
		if s.BaseURL != nil {
			own.BaseURL = s.BaseURL
		}
		if sources.Origin(s.Login.Path) != "" {
			own.BaseURL = nil // the path is not appended to it
		}
		stream := &sources.Stream{Name: "auth.login", Client: &own, Request: s.Login}
		stream.Complete()
		m = request.NewMaker(stream, r.secrets, r.defaults, r.known, vars)
		r.logins[s] = m
	}
	return m
}

// renew takes note of what an answer says of the next proof.
func (r *requester) renew(p *auth.Proof, from *url.URL, status int, h http.Header) {
	if a, ok := r.auth.(auth.Renewing); ok && p != nil && status != http.StatusUnauthorized {
		a.Renew(*p, from, h)
	}
}

// login is the client's auth, where that asks the API; nil elsewhere.
func (r *requester) login() auth.Login {
	l, _ := r.auth.(auth.Login)
	return l
}

// ready reports whether a request can be proven without asking the API first.
func (r *requester) ready() bool {
	l := r.login()
	return l == nil || l.Ready()
}

// expired is the definition's template over answers of a client that logs in.
func (r *requester) expired() *expr.Template {
	if l := r.login(); l != nil {
		return l.Expired()
	}
	return nil
}

// accepted takes note of a proof that the API took.
func (r *requester) accepted(p *auth.Proof) {
	if l, ok := r.auth.(auth.Lasting); ok && p != nil {
		l.Accepted(*p)
	}
}

// pool is the client's auth, where that has several credentials; nil elsewhere.
func (r *requester) pool() auth.Several {
	p, _ := r.auth.(auth.Several)
	return p
}

// sharing says where the limits of the client are that other processes share: those
// that go to the same address with the same credentials.
func (r *requester) sharing(o Options, vars expr.Vars) rate.Sharing {
	if o.Budget != nil {
		return rate.Sharing{Leases: o.Budget.Leases(r.fleetID(o.Budget, vars), r.source.RateLimits, r.source.MaxInFlight)}
	}
	shared := false
	for _, limit := range r.source.RateLimits {
		shared = shared || limit.Shared
	}
	if !shared || o.Limits.Dir == "" {
		return rate.Sharing{}
	}
	salt, err := o.Limits.Salt()
	if err != nil {
		o.Log.Warn("rate_limit.shared: this process keeps to the limit by itself, and others are not counted", "why", err.Error())
		return rate.Sharing{}
	}
	sum := hmac.New(sha256.New, salt)
	base := r.base(vars)
	fmt.Fprintf(sum, "%d:%s,", len(base), base)
	for _, s := range r.known.Secrets {
		fmt.Fprintf(sum, "%d:%s,", len(s.Reveal()), s.Reveal())
	}
	return rate.Sharing{Dir: o.Limits.Dir, Key: string(sum.Sum(nil)), Log: o.Log}
}

// base is the client's address as messages of the fleet and files of limits know it.
func (r *requester) base(vars expr.Vars) string {
	base, _ := r.source.BaseURL.Text(vars) // an error comes again with the first request
	return base
}

// fleetID tells clients apart among those of all workers: by their address, their limits
// and a key that is made of what is secret in the config.
func (r *requester) fleetID(b Budget, vars expr.Vars) string {
	sum := hmac.New(sha256.New, r.secrets.Key("tap-rest: the name of a client", b.Memo))
	base := r.base(vars)
	fmt.Fprintf(sum, "%d:%s,%d", len(base), base, r.source.MaxInFlight)
	for _, l := range r.source.RateLimits {
		fmt.Fprintf(sum, ",%d %d %s %q", l.Requests, l.Points, l.Per, l.Match)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}
