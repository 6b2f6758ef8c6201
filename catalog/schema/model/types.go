package model

import (
	"bytes"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
)

// typeList is the keyword type of a schema: names, in a valid one.
type typeList struct {
	of    *Node
	names []*Node
}

// Kinds returns the kinds that are allowed; 0 if the keyword is not there, which
// allows all.
func (l typeList) Kinds() (all kinds.Set) {
	for _, name := range l.names {
		all |= kinds.Named(name.Raw.Unquote())
	}
	return all
}

// Without returns the names as written, but for one.
func (l typeList) Without(name string) (all [][]byte) {
	for _, one := range l.names {
		if !one.Raw.Is(name) {
			all = append(all, one.Raw)
		}
	}
	return all
}

// Set gives the keyword, where it is there, these names, as written: a list, or
// the only one.
func (l typeList) Set(names [][]byte) {
	list := bytes.Join(names, []byte(","))
	if len(names) != 1 {
		list = slices.Concat([]byte("["), list, []byte("]"))
	}
	l.of.Replace("type", list)
}
