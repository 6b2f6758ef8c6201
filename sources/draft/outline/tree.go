package outline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"go.yaml.in/yaml/v3"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
)

// Parse reads a document in JSON or YAML. An error names the file and the line.
func Parse(file string, data []byte) (*document.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if start := bytes.TrimSpace(data); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		root, err := parseJSON(file, data)
		if err == nil || isTooMuch(err) || len(data) > MaxYAML/8 {
			return root, err
		}
		// YAML may begin with a brace as well.
		if root, yamlErr := parseYAML(file, data); yamlErr == nil {
			return root, nil
		}
		return nil, err
	}
	return parseYAML(file, data)
}

// jsonReader reads JSON into nodes that know their lines.
type jsonReader struct {
	dec   *json.Decoder
	data  []byte
	seen  int64 // up to here lines are counted
	line  int
	nodes int
}

func parseJSON(file string, data []byte) (*document.Node, error) {
	if len(data) > MaxJSON {
		return nil, fmt.Errorf("%s: %d bytes: a document of JSON has at most %d; take the parts out that are not needed", file, len(data), MaxJSON)
	}
	if line, err := boundJSON(data); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, line, err)
	}
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: 1}
	r.dec.UseNumber()
	root, err := r.value(nil, "", 0)
	if err == nil {
		if _, more := r.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the JSON value")
		}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%d: not JSON: %w", file, r.at(), err)
	}
	return root, nil
}

// at returns the line of what was read last.
func (r *jsonReader) at() int {
	to := min(r.dec.InputOffset(), int64(len(r.data)))
	if to > r.seen {
		r.line += bytes.Count(r.data[r.seen:to], []byte("\n"))
		r.seen = to
	}
	return r.line
}

func (r *jsonReader) value(parent *document.Node, step string, depth int) (*document.Node, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	r.nodes++
	switch {
	case depth > maxDepth:
		return nil, errTooMuch{fmt.Sprintf("nested deeper than %d", maxDepth)}
	case r.nodes > maxNodes:
		return nil, errTooMuch{fmt.Sprintf("more than %d values", maxNodes)}
	}
	n := &document.Node{Parent: parent, Step: step, Line: r.at(), Column: 1}
	switch v := token.(type) {
	case string:
		n.Shape, n.Text = document.Text, v
	case json.Number:
		n.Shape, n.Text = document.Number, v.String()
	case bool:
		n.Shape, n.Text = document.Bool, strconv.FormatBool(v)
	case json.Delim:
		return n, r.members(n, v, depth)
	}
	return n, nil
}

func (r *jsonReader) members(n *document.Node, open json.Delim, depth int) error {
	n.Shape = document.Map
	if open == '[' {
		n.Shape = document.List
	}
	for r.dec.More() {
		step, line := "", 0
		if n.Shape == document.Map {
			token, err := r.dec.Token()
			if err != nil {
				return err
			}
			step, _ = token.(string)
			line = r.at()
		} else {
			step = "[" + strconv.Itoa(len(n.Items)) + "]"
		}
		child, err := r.value(n, step, depth+1)
		if err != nil {
			return err
		}
		if n.Shape == document.List {
			n.Items = append(n.Items, child)
		} else {
			n.Fields = append(n.Fields, document.Member{Name: step, Line: line, Column: 1, Value: child})
		}
	}
	_, err := r.dec.Token()
	return err
}

// yamlReader turns what the YAML library read into nodes.
type yamlReader struct{ nodes int }

func parseYAML(file string, data []byte) (*document.Node, error) {
	if len(data) > MaxYAML {
		return nil, fmt.Errorf("%s: %d bytes: a document of YAML has at most %d; take it as JSON, or take the parts out that are not needed", file, len(data), MaxYAML)
	}
	if line, err := boundYAML(data); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, line, err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, yamlError(file, err)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s: the document is empty", file)
	}
	if err := boundAliases(&doc); err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	r := new(yamlReader)
	root, err := r.node(doc.Content[0], nil, "", 0)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return root, nil
}

func (r *yamlReader) node(y *yaml.Node, parent *document.Node, step string, depth int) (*document.Node, error) {
	r.nodes++
	switch {
	case depth > maxDepth:
		return nil, fmt.Errorf("%d: %w", y.Line, errTooMuch{fmt.Sprintf("nested deeper than %d", maxDepth)})
	case r.nodes > maxNodes:
		return nil, fmt.Errorf("%d: %w", y.Line, errTooMuch{fmt.Sprintf("more than %d values, with aliases expanded", maxNodes)})
	}
	n := &document.Node{Parent: parent, Step: step, Line: y.Line, Column: y.Column}
	switch y.Kind {
	case yaml.AliasNode:
		return r.node(y.Alias, parent, step, depth+1)
	case yaml.MappingNode:
		return n, r.mapping(n, y, depth)
	case yaml.SequenceNode:
		n.Shape = document.List
		for i, item := range y.Content {
			child, err := r.node(item, n, "["+strconv.Itoa(i)+"]", depth+1)
			if err != nil {
				return nil, err
			}
			n.Items = append(n.Items, child)
		}
	case yaml.ScalarNode:
		scalar(n, y)
	}
	return n, nil
}

// mapping reads keys that are scalars; those of << that the map itself lacks
// come last.
func (r *yamlReader) mapping(n *document.Node, y *yaml.Node, depth int) error {
	n.Shape = document.Map
	var merged []document.Member
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("%d: a key must be text", key.Line)
		}
		child, err := r.node(y.Content[i+1], n, key.Value, depth+1)
		switch {
		case err != nil:
			return err
		case key.ShortTag() != "!!merge":
			n.Fields = append(n.Fields, document.Member{Name: key.Value, Line: key.Line, Column: key.Column, Value: child})
			continue
		}
		for _, from := range child.List() {
			merged = append(merged, from.Fields...)
		}
	}
	n.Fields = append(n.Fields, merged...) // Get finds the first
	return nil
}

var isJSONNumber = pattern.New(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)

func scalar(n *document.Node, y *yaml.Node) {
	n.Shape, n.Text = document.Text, y.Value
	switch y.ShortTag() {
	case "!!null":
		n.Shape, n.Text = document.Null, ""
	case "!!bool":
		n.Shape, n.Text = document.Bool, strings.ToLower(y.Value)
	case "!!int", "!!float":
		if isJSONNumber().MatchString(y.Value) {
			n.Shape = document.Number
		}
	}
}

// Texts returns the texts of a list, or of one value.
func Texts(n *document.Node) (texts []string) {
	for _, item := range n.List() {
		if item.Scalar() {
			texts = append(texts, item.Text)
		}
	}
	return texts
}

// Text returns the text of a key, "" where it is absent or no scalar.
func Text(n *document.Node, key string) string {
	if v := n.Get(key); v != nil && v.Scalar() {
		return v.Text
	}
	return ""
}

// True reports whether a key is there and true.
func True(n *document.Node, key string) bool {
	v := n.Get(key)
	return v != nil && v.Shape == document.Bool && v.Text == "true"
}

// Plainly is a value of a document as a definition has it, its texts as they
// are.
func Plainly(n *document.Node) any {
	switch n.Shape {
	case document.Text:
		return Literal(n.Text)
	case document.Number:
		return json.Number(n.Text)
	case document.Bool:
		return n.Text == "true"
	case document.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = Plainly(item)
		}
		return list
	case document.Map:
		m := new(draft.Map)
		for _, f := range n.Fields {
			m.Set(f.Name, Plainly(f.Value), "")
		}
		return m
	}
	return nil
}
