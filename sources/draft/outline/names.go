package outline

import (
	"strconv"
	"strings"
	"unicode"
)

// longestName is how many characters of a name are kept.
const longestName = 60

// Name makes a name of a text, as stream_names and settings have them: words
// in lower case, with underscores between; other where nothing is left.
func Name(text, other string) string {
	var b strings.Builder
	var last rune
	runes := []rune(text)
	for i, r := range runes {
		isWord := r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
		starts := unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsDigit(last) ||
			unicode.IsUpper(last) && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !(i+2 == len(runes) && runes[i+1] == 's'))
		if b.Len() > 0 && (starts || !isWord) && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
		if isWord {
			b.WriteRune(unicode.ToLower(r))
		}
		last = r
		if b.Len() >= longestName {
			break
		}
	}
	name := strings.Trim(b.String(), "_")
	switch {
	case name == "":
		return other
	case name[0] >= '0' && name[0] <= '9':
		return other + "_" + name
	}
	return name
}

// Names gives each name once: of those that are given it has the last number that was put
// behind one.
type Names map[string]int

// Free returns the name, with a number behind it where it was given before.
func (n Names) Free(name string) string {
	free := name
	for n[free] > 0 {
		n[name]++
		free = name + "_" + strconv.Itoa(n[name])
	}
	n[free] = 1
	return free
}

// Singular returns what one of them is called, as English mostly does.
func Singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies") && len(name) > 4:
		return name[:len(name)-3] + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "shes"):
		return name[:len(name)-2]
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && !strings.HasSuffix(name, "us") && len(name) > 2:
		return name[:len(name)-1]
	}
	return name
}

// Literal writes a text so that no template is read in it.
func Literal(text string) string {
	for _, mark := range []string{"{{", "{%", "{#"} {
		if strings.Contains(text, mark) {
			return strings.NewReplacer("{{", "{{ '{{' }}", "{%", "{{ '{%' }}", "{#", "{{ '{#' }}").Replace(text)
		}
	}
	return text
}

// plain is a name without what spellings differ in: case and marks between.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// Path writes keys as a path of gjson.
func Path(keys ...string) string {
	var b strings.Builder
	for i, key := range keys {
		if i > 0 {
			b.WriteByte('.')
		}
		for _, r := range key {
			if strings.ContainsRune(`.*?|#@!{}[]()\=<>%"'~:&^$,`, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
