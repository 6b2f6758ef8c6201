package fetch

import (
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Splitter is what the walk proves bodies with.
func (w *Walk) Splitter() Splitter { return w.judge.bodies.Splitter }

// SetLongest makes the longest body that the client takes so many bytes.
func (c *Client) SetLongest(most int64) {
	c.bodies = body.NewStore(most)
	c.transport.bodies = c.bodies
}

// FirstKey is where a recording keeps the first page.
func FirstKey(r *Recording) journal.Key { return r.key(0) }

// SetAuth makes the client prove with that who asks.
func (c *Client) SetAuth(a auth.Authenticator) { c.requester.auth = a }

// KnowNoSecrets makes messages show all.
func (c *Client) KnowNoSecrets() { c.Secrets, c.requester.secrets = nil, nil }
