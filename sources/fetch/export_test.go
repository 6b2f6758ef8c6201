package fetch

import (
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Splitter is what the walk proves bodies with.
func (w *Walk) Splitter() Splitter { return w.splitter }

// SetLongest makes the longest body that the client takes so many bytes.
func (c *Client) SetLongest(most int64) { c.most = most }

// NullNaN reads a text with null in place of what is no number.
func NullNaN(r io.Reader) io.Reader {
	text, _ := decodeText(r, nanLayer)
	return text
}

// FirstKey is where a recording keeps the first page.
func FirstKey(r *Recording) journal.Key { return r.key(0) }

// SetAuth makes the client prove with that who asks.
func (c *Client) SetAuth(a auth.Authenticator) { c.requester.auth = a }

// KnowNoSecrets makes messages show all.
func (c *Client) KnowNoSecrets() { c.Secrets, c.requester.secrets = nil, nil }
