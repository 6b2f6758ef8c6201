package sources

import (
	"fmt"
	"slices"
	"strings"
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
	keys, schema := s.named(path, []*node{s.root})
	return SettingName{keys, wantsText(schema)}, keys != nil
}

func (s *Settings) named(path string, schemas []*node) ([]string, *node) {
	head, rest, nested := strings.Cut(path, "__")
	for _, schema := range s.withRefs(schemas) {
		properties := schema.get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.fields {
			name := strings.ToLower(EnvName(m.name))
			if name == path {
				return []string{m.name}, m.value
			}
			if name != head || !nested {
				continue
			}
			if steps, leaf := s.named(rest, []*node{m.value}); steps != nil {
				return append([]string{m.name}, steps...), leaf
			}
			if !m.value.has("properties") {
				return append([]string{m.name}, strings.Split(rest, "__")...), nil
			}
		}
	}
	return nil, nil
}

// NamedFlat returns the settings that it may name with one underscore between
// keys in each other.
func (s *Settings) NamedFlat(path string) []SettingName { return s.flat(path, []*node{s.root}) }

func (s *Settings) flat(path string, schemas []*node) (ways []SettingName) {
	for _, schema := range s.withRefs(schemas) {
		properties := schema.get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.fields {
			name := strings.ToLower(EnvName(m.name))
			rest, within := strings.CutPrefix(path, name+"_")
			switch {
			case name == path:
				ways = append(ways, SettingName{[]string{m.name}, wantsText(m.value)})
			case within:
				for _, w := range s.flat(rest, []*node{m.value}) {
					ways = append(ways, SettingName{append([]string{m.name}, w.Keys...), w.Text})
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
	if !s.declares(name) {
		return ""
	}
	return fmt.Sprintf("; give it in the config or as %s%s", EnvPrefix, EnvName(name))
}

func wantsText(schema *node) bool {
	t := schema.get("type")
	if t == nil {
		return false
	}
	if t.text == "string" {
		return true
	}
	return slices.ContainsFunc(t.items, func(n *node) bool { return n.text == "string" })
}
