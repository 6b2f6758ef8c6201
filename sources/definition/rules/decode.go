package rules

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// decode checks what answers are against the keys that speak of JSON.
func (c stream) decode(n *document.Node, s *sources.Stream) {
	d := &s.Text.Decode
	if d.IsJSON() {
		return
	}
	switch d.Format {
	case "", sources.FormatXML, sources.FormatAuto:
	default:
		for _, key := range []string{"single", "keyed", "columns", "one_or_many"} {
			if v := n.Get(key); v != nil && v.Read != nil && v.Text != "false" {
				c.Problem(v, "speaks of JSON, and %s is rows, each of which is a record: leave it out", d.Format)
			}
		}
		if v := n.Get("records"); v != nil && !slices.Equal(s.Records.Steps, []string{"@this"}) {
			c.Problem(v, "speaks of JSON, and %s is rows, each of which is a record: leave it out", d.Format)
		}
	}
	if v := n.Get("nan"); v != nil && s.Text.NullNaN && !slices.Contains([]sources.Format{"", sources.FormatJSON, sources.FormatJSONL, sources.FormatAuto}, d.Format) {
		c.Problem(v, "speaks of numbers in JSON, and the answers are %s: leave it out", d.Format)
	}
	if v := n.Get("charset"); v != nil && s.Text.Charset != "" && slices.Contains([]sources.Format{
		sources.FormatParquet, sources.FormatAvro, sources.FormatProtobuf, sources.FormatXLSX}, d.Format) {
		c.Problem(v, "%s says itself in which characters its texts are: leave it out", d.Format)
	}
}
