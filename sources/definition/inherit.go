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
	merged := &document.Node{Shape: document.Map, Line: stream.Line, Column: stream.Column, Parent: stream.Parent, Step: stream.Step}
	at := map[string]int{}
	for _, layer := range []*document.Node{b.root.Get("client"), b.root.Get("defaults"), stream} {
		if layer == nil || layer.Shape != document.Map {
			continue
		}
		for _, m := range layer.Fields {
			i, there := at[m.Name]
			if !there {
				at[m.Name] = len(merged.Fields)
				merged.Fields = append(merged.Fields, m)
				continue
			}
			m.Value = over(merged.Fields[i].Value, m)
			merged.Fields[i] = m
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
		return mergeMaps(base, m.Value, exactly)
	case "pagination":
		if by := m.Value.Get("type"); by != nil && (!base.Has("type") || by.Text != base.Get("type").Text) {
			return m.Value
		}
		return mergeMaps(base, m.Value, exactly)
	case "errors":
		return concat(m.Value, base)
	}
	return m.Value
}

func exactly(name string) string { return name }

// mergeMaps returns over's keys over those of base, compared as same says.
func mergeMaps(base, over *document.Node, same func(string) string) *document.Node {
	if base.Shape != document.Map || over.Shape != document.Map {
		return over
	}
	merged := *over
	merged.Fields = slices.Clone(base.Fields)
	at := make(map[string]int, len(base.Fields))
	for i, m := range merged.Fields {
		at[same(m.Name)] = i
	}
	for _, m := range over.Fields {
		if i, there := at[same(m.Name)]; there {
			merged.Fields[i] = m
		} else {
			merged.Fields = append(merged.Fields, m)
		}
	}
	if len(over.Fields) == 0 {
		merged.Line, merged.Column, merged.Parent, merged.Step = base.Line, base.Column, base.Parent, base.Step
	}
	return &merged
}

func concat(first, then *document.Node) *document.Node {
	if first.Shape != document.List || then.Shape != document.List {
		return first
	}
	merged := *first
	merged.Items = slices.Concat(first.Items, then.Items)
	return &merged
}
