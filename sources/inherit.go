package sources

import (
	"net/textproto"
	"slices"
)

// maxInherited is how many values all streams together may inherit: a small
// file could ask for gigabytes.
const maxInherited = 1_000_000

// inherit returns the keys of a stream over those of defaults over those of
// the client. The nodes in it are those of the file, so problems keep their
// lines.
func (b *builder) inherit(stream *node) *node {
	merged := &node{shape: isMap, line: stream.line, column: stream.column, parent: stream.parent, step: stream.step}
	at := map[string]int{}
	for _, layer := range []*node{b.root.get("client"), b.root.get("defaults"), stream} {
		if layer == nil || layer.shape != isMap {
			continue
		}
		for _, m := range layer.fields {
			i, there := at[m.name]
			if !there {
				at[m.name] = len(merged.fields)
				merged.fields = append(merged.fields, m)
				continue
			}
			m.value = over(merged.fields[i].value, m)
			merged.fields[i] = m
		}
	}
	return merged
}

// over returns what m makes of the value that it inherits.
func over(base *node, m member) *node {
	if base.shape == isNull || m.value.shape == isNull {
		return m.value
	}
	switch m.name {
	case "headers":
		return mergeMaps(base, m.value, textproto.CanonicalMIMEHeaderKey)
	case "params", "incremental":
		return mergeMaps(base, m.value, exactly)
	case "pagination":
		if by := m.value.get("type"); by != nil && (!base.has("type") || by.text != base.get("type").text) {
			return m.value
		}
		return mergeMaps(base, m.value, exactly)
	case "errors":
		return concat(m.value, base)
	}
	return m.value
}

func exactly(name string) string { return name }

// mergeMaps returns over's keys over those of base, compared as same says.
func mergeMaps(base, over *node, same func(string) string) *node {
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
	if len(over.fields) == 0 {
		merged.line, merged.column, merged.parent, merged.step = base.line, base.column, base.parent, base.step
	}
	return &merged
}

func concat(first, then *node) *node {
	if first.shape != isList || then.shape != isList {
		return first
	}
	merged := *first
	merged.items = slices.Concat(first.items, then.items)
	return &merged
}
