package sources

import (
	"slices"
	"strings"
)

// envVar is a variable of the environment that may name a setting.
type envVar struct {
	name string // TAP_REST_AUTH__KEY
	path string // auth__key, in lower case
	text string
}

const envPrefix = "TAP_REST_"

// envSetting is a key of the config that a variable gives.
type envSetting struct {
	name    string // of the variable
	steps   []string
	pointer string // to the key
	text    string
	value   *node
}

// named returns what the variables give, now that the settings tell what they
// mean. Keys in each other are written with two underscores between them; with
// one, as Meltano does it, where that has one meaning.
func (in *Input) named(s *Settings, c *Config) []envSetting {
	var all []envSetting
	for _, v := range in.env { // of two spellings of a key, that with two underscores comes first
		one, ok := s.named(v, c)
		if !ok {
			continue
		}
		if at := slices.IndexFunc(all, func(o envSetting) bool { return o.pointer == one.pointer }); at < 0 {
			all = append(all, one)
		} else if all[at].text != one.text {
			c.warn("%s is not used: %s gives the same key", one.name, all[at].name)
		}
	}
	return all
}

// named returns what one variable gives, false for nothing.
func (s *Settings) named(v envVar, c *Config) (envSetting, bool) {
	steps, schema := s.variable(v.path)
	if steps == nil {
		ways := s.flat(v.path, []*node{s.root})
		if rest, ofRun := strings.CutPrefix(v.path, "run_"); ofRun {
			ways = append(ways, flatRun(rest, runObject, "run")...)
		}
		switch len(ways) {
		case 0:
			c.warn("%s names no setting and is not used", v.name)
			return envSetting{}, false
		case 1:
			steps, schema = ways[0].steps, ways[0].schema
		default:
			a, b := ways[0].steps, ways[1].steps
			c.warn("%s is not used: it may mean %s or %s; write %s%s or %[4]s%[6]s", v.name, strings.Join(a, "."), strings.Join(b, "."),
				envPrefix, envName(strings.Join(a, "__")), envName(strings.Join(b, "__")))
			return envSetting{}, false
		}
	}
	one := envSetting{name: v.name, steps: steps, text: v.text, value: envValue(v.text, schema)}
	for _, step := range steps {
		one.pointer += "/" + escapePointer(step)
	}
	return one, one.value != nil
}

// way is one meaning of a variable.
type way struct {
	steps  []string
	schema *node
}

// flat returns the settings that a path with single underscores may name.
func (s *Settings) flat(path string, schemas []*node) (ways []way) {
	for _, schema := range s.withRefs(schemas) {
		properties := schema.get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.fields {
			name := strings.ToLower(envName(m.name))
			rest, within := strings.CutPrefix(path, name+"_")
			switch {
			case name == path:
				ways = append(ways, way{[]string{m.name}, m.value})
			case within:
				for _, w := range s.flat(rest, []*node{m.value}) {
					ways = append(ways, way{append([]string{m.name}, w.steps...), w.schema})
				}
			}
		}
	}
	return ways
}

// flatRun returns the options of a run that a path may name.
func flatRun(path string, o *object, above ...string) (ways []way) {
	for _, k := range o.keys {
		steps := append(slices.Clone(above), k.name)
		if k.name == path {
			ways = append(ways, way{steps: steps})
		} else if rest, within := strings.CutPrefix(path, k.name+"_"); within && k.of != nil {
			ways = append(ways, flatRun(rest, k.of, steps...)...)
		}
	}
	return ways
}

// envName writes a key as variables do: letters, digits and underscores.
func envName(key string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x80 && !strings.ContainsRune("-. /", c) {
			return c
		}
		return '_'
	}, strings.ToUpper(key))
}

// variable returns the keys that a variable names, and the schema of the
// value; nil for none.
func (s *Settings) variable(path string) ([]string, *node) {
	head, rest, nested := strings.Cut(path, "__")
	switch {
	case path == "source":
		return []string{path}, nil
	case path == "run", head == "run" && nested:
		return strings.Split(path, "__"), nil
	}
	return s.setting(path, rest, nested, []*node{s.root})
}

func (s *Settings) setting(path, rest string, nested bool, schemas []*node) ([]string, *node) {
	head := strings.TrimSuffix(path, "__"+rest)
	for _, schema := range s.withRefs(schemas) {
		properties := schema.get("properties")
		if properties == nil {
			continue
		}
		for _, m := range properties.fields {
			name := strings.ToLower(envName(m.name))
			if name == path {
				return []string{m.name}, m.value
			}
			if name != head || !nested {
				continue
			}
			_, deeper, more := strings.Cut(rest, "__")
			if steps, leaf := s.setting(rest, deeper, more, []*node{m.value}); steps != nil {
				return append([]string{m.name}, steps...), leaf
			}
			if !m.value.has("properties") {
				return append([]string{m.name}, strings.Split(rest, "__")...), nil
			}
		}
	}
	return nil, nil
}

// envValue reads the text of a variable: as it is where text is wanted, else
// as JSON. It returns nil for an empty one that is not text.
func envValue(text string, schema *node) *node {
	plain := &node{shape: isText, text: text}
	if wantsText(schema) {
		return plain
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if n, err := parseJSON([]byte(text)); err == nil {
		return n
	}
	return plain
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
