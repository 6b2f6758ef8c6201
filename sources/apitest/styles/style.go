package styles

import (
	"net/http"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// What the styles with credentials want.
const (
	Secret = "s3cret" // every password, key, client secret and token
	User   = "ada"    // who logs in, and the OAuth client
)

// Style is a way in which an API is asked and answers.
type Style struct {
	Name    string // of its definition in the cookbook: page is page.yaml
	Is      string // what it is, in some words
	Records int    // that a whole read brings, of all its collections
	Curl    string // what curl is to be told, BASE standing for scheme and host

	paths   []string // patterns of http.ServeMux
	handler http.Handler
}

// Mount adds all styles to a mux, and a list of them at its root.
func Mount(mux *http.ServeMux) {
	all := All()
	for _, style := range all {
		for _, path := range style.paths {
			mux.Handle(path, style.handler)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { index(w, r, all) })
}

// All returns the styles, each with an API of its own, in the order of the cookbook.
func All() []Style {
	return []Style{
		page(), offset(), cursor(), link(), nextURL(), keyset(), searchAfter(), relay(),
		report(), updatedSince(), parents(),
		basic(), apiKey(), oauth2(), session(),
		export(), lines(), xml(),
	}
}

// paged is a style with one collection, of the orders of a shop.
func paged(name, is, curl string, c apitest.Collection, opts ...apitest.Option) Style {
	c.Path = "/" + name + "/orders"
	return Style{Name: name, Is: is, Records: c.Made.Count, Curl: curl,
		paths: []string{"/" + name + "/"}, handler: apitest.New(opts...).Add(c)}
}

// orders is the collection of 1,000 orders, 100 on a page, without a filter.
func orders(style apitest.Style) apitest.Collection {
	c := apitest.Orders(1000)
	c.Style, c.Size, c.Max, c.Total, c.Form, c.Filter = style, 100, 500, false, apitest.Form{}, apitest.Filter{}
	return c
}
