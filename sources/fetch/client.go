package fetch

import (
	"crypto/tls"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/identity"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// Client sends the requests of all streams that share a sources.Client, at
// the pace that it sets. Its methods may be called from any goroutine.
type Client struct {
	Options
	requester *requester
	admission *pace.Admission
	transport *transport
	bodies    *body.Store
	jobs      *export.Slots
	shared    *export.Shared[*recorder, stored]
	// noIdentity says why the client cannot say who it is by tls; nil: it can.
	noIdentity error
}

// NewClient returns the client of source.
// vars hold what its auth sees as config: the credentials it makes are secrets
// like those of the settings.
func NewClient(source *sources.Client, o Options, vars expr.Vars) *Client {
	id, err := identity.Read(source.TLS, vars)
	r := newRequester(source, o, vars, id.Secrets())
	var own *tls.Config
	if err == nil {
		own, err = id.Config(source.TLS)
	}
	if err != nil {
		o.Transport = failing{err}
	} else if o.Transport == nil {
		o.Transport = newTransport(source, own)
	}
	o.Secrets = r.secrets
	admission := pace.New(source, pace.Options{
		Gate: o.Gate, MaxCost: o.MaxCost, Log: o.Log, Secrets: o.Secrets, Sharing: r.sharing(o, vars), Pool: r.pool(),
	})
	bodies := body.NewStore(body.MaxLong)
	return &Client{
		Options: o, requester: r, admission: admission, bodies: bodies, jobs: export.NewSlots(), shared: export.NewShared[*recorder, stored](), noIdentity: err,
		transport: &transport{o.Transport, r, admission, bodies, o.Ahead, o.Follow},
	}
}

// Reads says that a stream is read in this run. It is called before the first walk.
func (c *Client) Reads(stream string) { c.shared.Reads(stream) }

// HasJob says that an earlier run has asked for the job of a partition, which may not be
// done. It is called before the first walk.
func (c *Client) HasJob(partition string) { c.jobs.BegunBefore(partition) }

// Close ends the client's idle connections.
func (c *Client) Close() {
	c.shared.Close()
	c.admission.Close()
	if !c.Hasty {
		c.requester.vigil.Tell(c.Log, c.requester.expired())
	}
	if t, ok := c.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
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

// archive reads exchanges of the client back.
func (c *Client) archive() archive { return archive{c.Secrets, c.bodies} }
