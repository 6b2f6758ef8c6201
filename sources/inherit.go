package sources

import (
	"net/textproto"
	"slices"
)

// inherit returns the keys of a stream over those of defaults over those of
// the client. The nodes in it are those of the file, so problems keep their
// lines.
func (b *builder) inherit(stream *node) *node {
	merged := &node{shape: isMap, line: stream.line, column: stream.column, parent: stream.parent, step: stream.step}
	for _, layer := range []*node{b.root.get("client"), b.root.get("defaults"), stream} {
		if layer == nil || layer.shape != isMap {
			continue
		}
		for _, m := range layer.fields {
			merged.set(m, b.over(merged.get(m.name), m))
		}
	}
	return merged
}

// set puts a key of a map in place of its like.
func (n *node) set(m member, v *node) {
	m.value = v
	for i := range n.fields {
		if n.fields[i].name == m.name {
			n.fields[i] = m
			return
		}
	}
	n.fields = append(n.fields, m)
}

// over returns what m makes of the value that it inherits.
func (b *builder) over(base *node, m member) *node {
	if base == nil || m.value.shape == isNull {
		return m.value
	}
	switch m.name {
	case "headers":
		return b.mergeMaps(base, m.value, textproto.CanonicalMIMEHeaderKey)
	case "params", "incremental":
		return b.mergeMaps(base, m.value, exactly)
	case "pagination":
		if by := m.value.get("type"); by != nil && (!base.has("type") || by.text != base.get("type").text) {
			return m.value
		}
		return b.mergeMaps(base, m.value, exactly)
	case "errors":
		return b.concat(m.value, base)
	}
	return m.value
}

func exactly(name string) string { return name }

// mergeMaps returns over's keys over those of base, compared as same says.
func (b *builder) mergeMaps(base, over *node, same func(string) string) *node {
	if base.shape != isMap || over.shape != isMap {
		return over
	}
	merged := *over
	merged.fields = slices.Clone(base.fields)
	at := make(map[string]int, len(base.fields))
	for i, m := range merged.fields {
		at[same(m.name)] = i
	}
	for _, m := range over.fields {
		if i, there := at[same(m.name)]; there {
			merged.fields[i] = m
		} else {
			merged.fields = append(merged.fields, m)
		}
	}
	b.spend(len(merged.fields), over)
	if len(over.fields) == 0 {
		merged.line, merged.column, merged.parent, merged.step = base.line, base.column, base.parent, base.step
	}
	return &merged
}

func (b *builder) concat(first, then *node) *node {
	if first.shape != isList || then.shape != isList {
		return first
	}
	merged := *first
	merged.items = slices.Concat(first.items, then.items)
	b.spend(len(merged.items), first)
	return &merged
}

// spend counts the values that inheritance copies into the streams: a small
// file could ask for gigabytes.
func (b *builder) spend(values int, n *node) {
	before := b.nodes
	b.nodes += values
	if before < maxNodes && b.nodes >= maxNodes {
		b.problem(n, "more than %d values, with what streams inherit", maxNodes)
	}
	b.exhausted = b.nodes >= maxNodes
}
