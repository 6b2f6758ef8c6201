package config

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/document"
)

// overlay returns over on top of base: maps key by key, all else replaced.
func overlay(base, over *document.Node) *document.Node {
	if base == nil || base.Shape != document.Map || over.Shape != document.Map {
		return over
	}
	merged := *base
	merged.Fields = slices.Clone(base.Fields)
	at := make(map[string]int, len(merged.Fields))
	for i, m := range merged.Fields {
		at[m.Name] = i
	}
	for _, m := range over.Fields {
		i, there := at[m.Name]
		if there {
			m.Value = overlay(merged.Fields[i].Value, m.Value)
			merged.Fields[i] = m
			continue
		}
		at[m.Name] = len(merged.Fields)
		merged.Fields = append(merged.Fields, m)
	}
	return &merged
}

// nest returns maps in each other, down to the leaf.
func nest(steps []string, leaf *document.Node) *document.Node {
	for _, step := range slices.Backward(steps) {
		leaf = &document.Node{Shape: document.Map, Fields: []document.Member{{Name: step, Value: leaf}}}
	}
	return leaf
}

// rooted returns a copy of the tree in which every node knows its place.
func rooted(n, parent *document.Node, step string) *document.Node {
	c := *n
	c.Parent, c.Step = parent, step
	c.Items, c.Fields = nil, nil
	for i, item := range n.Items {
		c.Items = append(c.Items, rooted(item, &c, fmt.Sprintf("[%d]", i)))
	}
	for _, m := range n.Fields {
		m.Value = rooted(m.Value, &c, m.Name)
		c.Fields = append(c.Fields, m)
	}
	return &c
}

// withoutNulls returns the map without the keys that are null: orchestrators
// write those for what nobody set.
func withoutNulls(n *document.Node) *document.Node {
	rest := *n
	rest.Fields = nil
	for _, m := range n.Fields {
		if m.Value.Shape == document.Map {
			m.Value = withoutNulls(m.Value)
		}
		if m.Value.Shape != document.Null {
			rest.Fields = append(rest.Fields, m)
		}
	}
	return &rest
}
