package fetch

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
)

// view is what templates and the keys of the definition see of the answer under way.
type view struct {
	vars   expr.Vars // what templates see: of them, it sets headers and response
	apart  bool      // no key of the definition looks at records
	answer *Page     // under way
	seen   []byte    // what the keys see of it
	beside []byte    // memory for that
}

// show makes them see an answer.
func (v *view) show(page *Page, s records.Split) {
	v.answer, v.seen = page, page.Body.Text
	if r, ok := s.Records.(records.Besides); ok && v.apart && s.Err == nil {
		// They look at nothing else, and need not pass over the records to find it.
		if beside := r.AppendBeside(v.beside[:0]); beside != nil {
			v.beside, v.seen = beside, beside
		}
	}
	v.vars[sources.VarHeaders] = HeaderValue(page.Header)
	v.vars[sources.VarResponse] = expr.Undefined()
	if !errors.Is(s.Err, ErrBroken) && (s.Pieces == nil || s.Pieces.Proven) {
		v.vars[sources.VarResponse] = expr.JSONBytes(v.seen)
	}
}

// forget lets go of the answer: a walk that waits holds none.
func (v *view) forget() { v.seen, v.vars[sources.VarResponse] = nil, expr.Undefined() }

// hasErrors reports whether the answer has errors as those of GraphQL have them. An empty
// list is none, though the specification would leave it out.
func (v *view) hasErrors() bool { return v.vars[sources.VarResponse].Get("errors").Truth() }

// HeaderValue is what templates see as headers: lower-case names, in their order.
func HeaderValue(h http.Header) expr.Value {
	keys := make([]string, 0, len(h))
	values := make([]expr.Value, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		keys, values = append(keys, strings.ToLower(name)), append(values, expr.String(strings.Join(h[name], ", ")))
	}
	return expr.Dict(keys, values)
}
