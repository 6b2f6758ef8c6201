package definition

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// JSONSchema returns the JSON Schema (draft 7) of a definition, for editors: which keys
// there are, what each wants, and what it is for. It is made from the grammar, as the
// tables of FORMAT.md are. It refuses unknown keys and values of a wrong shape, and
// nothing that [Parse] takes; what keys mean together, and what stands in templates,
// Parse alone judges.
func JSONSchema() []byte {
	w := schemaWriter{}
	root := w.variantOf(definitionObject, definitionObject.keys, true)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "A definition of tap-rest, version 1"
	root["definitions"] = w
	text, err := json.MarshalIndent(root, "", " ")
	if err != nil {
		panic("definition: the schema is not JSON: " + err.Error()) // it is made of texts and lists
	}
	return append(text, '\n')
}

// jsonSchema is one.
type jsonSchema = map[string]any

// schemaWriter holds the schemas of kinds of maps by their names.
type schemaWriter map[string]jsonSchema

// ref returns where the schema of a kind of map stands. Several may have one name, as
// bodies whose templates see other names: those that take the same share a schema.
func (w schemaWriter) ref(o *object) string {
	base := strings.ReplaceAll(o.name, " ", "_")
	own := w.object(o)
	name := base
	for n := 2; w[name] != nil && !reflect.DeepEqual(w[name], own); n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	w[name] = own
	return "#/definitions/" + name
}

// object returns the schema of a kind of map: one for each variant, so that an editor
// offers the keys of the variant that stands there.
func (w schemaWriter) object(o *object) jsonSchema {
	if o.by == "" {
		return w.variantOf(o, o.keys, true)
	}
	all := w.properties(o.keys)
	var each []any
	for _, v := range o.variants {
		one := w.variantOf(o, join(o.keys, v.keys), !o.deferred)
		properties := one["properties"].(jsonSchema)
		maps.Copy(all, properties)
		properties[o.by] = jsonSchema{"enum": []any{v.name}, "description": v.doc}
		one["required"] = append(namesNeeded(one), o.by)
		each = append(each, one)
	}
	if o.deferred { // a map that inherits which variant it is may have the keys of any
		all[o.by] = jsonSchema{"type": "null"}
		each = append(each, jsonSchema{"type": "object", "properties": all, "additionalProperties": false})
	}
	return jsonSchema{"anyOf": each}
}

func namesNeeded(schema jsonSchema) []string {
	names, _ := schema["required"].([]string)
	return names
}

// variantOf returns the schema of a map with these keys; whole says that those which are
// needed must be there.
func (w schemaWriter) variantOf(o *object, keys []key, whole bool) jsonSchema {
	schema := jsonSchema{"type": "object", "properties": w.properties(keys), "additionalProperties": false}
	var needed []string
	for _, k := range keys {
		if k.need && whole {
			needed = append(needed, k.name)
		}
	}
	if needed != nil {
		schema["required"] = needed
	}
	return schema
}

func (w schemaWriter) properties(keys []key) jsonSchema {
	all := jsonSchema{}
	for _, k := range keys {
		all[k.name] = w.value(k)
	}
	return all
}

// value returns the schema of what stands behind a key.
func (w schemaWriter) value(k key) jsonSchema {
	schema := w.kind(k)
	if k.min > 0 && schema["type"] == "integer" {
		schema["minimum"] = k.min
	}
	if !k.need {
		schema = orNull(schema) // a key that is null is absent
	}
	schema["description"] = describe(k)
	return schema
}

// kind returns the schema of a key's kind, with what it says of maps and choices put in.
func (w schemaWriter) kind(k key) jsonSchema {
	text := k.kind.schema
	for _, put := range []struct {
		name string
		what func() any
	}{
		{`"@of"`, func() any { return w.ref(k.of) }},
		{`"@names"`, func() any { return plainNames(k.of) }},
		{`"@enum"`, func() any { return choices(k) }},
		{`"@packings"`, func() any { return packings }},
		{`"@formats"`, func() any { return formats }},
	} {
		if strings.Contains(text, put.name) {
			quoted, _ := json.Marshal(put.what())
			text = strings.ReplaceAll(text, put.name, string(quoted))
		}
	}
	var schema jsonSchema
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		panic("definition: the schema of " + k.kind.wants + ": " + err.Error())
	}
	return schema
}

// plainNames are the variants of a map that its name alone stands for.
func plainNames(o *object) (names []string) {
	for _, v := range o.variants {
		if !slices.ContainsFunc(v.keys, func(own key) bool { return own.need }) {
			names = append(names, v.name)
		}
	}
	return names
}

// choices are the values of a choice, and the numbers and booleans that are written as
// they are.
func choices(k key) (all []any) {
	for _, text := range k.enum {
		all = append(all, text)
		var plain any
		if json.Unmarshal([]byte(text), &plain) == nil && plain != nil {
			all = append(all, plain)
		}
	}
	return all
}

// orNull returns a schema that takes null as well.
func orNull(schema jsonSchema) jsonSchema {
	enum, _ := schema["enum"].([]any)
	switch kind := schema["type"].(type) {
	case string:
		schema["type"] = []any{kind, "null"}
	case []any:
		schema["type"] = append(kind, "null")
	default:
		switch {
		case len(schema) == 0: // anything
		case enum != nil:
			schema["enum"] = append(enum, nil)
		default:
			return jsonSchema{"anyOf": []any{schema, jsonSchema{"type": "null"}}}
		}
	}
	return schema
}

// describe says what a key is for, as FORMAT.md does.
func describe(k key) string {
	text := k.doc
	if k.enum == nil {
		text += "\n\nWants " + k.kind.wants + "."
	}
	switch {
	case k.need:
		text += " It is needed."
	case k.def != "":
		text += " Without it: " + k.def + "."
	}
	return text
}
