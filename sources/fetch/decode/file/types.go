package file

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Types is a set of JSON's types.
type Types uint8

// The types.
const (
	Null Types = 1 << iota
	Boolean
	Integer
	Fraction // numbers that are no integers
	Object
	Array
	Text
	Number  = Integer | Fraction
	AnyType = Null | Boolean | Number | Object | Array | Text
)

// Words are the types' names in JSON Schema.
func (t Types) Words() (all []string) {
	for _, name := range []string{"null", "boolean", "integer", "string"} {
		if t&typesByName[name] != 0 {
			all = append(all, name)
		}
	}
	if t&Fraction != 0 {
		all = append(all, "number")
	}
	return all
}

// maxDepth is how deep schemas are looked into; what is deeper lets every type in.
const maxDepth = 16

var typesByName = map[string]Types{
	"null": Null, "boolean": Boolean, "integer": Integer, "number": Number,
	"object": Object, "array": Array, "string": Text,
}

// node is as much of a JSON Schema as says of what types values are.
type node struct {
	Ref         string          `json:"$ref"`
	Type        Types           // by UnmarshalJSON
	AnyOf       []node          `json:"anyOf"`
	OneOf       []node          `json:"oneOf"`
	AllOf       []node          `json:"allOf"`
	Properties  map[string]node `json:"properties"`
	Additional  *node           `json:"additionalProperties"`
	Definitions map[string]node `json:"definitions"`
	Defs        map[string]node `json:"$defs"`
}

func (n *node) UnmarshalJSON(b []byte) error {
	n.Type = AnyType
	if len(b) == 0 || b[0] != '{' {
		return nil // true and false say nothing of types
	}
	type plain node
	return json.Unmarshal(b, (*plain)(n))
}

func (t *Types) UnmarshalJSON(b []byte) error {
	var list []string
	if len(b) > 0 && b[0] == '"' {
		list = []string{raw.Text(b).Unquote()}
	} else if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*t = 0
	for _, name := range list {
		*t |= typesByName[name]
	}
	return nil
}

// TypesOf returns the types that a record's schema lets in for a column of a name.
func TypesOf(schema json.RawMessage) (func(name string) Types, error) {
	root := node{Type: AnyType}
	if len(schema) > 0 {
		if err := json.Unmarshal(schema, &root); err != nil {
			return nil, fmt.Errorf("the schema's types of columns: %w", err)
		}
	}
	return func(name string) Types {
		return root.types(&root, maxDepth, func(n *node, depth int) Types { return n.property(&root, name, depth) })
	}, nil
}

// property returns the types that n's own keywords let in for its property of a name.
func (n *node) property(root *node, name string, depth int) Types {
	own := func(n *node, _ int) Types { return n.Type }
	if p, ok := n.Properties[name]; ok {
		return p.types(root, depth, own)
	}
	if n.Additional != nil {
		return n.Additional.types(root, depth, own)
	}
	return AnyType
}

// types returns the types that n lets in, where of says which a schema's own keywords
// do.
func (n *node) types(root *node, depth int, of func(*node, int) Types) Types {
	if depth == 0 {
		return AnyType
	}
	if n.Ref != "" { // draft 7: what stands beside it has no meaning
		target := n.target(root)
		if target == nil {
			return AnyType
		}
		return target.types(root, depth-1, of)
	}
	t := of(n, depth-1)
	for i := range n.AllOf {
		t &= n.AllOf[i].types(root, depth-1, of)
	}
	for _, branches := range [][]node{n.AnyOf, n.OneOf} {
		var any Types
		for i := range branches {
			any |= branches[i].types(root, depth-1, of)
		}
		if branches != nil {
			t &= any
		}
	}
	return t
}

// target returns the schema that n refers to, nil where that is none of the
// definitions.
func (n *node) target(root *node) *node {
	pointer, local := strings.CutPrefix(n.Ref, "#")
	steps := raw.Steps(pointer)
	if !local {
		return nil
	}
	if len(steps) == 0 {
		return root
	}
	if len(steps) != 2 {
		return nil
	}
	named := root.Definitions
	if steps[0] == "$defs" {
		named = root.Defs
	}
	if d, ok := named[steps[1]]; ok {
		return &d
	}
	return nil
}
