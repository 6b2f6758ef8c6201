package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// Limits of a definition's file.
const (
	MaxFile  = 1 << 20 // bytes
	maxNodes = 80_000  // values, with aliases expanded
	maxMarks = 80_000  // that may set values apart: counted before memory is taken for them
	maxDepth = 100     // maps and lists in each other
)

// Document is the YAML of a definition on its way to nodes.
type Document struct {
	File     string
	lines    []string
	Problems Problems
	Warnings Problems
	nodes    int
	open     []*yaml.Node // aliases being expanded
}

func New(file string, data []byte) *Document {
	text := strings.TrimPrefix(string(data), "\ufeff")
	return &Document{File: file, lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
}

// maxProblems are reported of a file; a hint stands at the first maxHints.
const (
	maxProblems = 1000
	maxHints    = 100
)

func (d *Document) ProblemAt(line, column int, place, format string, args ...any) {
	switch {
	case len(d.Problems) == maxProblems:
		line, column, place = len(d.lines), 1, ""
		format, args = "more than %d problems: the rest is left out", []any{maxProblems}
	case len(d.Problems) > maxProblems:
		return
	}
	d.Problems = append(d.Problems, Problem{d.File, max(line, 1), max(column, 1), place, fmt.Sprintf(format, args...)})
}

// Unknown is what a message says of an unknown name.
func (d *Document) Unknown(what, name string, known []string) string {
	if len(d.Problems) >= maxHints {
		known = nil
	}
	return Unknown(what, name, known)
}

func (d *Document) Problem(n *Node, format string, args ...any) {
	d.ProblemAt(n.Line, n.Column, n.Place(), format, args...)
}

// ProblemIn reports a problem at an offset, in bytes, of the node's text.
func (d *Document) ProblemIn(n *Node, offset int, format string, args ...any) {
	d.ProblemAt(n.Line, n.Column+d.inText(n, offset), n.Place(), format, args...)
}

// inText returns how many characters of the file's line the offset in the
// node's text stands behind the node; 0 where the text does not stand in the
// file as it is, but folded or escaped.
func (d *Document) inText(n *Node, offset int) int {
	if n.Line > len(d.lines) || offset < 0 || offset > len(n.Text) {
		return 0
	}
	line := []rune(d.lines[n.Line-1])
	if n.Column-1 >= len(line) {
		return 0
	}
	rest := string(line[n.Column-1:])
	for _, quote := range []string{"", `"`, "'"} {
		if strings.HasPrefix(rest, quote+n.Text[:offset]) {
			return len(quote) + utf8.RuneCountInString(n.Text[:offset])
		}
	}
	return 0
}

// Warn reports what is likely a mistake, and may be meant.
func (d *Document) Warn(n *Node, format string, args ...any) {
	d.Warnings = append(d.Warnings, Problem{d.File, n.Line, n.Column, n.Place(), fmt.Sprintf(format, args...)})
}

// Root reads the file as one YAML document. It returns nil after a problem
// that leaves nothing to look at.
func (d *Document) Root(data []byte) *Node {
	if why := TooLarge(data); why != "" {
		d.ProblemAt(1, 1, "", "%s", why)
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
		d.ProblemAt(1, 1, "", "the file is empty; it wants version, name and streams")
		return nil
	}
	return d.node(tree, nil, "", 0)
}

// TooLarge says why a text is too large for a definition; "" if it is not.
func TooLarge(data []byte) string {
	if len(data) > MaxFile {
		return fmt.Sprintf("the file is too large: a definition has at most %d bytes", MaxFile)
	}
	if n := separators(data); n > maxMarks {
		return fmt.Sprintf("%d commas, colons and brackets: a definition has at most %d of them, and %d values", n, maxMarks, maxNodes)
	}
	return ""
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
var jsonOnly = pattern.New(`\\\\|\\/|(?i:\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})`)

// plainEscapes returns JSON without them.
func plainEscapes(data []byte) []byte {
	return jsonOnly().ReplaceAllFunc(data, func(escape []byte) []byte {
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
var yamlLine = pattern.New(`^yaml: (?:line \d+: )?`)

// traps are values that YAML cannot read without quotes.
var traps = []struct {
	line func() *regexp.Regexp
	what string
}{
	{pattern.New(`(?:^\s*|[:,\-\[{]\s+|\[)(\{\{)`), "text that begins with {{"},
	{pattern.New(`(?:[:,\-]\s+|\[\s*)(%)`), "text that begins with %"},
	{pattern.New(`(?:[:,\-]\s+|\[\s*)(@)`), "text that begins with @"},
}

// syntax reports a file that is not YAML: the traps in it where there are
// any, else what the library says.
func (d *Document) syntax(err error) {
	if errors.Is(err, errSeveral) {
		line := d.documentStart()
		d.ProblemAt(line, 1, "", "a second document begins here; a definition is one")
		return
	}
	line := d.errorLine(err)
	if found := d.trap(line); found {
		return
	}
	msg := yamlLine().ReplaceAllString(err.Error(), "")
	if text := d.lines[min(line, len(d.lines))-1]; strings.Contains(text[:indent(text)], "\t") {
		msg += "; indent with spaces, not tabs"
	}
	d.ProblemAt(line, 1, "", "not YAML: %s", msg)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// trap reports a value that wants quotes on the line.
func (d *Document) trap(line int) bool {
	text := d.lines[min(line, len(d.lines))-1]
	for _, trap := range traps {
		if at := trap.line().FindStringSubmatchIndex(text); at != nil {
			d.ProblemAt(line, len([]rune(text[:at[2]]))+1, "", "%s: quote it", trap.what)
			return true
		}
	}
	return false
}

// documentStart returns the line of the second document.
func (d *Document) documentStart() int {
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
func (d *Document) errorLine(err error) int {
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
func (d *Document) node(y *yaml.Node, parent *Node, step string, depth int) *Node {
	n := &Node{Line: y.Line, Column: y.Column, Parent: parent, Step: step}
	d.nodes++
	switch {
	case d.nodes == maxNodes:
		d.Problem(n, "more than %d values, with its aliases expanded", maxNodes)
	case depth == maxDepth:
		d.Problem(n, "nested deeper than %d", maxDepth)
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
func (d *Document) alias(n *Node, y *yaml.Node, depth int) *Node {
	for _, open := range d.open {
		if open == y.Alias {
			d.Problem(n, "anchor %q contains itself", y.Value)
			return n
		}
	}
	d.open = append(d.open, y.Alias)
	defer func() { d.open = d.open[:len(d.open)-1] }()
	return d.node(y.Alias, n.Parent, n.Step, depth+1)
}

func (d *Document) sequence(n *Node, y *yaml.Node, depth int) {
	n.Shape = List
	for i, child := range y.Content {
		step := fmt.Sprintf("[%d]", i)
		if name := itemName(child); name != "" {
			step += " (" + Clip(name) + ")"
		}
		n.Items = append(n.Items, d.node(child, n, step, depth+1))
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

func (d *Document) mapping(n *Node, y *yaml.Node, depth int) {
	n.Shape = Map
	var merges []*yaml.Node
	seen := make(map[string]int, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, val := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 && y.Style&yaml.FlowStyle != 0:
			d.Problem(n, "text that begins with {{: quote it")
			n.Shape = Null
			return
		case key.Kind != yaml.ScalarNode:
			d.ProblemAt(key.Line, key.Column, n.Place(), "a key must be text")
			continue
		case key.ShortTag() == "!!merge":
			merges = append(merges, val)
			continue
		}
		if line, twice := seen[key.Value]; twice {
			d.ProblemAt(key.Line, key.Column, n.Place(), "key %q stands here twice, first on line %d", Clip(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		n.Fields = append(n.Fields, Member{key.Value, key.Line, key.Column, d.node(val, n, key.Value, depth+1)})
	}
	for _, m := range merges {
		d.merge(n, m, seen, depth)
	}
}

// merge adds the keys of << that the map has not itself; of a list of maps,
// the first wins.
func (d *Document) merge(n *Node, y *yaml.Node, seen map[string]int, depth int) {
	from := d.node(y, n, "<<", depth+1)
	sources := []*Node{from}
	if from.Shape == List {
		sources = from.Items
	}
	for _, source := range sources {
		if source.Shape != Map {
			d.Problem(source, "<< wants a map or a list of maps, not %s", source.Shape)
			continue
		}
		for _, m := range source.Fields {
			if _, own := seen[m.Name]; !own {
				seen[m.Name] = m.Line
				m.Value.Parent = n
				n.Fields = append(n.Fields, m)
			}
		}
	}
}

const quotedStyles = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalar reads a scalar as YAML 1.2 does: text, a number, true, false or null.
func (d *Document) scalar(n *Node, y *yaml.Node) {
	n.Shape, n.Text = Text, y.Value
	if y.Style&yaml.TaggedStyle != 0 {
		if y.ShortTag() != "!!str" {
			d.Problem(n, "tag %s: a value is text, a number, true, false or null as it is written", Clip(y.Tag))
		}
		return
	}
	if y.Style&quotedStyles == 0 {
		d.plain(n)
	}
}

var (
	plainNumber  = pattern.New(`^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$`)
	leadingZeros = pattern.New(`^[-+]?0[0-9]`)
	underscored  = pattern.New(`^[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?$`)
	otherBase    = pattern.New(`^[-+]?0(?:x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)$`)
	notFinite    = pattern.New(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// plain reads a scalar without quotes.
func (d *Document) plain(n *Node) {
	switch text := n.Text; text {
	case "", "~", "null", "Null", "NULL":
		n.Shape = Null
		return
	case "true", "True", "TRUE", "false", "False", "FALSE":
		n.Shape, n.Text = Bool, strings.ToLower(text)
		return
	}
	switch text := n.Text; {
	case underscored().MatchString(text):
		d.Problem(n, "%s is a number to some and text to others: write %s, or quote it", Clip(text), Clip(strings.ReplaceAll(text, "_", "")))
	case otherBase().MatchString(text):
		d.Problem(n, "%s is a number to some and text to others: write it in decimals, or quote it", Clip(text))
	case notFinite().MatchString(text):
		d.Problem(n, "%s is not a number of JSON", text)
	case plainNumber().MatchString(text) && leadingZeros().MatchString(text):
		d.Problem(n, "%s has leading zeros, which some drop and some read as octal: quote it", Clip(text))
	case plainNumber().MatchString(text):
		n.Shape, n.Text = Number, jsonNumber(text)
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
