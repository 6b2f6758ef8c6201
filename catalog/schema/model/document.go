package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
)

// Limits of a schema document. They keep gojsonschema and the walks of this
// package, which recurse over it, within their stacks.
const (
	maxSchemaDepth = 1_000  // objects and arrays inside each other
	MaxSchemas     = 50_000 // schemas in one document
	maxChecks      = 10_000 // schemas that one value is held against at the same place
)

// SchemaError says what is wrong with a schema document and where.
type SchemaError struct {
	Pointer string // JSON pointer into the document; "" is the whole of it
	Msg     string
}

// Error says what is wrong, after the place, if that is not the whole document.
func (e *SchemaError) Error() string {
	if e.Pointer == "" {
		return "schema: " + e.Msg
	}
	return "schema at " + e.Pointer + ": " + e.Msg
}

// Document is a schema document that was looked over: it is JSON, its
// references lead to schemas in it and do not run in circles, its types are
// known and its numbers can be read.
type Document struct {
	Root    *Node
	Text    []byte           // compact
	Schemas []*Node          // every schema that can be reached
	refs    map[string]*Node // what references lead to, as far as they were followed
}

// Parse reads a schema document. Its errors are *SchemaError.
func Parse(doc []byte) (*Document, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, doc); err != nil {
		return nil, &SchemaError{Msg: "not JSON: " + err.Error()}
	}
	text := raw.Text(compact.Bytes())
	if i := kinds.HugeNumber(text); i >= 0 {
		return nil, &SchemaError{text.Pointer(i), fmt.Sprintf("a number with more than %d characters or an exponent beyond ±%[1]d", kinds.MaxNumber)}
	}
	if text.Depth() > maxSchemaDepth {
		return nil, &SchemaError{Msg: fmt.Sprintf("nested more than %d deep", maxSchemaDepth)}
	}
	d := &Document{Root: &Node{Raw: text}, Text: text}
	if !d.Root.IsObject() {
		return nil, &SchemaError{Msg: "expected an object"}
	}
	if err := d.collect(); err != nil {
		return nil, err
	}
	return d, d.weighAll()
}

// collect finds every schema of the document and checks what gojsonschema
// would do badly: references and types.
func (d *Document) collect() error {
	known := map[*Node]bool{d.Root: true}
	d.Schemas = []*Node{d.Root}
	for i := 0; i < len(d.Schemas); i++ {
		n := d.Schemas[i]
		if err := d.checkOne(n); err != nil {
			return err
		}
		d.children(n, func(_ string, child *Node) {
			if !known[child] {
				known[child] = true
				d.Schemas = append(d.Schemas, child)
			}
		})
		if len(d.Schemas) > MaxSchemas {
			return &SchemaError{Msg: fmt.Sprintf("more than %d schemas in one document", MaxSchemas)}
		}
	}
	return nil
}

func (d *Document) checkOne(n *Node) error {
	if ref, ok := n.Text("$ref"); ok {
		return d.checkRef(n, ref)
	}
	for _, t := range n.Types().names {
		if t.isString() && kinds.Named(t.Raw.Unquote()) == 0 {
			return &SchemaError{t.At(), "unknown type " + string(t.Raw)}
		}
	}
	return nil
}

func (d *Document) checkRef(n *Node, ref string) error {
	at := n.Get("$ref").At()
	if !strings.HasPrefix(ref, "#") {
		return &SchemaError{at, fmt.Sprintf("$ref %q leads outside the schema; inline it", ref)}
	}
	if target := d.Resolve(ref); target == nil || !target.isSchema() {
		return &SchemaError{at, fmt.Sprintf("$ref %q leads to no schema; it must be # or a JSON pointer such as #/definitions/name", ref)}
	}
	return nil
}

// Resolve returns what a reference within the document points to, or nil.
// Pointers start at the root, whatever $id says.
func (d *Document) Resolve(ref string) *Node {
	if n := d.refs[ref]; n != nil {
		return n
	}
	n := d.follow(ref)
	if n != nil {
		if d.refs == nil {
			d.refs = map[string]*Node{}
		}
		d.refs[ref] = n
	}
	return n
}

// follow goes where a reference points to.
func (d *Document) follow(ref string) *Node {
	u, err := url.Parse(ref)
	if err != nil {
		return nil
	}
	if u.Fragment == "" {
		return d.Root
	}
	if u.Fragment[0] != '/' {
		return nil
	}
	n := d.Root
	for step := range strings.SplitSeq(u.Fragment[1:], "/") {
		if n = n.step(step); n == nil {
			return nil
		}
	}
	return n
}

// step follows one step of a JSON pointer; nil where there is nothing.
func (n *Node) step(step string) *Node {
	if n.IsObject() {
		return n.Get(strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"))
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= len(n.Elements()) {
		return nil
	}
	return n.Elements()[i]
}

// visitor is called for schemas inside another one, with the keyword that holds
// them.
type visitor func(keyword string, child *Node)

// children calls visit for every schema directly inside n. Beside a $ref only
// definitions count, as in drafts up to 7.
func (d *Document) children(n *Node, visit visitor) {
	if !n.IsObject() {
		return
	}
	if ref, ok := n.Text("$ref"); ok {
		visit("$ref", d.Resolve(ref))
		if definitions := n.Object("definitions"); definitions != nil {
			visit.in("definitions", definitions)
		}
		return
	}
	for _, m := range n.Members() {
		switch m.Name {
		case "properties", "patternProperties", "definitions", "dependencies", "allOf", "anyOf", "oneOf":
			visit.in(m.Name, m.Value)
		case "items":
			visit.at(m.Name, m.Value)
		case "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then", "else":
			if m.Value.isSchema() {
				visit(m.Name, m.Value)
			}
		}
	}
}

// at visits n, if it is a schema, else those in it.
func (visit visitor) at(keyword string, n *Node) {
	if n.isSchema() {
		visit(keyword, n)
		return
	}
	visit.in(keyword, n)
}

// in visits the schemas among the members or elements of n.
func (visit visitor) in(keyword string, n *Node) {
	for _, m := range n.Members() {
		if m.Value.isSchema() {
			visit(keyword, m.Value)
		}
	}
	for _, e := range n.Elements() {
		if e.isSchema() {
			visit(keyword, e)
		}
	}
}

// Alone returns a copy of a schema in which every schema directly inside is
// empty, and without its $ref.
func (d *Document) Alone(n *Node) *Node {
	alone := &Node{Raw: n.Append(nil)}
	alone.Remove("$ref")
	d.children(alone, func(_ string, child *Node) {
		*child = Node{Raw: raw.Text("{}")}
	})
	return alone
}

// judgesSame reports whether a schema under the keyword judges the same value
// as the schema that holds it.
func judgesSame(keyword string) bool {
	switch keyword {
	case "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies":
		return true
	}
	return false
}

// weighAll makes sure that judging one value ends: gojsonschema follows a
// reference that leads back to itself until the stack is full, which no
// recover stops.
func (d *Document) weighAll() error {
	weights := map[*Node]int{}
	for _, n := range d.Schemas {
		if _, err := d.weigh(n, weights); err != nil {
			return err
		}
	}
	return nil
}

// weigh returns how many schemas a value that meets n is held against; under
// way it is marked with -1.
func (d *Document) weigh(n *Node, weights map[*Node]int) (total int, err error) {
	if w := weights[n]; w > 0 {
		return w, nil
	} else if w < 0 {
		return 0, &SchemaError{n.At(), "a reference leads back to itself"}
	}
	weights[n] = -1
	total = 1
	d.children(n, func(keyword string, child *Node) {
		if err != nil || !judgesSame(keyword) {
			return
		}
		var w int
		w, err = d.weigh(child, weights)
		total += w
		if err == nil && total > maxChecks {
			err = &SchemaError{n.At(), fmt.Sprintf("references and branches multiply to more than %d checks of one value", maxChecks)}
		}
	})
	weights[n] = total
	return total, err
}
