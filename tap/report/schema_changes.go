package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// SchemaChanges are how the schema of a stream differs from what it was when the run
// began.
type SchemaChanges struct {
	Inferred bool     `json:"inferred,omitempty"` // there was none before
	Fields   int      `json:"fields"`             // that differ; those of a schema that there was not: all
	First    []Change `json:"first,omitempty"`
}

// Change is a field of a schema that differs.
type Change struct {
	Pointer string `json:"pointer"` // of its values, with * for what stands in a list or under any name
	Was     string `json:"was"`     // its types; "": there was no such field
	Now     string `json:"now"`
}

// mostChanges is how many fields of a stream are named.
const mostChanges = 100

// CompareSchemas says how a schema differs from what it was; nil stands for none.
func CompareSchemas(was, now []byte) SchemaChanges {
	if len(now) == 0 {
		return SchemaChanges{}
	}
	before, after := typesOf(was), typesOf(now)
	all := SchemaChanges{Inferred: len(was) == 0}
	var names []string
	for pointer, types := range after {
		if before[pointer] != types {
			names = append(names, pointer)
		}
	}
	slices.Sort(names)
	all.Fields = len(names)
	for _, pointer := range names[:min(len(names), mostChanges)] {
		all.First = append(all.First, Change{pointer, before[pointer], after[pointer]})
	}
	return all
}

// typesOf are the types of the fields of a schema by their pointers.
func typesOf(doc []byte) map[string]string {
	types := map[string]string{}
	var root any
	if json.Unmarshal(doc, &root) == nil {
		addTypes(types, "", root)
	}
	return types
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func addTypes(types map[string]string, pointer string, schema any) {
	s, _ := schema.(map[string]any)
	if s == nil {
		return
	}
	if pointer != "" {
		types[pointer] = typeText(s)
	}
	properties, _ := s["properties"].(map[string]any)
	for name, sub := range properties {
		addTypes(types, pointer+"/"+pointerEscapes.Replace(name), sub)
	}
	addTypes(types, pointer+"/*", s["items"])
	addTypes(types, pointer+"/*", s["additionalProperties"])
}

// typeText is what a schema says of a value's type, in few words.
func typeText(s map[string]any) string {
	var all []string
	switch t := s["type"].(type) {
	case string:
		all = append(all, t)
	case []any:
		for _, one := range t {
			all = append(all, fmt.Sprint(one))
		}
	}
	if len(all) == 0 {
		all = append(all, "any")
	}
	text := strings.Join(all, ", ")
	if format, ok := s["format"].(string); ok {
		text += " (" + format + ")"
	}
	return text
}
