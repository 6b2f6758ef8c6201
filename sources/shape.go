package sources

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// shapeKeys are the keys of a stream that decide its requests, beside its
// records, method and incremental.
var shapeKeys = []string{"base_url", "path", "params", "headers", "body", "pagination", "partition_by"}

// notAsked are the keys of incremental that change no request's form.
var notAsked = []string{"lookback", "settle", "sorted", "client_filter"}

// shapeOf returns the canonical text of what decides a stream's requests.
func shapeOf(n *node, s *Stream) string {
	shape := []byte(s.Request.Method)
	for _, step := range s.Records.Steps {
		shape = appendText(shape, step)
	}
	for _, name := range shapeKeys {
		shape = append(append(shape, '\n'), name...)
		if v := n.get(name); v != nil {
			shape = v.appendJSON(shape, true)
		}
	}
	shape = append(shape, "\nincremental"...)
	if inc := n.get("incremental"); inc != nil && s.Incremental != nil {
		shape = without(inc, notAsked...).appendJSON(shape, true)
	}
	sum := sha256.Sum256(shape)
	return hex.EncodeToString(sum[:])
}

// Shape returns 16 hexadecimal digits that change with what decides the
// requests of the stream: its own keys and the settings that are not secret.
func (c *Config) Shape(s *Stream) string {
	sum := sha256.Sum256(append([]byte(s.shape+"\n"), c.public...))
	return hex.EncodeToString(sum[:8])
}

// Identity returns 32 hexadecimal digits that name what is read: the
// definition, the settings, and, under a salt that keeps them unguessable, the
// secrets that the user gave, or what run.journal.identity says in their place.
func (c *Config) Identity(d *Definition, salt []byte) string {
	secrets := hmac.New(sha256.New, salt)
	if identity := c.Run.Journal.Identity; identity != "" {
		fmt.Fprintf(secrets, "identity:%s", identity)
	} else {
		for _, s := range c.Secrets {
			fmt.Fprintf(secrets, "%d:%s,", len(s.Reveal()), s.Reveal())
		}
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%d:%s,%d:%s,%x", len(d.Name), d.Name, len(c.public), c.public, secrets.Sum(nil))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
