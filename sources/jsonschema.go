package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

const draft7 = "http://json-schema.org/draft-07/schema"

// metaSchema is the schema of schemas.
var metaSchema = sync.OnceValues(func() (*gojsonschema.Schema, error) {
	return gojsonschema.NewSchemaLoader().Compile(gojsonschema.NewReferenceLoader(draft7))
})

// schemaFault is what is wrong at a node of a JSON Schema.
type schemaFault struct {
	at  *node
	msg string
}

// compileSchema compiles a JSON Schema, or says what is wrong with it. It
// opens no file and no connection, and does not panic.
func compileSchema(root *node) (*gojsonschema.Schema, []schemaFault) {
	if root.shape != isMap {
		return nil, []schemaFault{{root, "wants a JSON Schema, a map"}}
	}
	g := &schemaGuard{root: root, done: map[*node]int{}, open: map[*node]bool{}}
	g.inspect(root, "")
	if g.faults != nil {
		return nil, g.faults
	}
	raw := root.appendJSON(nil, false)
	if faults := metaFaults(root, raw); faults != nil {
		return nil, faults
	}
	schema, err := compileClosed(raw)
	if err != nil {
		return nil, []schemaFault{{root, "JSON Schema: " + oneLine(err.Error())}}
	}
	return schema, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// metaFaults returns where the schema breaks the schema of schemas.
func metaFaults(root *node, raw []byte) []schemaFault {
	meta, err := metaSchema()
	if err != nil {
		return []schemaFault{{root, err.Error()}}
	}
	result, err := validate(meta, raw)
	if err != nil {
		return []schemaFault{{root, err.Error()}}
	}
	var faults []schemaFault
	for _, e := range result.Errors() {
		switch e.(type) {
		case *gojsonschema.NumberAnyOfError, *gojsonschema.NumberAllOfError, *gojsonschema.NumberOneOfError:
			if len(result.Errors()) > 1 {
				continue // the reason is among the others
			}
		}
		faults = append(faults, schemaFault{root.at(stepsOf(e)), "JSON Schema: " + describe(e)})
	}
	return faults
}

// describe returns what a validation complains of, without the place.
func describe(e gojsonschema.ResultError) string {
	return strings.TrimPrefix(e.Description(), e.Field()+" ")
}

// stepsOf returns the keys that lead to what a validation complains of.
func stepsOf(e gojsonschema.ResultError) []string {
	return strings.Split(e.Context().String("\x00"), "\x00")[1:]
}

// validate is Validate without its panics.
func validate(schema *gojsonschema.Schema, raw []byte) (result *gojsonschema.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fmt.Errorf("validate: %v", p)
		}
	}()
	return schema.Validate(gojsonschema.NewBytesLoader(raw))
}

func compileClosed(raw []byte) (schema *gojsonschema.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			schema, err = nil, fmt.Errorf("compile: %v", p)
		}
	}()
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.AutoDetect = gojsonschema.Draft7, false
	return loader.Compile(closedLoader{gojsonschema.NewBytesLoader(raw)})
}

// closedLoader loads a schema that may refer to nothing outside itself.
type closedLoader struct{ gojsonschema.JSONLoader }

func (closedLoader) LoaderFactory() gojsonschema.JSONLoaderFactory { return closedFactory{} }

type closedFactory struct{}

func (closedFactory) New(source string) gojsonschema.JSONLoader {
	return refusal{gojsonschema.NewReferenceLoader(source), source}
}

// refusal is the loader of a reference that leads out of the schema.
type refusal struct {
	gojsonschema.JSONLoader
	source string
}

func (r refusal) LoadJSON() (any, error) {
	return nil, fmt.Errorf("$ref %q leads out of the schema", r.source)
}

func (refusal) LoaderFactory() gojsonschema.JSONLoaderFactory { return closedFactory{} }

// schemaGuard looks for what the library cannot bear: references that lead
// out or in circles, and numbers that it would write out in full.
type schemaGuard struct {
	root   *node
	faults []schemaFault
	done   map[*node]int
	open   map[*node]bool // schemas applied to one and the same value
}

func (g *schemaGuard) fault(at *node, format string, args ...any) {
	g.faults = append(g.faults, schemaFault{at, fmt.Sprintf(format, args...)})
}

// inspect looks at everything below n, which stands under the key within.
func (g *schemaGuard) inspect(n *node, within string) {
	if n.shape == isNumber && !reasonableNumber(n.text) {
		g.fault(n, "number %s is too large for a JSON Schema", clip(n.text))
	}
	for _, item := range n.items {
		g.inspect(item, "")
	}
	names := contains(namesOfSchemas, within)
	for _, m := range n.fields {
		if !names && contains(literals, m.name) {
			if huge := unreasonable(m.value); huge != nil {
				g.fault(huge, "number %s is too large for a JSON Schema", clip(huge.text))
			}
			continue
		}
		if !names && m.name == "$id" && n != g.root && m.value.shape == isText {
			g.fault(m.value, "$id is possible only at the top of a schema")
		}
		inner := m.name
		if names {
			inner = ""
		}
		g.inspect(m.value, inner)
	}
	if n.shape == isMap && !names {
		g.circle(n)
	}
}

// namesOfSchemas are the keys under which maps have names, not keywords.
var namesOfSchemas = []string{"properties", "patternProperties", "definitions", "dependencies"}

// literals are the keys whose values are values, not schemas.
var literals = []string{"const", "enum", "default", "examples"}

// inPlace are the keys whose schemas apply to the same value.
var inPlace = []string{"allOf", "anyOf", "oneOf", "not", "if", "then", "else"}

// maxApplied is how many schemas may apply to one value.
const maxApplied = 1000

// circle looks for a schema that applies itself to the same value, for ever.
// It returns how many schemas apply where n does.
func (g *schemaGuard) circle(n *node) int {
	if n.shape != isMap {
		return 0
	}
	if count, done := g.done[n]; done {
		return count
	}
	if g.open[n] {
		g.fault(n, "$ref goes in a circle")
		return 0
	}
	g.open[n] = true
	count := 1
	if ref := n.get("$ref"); ref != nil && ref.shape == isText {
		if target := g.resolve(ref); target != nil {
			count += g.circle(target)
		}
	}
	for _, name := range inPlace {
		if part := n.get(name); part != nil {
			count += g.circle(part)
			for _, item := range part.items {
				count += g.circle(item)
			}
		}
	}
	if count > maxApplied {
		g.fault(n, "more than %d schemas apply to one value", maxApplied)
		count = 0
	}
	delete(g.open, n)
	g.done[n] = count
	return count
}

// resolve returns what a reference refers to.
func (g *schemaGuard) resolve(ref *node) *node {
	if ref.text != "#" && !strings.HasPrefix(ref.text, "#/") {
		g.fault(ref, "$ref %q leads out of the schema; only #/… is possible", clip(ref.text))
		return nil
	}
	target := resolvePointer(g.root, ref.text)
	if target == nil {
		g.fault(ref, "$ref %q leads to nothing", clip(ref.text))
	}
	return target
}

// resolvePointer returns what a reference within the schema refers to; nil
// for nothing.
func resolvePointer(root *node, ref string) *node {
	n := root
	for _, step := range strings.Split(ref, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next := n.at([]string{step})
		if next == n {
			return nil
		}
		n = next
	}
	return n
}

// reasonableNumber reports whether the JSON Schema library can hold the
// number: it makes big rationals of them.
func reasonableNumber(text string) bool {
	const longest, largest = 400, 400
	if len(text) > longest {
		return false
	}
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return true
	}
	exponent, err := strconv.Atoi(text[at+1:])
	return err == nil && exponent >= -largest && exponent <= largest
}

// parseJSON reads one JSON text into nodes, without lines.
func parseJSON(data []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	dec.UseNumber()
	n, err := readJSON(dec, nil, "", 0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	return n, nil
}

func readJSON(dec *json.Decoder, parent *node, step string, depth int) (*node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{parent: parent, step: step, line: 1, column: 1}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := token.(type) {
	case string:
		n.shape, n.text = isText, v
	case json.Number:
		n.shape, n.text = isNumber, v.String()
	case bool:
		n.shape, n.text = isBool, strconv.FormatBool(v)
	case json.Delim:
		return n, readMembers(dec, n, v, depth)
	}
	return n, nil
}

func readMembers(dec *json.Decoder, n *node, open json.Delim, depth int) error {
	n.shape = isMap
	if open == '[' {
		n.shape = isList
	}
	seen := map[string]int{}
	for dec.More() {
		step := fmt.Sprintf("[%d]", len(n.items))
		if n.shape == isMap {
			token, err := dec.Token()
			if err != nil {
				return err
			}
			step, _ = token.(string)
		}
		child, err := readJSON(dec, n, step, depth+1)
		if err != nil {
			return err
		}
		at, twice := seen[step]
		switch {
		case n.shape == isList:
			n.items = append(n.items, child)
		case twice:
			n.fields[at].value = child
		default:
			seen[step] = len(n.fields)
			n.fields = append(n.fields, member{name: step, value: child})
		}
	}
	_, err := dec.Token()
	return err
}
