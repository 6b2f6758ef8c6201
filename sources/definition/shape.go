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
	// Of an export only what asks for the job: how that is waited for and where its files
	// are may be mended without another job. Streams without it have the shape that
	// states of every version know.
	if e := n.Get("export"); e.Has("submit") {
		shape = e.Get("submit").AppendJSON(append(shape, "\nexport.submit"...), true)
	}
	shape = append(shape, "\nincremental"...)
	if inc := n.Get("incremental"); inc != nil && s.Incremental != nil {
		shape = inc.Without(notAsked...).AppendJSON(shape, true)
	}
	sum := sha256.Sum256(shape)
	return hex.EncodeToString(sum[:])
}
