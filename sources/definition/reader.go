package definition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// reader checks nodes against the grammar and leaves in each what it reads.
type reader struct {
	*document.Document
	templates *sources.Templates
	open      func(name string) ([]byte, error) // reads a schema file
}

// object reads a map of known keys.
func (r *reader) object(n *document.Node, k key) any {
	if n.Shape != document.Map {
		return r.wants(n, k)
	}
	for _, m := range n.Fields {
		r.member(n, m, k.of)
	}
	r.needs(n, k.of, k.of.keys)
	if k.of.by != "" {
		r.variant(n, k.of, !k.of.deferred)
	}
	if k.of.check != nil {
		k.of.check(r, n, k.of)
	}
	return true
}

// member reads one key of a map.
func (r *reader) member(n *document.Node, m document.Member, o *object) {
	if m.Name == o.by {
		return
	}
	k, _, found := o.lookupIn(n, m.Name)
	if !found {
		msg := r.Unknown("key", m.Name, o.names())
		if has(o.others, m.Name) {
			msg = fmt.Sprintf("unknown key %q; it belongs in defaults or in a stream", m.Name)
		} else if write := o.instead[m.Name]; write != "" {
			msg = fmt.Sprintf("unknown key %q; write %s", m.Name, write)
		}
		r.ProblemAt(m.Line, m.Column, n.Place(), "%s", msg)
		return
	}
	if m.Value.Shape == document.Null && k.null {
		m.Value.Shape, m.Value.Text = document.Text, "null"
	}
	if m.Value.Shape == document.Null {
		return
	}
	m.Value.Read = k.kind.read(r, m.Value, k)
}

func has(keys []key, name string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return k.name == name })
}

// needs reports the required keys that are not there, nor misspelled.
func (r *reader) needs(n *document.Node, o *object, keys []key) {
	for _, k := range keys {
		if k.need && !n.Has(k.name) && !o.meant(n, k.name) {
			r.Problem(n, "needs %s: %s", k.name, cmp.Or(strings.Join(k.enum, ", "), k.kind.wants))
		}
	}
}

// variant checks the keys of a map against the value of the key that picks
// its variant. Whole says that nothing will be inherited into it any more.
func (r *reader) variant(n *document.Node, o *object, whole bool) {
	by := n.Get(o.by)
	if by == nil {
		if whole {
			r.Problem(n, "needs %s: %s", o.by, strings.Join(o.variantNames(), ", "))
		}
		return
	}
	v := o.variant(by.Text)
	if !by.Scalar() || v == nil {
		if o.by == "format" {
			r.Problem(by, "%s", otherwise(r, by, o.by, o.variantNames()))
		} else {
			r.Problem(by, "%s", r.Unknown("type", by.Text, o.variantNames()))
		}
		return
	}
	by.Read = v.name
	for _, m := range n.Fields {
		_, variants, found := o.lookup(m.Name)
		if found && variants != nil && !has(v.keys, m.Name) {
			r.ProblemAt(m.Line, m.Column, n.Place(), "key %q belongs to type %s, not to %s", m.Name, strings.Join(variants, ", "), v.name)
		}
	}
	if whole {
		r.needs(n, o, v.keys)
	}
}

// objects reads a list of maps.
func (r *reader) objects(n *document.Node, k key) any {
	if n.Shape != document.List {
		return r.wants(n, k)
	}
	for _, item := range n.Items {
		item.Read = r.object(item, key{name: k.name, kind: aMap, of: k.of})
	}
	return true
}

func (r *reader) objectOrObjects(n *document.Node, k key) any {
	if n.Shape == document.Map {
		return r.object(n, k)
	}
	return r.objects(n, k)
}
