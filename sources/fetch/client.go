package fetch

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Counters add up what the walks of a stream cost. They may be read at any
// time.
type Counters struct {
	Requests atomic.Int64 // sent, retries and redirects too
	Retries  atomic.Int64
	Waited   atomic.Int64 // nanoseconds, for rates and before retries
	Wire     atomic.Int64 // bytes of bodies as they came
	Recalled atomic.Int64 // exchanges that the journal had
	Unused   atomic.Int64 // answers to requests ahead that no walk came to
	Cost     atomic.Int64 // of what was sent, as sources.Cost
	Saved    atomic.Int64 // what the exchanges cost when they were made that the journal had, likewise
	Limited  atomic.Int64 // until when a rate holds a request back, in Unix milliseconds; 0: none does
}

// Options are what the clients of a run share.
type Options struct {
	Transport http.RoundTripper // nil: one like http.DefaultTransport
	Secrets   *secret.Hider     // of the run; the client's own knows its credentials too
	UserAgent string
	Gate      Gate
	Log       *slog.Logger
	Ahead     *body.Room // for bodies that came, until they were worked on
	Back      *body.Room // for bodies that are read back
	Hasty     bool       // somebody waits for the answer: no request is made more than twice
	Tokens    Tokens     // of logins
	Limits    Sharing    // of limits
}

// Tokens say where refresh tokens are kept that an API gives in place of others.
type Tokens struct {
	Dir     string                               // "": nowhere
	Replace func(path string, data []byte) error // a file whole, so that a crash leaves the old or the new one
	Rotated func(setting []string, token string) // or nil: told which setting should hold another token from now on, and which
}

// Sharing says where the limits are kept to which several processes keep together.
type Sharing struct {
	Dir  string                 // "": nowhere
	Salt func() ([]byte, error) // under which credentials tell clients apart
}

// Client sends the requests of all streams that share a sources.Client, at
// the pace that it sets. Its methods may be called from any goroutine.
type Client struct {
	Options
	requester *requester
	admission *admission
	transport *transport
	bodies    *body.Store
	// noIdentity says why the client cannot say who it is by tls; nil: it can.
	noIdentity error
}

// NewClient returns the client of source.
// vars hold what its auth sees as config: the credentials it makes are secrets
// like those of the settings.
func NewClient(source *sources.Client, o Options, vars expr.Vars) *Client {
	id, err := readIdentity(source.TLS, vars)
	r := newRequester(source, o, vars, id.secrets())
	var own *tls.Config
	if err == nil {
		own, err = newTLS(source.TLS, id)
	}
	if err != nil {
		o.Transport = failing{err}
	} else if o.Transport == nil {
		o.Transport = newTransport(source, own)
	}
	o.Secrets = r.secrets
	admission, bodies := newAdmission(source, o, r.sharing(o, vars)), body.NewStore(body.MaxLong)
	admission.pool = r.pool()
	return &Client{
		Options: o, requester: r, admission: admission, bodies: bodies, noIdentity: err,
		transport: &transport{o.Transport, r, admission, bodies, o.Ahead},
	}
}

// Close ends the client's idle connections.
func (c *Client) Close() {
	c.admission.limits.Close(time.Now())
	if t, ok := c.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
