package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits of a definition's file.
const (
	maxFile  = 1 << 20 // bytes
	maxNodes = 80_000  // values, with aliases expanded
	maxMarks = 80_000  // that may set values apart: counted before memory is taken for them
	maxDepth = 100     // maps and lists in each other
)

// document is the YAML of a definition on its way to nodes.
type document struct {
	file     string
	lines    []string
	problems Problems
	warnings Problems
	nodes    int
	open     []*yaml.Node // aliases being expanded
}

func newDocument(file string, data []byte) *document {
	text := strings.TrimPrefix(string(data), "\ufeff")
	return &document{file: file, lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
}

// maxProblems are reported of a file; a hint stands at the first maxHints.
const (
	maxProblems = 1000
	maxHints    = 100
)

func (d *document) problemAt(line, column int, place, format string, args ...any) {
	switch {
	case len(d.problems) == maxProblems:
		line, column, place = len(d.lines), 1, ""
		format, args = "more than %d problems: the rest is left out", []any{maxProblems}
	case len(d.problems) > maxProblems:
		return
	}
	d.problems = append(d.problems, Problem{d.file, max(line, 1), max(column, 1), place, fmt.Sprintf(format, args...)})
}

// unknown is what a message says of an unknown name.
func (d *document) unknown(what, name string, known []string) string {
	if len(d.problems) >= maxHints {
		known = nil
	}
	return unknown(what, name, known)
}

func (d *document) problem(n *node, format string, args ...any) {
	d.problemAt(n.line, n.column, n.place(), format, args...)
}

// warn reports what is likely a mistake, and may be meant.
func (d *document) warn(n *node, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{d.file, n.line, n.column, n.place(), fmt.Sprintf(format, args...)})
}

// root reads the file as one YAML document. It returns nil after a problem
// that leaves nothing to look at.
func (d *document) root(data []byte) *node {
	if len(data) > maxFile {
		d.problemAt(1, 1, "", "the file is too large: a definition has at most %d bytes", maxFile)
		return nil
	}
	if n := separators(data); n > maxMarks {
		d.problemAt(1, 1, "", "%d commas, colons and brackets: a definition has at most %d of them, and %d values", n, maxMarks, maxNodes)
		return nil
	}
	if json.Valid(data) {
		data = plainEscapes(data)
	}
	tree, err := decodeYAML(data)
	if err != nil {
		d.syntax(err)
		return nil
	}
	if tree == nil {
		d.problemAt(1, 1, "", "the file is empty; it wants version, name and streams")
		return nil
	}
	return d.node(tree, nil, "", 0)
}

// separators counts what may set values apart in YAML: there are hardly more values
// than that. Each takes the library some hundred bytes.
func separators(data []byte) (n int) {
	for i, c := range data {
		switch c {
		case ',', ':', '[', '{', '?', '&':
			n++
		case '-':
			if i+1 == len(data) || data[i+1] <= ' ' {
				n++
			}
		}
	}
	return n
}

// jsonOnly are the escapes of JSON that the YAML library does not know: a
// slash, and the halves of characters beyond 16 bits.
var jsonOnly = regexp.MustCompile(`\\\\|\\/|(?i:\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})`)

// plainEscapes returns JSON without them.
func plainEscapes(data []byte) []byte {
	return jsonOnly.ReplaceAllFunc(data, func(escape []byte) []byte {
		var text string
		if escape[1] == '\\' || json.Unmarshal([]byte(`"`+string(escape)+`"`), &text) != nil {
			return escape
		}
		return []byte(text)
	})
}

var errSeveral = errors.New("several documents")

// decodeYAML returns the value of the only document; nil for none.
func decodeYAML(data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var next yaml.Node
	if err := dec.Decode(&next); err == nil {
		return nil, fmt.Errorf("yaml: line %d: %w", next.Line, errSeveral)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		return nil, nil
	}
	return doc.Content[0], nil
}

// yamlLine is how the YAML library begins its messages.
var yamlLine = regexp.MustCompile(`^yaml: (?:line \d+: )?`)

// traps are values that YAML cannot read without quotes.
var traps = []struct {
	line *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`(?:^\s*|[:,\-\[{]\s+|\[)(\{\{)`), "text that begins with {{"},
	{regexp.MustCompile(`(?:[:,\-]\s+|\[\s*)(%)`), "text that begins with %"},
	{regexp.MustCompile(`(?:[:,\-]\s+|\[\s*)(@)`), "text that begins with @"},
}

// syntax reports a file that is not YAML: the traps in it where there are
// any, else what the library says.
func (d *document) syntax(err error) {
	if errors.Is(err, errSeveral) {
		line := d.documentStart()
		d.problemAt(line, 1, "", "a second document begins here; a definition is one")
		return
	}
	line := d.errorLine(err)
	if found := d.trap(line); found {
		return
	}
	msg := yamlLine.ReplaceAllString(err.Error(), "")
	if text := d.lines[min(line, len(d.lines))-1]; strings.Contains(text[:indent(text)], "\t") {
		msg += "; indent with spaces, not tabs"
	}
	d.problemAt(line, 1, "", "not YAML: %s", msg)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// trap reports a value that wants quotes on the line.
func (d *document) trap(line int) bool {
	text := d.lines[min(line, len(d.lines))-1]
	for _, trap := range traps {
		if at := trap.line.FindStringSubmatchIndex(text); at != nil {
			d.problemAt(line, len([]rune(text[:at[2]]))+1, "", "%s: quote it", trap.what)
			return true
		}
	}
	return false
}

// documentStart returns the line of the second document.
func (d *document) documentStart() int {
	content := false
	for i, line := range d.lines {
		if strings.HasPrefix(line, "---") && content {
			return i + 1
		}
		trimmed := strings.TrimSpace(line)
		content = content || trimmed != "" && !strings.HasPrefix(trimmed, "#") && !strings.HasPrefix(trimmed, "%")
	}
	return 1
}

// errorLine returns the line at which the library gives up. It reads lines
// one by one, so the first lines up to there fail in the same words, and
// fewer do not; its own line number is often that of an enclosing map.
func (d *document) errorLine(err error) int {
	good, bad := 0, len(d.lines)
	for bad-good > 1 {
		middle := (good + bad) / 2
		_, e := decodeYAML([]byte(strings.Join(d.lines[:middle], "\n")))
		if e != nil && e.Error() == err.Error() {
			bad = middle
		} else {
			good = middle
		}
	}
	return bad
}

// node converts what YAML read, expanding aliases and merge keys.
func (d *document) node(y *yaml.Node, parent *node, step string, depth int) *node {
	n := &node{line: y.Line, column: y.Column, parent: parent, step: step}
	d.nodes++
	switch {
	case d.nodes == maxNodes:
		d.problem(n, "more than %d values, with its aliases expanded", maxNodes)
	case depth == maxDepth:
		d.problem(n, "nested deeper than %d", maxDepth)
	}
	if d.nodes >= maxNodes || depth >= maxDepth {
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		return d.alias(n, y, depth)
	case yaml.MappingNode:
		d.mapping(n, y, depth)
	case yaml.SequenceNode:
		d.sequence(n, y, depth)
	case yaml.ScalarNode:
		d.scalar(n, y)
	}
	return n
}

// alias returns the value of the anchor as if it stood here: with the lines of
// the anchor, where it can be mended, and the place of the alias.
func (d *document) alias(n *node, y *yaml.Node, depth int) *node {
	for _, open := range d.open {
		if open == y.Alias {
			d.problem(n, "anchor %q contains itself", y.Value)
			return n
		}
	}
	d.open = append(d.open, y.Alias)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	return d.node(y.Alias, n.parent, n.step, depth+1)
}

func (d *document) sequence(n *node, y *yaml.Node, depth int) {
	n.shape = isList
	for i, child := range y.Content {
		step := fmt.Sprintf("[%d]", i)
		if name := itemName(child); name != "" {
			step += " (" + clip(name) + ")"
		}
		n.items = append(n.items, d.node(child, n, step, depth+1))
	}
}

// itemName returns the name of an item that has one, for messages.
func itemName(y *yaml.Node) string {
	if y.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == "name" && y.Content[i+1].Kind == yaml.ScalarNode {
			return y.Content[i+1].Value
		}
	}
	return ""
}

func (d *document) mapping(n *node, y *yaml.Node, depth int) {
	n.shape = isMap
	var merges []*yaml.Node
	seen := make(map[string]int, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, val := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 && y.Style&yaml.FlowStyle != 0:
			d.problem(n, "text that begins with {{: quote it")
			n.shape = isNull
			return
		case key.Kind != yaml.ScalarNode:
			d.problemAt(key.Line, key.Column, n.place(), "a key must be text")
			continue
		case key.ShortTag() == "!!merge":
			merges = append(merges, val)
			continue
		}
		if line, twice := seen[key.Value]; twice {
			d.problemAt(key.Line, key.Column, n.place(), "key %q stands here twice, first on line %d", clip(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		n.fields = append(n.fields, member{key.Value, key.Line, key.Column, d.node(val, n, key.Value, depth+1)})
	}
	for _, m := range merges {
		d.merge(n, m, seen, depth)
	}
}

// merge adds the keys of << that the map has not itself; of a list of maps,
// the first wins.
func (d *document) merge(n *node, y *yaml.Node, seen map[string]int, depth int) {
	from := d.node(y, n, "<<", depth+1)
	sources := []*node{from}
	if from.shape == isList {
		sources = from.items
	}
	for _, source := range sources {
		if source.shape != isMap {
			d.problem(source, "<< wants a map or a list of maps, not %s", source.shape)
			continue
		}
		for _, m := range source.fields {
			if _, own := seen[m.name]; !own {
				seen[m.name] = m.line
				m.value.parent = n
				n.fields = append(n.fields, m)
			}
		}
	}
}

const quotedStyles = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar reads a scalar as YAML 1.2 does: text, a number, true, false or null.
func (d *document) scalar(n *node, y *yaml.Node) {
	n.shape, n.text = isText, y.Value
	if y.Style&yaml.TaggedStyle != 0 {
		if y.ShortTag() != "!!str" {
			d.problem(n, "tag %s: a value is text, a number, true, false or null as it is written", clip(y.Tag))
		}
		return
	}
	if y.Style&quotedStyles == 0 {
		d.plain(n)
	}
}

var (
	plainNumber  = regexp.MustCompile(`^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$`)
	leadingZeros = regexp.MustCompile(`^[-+]?0[0-9]`)
	underscored  = regexp.MustCompile(`^[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?$`)
	otherBase    = regexp.MustCompile(`^[-+]?0(?:x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)$`)
	notFinite    = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// plain reads a scalar without quotes.
func (d *document) plain(n *node) {
	switch text := n.text; text {
	case "", "~", "null", "Null", "NULL":
		n.shape = isNull
		return
	case "true", "True", "TRUE", "false", "False", "FALSE":
		n.shape, n.text = isBool, strings.ToLower(text)
		return
	}
	switch text := n.text; {
	case underscored.MatchString(text):
		d.problem(n, "%s is a number to some and text to others: write %s, or quote it", clip(text), clip(strings.ReplaceAll(text, "_", "")))
	case otherBase.MatchString(text):
		d.problem(n, "%s is a number to some and text to others: write it in decimals, or quote it", clip(text))
	case notFinite.MatchString(text):
		d.problem(n, "%s is not a number of JSON", text)
	case plainNumber.MatchString(text) && leadingZeros.MatchString(text):
		d.problem(n, "%s has leading zeros, which some drop and some read as octal: quote it", clip(text))
	case plainNumber.MatchString(text):
		n.shape, n.text = isNumber, jsonNumber(text)
	}
}

// jsonNumber writes a YAML number as JSON does: no +, digits on both sides of
// the point.
func jsonNumber(text string) string {
	text = strings.TrimPrefix(text, "+")
	sign, digits := "", text
	if strings.HasPrefix(text, "-") {
		sign, digits = "-", text[1:]
	}
	if strings.HasPrefix(digits, ".") {
		digits = "0" + digits
	}
	whole, rest, point := strings.Cut(digits, ".")
	if point && (rest == "" || rest[0] == 'e' || rest[0] == 'E') {
		rest = "0" + rest
	}
	if !point {
		return sign + whole
	}
	return sign + whole + "." + rest
}
