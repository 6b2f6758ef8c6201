package definition

import (
	"regexp"
	"slices"

	"github.com/tap-rest/tap-rest/sources/document"
)

// definitionKeys are the keys that a definition has at its top level, and other
// files hardly do.
var definitionKeys = []string{"version", "name", "streams"}

// definitionKey matches one of them where a file cannot be read as YAML.
var definitionKey = regexp.MustCompile(`(?m)^(?:\s*\{)?\s*["']?(?:version|name|streams)["']?\s*:`)

// content matches a line that is neither blank nor a comment.
var content = regexp.MustCompile(`(?m)^\s*[^#\s]`)

// isForeign reports whether a file is no definition at all: what is wrong with
// it is nobody's business then, and what stands in it may be a secret. Root is
// nil where it could not be read as YAML.
func isForeign(data []byte, root *document.Node) bool {
	if root == nil {
		return !definitionKey.Match(data)
	}
	for _, name := range definitionKeys {
		if root.Has(name) {
			return false
		}
	}
	return true
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
