package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
)

// EnvPrefix is how the names of the environment variables begin that give
// settings.
const EnvPrefix = "TAP_REST_"

// Name is the setting that a variable of the environment names.
type Name struct {
	Keys []string // that lead to it, the outermost first
	Text bool     // its value is text, as it stands
}

// Named returns the settings that the rest of a variable's name, in lower case,
// may name, with a separator between keys in each other. With two underscores,
// what is in an object of no known properties is named too.
func (s *Settings) Named(path, separator string) []Name {
	return s.named(path, separator, []*document.Node{s.root})
}

func (s *Settings) named(path, separator string, schemas []*document.Node) (all []Name) {
	for _, schema := range s.withRefs(schemas) {
		for _, m := range schema.Get("properties").Members() {
			name := strings.ToLower(EnvName(m.Name))
			rest, within := strings.CutPrefix(path, name+separator)
			if name == path {
				all = append(all, Name{[]string{m.Name}, wantsText(m.Value)})
			}
			if !within {
				continue
			}
			deeper := s.named(rest, separator, []*document.Node{m.Value})
			if len(deeper) == 0 && separator == "__" && !m.Value.Has("properties") {
				deeper = []Name{{Keys: strings.Split(rest, separator)}}
			}
			for _, d := range deeper {
				all = append(all, Name{append([]string{m.Name}, d.Keys...), d.Text})
			}
		}
	}
	return all
}

// EnvName writes a key as variables do: letters, digits and underscores.
func EnvName(key string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x80 && !strings.ContainsRune("-. /", c) {
			return c
		}
		return '_'
	}, strings.ToUpper(key))
}

// hint returns how to give a missing setting.
func (s *Settings) hint(name string) string {
	if !s.Declares(name) {
		return ""
	}
	return fmt.Sprintf("; give it in the config or as %s%s", EnvPrefix, EnvName(name))
}

func wantsText(schema *document.Node) bool {
	return slices.ContainsFunc(schema.Get("type").List(), func(n *document.Node) bool { return n.Text == "string" })
}
