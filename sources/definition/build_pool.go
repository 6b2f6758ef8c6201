package definition

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// withPool adds the auth type whose credentials are of the others.
func withPool(types []variant) []variant {
	member := &object{
		name: "Auth", by: "type", check: authKeys,
		variants: slices.DeleteFunc(slices.Clone(types), func(v variant) bool { return v.name == string(sources.AuthNone) }),
	}
	return append(types, variant{name: string(sources.AuthPool), doc: "Several credentials: the one with most of its quota left asks next; see Several credentials.", keys: []key{
		{name: "of", kind: manyMaps, of: member, need: true, doc: "The credentials: each an auth of another type."},
	}})
}

// poolKeys checks the credentials of a pool.
func poolKeys(r *reader, n *document.Node) {
	if of := n.Get("of"); of != nil && of.Shape == document.List && len(of.Items) < 2 {
		r.Problem(of, "wants two credentials or more")
	}
}

// poolOf reads the credentials of a pool.
func poolOf(n, base *document.Node) (list []*sources.Auth) {
	for _, item := range n.Get("of").List() {
		list = append(list, authOf(item, base))
	}
	return list
}
