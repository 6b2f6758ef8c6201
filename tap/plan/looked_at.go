package plan

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// lookedAt is where in the values of a context a stream's templates look, below
// their names.
type lookedAt struct {
	any   [][]string // whose value must be there
	asked [][]string // in requests: nor may it be an empty text
}

// inAll reports the first value without something that templates look for in it.
func (l lookedAt) inAll(name string, values []expr.Value) error {
	for i, v := range values {
		if what := l.lacking(name, v); what != "" {
			return fmt.Errorf("value %d has %s: %s", i+1, what, clip(v.AppendJSON(nil)))
		}
	}
	return nil
}

const orSaySo = " and which would ask for everything (where that is right, the template can say so: default(''))"

// lacking says what templates look for under a name and the value does not have,
// or has as an empty text, which APIs take for nothing: "" for nothing.
func (l lookedAt) lacking(name string, v expr.Value) string {
	if path := first(l.any, name, v, expr.Value.Missing); path != "" {
		return "no " + path + ", which the stream's templates use and which would ask for everything"
	}
	path := first(l.asked, name, v, func(at expr.Value) bool { return at.Kind() == expr.KindString && at.Len() == 0 })
	if path != "" {
		return "an empty text as " + path + ", which the stream's requests use" + orSaySo
	}
	return ""
}

// first returns the first of the paths below a name at which the value is such a
// one, "" for none.
func first(paths [][]string, name string, v expr.Value, is func(expr.Value) bool) string {
	for _, keys := range paths {
		if keys[0] != name {
			continue
		}
		at, path := v, name
		for _, key := range keys[1:] {
			at, path = at.Get(key), path+"."+key
		}
		if is(at) {
			return path
		}
	}
	return ""
}
