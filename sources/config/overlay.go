package config

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/document"
)

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

// overlay returns over on top of base: maps key by key, all else replaced.
func overlay(base, over *document.Node) *document.Node {
	if base.Shape != document.Map || over.Shape != document.Map {
		return over
	}
	return over.Over(base, document.Exactly, func(base *document.Node, m document.Member) *document.Node { return overlay(base, m.Value) })
}

// withoutNulls returns the map without the keys that are null: orchestrators
// write those for what nobody set.
func withoutNulls(n *document.Node) *document.Node {
	return n.Mapped(func(m document.Member) *document.Node {
		switch m.Value.Shape {
		case document.Map:
			return withoutNulls(m.Value)
		case document.Null:
			return nil
		}
		return m.Value
	})
}
