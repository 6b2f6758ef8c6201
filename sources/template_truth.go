package sources

import (
	"strings"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Holds reports whether the answer to a truth question (stop, when, keep) is
// yes. That is Jinja's truth, but for the text false, in any case: many APIs
// write booleans as text.
func Holds(v expr.Value) bool {
	if v.Kind() == expr.KindString && strings.EqualFold(strings.TrimSpace(v.Text()), "false") {
		return false
	}
	return v.Truth()
}
