package odata

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// deepest is how many parents a stream has.
const deepest = 3

// context is the key of a parent's record, as it stands in its children.
type context struct {
	variable string // in partition
	typ      *outline.Type
}

// mostStreams is how many streams are made of what records contain: a definition
// has room for fewer.
const mostStreams = 8000

// contained makes streams of the collections within a record that no entity set
// has: of those that it contains, and of those of types without a set. Types are
// those of the record and of its parents, of which none is read within itself.
func (r *reader) contained(parent *outline.Stream, path string, types []string, outer []context) {
	typ := types[len(types)-1]
	for _, s := range r.lineage(typ) {
		for i := range s.Navigations {
			n := &s.Navigations[i]
			target := r.many(n)
			switch {
			case target == "" || !isStep(n.Name) || !r.isEntity[target] || n.Contains != "true" && r.sets[target]:
			case slices.Contains(types, target), len(types) > deepest, len(r.out.Streams) > mostStreams:
				r.deeper++
			default:
				r.child(parent, path, n, append(slices.Clone(types), target), outer)
			}
		}
	}
}

func (r *reader) child(parent *outline.Stream, path string, n *navigation, types []string, outer []context) {
	typ, target := types[len(types)-2], types[len(types)-1]
	keys := r.keys(typ)
	if len(keys) != 1 || !isStep(keys[0].Name) || parent.Record.Field(keys[0].Name) == nil {
		r.out.Leave("%s/%s: what a record contains needs a key of one field in %s", path, n.Name, parent.Name)
		return
	}
	key := keys[0].Name
	variable := outline.Singular(parent.Name) + "_" + outline.Name(key, "key")
	for slices.ContainsFunc(outer, func(c context) bool { return c.variable == variable }) {
		variable += "_2"
	}
	inner := append(slices.Clone(outer), context{variable, parent.Record.Field(key).Type})
	path = fmt.Sprintf("%s(%s)/%s", path, r.literal(typ, key, variable), n.Name)
	s := r.stream(n.Name, n.Name+" of each of "+parent.Name, target)
	s.Parent = parent
	s.Map.Set("partition_by", new(draft.Map).Set("parent", parent.Name, "").Set("keys", new(draft.Map).Set(variable, outline.Path(key), ""), ""), "")
	s.Map.Set("path", path, "")
	var fields []string
	for _, c := range inner {
		field := c.variable
		for s.Record.Field(field) != nil {
			field = "parent_" + field
		}
		s.Map.At("add").Set(field, "{{ partition."+c.variable+" }}", "")
		s.Added = append(s.Added, outline.Field{Name: field, Type: c.typ})
		fields = append(fields, field)
	}
	r.keysOf(s, target, fields)
	r.out.Streams = append(r.out.Streams, s)
	r.contained(s, path, types, inner)
}

// literal writes the value of a key as paths of OData have it.
func (r *reader) literal(typ, key, variable string) string {
	kind := ""
	for _, s := range r.lineage(typ) {
		for _, p := range s.Properties {
			if p.Name == key {
				kind = r.full(p.Type)
			}
		}
	}
	value := "{{ partition." + variable + " }}"
	switch {
	case kind == "Edm.String":
		return "'{{ partition." + variable + ` | replace("'", "''") }}'`
	case r.old && kind == "Edm.Guid":
		return "guid'" + value + "'"
	case r.old && kind == "Edm.Int64":
		return value + "L"
	}
	return value
}
