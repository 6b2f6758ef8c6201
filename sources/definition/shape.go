package definition

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// shapeKeys are the keys of a stream that decide its requests, beside its
// records, method and incremental.
var shapeKeys = []string{"base_url", "path", "params", "headers", "body", "pagination", "partition_by"}

// notAsked are the keys of incremental that change no request's form.
var notAsked = []string{"lookback", "settle", "sorted", "client_filter"}

// shapeOf returns the canonical text of what decides a stream's requests.
func shapeOf(n *document.Node, s *sources.Stream) string {
	shape := []byte(s.Request.Method)
	for _, step := range s.Records.Steps {
		shape = document.AppendText(shape, step)
	}
	for _, name := range shapeKeys {
		shape = append(append(shape, '\n'), name...)
		if v := n.Get(name); v != nil {
			shape = v.AppendJSON(shape, true)
		}
	}
	if submit := n.Get("export").Get("submit"); submit != nil { // how a job is polled may change while it is under way
		shape = submit.AppendJSON(append(shape, "\nsubmit"...), true)
	}
	shape = append(shape, "\nincremental"...)
	if inc := n.Get("incremental"); inc != nil && s.Incremental != nil {
		shape = inc.Without(notAsked...).AppendJSON(shape, true)
	}
	sum := sha256.Sum256(shape)
	return hex.EncodeToString(sum[:])
}
