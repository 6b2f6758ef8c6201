package catalog

import "cmp"

// choice is a selection that need not be said.
type choice int8

const (
	unsaid choice = iota
	yes
	no
)

// marks is what one place of a catalog says about a stream or a field.
type marks struct {
	inclusion string // "", available, automatic, unsupported
	selected  choice // by the user
	byDefault choice // selected-by-default
}

// rule is what a catalog says about a stream or a field, and about the fields
// in it.
type rule struct {
	metadata marks
	schema   marks // inside the JSON Schema, where older catalogs have them
	fields   map[string]*rule
	array    bool // fields are those of the elements of an array
}

// field returns the rule for a field in r, and makes it if need be.
func (r *rule) field(name string) *rule {
	if f := r.fields[name]; f != nil {
		return f
	}
	if r.fields == nil {
		r.fields = make(map[string]*rule)
	}
	f := &rule{}
	r.fields[name] = f
	return f
}

func (r *rule) inclusion() string {
	return cmp.Or(r.metadata.inclusion, r.schema.inclusion)
}

// wanted reports whether a field is selected, where what it is in is selected:
// without a word it goes with that.
func (r *rule) wanted() bool {
	switch r.inclusion() {
	case "unsupported":
		return false
	case "automatic":
		return true
	}
	said := cmp.Or(r.metadata.selected, r.schema.selected, r.metadata.byDefault, r.schema.byDefault)
	return said != no
}

// whole reports whether an array is taken with all that is in it: if it is
// selected itself, and nothing in it is. `select: [orders.lines]` comes out like
// that from Meltano, and nobody means a list of empty objects by it.
func (r *rule) whole() bool {
	if !r.array || cmp.Or(r.metadata.selected, r.schema.selected) != yes {
		return false
	}
	for _, f := range r.fields {
		if f.wanted() {
			return false
		}
	}
	return true
}

// mask returns the mask of the fields in r that are not wanted.
func (r *rule) mask() *Mask {
	m := &Mask{}
	for name, f := range r.fields {
		if !f.wanted() {
			m.set(name, nil)
		} else if f.whole() {
			continue
		} else if sub := f.mask(); sub != nil {
			m.set(name, sub)
		}
	}
	return m.orNil()
}
