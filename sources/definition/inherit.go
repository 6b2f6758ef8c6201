package definition

import (
	"net/textproto"
	"slices"

	"github.com/tap-rest/tap-rest/sources/document"
)

// maxInherited is how many values all streams together may inherit: a small
// file could ask for gigabytes.
const maxInherited = 1_000_000

// inherit returns the keys of a stream over those of defaults over those of
// the client. The nodes in it are those of the file, so problems keep their
// lines.
func (b *builder) inherit(stream *document.Node) *document.Node {
	merged := &document.Node{Shape: document.Map}
	for _, layer := range []*document.Node{b.root.Get("client"), b.root.Get("defaults"), stream} {
		if layer != nil && layer.Shape == document.Map {
			merged = layer.Over(merged, document.Exactly, over)
		}
	}
	return merged
}

// over returns what m makes of the value that it inherits.
func over(base *document.Node, m document.Member) *document.Node {
	if base.Shape == document.Null || m.Value.Shape == document.Null {
		return m.Value
	}
	switch m.Name {
	case "headers":
		return mergeMaps(base, m.Value, textproto.CanonicalMIMEHeaderKey)
	case "params", "incremental":
		return mergeMaps(base, m.Value, document.Exactly)
	case "pagination":
		if by := m.Value.Get("type"); by != nil && (!base.Has("type") || by.Text != base.Get("type").Text) {
			return m.Value
		}
		return mergeMaps(base, m.Value, document.Exactly)
	case "errors":
		return concat(m.Value, base)
	}
	return m.Value
}

// mergeMaps returns over's keys over those of base, compared as same says.
func mergeMaps(base, over *document.Node, same func(string) string) *document.Node {
	switch {
	case base.Shape != document.Map || over.Shape != document.Map:
		return over
	case len(over.Fields) == 0:
		return base
	}
	return over.Over(base, same, func(_ *document.Node, m document.Member) *document.Node { return m.Value })
}

func concat(first, then *document.Node) *document.Node {
	if first.Shape != document.List || then.Shape != document.List {
		return first
	}
	merged := *first
	merged.Items = slices.Concat(first.Items, then.Items)
	return &merged
}
