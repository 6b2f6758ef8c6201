package definition

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// maxSchema is the size of a schema file, in bytes, at most.
const maxSchema = 8 << 20

// schemaText is the schema of a stream.
type schemaText struct {
	raw  json.RawMessage
	file string
	root *document.Node
}

// readSchema reads the JSON Schema of a stream, inline or in a file.
func readSchema(r *reader, n *document.Node, k key) any {
	text := schemaText{root: n}
	switch n.Shape {
	case document.Map:
		text.raw = n.AppendJSON(nil, false)
	case document.Text:
		text.file = n.Text
		if text.root = readSchemaFile(r, n); text.root == nil {
			return nil
		}
		text.raw = text.root.AppendJSON(nil, false)
	default:
		return r.wants(n, k)
	}
	_, fault := settings.CompileSchema(text.root)
	switch {
	case fault == nil:
		return text
	case text.file == "":
		r.Problem(fault.At, "%s", fault.Msg)
	default:
		r.Problem(n, "%s: %s: %s", document.Clip(text.file), fault.At.Pointer(), fault.Msg)
	}
	return nil
}

// readSchemaFile reads a schema file: JSON, or YAML by its name.
func readSchemaFile(r *reader, n *document.Node) *document.Node {
	data, ok := r.readFile(n, "schema file")
	if !ok {
		return nil
	}
	if ext := strings.ToLower(filepath.Ext(n.Text)); ext == ".yaml" || ext == ".yml" {
		doc := document.New(n.Text, data)
		root := doc.Root(data)
		if isForeignSchema(root) {
			r.Problem(n, "schema file %s is no JSON Schema", document.Clip(n.Text))
			return nil
		}
		for _, p := range doc.Problems {
			r.Problem(n, "schema file: %v", p)
		}
		if len(doc.Problems) > 0 {
			return nil
		}
		return root
	}
	root, err := document.ParseJSON(data)
	if err != nil {
		r.Problem(n, "schema file %s: not JSON: %v", document.Clip(n.Text), err)
		return nil
	}
	return root
}

// readSettings reads the JSON Schema of the settings.
func readSettings(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Map {
		return r.wants(n, k)
	}
	s, faults := settings.New(n)
	for _, fault := range faults {
		r.Problem(fault.At, "%s", fault.Msg)
	}
	if s == nil {
		return nil
	}
	return s
}

var jsonTypes = []string{"object", "array", "string", "number", "integer", "boolean", "null"}

// schemaKeys are those of which a schema has at least one at its top level.
var schemaKeys = []string{"$schema", "$ref", "$id", "properties", "required", "additionalProperties", "items", "enum", "const",
	"allOf", "anyOf", "oneOf", "not", "if", "definitions", "$defs", "title", "description"}

// isForeignSchema is isForeign of a schema file.
func isForeignSchema(root *document.Node) bool {
	if root == nil || root.Shape != document.Map {
		return true
	}
	if t := root.Get("type"); len(root.Fields) == 0 || t != nil && (t.Shape == document.List || slices.Contains(jsonTypes, t.Text)) {
		return false
	}
	for _, name := range schemaKeys {
		if root.Has(name) {
			return false
		}
	}
	return true
}
