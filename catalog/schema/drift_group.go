package schema

import "slices"

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

// group returns all schemas that name fields of a value that meets the given
// ones: these, or what they refer to, and their branches; each once.
func (d *document) group(nodes []*node) []*node {
	known := make(map[*node]bool, len(nodes))
	var group []*node
	var add func(n *node)
	add = func(n *node) {
		n = d.target(n)
		if known[n] {
			return
		}
		known[n] = true
		group = append(group, n)
		d.children(n, func(keyword string, child *node) {
			if judgesSame(keyword) && keyword != "not" {
				add(child)
			}
		})
	}
	for _, n := range nodes {
		add(n)
	}
	return group
}

// properties returns the keyword properties of n, or nil.
func (n *node) properties() *node {
	if !n.isObject() {
		return nil
	}
	p := n.object("properties")
	if p != nil {
		p.take()
	}
	return p
}

// propertiesOf returns the schemas in the group of each field that it names.
func propertiesOf(group []*node) map[string][]*node {
	fields := map[string][]*node{}
	for _, n := range group {
		if p := n.properties(); p != nil {
			for name, value := range p.index {
				fields[name] = append(fields[name], value)
			}
		}
	}
	return fields
}

// property returns the schemas in the group of the field with that name.
func property(group []*node, name string) []*node {
	var nodes []*node
	for _, n := range group {
		if p := n.properties(); p != nil && p.index[name] != nil {
			nodes = append(nodes, p.index[name])
		}
	}
	return nodes
}

// itemsOf returns the schemas in the group of the elements of an array.
func itemsOf(group []*node) []*node {
	var nodes []*node
	for _, n := range group {
		if !n.isObject() {
			continue
		}
		if items := n.get("items"); items != nil && (items.isObject() || items.seen != nil) {
			nodes = append(nodes, items)
		}
	}
	return nodes
}

// restOf returns the schemas in the group of the members that it does not
// name: what additionalProperties says of them. Beside patternProperties it
// does not hold for all of those.
func restOf(group []*node) []*node {
	var nodes []*node
	for _, n := range group {
		if !n.isObject() || hasPatterns(n) {
			continue
		}
		if more := n.get("additionalProperties"); more != nil && (more.isObject() || more.seen != nil) {
			nodes = append(nodes, more)
		}
	}
	return nodes
}

func hasPatterns(n *node) bool {
	p := n.object("patternProperties")
	return p != nil && string(p.raw) != "{}"
}

// isClosed reports whether a member that the group does not name is a new
// field.
func isClosed(group []*node) bool {
	names := slices.ContainsFunc(group, func(n *node) bool { return n.properties() != nil })
	return names && !slices.ContainsFunc(group, isOpen)
}

// isOpen reports whether n lets members in that it does not name: beside
// branches with properties, one that allows any object is meant as such.
func isOpen(n *node) bool {
	if !n.isObject() {
		return false
	}
	if more := n.get("additionalProperties"); more != nil && string(more.raw) != "false" {
		return true
	}
	if hasPatterns(n) {
		return true
	}
	return n.properties() == nil && n.types()&kindObject != 0 && !slices.ContainsFunc(n.members, func(m member) bool {
		return judgesSame(m.name)
	})
}
