package schema

import (
	"iter"
	"slices"
)

// target returns n, or what its $ref leads to in the end.
func (d *document) target(n *node) *node {
	for n.isObject() {
		ref, ok := n.text("$ref")
		if !ok {
			break
		}
		n = d.resolve(ref)
	}
	return n
}

// group is schemas that judge one value together.
type group []*node

// group returns all schemas that name fields of a value that meets the given
// ones: these, or what they refer to, and their branches; each once.
func (d *document) group(nodes group) group {
	var all group
	var known map[*node]bool // once they are many
	var add func(n *node)
	add = func(n *node) {
		n = d.target(n)
		if known[n] || known == nil && slices.Contains(all, n) {
			return
		}
		all = append(all, n)
		if known == nil && len(all) > fewMembers {
			known = map[*node]bool{}
			for _, one := range all {
				known[one] = true
			}
		} else if known != nil {
			known[n] = true
		}
		d.children(n, func(keyword string, child *node) {
			if judgesSame(keyword) && keyword != "not" {
				add(child)
			}
		})
	}
	for _, n := range nodes {
		add(n)
	}
	return all
}

// properties yields the fields that the group names, each once, with the
// schemas of it in the group.
func (g group) properties() iter.Seq2[string, group] {
	return func(yield func(string, group) bool) {
		for i, n := range g {
			p := n.properties()
			if p == nil {
				continue
			}
			for name := range p.fields() {
				if len(g[:i].property(name)) == 0 && !yield(name, g[i:].property(name)) {
					return
				}
			}
		}
	}
}

// property returns the schemas in the group of the field with that name.
func (g group) property(name string) (nodes group) {
	for _, n := range g {
		if p := n.properties(); p != nil {
			if value := p.get(name); value != nil {
				nodes = append(nodes, value)
			}
		}
	}
	return nodes
}

// items returns the schemas in the group of the elements of an array.
func (g group) items() (nodes group) {
	for _, n := range g {
		if !n.isObject() {
			continue
		}
		if items := n.get("items"); items != nil && items.isObject() {
			nodes = append(nodes, items)
		}
	}
	return nodes
}

// rest returns the schemas in the group of the members that it does not name:
// what additionalProperties says of them. Beside patternProperties it does not
// hold for all of those.
func (g group) rest() (nodes group) {
	for _, n := range g {
		if !n.isObject() || n.hasPatterns() {
			continue
		}
		if more := n.get("additionalProperties"); more != nil && more.isObject() {
			nodes = append(nodes, more)
		}
	}
	return nodes
}

// isClosed reports whether a member that the group does not name is a new
// field.
func (g group) isClosed() bool {
	names := slices.ContainsFunc(g, func(n *node) bool { return n.properties() != nil })
	return names && !slices.ContainsFunc(g, g.opens)
}

// opens reports whether n, one of the group, lets members in that it does not
// name: beside branches with properties, one that allows any object is meant as
// such.
func (g group) opens(n *node) bool {
	if !n.isObject() {
		return false
	}
	if more := n.get("additionalProperties"); more != nil && !more.is("false") {
		return true
	}
	if n.hasPatterns() {
		return true
	}
	return n.properties() == nil && n.types().kinds()&kindObject != 0 && !slices.ContainsFunc(n.members(), func(m member) bool {
		return judgesSame(m.name)
	})
}
