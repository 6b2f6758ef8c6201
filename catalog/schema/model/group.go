package model

import (
	"iter"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
)

// Target returns n, or what its $ref leads to in the end.
func (d *Document) Target(n *Node) *Node {
	for n.IsObject() {
		ref, ok := n.Text("$ref")
		if !ok {
			break
		}
		n = d.Resolve(ref)
	}
	return n
}

// Group is schemas that judge one value together.
type Group []*Node

// Group returns all schemas that name fields of a value that meets the given
// ones: these, or what they refer to, and their branches; each once.
func (d *Document) Group(nodes Group) Group {
	var all Group
	var known map[*Node]bool // once they are many
	var add func(n *Node)
	add = func(n *Node) {
		n = d.Target(n)
		if known[n] || known == nil && slices.Contains(all, n) {
			return
		}
		all = append(all, n)
		if known == nil && len(all) > fewMembers {
			known = map[*Node]bool{}
			for _, one := range all {
				known[one] = true
			}
		} else if known != nil {
			known[n] = true
		}
		d.children(n, func(keyword string, child *Node) {
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

// Properties yields the fields that the group names, each once, with the
// schemas of it in the group.
func (g Group) Properties() iter.Seq2[string, Group] {
	return func(yield func(string, Group) bool) {
		for i, n := range g {
			p := n.Properties()
			if p == nil {
				continue
			}
			for name := range p.Fields() {
				if len(g[:i].Property(name)) == 0 && !yield(name, g[i:].Property(name)) {
					return
				}
			}
		}
	}
}

// Property returns the schemas in the group of the field with that name.
func (g Group) Property(name string) (nodes Group) {
	for _, n := range g {
		if p := n.Properties(); p != nil {
			if value := p.Get(name); value != nil {
				nodes = append(nodes, value)
			}
		}
	}
	return nodes
}

// Items returns the schemas in the group of the elements of an array.
func (g Group) Items() (nodes Group) {
	for _, n := range g {
		if !n.IsObject() {
			continue
		}
		if items := n.Get("items"); items != nil && items.IsObject() {
			nodes = append(nodes, items)
		}
	}
	return nodes
}

// Rest returns the schemas in the group of the members that it does not name:
// what additionalProperties says of them. Beside patternProperties it does not
// hold for all of those.
func (g Group) Rest() (nodes Group) {
	for _, n := range g {
		if !n.IsObject() || n.HasPatterns() {
			continue
		}
		if more := n.Get("additionalProperties"); more != nil && more.IsObject() {
			nodes = append(nodes, more)
		}
	}
	return nodes
}

// IsClosed reports whether a member that the group does not name is a new
// field.
func (g Group) IsClosed() bool {
	names := slices.ContainsFunc(g, func(n *Node) bool { return n.Properties() != nil })
	return names && !slices.ContainsFunc(g, g.opens)
}

// opens reports whether n, one of the group, lets members in that it does not
// name: beside branches with properties, one that allows any object is meant as
// such.
func (g Group) opens(n *Node) bool {
	if !n.IsObject() {
		return false
	}
	if more := n.Get("additionalProperties"); more != nil && !more.Is("false") {
		return true
	}
	if n.HasPatterns() {
		return true
	}
	return n.Properties() == nil && n.Types().Kinds()&kinds.Object != 0 && !slices.ContainsFunc(n.Members(), func(m member) bool {
		return judgesSame(m.Name)
	})
}
