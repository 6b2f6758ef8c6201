package definition

import (
	"slices"
	"strconv"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// The grammar of a definition: which keys there are, what each wants, and
// what cannot run yet. The check of a file, the hints in its messages and the
// tables of FORMAT.md all come from here.

// key is one key of a map.
type key struct {
	name  string
	kind  *kind
	need  bool          // must be there
	def   string        // what holds where it is absent
	doc   string        // one line for FORMAT.md
	of    *object       // what a map, or an element of a list, holds
	enum  []string      // of a choice
	min   int64         // of a count
	scope sources.Scope // what its templates see
	only  []string      // further restricted to these names
	null  bool          // null is a value of it, and takes nothing away
}

// object is a kind of map.
type object struct {
	name     string // its heading in FORMAT.md
	by       string // the key whose value picks the variant; "": there are none
	keys     []key  // of every variant
	variants []variant
	deferred bool              // what the variants want is asked after inheritance
	others   []key             // keys that people look for here and that belong in a stream
	instead  map[string]string // what to write in the place of other keys that people look for
	check    func(r *reader, n *document.Node, o *object)
}

// variant is what an object holds under one value of its key by.
type variant struct {
	name  string
	doc   string
	links bool // of a pagination type: answers hold the URL of the next page
	keys  []key
}

// lookup returns the key of that name, of whichever variant; variants are the
// names of those that have it, none for a key of all.
func (o *object) lookup(name string) (k key, variants []string, found bool) {
	for _, k := range o.keys {
		if k.name == name {
			return k, nil, true
		}
	}
	for _, v := range o.variants {
		for _, own := range v.keys {
			if own.name == name {
				k, found = own, true
				variants = append(variants, v.name)
			}
		}
	}
	return k, variants, found
}

// lookupIn is lookup for a map that says which variant it is: several may have keys
// of one name.
func (o *object) lookupIn(n *document.Node, name string) (k key, variants []string, found bool) {
	k, variants, found = o.lookup(name)
	if by := n.Get(o.by); variants != nil && by != nil {
		if v := o.variant(by.Text); v != nil {
			if i := slices.IndexFunc(v.keys, func(own key) bool { return own.name == name }); i >= 0 {
				k = v.keys[i]
			}
		}
	}
	return k, variants, found
}

// meant reports whether a map has an unknown key that is likely one of these,
// misspelled: the problem that says so is enough.
func (o *object) meant(n *document.Node, names ...string) bool {
	if n == nil {
		return false
	}
	return slices.ContainsFunc(n.Fields, func(m document.Member) bool {
		_, _, found := o.lookup(m.Name)
		return !found && m.Name != o.by && slices.Contains(names, nearest.Name(m.Name, o.names()))
	})
}

// names returns the names of all keys, that which picks the variant the last.
func (o *object) names() (names []string) {
	add := func(keys []key) {
		for _, k := range keys {
			if !slices.Contains(names, k.name) {
				names = append(names, k.name)
			}
		}
	}
	add(o.keys)
	for _, v := range o.variants {
		add(v.keys)
	}
	if o.by != "" {
		names = append(names, o.by)
	}
	return names
}

// variantNames returns the values of the key by.
func (o *object) variantNames() []string {
	names := make([]string, len(o.variants))
	for i, v := range o.variants {
		names[i] = v.name
	}
	return names
}

// variant returns the variant of that name, nil if there is none.
func (o *object) variant(name string) *variant {
	i := slices.IndexFunc(o.variants, func(v variant) bool { return v.name == name })
	if i < 0 {
		return nil
	}
	return &o.variants[i]
}

// count is what a key that counts comes to where it is not given, 0 for a key
// that the variant does not have.
func (v *variant) count(name string) int64 {
	i := slices.IndexFunc(v.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return 0
	}
	n, _ := strconv.ParseInt(v.keys[i].def, 10, 64)
	return n
}
