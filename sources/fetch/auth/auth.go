// Package auth proves who asks: one file for each way to do it, and one line in
// the table of [New].
package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Authenticator proves who asks, for all requests of a client. Its methods may
// be called from any goroutine.
type Authenticator interface {
	// Prove puts a proof on a request that is about to be sent. It is called for
	// every attempt, after all waiting: a signature does not get old. The request
	// has one of the client's slots meanwhile. An error is for good: nothing is
	// sent.
	Prove(ctx context.Context, r *Request) (Proof, error)
	// Refused is called when the API did not take a proof, by each walk to which
	// that happened. It reports whether the next proof will be another one, so
	// that asking again may help.
	Refused(ctx context.Context, p Proof, a Refusal) bool
	// Known returns what vars, those of the run, say of the proofs: also where
	// its error says why no request could be made. Proofs that depend on more
	// than vars are left to the requests.
	Known(vars expr.Vars) (Known, error)
}

// Lasting is an authenticator whose proofs hold for several requests, and run out.
type Lasting interface {
	// Accepted is called when the API took a proof.
	Accepted(p Proof)
	// Held reports whether the API ever took a proof: where it refuses that later, the
	// proof ran out.
	Held(p Proof) bool
}

// Renewing is an authenticator whose proofs change with the answers to them.
type Renewing interface {
	// Renew takes note of what an answer that did not refuse the proof says of the next.
	Renew(p Proof, from *url.URL, h http.Header)
}

// Login is an authenticator that asks the API for its proofs: for a token, or for
// a session.
type Login interface {
	Authenticator
	Lasting
	// Ready reports whether there is a proof, and time left to use it.
	Ready() bool
	// Prepare gets a proof where none is ready. It is called before a request waits
	// to be sent, and holds none of the client's slots but for its own requests. Of
	// those who call it at once, one asks, and all have what came of it. Its error is
	// a *Failure, or that of ask.
	Prepare(ctx context.Context, vars expr.Vars, ask Ask) error
	// Spent reports whether the API refused a proof, and another one is got.
	Spent(p Proof) bool
	// Lasts reports whether it is known when the latest proof runs out.
	Lasts() bool
	// Answer is what templates see as auth: what the last login answered.
	Answer() expr.Value
	// Expired is the template over an answer that means that the proof holds no
	// longer; nil: there is none.
	Expired() *expr.Template
}

// Ask sends a request of a login, and returns what was answered, after no retry
// and no redirect. Its error is for the lack of an answer.
type Ask func(ctx context.Context, r *http.Request) (*Answer, error)

// Answer is what was answered to a request of a login.
type Answer struct {
	Status int
	Header http.Header
	Seen   expr.Value    // the headers, as templates see them
	Body   []byte        // decoded
	Later  bool          // the status says to come again
	Wait   time.Duration // how long the answer asks to wait; negative: it does not say
}

// Failure is a login that failed.
type Failure struct {
	Err    error
	Later  bool          // asking again may help
	Wait   time.Duration // before that; negative: nobody says
	Advice string
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// Refusal is an answer that did not take a proof.
type Refusal struct {
	Status  int
	Header  http.Header
	Expired bool // the definition says that the answer means just that
}

// told reports whether an answer refuses who asks, rather than what is asked: with
// a 403 another token of the same user would be refused, too.
func (a Refusal) told() bool { return a.Expired || a.Status == http.StatusUnauthorized }

// Request is what a proof is put on.
type Request struct {
	Method string
	URL    *url.URL // the caller's own, to be changed
	Header http.Header
	Body   []byte
	Vars   expr.Vars // what templates see
	Seat   int       // that of a pool's credential; 0: none was chosen
	// Signed is set where the definition says what is signed: it returns that text, without
	// secrets.
	Signed func() string
}

// Proof is the number of a proof. It grows where an authenticator gets another
// one: of those who are refused the same, one has to get it for all.
type Proof int64

// taken is up to which proof the API took what was sent.
type taken struct{ upTo atomic.Int64 }

// Accepted takes note of a proof that the API took.
func (t *taken) Accepted(p Proof) {
	for before := t.upTo.Load(); int64(p) > before && !t.upTo.CompareAndSwap(before, int64(p)); before = t.upTo.Load() {
	}
}

// Held reports whether the API took a proof.
func (t *taken) Held(p Proof) bool { return int64(p) <= t.upTo.Load() }

// Known is what is known of proofs before the first request.
type Known struct {
	Secrets secret.List // texts that are sent, in an order that does not depend on them
	Headers []string    // that carry a secret, besides Authorization
	Params  []string    // of the query, likewise
}

// Keeping is where authenticators keep what a later run needs.
type Keeping struct {
	Dir     string                               // "": nowhere
	Replace func(path string, data []byte) error // a file whole, so that a crash leaves the old or the new one
	Secrets *secret.Hider                        // of the client; it learns what logins give
	Log     *slog.Logger
	Fleet   Fleet                                                                // nil: each worker logs in by itself
	Stopped <-chan struct{}                                                      // closed when no login is made any more; nil: it never is
	Place   string                                                               // of the credential among those of a pool; "": there is one
	Rotated func(setting []string, token string)                                 // or nil: told of a refresh token that stands in for the setting's
	Login   func(s *sources.SessionLogin, vars expr.Vars) (*http.Request, error) // makes the request of a login, as those of streams are made
}

// New returns the authenticator that a definition describes. keep is asked for
// when the first request is made.
func New(a *sources.Auth, keep func() Keeping) Authenticator {
	if a.Type == sources.AuthPool {
		return newPool(a, keep)
	}
	return map[sources.AuthType]func(*sources.Auth, func() Keeping) Authenticator{
		sources.AuthNone:   newNone,
		sources.AuthBearer: newBearer,
		sources.AuthBasic:  newBasic,
		sources.AuthAPIKey: newAPIKey,
		sources.AuthOAuth2: newOAuth2,
		sources.AuthAWS:    newAWS,
		sources.AuthHMAC:   newHMAC,
		sources.AuthDigest: newDigest,
		sources.AuthOAuth1: newOAuth1,

		sources.AuthSession: newSession,
		sources.AuthJWT:     newJWT,
	}[a.Type](a, keep)
}

// constant is what authenticators are that send what the settings say: when
// that is refused, they have nothing else.
type constant struct{}

// Refused returns false.
func (constant) Refused(context.Context, Proof, Refusal) bool { return false }

// part is a template of the definition's auth.
type part struct {
	key      string
	template *expr.Template
}

// text evaluates a part that must not be empty: a request without it would be
// somebody else's.
func (p part) text(vars expr.Vars) (string, error) {
	v, err := p.template.Eval(vars)
	if err != nil {
		return "", fmt.Errorf("auth.%s: %w", p.key, err)
	}
	text := strings.TrimSpace(v.Text())
	if v.Missing() || text == "" {
		return "", fmt.Errorf("auth.%s: %s is empty: give the setting that it is made of", p.key, p.template.Source())
	}
	return text, nil
}

// secret is a part as a secret; the error comes again with the first request.
func (p part) secret(vars expr.Vars) secret.Text {
	text := ""
	if p.template != nil {
		text, _ = p.template.Text(vars)
	}
	return secret.New("auth."+p.key, strings.TrimSpace(text))
}

// check returns the error that every request would have.
func check(vars expr.Vars, parts ...part) error {
	for _, p := range parts {
		if p.template == nil || sources.PerRequest(p.template) {
			continue
		}
		if _, err := p.text(vars); err != nil {
			return err
		}
	}
	return nil
}
