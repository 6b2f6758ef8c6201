package sources

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
)

// EnvPrefix is how the names of the environment variables begin that give
// settings.
const EnvPrefix = "TAP_REST_"

// SettingName is the setting that a variable of the environment names.
type SettingName struct {
	Keys []string // that lead to it, the outermost first
	Text bool     // its value is text, as it stands
}

// Named returns the setting that the rest of a variable's name, in lower case,
// names with two underscores between keys in each other; false for none.
func (s *Settings) Named(path string) (SettingName, bool) {
	keys, schema := s.named(path, []*document.Node{s.root})
	return SettingName{keys, wantsText(schema)}, keys != nil
}

func (s *Settings) named(path string, schemas []*document.Node) ([]string, *document.Node) {
	head, rest, nested := strings.Cut(path, "__")
	for _, schema := range s.withRefs(schemas) {
		properties := schema.Get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.Fields {
			name := strings.ToLower(EnvName(m.Name))
			if name == path {
				return []string{m.Name}, m.Value
			}
			if name != head || !nested {
				continue
			}
			if steps, leaf := s.named(rest, []*document.Node{m.Value}); steps != nil {
				return append([]string{m.Name}, steps...), leaf
			}
			if !m.Value.Has("properties") {
				return append([]string{m.Name}, strings.Split(rest, "__")...), nil
			}
		}
	}
	return nil, nil
}

// NamedFlat returns the settings that it may name with one underscore between
// keys in each other.
func (s *Settings) NamedFlat(path string) []SettingName {
	return s.flat(path, []*document.Node{s.root})
}

func (s *Settings) flat(path string, schemas []*document.Node) (ways []SettingName) {
	for _, schema := range s.withRefs(schemas) {
		properties := schema.Get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.Fields {
			name := strings.ToLower(EnvName(m.Name))
			rest, within := strings.CutPrefix(path, name+"_")
			switch {
			case name == path:
				ways = append(ways, SettingName{[]string{m.Name}, wantsText(m.Value)})
			case within:
				for _, w := range s.flat(rest, []*document.Node{m.Value}) {
					ways = append(ways, SettingName{append([]string{m.Name}, w.Keys...), w.Text})
				}
			}
		}
	}
	return ways
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
	t := schema.Get("type")
	if t == nil {
		return false
	}
	if t.Text == "string" {
		return true
	}
	return slices.ContainsFunc(t.Items, func(n *document.Node) bool { return n.Text == "string" })
}
