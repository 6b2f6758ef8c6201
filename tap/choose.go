package tap

import (
	"github.com/tap-rest/tap-rest/sources"
)

// choose makes the fields leave that the schema in a configured catalog names.
// Which others there are is known from the definition's schema or an inferred
// one: they are cut out, and fields that are new to both go by on_new_field.
// Where none is known, a field at the top of a record that is not chosen is
// taken for one that nobody wants, and not for a new one.
func (one *reading) choose(cached []byte) {
	known := one.Stream.Schema.Text
	if known == nil {
		known = cached
	}
	if known != nil {
		one.selected.Choose(known)
		one.cut()
		return
	}
	one.chosen = namesFields(one.selected.Schema) && one.Schema.OnNewField == sources.Evolve
}
