package auth

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// members are those of a JSON object or a form, in their order.
type members struct {
	names  []string
	values []expr.Value
}

func (m *members) set(name string, v expr.Value) {
	if i := slices.Index(m.names, name); i >= 0 {
		m.values[i] = v
		return
	}
	m.names, m.values = append(m.names, name), append(m.values, v)
}

// add sets what the definition says; what is missing is left out.
func (m *members) add(place string, list []sources.Param, vars expr.Vars) error {
	for _, p := range list {
		v, err := p.Value.Eval(vars)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", place, p.Name, err)
		}
		if !v.Missing() {
			m.set(p.Name, v)
		}
	}
	return nil
}

func (m *members) setText(name, text string) { m.set(name, expr.String(text)) }

func (m *members) value(name string) expr.Value { return expr.Dict(m.names, m.values).Get(name) }

func (m *members) json() []byte { return expr.Dict(m.names, m.values).AppendJSON(nil) }
