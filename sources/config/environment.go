package config

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// envVar is a variable of the environment that may name a setting.
type envVar struct {
	name string // TAP_REST_AUTH__KEY
	path string // auth__key, in lower case
	text string
	file string // the .env file that it stands in; "": the process has it
}

// origin says where the variable stands, for messages.
func (v envVar) origin() string {
	if v.file == "" {
		return v.name
	}
	return v.name + " in " + v.file
}

// envSetting is a key of the config that a variable gives.
type envSetting struct {
	origin  string // the variable's name, and where it stands
	ofFile  bool   // it stands in a .env file
	steps   []string
	pointer string // to the key
	text    string
	value   *document.Node
}

// named returns what the variables give, now that the settings tell what they
// mean. Keys in each other are written with two underscores between them; with
// one, as Meltano does it, where that has one meaning.
func (in *Input) named(s *settings.Settings, warn func(format string, args ...any)) []envSetting {
	var all []envSetting
	for _, v := range in.env { // of two spellings of a key, that with two underscores comes first
		one, ok := v.key(s, warn)
		if !ok {
			continue
		}
		at := slices.IndexFunc(all, func(o envSetting) bool { return o.pointer == one.pointer })
		switch {
		case at < 0:
			all = append(all, one)
		case all[at].ofFile && !one.ofFile:
			all[at] = one // the process's win over those of files, however they are written
		case all[at].text != one.text && all[at].ofFile == one.ofFile:
			warn("%s is not used: %s gives the same key", one.origin, all[at].origin)
		}
	}
	return all
}

// names returns the keys that a variable may name: with two underscores between
// keys in each other the first that there is, else with one.
func (v envVar) names(s *settings.Settings) []settings.Name {
	head, _, within := strings.Cut(v.path, "__")
	switch {
	case v.path == "source":
		return []settings.Name{{Keys: []string{v.path}}}
	case v.path == "run", head == "run" && within:
		return []settings.Name{{Keys: strings.Split(v.path, "__")}}
	}
	if nested := s.Named(v.path, "__"); len(nested) > 0 {
		return nested[:1]
	}
	flat := s.Named(v.path, "_")
	for _, keys := range definition.RunKeys() {
		if keys = append([]string{"run"}, keys...); strings.Join(keys, "_") == v.path {
			flat = append(flat, settings.Name{Keys: keys})
		}
	}
	return flat
}

// key returns what the variable gives, false for nothing.
func (v envVar) key(s *settings.Settings, warn func(format string, args ...any)) (envSetting, bool) {
	names := v.names(s)
	switch len(names) {
	case 0:
		hint := ""
		if near := nearest.Name(v.path, known(s)); near != "" {
			hint = "; did you mean " + settings.EnvPrefix + strings.ToUpper(near) + "?"
		}
		warn("%s names no setting and is not used%s", v.origin(), hint)
		return envSetting{}, false
	case 1:
	default:
		a, b := names[0].Keys, names[1].Keys
		warn("%s is not used: it may mean %s or %s; write %s%s or %[4]s%[6]s", v.origin(), strings.Join(a, "."), strings.Join(b, "."),
			settings.EnvPrefix, settings.EnvName(strings.Join(a, "__")), settings.EnvName(strings.Join(b, "__")))
		return envSetting{}, false
	}
	name := names[0]
	one := envSetting{origin: v.origin(), ofFile: v.file != "", steps: name.Keys, text: v.text, value: envValue(v.text, name.Text)}
	for _, step := range name.Keys {
		one.pointer += raw.Step(step)
	}
	return one, one.value != nil
}

// known are the keys that variables may name, as these write them.
func known(s *settings.Settings) (all []string) {
	for _, keys := range slices.Concat(s.Paths(), [][]string{{"source"}, {"run"}}) {
		all = append(all, settings.EnvName(strings.Join(keys, "__")))
	}
	for _, keys := range definition.RunKeys() {
		all = append(all, settings.EnvName("run__"+strings.Join(keys, "__")))
	}
	return all
}

// envValue reads the text of a variable: as it is where text is wanted, else
// as JSON. It returns nil for an empty one that is not text.
func envValue(text string, plainText bool) *document.Node {
	plain := &document.Node{Shape: document.Text, Text: text}
	if plainText {
		return plain
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if n, err := document.ParseJSON([]byte(text)); err == nil {
		return n
	}
	return plain
}
