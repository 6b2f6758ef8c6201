package draft

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"go.yaml.in/yaml/v3"
)

// Modeline tells editors by which JSON Schema they complete and check the
// file; it is the first line of each definition that is written.
const Modeline = "# yaml-language-server: $schema=" + SchemaFile

// SchemaFile is the JSON Schema of definitions, beside a definition.
const SchemaFile = "tap-rest.schema.json"

// width is how long a line of comment may be, or one that ends in a note, and flowWidth one
// that holds a mapping or a list.
const width, flowWidth = 100, 130

// longestKey is how many bytes a key may have that stands before its colon:
// YAML looks no further for one.
const longestKey = 1000

// AppendYAML appends the definition as YAML: the line that tells editors the
// schema, Head, the definition, and Left as comments.
func (d *Definition) AppendYAML(to []byte) []byte {
	w := writer{to: append(to, Modeline+"\n"...)}
	for _, line := range d.Head {
		w.comment("", line)
	}
	w.entries("", &d.Root, true)
	if d.Root.empty() {
		w.line("", "{}")
	}
	if len(d.Left) > 0 {
		w.comment("", "What the source says, and this definition does not:")
		for _, left := range d.Left {
			w.comment("", "- "+left)
		}
	}
	return w.to
}

// writer appends lines. An indent may begin with "# ": the lines of an open
// entry are comments.
type writer struct{ to []byte }

func (w *writer) line(indent, text string) {
	w.to = append(append(append(w.to, indent...), text...), '\n')
}

// comment appends the text as comment lines.
func (w *writer) comment(indent, text string) {
	for _, line := range wrapped(text, width-utf8.RuneCountInString(indent)-2) {
		w.line(indent, strings.TrimRight("# "+line, " "))
	}
}

// entries appends what a mapping holds, each key on a line of its own.
func (w *writer) entries(indent string, m *Map, root bool) {
	seen := make(map[string]bool, len(m.Entries))
	for _, e := range m.Entries {
		switch {
		case e.asked(), seen[e.Key]:
			w.comment(indent, e.Note)
			e.Note = ""
			w.entry(indent+"# ", e, root)
		default:
			seen[e.Key] = true
			w.entry(indent, e, root)
		}
	}
}

// entry appends one key with its value, in one line where that fits.
func (w *writer) entry(indent string, e Entry, root bool) {
	key := scalar(e.Key) + ":"
	if len(key) > longestKey {
		w.line(indent, "? "+scalar(e.Key))
		key = ":"
	}
	block := root && e.Key == "streams" && isFilledList(e.Value)
	if flow, plain := flowOf(e.Value); plain && !block {
		line := key + " " + flow
		if isLeaf(e.Value) || utf8.RuneCountInString(indent+line) <= flowWidth {
			w.noted(indent, line, e.Note)
			return
		}
	}
	w.noted(indent, key, e.Note)
	w.block(indent, e.Value)
}

// noted appends a line with its note: beside it, or above it where both
// together are too long.
func (w *writer) noted(indent, line, note string) {
	beside := indent + line + "  # " + note
	switch {
	case note == "":
		w.line(indent, line)
	case utf8.RuneCountInString(beside) <= width && printable(note):
		w.line("", beside)
	default:
		w.comment(indent, note)
		w.line(indent, line)
	}
}

// block appends a mapping or a list in lines of their own, below its key.
func (w *writer) block(indent string, value any) {
	switch v := value.(type) {
	case *Map:
		w.entries(indent+"  ", v, false)
	case []any:
		for _, item := range v {
			w.item(indent+"  ", item)
		}
	}
}

// item appends one element of a list.
func (w *writer) item(indent string, value any) {
	flow, plain := flowOf(value)
	if plain && (isLeaf(value) || utf8.RuneCountInString(indent+flow)+2 <= flowWidth) {
		w.line(indent, "- "+flow)
		return
	}
	inner := writer{}
	if m, isMap := value.(*Map); isMap && m.empty() {
		w.line(indent, "- {}")
		w.entries(indent+"  ", m, false)
		return
	}
	inner.block(indent, value)
	w.to = append(w.to, dashed(inner.to, indent)...)
}

// dashed puts the dash of a list before the first line that is no comment of
// the element, and leaves comments above it where they are.
func dashed(lines []byte, indent string) []byte {
	from := 0
	for from < len(lines) {
		end := from + strings.IndexByte(string(lines[from:]), '\n') + 1
		if rest := strings.TrimPrefix(string(lines[from:end]), indent); !strings.HasPrefix(strings.TrimLeft(rest, " "), "#") {
			lines[from+len(indent)] = '-'
			break
		}
		from = end
	}
	return lines
}

// isFilledList reports whether a value is a list with something in it.
func isFilledList(value any) bool {
	list, isList := value.([]any)
	return isList && len(list) > 0
}

// isLeaf reports whether a value has no lines of its own: it is no mapping
// and no list, or an empty one.
func isLeaf(value any) bool {
	switch v := value.(type) {
	case *Map:
		return len(v.entries()) == 0
	case []any:
		return len(v) == 0
	}
	return true
}

// flowOf returns a value written in one line. It is false where a note or an
// open entry stands in it, for which there is no place in a line.
func flowOf(value any) (string, bool) {
	switch v := value.(type) {
	case *Map:
		return flowOfMap(v)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			part, plain := flowOf(item)
			if !plain {
				return "", false
			}
			parts[i] = part
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case string:
		return scalar(v), true
	case bool, int:
		return fmt.Sprint(v), true
	case json.Number:
		if isNumber().MatchString(v.String()) {
			return v.String(), true
		}
		return scalar(v.String()), true
	case nil:
		return "null", true
	}
	return scalar(fmt.Sprint(value)), true
}

func flowOfMap(m *Map) (string, bool) {
	entries := m.entries()
	parts := make([]string, len(entries))
	seen := make(map[string]bool, len(entries))
	for i, e := range entries {
		part, plain := flowOf(e.Value)
		if !plain || e.Note != "" || e.Open || seen[e.Key] || len(e.Key) > longestKey/10 {
			return "", false
		}
		seen[e.Key] = true
		parts[i] = scalar(e.Key) + ": " + part
	}
	return "{" + strings.Join(parts, ", ") + "}", true
}

var (
	// isNumber are the numbers of JSON.
	isNumber = pattern.New(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)
	// isPlain are texts that need no quotes anywhere, if YAML takes them for text.
	isPlain = pattern.New(`^(?:[A-Za-z/_][A-Za-z0-9_./~+-]*|[1-9][0-9]*(?:ms|s|m|h|d|w|mo|y|[kMG]i?B))$`)
)

// scalar returns a text as YAML writes it, in one line: without quotes where
// any YAML reads it as text then.
func scalar(text string) string {
	node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch {
	case isPlain().MatchString(text) && plain.ShortTag() == "!!str" && !isOldBool(text):
		return text
	case strings.Contains(text, `\`) && printable(text):
		node.Style = yaml.SingleQuotedStyle
	}
	out, err := yaml.Marshal(&node)
	if err != nil { // a text that is not UTF-8
		return scalar(strings.ToValidUTF8(text, string(utf8.RuneError)))
	}
	return strings.TrimSuffix(string(out), "\n")
}

// isOldBool reports whether YAML 1.1 takes a text for a boolean.
func isOldBool(text string) bool {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return false
}

// printable reports whether a text can stand in one line as it is.
func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// wrapped returns the text in lines of so many characters, broken at spaces.
// What cannot be printed is written as Go escapes it.
func wrapped(text string, width int) (lines []string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			word = escaped(word)
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines, line = append(lines, line), ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// escaped writes what is not printable as \x1b and the like.
func escaped(text string) string {
	if printable(text) {
		return text
	}
	quoted := fmt.Sprintf("%q", text)
	return quoted[1 : len(quoted)-1]
}
