package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Limits of a schema document. They keep gojsonschema and the walks of this
// package, which recurse over it, within their stacks.
const (
	maxSchemaDepth = 1_000  // objects and arrays inside each other
	maxSchemas     = 50_000 // schemas in one document
	maxChecks      = 10_000 // schemas that one value is held against at the same place
)

// SchemaError says what is wrong with a schema document and where.
type SchemaError struct {
	Pointer string // JSON pointer into the document; "" is the whole of it
	Msg     string
}

func (e *SchemaError) Error() string {
	if e.Pointer == "" {
		return "schema: " + e.Msg
	}
	return "schema at " + e.Pointer + ": " + e.Msg
}

// document is a schema document that was looked over: it is JSON, its
// references lead to schemas in it and do not run in circles, its types are
// known and its numbers can be read.
type document struct {
	root    *node
	text    []byte           // compact
	schemas []*node          // every schema that can be reached
	refs    map[string]*node // what references lead to, as far as they were followed
}

// parseDocument reads a schema document. Its errors are *SchemaError.
func parseDocument(doc []byte) (*document, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, doc); err != nil {
		return nil, &SchemaError{Msg: "not JSON: " + err.Error()}
	}
	text := raw.Text(compact.Bytes())
	if i := hugeNumber(text); i >= 0 {
		return nil, &SchemaError{text.Pointer(i), fmt.Sprintf("a number with more than %d characters or an exponent beyond ±%[1]d", maxNumber)}
	}
	if text.Depth() > maxSchemaDepth {
		return nil, &SchemaError{Msg: fmt.Sprintf("nested more than %d deep", maxSchemaDepth)}
	}
	d := &document{root: &node{raw: text}, text: text}
	if !d.root.isObject() {
		return nil, &SchemaError{Msg: "expected an object"}
	}
	if err := d.collect(); err != nil {
		return nil, err
	}
	return d, d.weighAll()
}

// collect finds every schema of the document and checks what gojsonschema
// would do badly: references and types.
func (d *document) collect() error {
	known := map[*node]bool{d.root: true}
	d.schemas = []*node{d.root}
	for i := 0; i < len(d.schemas); i++ {
		n := d.schemas[i]
		if err := d.checkOne(n); err != nil {
			return err
		}
		d.children(n, func(_ string, child *node) {
			if !known[child] {
				known[child] = true
				d.schemas = append(d.schemas, child)
			}
		})
		if len(d.schemas) > maxSchemas {
			return &SchemaError{Msg: fmt.Sprintf("more than %d schemas in one document", maxSchemas)}
		}
	}
	return nil
}

func (d *document) checkOne(n *node) error {
	if ref, ok := n.text("$ref"); ok {
		return d.checkRef(n, ref)
	}
	for _, t := range n.types().names {
		if t.isString() && kindNamed(t.raw.Unquote()) == 0 {
			return &SchemaError{t.at(), "unknown type " + string(t.raw)}
		}
	}
	return nil
}

func (d *document) checkRef(n *node, ref string) error {
	at := n.get("$ref").at()
	if !strings.HasPrefix(ref, "#") {
		return &SchemaError{at, fmt.Sprintf("$ref %q leads outside the schema; inline it", ref)}
	}
	if target := d.resolve(ref); target == nil || !target.isSchema() {
		return &SchemaError{at, fmt.Sprintf("$ref %q leads to no schema; it must be # or a JSON pointer such as #/definitions/name", ref)}
	}
	return nil
}

// resolve returns what a reference within the document points to, or nil.
// Pointers start at the root, whatever $id says.
func (d *document) resolve(ref string) *node {
	if n := d.refs[ref]; n != nil {
		return n
	}
	n := d.follow(ref)
	if n != nil {
		if d.refs == nil {
			d.refs = map[string]*node{}
		}
		d.refs[ref] = n
	}
	return n
}

// follow goes where a reference points to.
func (d *document) follow(ref string) *node {
	u, err := url.Parse(ref)
	if err != nil {
		return nil
	}
	if u.Fragment == "" {
		return d.root
	}
	if u.Fragment[0] != '/' {
		return nil
	}
	n := d.root
	for step := range strings.SplitSeq(u.Fragment[1:], "/") {
		if n = n.step(step); n == nil {
			return nil
		}
	}
	return n
}

// step follows one step of a JSON pointer; nil where there is nothing.
func (n *node) step(step string) *node {
	if n.isObject() {
		return n.get(strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"))
	}
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i >= len(n.elements()) {
		return nil
	}
	return n.elements()[i]
}

// visitor is called for schemas inside another one, with the keyword that holds
// them.
type visitor func(keyword string, child *node)

// children calls visit for every schema directly inside n. Beside a $ref only
// definitions count, as in drafts up to 7.
func (d *document) children(n *node, visit visitor) {
	if !n.isObject() {
		return
	}
	if ref, ok := n.text("$ref"); ok {
		visit("$ref", d.resolve(ref))
		if definitions := n.object("definitions"); definitions != nil {
			visit.in("definitions", definitions)
		}
		return
	}
	for _, m := range n.members() {
		switch m.name {
		case "properties", "patternProperties", "definitions", "dependencies", "allOf", "anyOf", "oneOf":
			visit.in(m.name, m.value)
		case "items":
			visit.at(m.name, m.value)
		case "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then", "else":
			if m.value.isSchema() {
				visit(m.name, m.value)
			}
		}
	}
}

// at visits n, if it is a schema, else those in it.
func (visit visitor) at(keyword string, n *node) {
	if n.isSchema() {
		visit(keyword, n)
		return
	}
	visit.in(keyword, n)
}

// in visits the schemas among the members or elements of n.
func (visit visitor) in(keyword string, n *node) {
	for _, m := range n.members() {
		if m.value.isSchema() {
			visit(keyword, m.value)
		}
	}
	for _, e := range n.elements() {
		if e.isSchema() {
			visit(keyword, e)
		}
	}
}

// alone returns a copy of a schema in which every schema directly inside is
// empty, and without its $ref.
func (d *document) alone(n *node) *node {
	alone := &node{raw: n.append(nil)}
	alone.remove("$ref")
	d.children(alone, func(_ string, child *node) {
		*child = node{raw: raw.Text("{}")}
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
func (d *document) weighAll() error {
	weights := map[*node]int{}
	for _, n := range d.schemas {
		if _, err := d.weigh(n, weights); err != nil {
			return err
		}
	}
	return nil
}

// weigh returns how many schemas a value that meets n is held against; under
// way it is marked with -1.
func (d *document) weigh(n *node, weights map[*node]int) (total int, err error) {
	if w := weights[n]; w > 0 {
		return w, nil
	} else if w < 0 {
		return 0, &SchemaError{n.at(), "a reference leads back to itself"}
	}
	weights[n] = -1
	total = 1
	d.children(n, func(keyword string, child *node) {
		if err != nil || !judgesSame(keyword) {
			return
		}
		var w int
		w, err = d.weigh(child, weights)
		total += w
		if err == nil && total > maxChecks {
			err = &SchemaError{n.at(), fmt.Sprintf("references and branches multiply to more than %d checks of one value", maxChecks)}
		}
	})
	weights[n] = total
	return total, err
}
