package sources

import (
	"errors"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/document"
)

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
	var bad *schema.SchemaError
	switch {
	case errors.As(err, &bad):
		return nil, &SchemaFault{root.At(pointerSteps(bad.Pointer)), "JSON Schema: " + oneLine(bad.Msg)}
	case err != nil:
		return nil, &SchemaFault{root, "JSON Schema: " + oneLine(err.Error())}
	}
	return compiled, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// pointerSteps returns the keys of a JSON pointer.
func pointerSteps(pointer string) []string {
	steps := strings.Split(pointer, "/")[1:]
	for i, step := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return steps
}
