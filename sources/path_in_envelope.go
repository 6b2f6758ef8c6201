package sources

import (
	"fmt"
	"slices"
	"strings"
)

// Steps are those of the path to a text in an envelope: keys, indexes or names between
// dots; a backslash takes a dot into a key. Other paths of gjson name no one place.
func (p *Packing) Steps() ([]string, error) {
	const write = "write keys and indexes between dots, as in d.report or files.0"
	for i := 0; i < len(p.Path); i++ {
		switch c := p.Path[i]; {
		case c == '\\':
			i++
		case strings.IndexByte("#*?|@{[", c) >= 0:
			return nil, fmt.Errorf("path %q: %q names no one text: %s", p.Path, c, write)
		}
	}
	steps := SplitPath(p.Path)
	if slices.Contains(steps, "") {
		return nil, fmt.Errorf("path %q: a key is missing: %s", p.Path, write)
	}
	return steps, nil
}
