package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Unknown returns the keys that the definition does not declare.
// Orchestrators pass settings that are not ours, so alone these are no errors.
func (s *Settings) Unknown(settings *document.Node, origin func(string) string) Problems {
	if s.root.Has("properties") && !s.Closed() {
		return nil
	}
	if extra := s.root.Get("additionalProperties"); extra != nil {
		return nil // the schema itself says
	}
	var all Problems
	for _, m := range settings.Fields {
		if !s.Declares(m.Name) {
			all = append(all, Problem{origin(raw.Step(m.Name)), "", document.Unknown("setting", m.Name, s.Names())})
		}
	}
	return all
}

// Check returns what the JSON Schema of the settings refuses.
func (s *Settings) Check(settings *document.Node, origin func(string) string) Problems {
	var problems Problems
	all, unjudged := s.compiled.Judge(settings.AppendJSON(nil, false))
	if v := unjudged; v != nil {
		return Problems{{origin(v.Pointer), v.Pointer, v.Rule + ": expected " + v.Want}}
	}
	for _, e := range all {
		pointer := ""
		for _, step := range stepsOf(e) {
			pointer += raw.Step(step)
		}
		msg := describe(e) + schemeless(e)
		if name, ok := e.Details()["property"].(string); ok && e.Type() == "additional_property_not_allowed" {
			msg = document.Unknown("setting", name, s.Names())
		} else if ok && e.Type() == "required" {
			msg = fmt.Sprintf("%s is missing", name) + s.hint(name)
		}
		problems = append(problems, Problem{origin(pointer), pointer, msg})
	}
	return problems
}

// schemeless returns what to write where a URL has no scheme.
func schemeless(e gojsonschema.ResultError) string {
	text, isText := e.Value().(string)
	if format := e.Details()["format"]; format != "uri" || !isText || strings.Contains(text, "://") {
		return ""
	}
	return ": it has no scheme; write http:// or https:// before it"
}

// describe returns what a validation complains of, without the place.
func describe(e gojsonschema.ResultError) string {
	return strings.TrimPrefix(e.Description(), e.Field()+" ")
}

// stepsOf returns the keys that lead to what a validation complains of.
func stepsOf(e gojsonschema.ResultError) []string {
	return strings.Split(e.Context().String("\x00"), "\x00")[1:]
}

// SchemaFault is what is wrong at a node of a JSON Schema.
type SchemaFault struct {
	At  *document.Node
	Msg string
}

// CompileSchema compiles a JSON Schema, or says what is wrong with it. The
// schemas of settings and of records are compiled alike: what passes here serves
// a run.
func CompileSchema(root *document.Node) (*schema.Schema, *SchemaFault) {
	if root.Shape != document.Map {
		return nil, &SchemaFault{root, "wants a JSON Schema, a map"}
	}
	compiled, err := schema.Compile(root.AppendJSON(nil, false))
	var bad *model.SchemaError
	switch {
	case errors.As(err, &bad):
		return nil, &SchemaFault{root.At(raw.Steps(bad.Pointer)), "JSON Schema: " + oneLine(bad.Msg)}
	case err != nil:
		return nil, &SchemaFault{root, "JSON Schema: " + oneLine(err.Error())}
	}
	return compiled, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
