package schema

import (
	"bytes"
	"slices"
)

// typeList is the keyword type of a schema: names, in a valid one.
type typeList struct {
	of    *node
	names []*node
}

// kinds returns the kinds that are allowed; 0 if the keyword is not there, which
// allows all.
func (l typeList) kinds() (all kinds) {
	for _, name := range l.names {
		all |= kindNamed(name.raw.Unquote())
	}
	return all
}

// without returns the names as written, but for one.
func (l typeList) without(name string) (all [][]byte) {
	for _, one := range l.names {
		if !one.raw.Is(name) {
			all = append(all, one.raw)
		}
	}
	return all
}

// set gives the keyword, where it is there, these names, as written: a list, or
// the only one.
func (l typeList) set(names [][]byte) {
	list := bytes.Join(names, []byte(","))
	if len(names) != 1 {
		list = slices.Concat([]byte("["), list, []byte("]"))
	}
	l.of.replace("type", list)
}
