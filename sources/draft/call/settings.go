package call

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// Setting is what a user gives, and what the call has in its place.
type Setting struct {
	Name, Value string
	Secret      bool
	InPath      bool // it is a part of the path
}

// settings are those of one definition.
type settings struct{ all []Setting }

// reserved are names that no setting may have.
var reserved = map[string]bool{"source": true, "run": true}

// take makes a setting of a value, and returns the template of it. The same value
// under the same name is one setting.
func (s *settings) take(name, value string, isSecret bool) string {
	name = settingName(name)
	unique := name
	for n := 2; ; n++ {
		taken := reserved[unique]
		for _, have := range s.all {
			if have.Name == unique {
				if have.Value == value {
					return template(unique)
				}
				taken = true
			}
		}
		if !taken {
			break
		}
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	s.all = append(s.all, Setting{Name: unique, Value: value, Secret: isSecret})
	return template(unique)
}

func template(setting string) string { return "{{ config." + setting + " }}" }

// settingName writes a name as settings are: X-Api-Key is api_key.
func settingName(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "X-"), "x-")
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if unicode.IsUpper(r) && lower {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(r))
			lower = unicode.IsLower(r) || unicode.IsDigit(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
			lower = false
		}
		if b.Len() > 40 {
			break
		}
	}
	text := strings.Trim(b.String(), "_")
	if text == "" || unicode.IsDigit(rune(text[0])) {
		text = strings.TrimSuffix("key_"+text, "_")
	}
	return text
}

// AppendSettings writes the settings into a definition.
func AppendSettings(root *draft.Map, all []Setting) {
	if len(all) == 0 {
		return
	}
	var required []any
	properties := new(draft.Map)
	for _, s := range all {
		required = append(required, s.Name)
		p := new(draft.Map).Set("type", "string", "")
		if s.Secret {
			p.Set("secret", true, "")
		}
		properties.Set(s.Name, p, "")
	}
	root.At("settings").Set("required", required, "").Set("properties", properties, "")
	last := len(root.Entries) - 1
	client := slices.IndexFunc(root.Entries, func(e draft.Entry) bool { return e.Key == "client" })
	if client >= 0 && root.Entries[last].Key == "settings" { // they stand before what uses them
		root.Entries = slices.Insert(root.Entries[:last:last], client, root.Entries[last])
	}
}

// Literal writes a text so that a template comes to just that.
func Literal(text string) string {
	if !strings.Contains(text, "{{") && !strings.Contains(text, "{%") && !strings.Contains(text, "{#") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '{' && i+1 < len(text) && strings.IndexByte("{%#", text[i+1]) >= 0 {
			b.WriteString("{{ '{' }}")
		} else {
			b.WriteByte(text[i])
		}
	}
	if strings.HasSuffix(text, "\n") { // one newline at the end of a template is left out
		b.WriteByte('\n')
	}
	return b.String()
}

// commonLabels are parts of a host's name that say nothing of whose it is.
var commonLabels = []string{"api", "apis", "www", "app", "rest", "data", "web", "gateway", "co", "com", "org", "net", "ac", "gov", "eu", "us", "prod", "public", "v1", "v2"}

// APIName is what an API may be called, by the host that it is at; absent where that is
// a number, or this machine.
func APIName(host, absent string) string {
	labels := strings.Split(strings.ToLower(host), ".")
	if len(labels) < 2 || strings.ContainsAny(host, ":") || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return absent
	}
	for _, label := range slices.Backward(labels[:len(labels)-1]) {
		if !slices.Contains(commonLabels, label) && label != "" {
			return settingName(label)
		}
	}
	return absent
}
