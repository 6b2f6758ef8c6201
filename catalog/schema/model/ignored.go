package model

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Ignored is a keyword that says nothing to the judge, where its author may
// have meant it to.
type Ignored struct {
	Pointer string // JSON pointer to the first of them in the schema
	More    int    // further places of the same keyword
	Effect  string // what happens to records, and what to write instead
}

// String returns one line, such as "/properties/a/minContains (2 more) is
// ignored: one element that fits contains is enough".
func (i Ignored) String() string {
	more := ""
	if i.More > 0 {
		more = fmt.Sprintf(" (%d more)", i.More)
	}
	return i.Pointer + more + " is ignored: " + i.Effect
}

// laterKeywords are those of drafts 2019-09 and 2020-12, and what the judge
// does without them.
var laterKeywords = map[string]string{
	"$defs":                 "only a $ref leads there; what no $ref names is not checked",
	"$anchor":               "it names no place; a $ref is a JSON pointer, as #/$defs/name",
	"$dynamicAnchor":        "it names no place; a $ref is a JSON pointer, as #/$defs/name",
	"$recursiveAnchor":      "it names no place; a $ref is a JSON pointer, as #/$defs/name",
	"$dynamicRef":           "it is not followed, and any value fits; write $ref",
	"$recursiveRef":         "it is not followed, and any value fits; write $ref",
	"prefixItems":           "elements are not told apart by their places, and items holds for all of them; write a list under items, and additionalItems",
	"unevaluatedItems":      "further elements of any kind fit; write additionalItems",
	"unevaluatedProperties": "further fields of any kind fit; write additionalProperties",
	"dependentRequired":     "it requires nothing; write dependencies",
	"dependentSchemas":      "its schemas are not checked; write dependencies",
	"minContains":           "one element that fits contains is enough",
	"maxContains":           "any number of elements may fit contains",
	"contentSchema":         "what the text holds is not checked",
}

// OldestDraft is the first draft that has the keyword, of those that earlier
// ones lack and the judge does not take then.
var OldestDraft = map[string]int{"const": 6, "contains": 6, "propertyNames": 6, "if": 7, "then": 7, "else": 7}

// asserting are the keywords that mean something beside a $ref since 2019-09.
var asserting = []string{
	"type", "enum", "const", "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
	"dependencies", "minProperties", "maxProperties", "items", "additionalItems", "contains", "minItems", "maxItems",
	"uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
	"pattern", "format", "allOf", "anyOf", "oneOf", "not", "if",
}

// IgnoredIn returns the keywords of a schema document that the judge ignores,
// each once, in the order of their first places, nearest to the root first.
// Words that no draft knows are not among them. An error is a *SchemaError.
func IgnoredIn(doc []byte) ([]Ignored, error) {
	d, err := Parse(doc)
	if err != nil {
		return nil, err
	}
	var all []Ignored
	draft := DraftOf(d.Root)
	if _, ok := d.Root.Text("$schema"); ok && draft == 0 {
		all = append(all, Ignored{Pointer: "/$schema",
			Effect: "drafts 4, 6 and 7 are known, and are taken all together here"})
	}
	for _, n := range d.Schemas {
		if !n.IsObject() {
			continue
		}
		for _, m := range n.Members() {
			if effect := effectOf(n, m.Name, draft); effect != "" {
				all = addIgnored(all, m, effect)
			}
		}
	}
	return all, nil
}

// addIgnored adds a place to those of the same keyword.
func addIgnored(all []Ignored, m member, effect string) []Ignored {
	i := slices.IndexFunc(all, func(known Ignored) bool {
		return known.Effect == effect && strings.HasSuffix(known.Pointer, "/"+m.Name)
	})
	if i < 0 {
		return append(all, Ignored{Pointer: m.Value.At(), Effect: effect})
	}
	all[i].More++
	return all
}

// effectOf returns what happens since the judge ignores a keyword of n; "" where
// it does not.
func effectOf(n *Node, keyword string, draft int) string {
	if effect, later := laterKeywords[keyword]; later {
		return effect
	}
	if _, ok := n.Text("$ref"); ok {
		if slices.Contains(asserting, keyword) {
			return "it stands beside a $ref, which alone counts; write allOf of the two"
		}
		return ""
	}
	if draft > 0 && draft < OldestDraft[keyword] {
		return fmt.Sprintf("draft %d, which $schema names, does not have it; draft %d does", draft, OldestDraft[keyword])
	}
	return ""
}

// DraftOf returns the draft that a document's $schema names, as the judge reads
// it: 0 for none, or one that it does not know.
func DraftOf(root *Node) int {
	named, _ := root.Text("$schema")
	u, err := url.Parse(named)
	if err != nil {
		return 0
	}
	switch u.String() { // without an empty fragment
	case "http://json-schema.org/draft-04/schema":
		return 4
	case "http://json-schema.org/draft-06/schema":
		return 6
	case "http://json-schema.org/draft-07/schema":
		return 7
	}
	return 0
}
