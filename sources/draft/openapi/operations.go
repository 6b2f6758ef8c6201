package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// list is an operation that answers with records, and what security asks of it.
type list struct {
	*outline.Operation
	node   *document.Node
	stream *outline.Stream
}

func (r *reader) operations(paths *document.Node) {
	for _, m := range paths.Fields {
		item := r.follow(m.Value)
		if item == nil || item.Shape != document.Map || strings.HasPrefix(m.Name, "x-") {
			continue
		}
		r.paths = append(r.paths, m.Name)
		for _, op := range item.Fields {
			if op.Value.Shape == document.Map {
				r.operation(m.Name, op.Name, op.Value, item)
			}
		}
	}
}

func (r *reader) operation(path, method string, op, item *document.Node) {
	last := path[strings.LastIndexByte(strings.TrimRight(path, "/"), '/')+1:]
	switch {
	case method == "get", method == "post" && outline.Searching().MatchString(last):
	case method == "post", method == "put", method == "patch", method == "delete":
		r.left.writes++
		return
	default:
		return
	}
	l := &list{Operation: &outline.Operation{Method: strings.ToUpper(method), Path: path, ID: outline.Text(op, "operationId")}, node: op}
	headers, schema, found := r.answer(op)
	if found {
		l.Request = outline.Request{Headers: headers, Answer: r.typeOf(schema, 0), Sent: map[string]bool{}}
		l.Request.Records, found = outline.RecordsIn(l.Request.Answer, outline.Called(path), strings.HasPrefix(last, "{"))
		l.Unknown = !found && len(l.Request.Answer.Kinds) == 0 && !strings.HasPrefix(last, "{") && method == "get"
	}
	if !found && !l.Unknown {
		if method == "get" {
			r.left.single = append(r.left.single, path)
		}
		return
	}
	r.paramsOf(l, item)
	l.Server = r.ownServer(l, item)
	r.lists = append(r.lists, l)
}

var mostWords = pattern.New(`(?i)\bmax(?:imum)?(?: is| of| value)?:? ?(\d{1,4})\b|between 1 and (\d{1,4})\b`)

// mostIn is the largest value of a parameter by its description; "" where it
// does not say.
func mostIn(description string) string {
	m := mostWords().FindStringSubmatch(description)
	if m == nil {
		return ""
	}
	return cmp.Or(m[1], m[2])
}

// answer returns the headers and the schema of the answer that went well. It is
// false where that is no JSON.
func (r *reader) answer(op *document.Node) (headers []string, schema *document.Node, found bool) {
	responses := op.Get("responses")
	for _, status := range []string{"200", "2XX", "2xx", "206", "203", "default"} {
		response := r.follow(responses.Get(status))
		if response == nil || response.Shape != document.Map {
			continue
		}
		for _, h := range response.Get("headers").Members() {
			headers = append(headers, h.Name)
		}
		schema, found = r.jsonIn(response)
		return headers, schema, found
	}
	return nil, nil, false
}

// paramsOf reads the parameters of an operation, and those of its path that it
// does not say itself.
func (r *reader) paramsOf(l *list, item *document.Node) {
	seen := map[string]bool{}
	for _, of := range []*document.Node{l.node.Get("parameters"), item.Get("parameters")} {
		for _, n := range of.List() {
			n = r.follow(n)
			name, in := outline.Text(n, "name"), outline.Text(n, "in")
			if name == "" || seen[in+" "+name] {
				continue
			}
			seen[in+" "+name] = true
			schema := n
			if !r.old {
				schema = r.follow(n.Get("schema"))
			}
			typ, about := r.typeOf(schema, 0), outline.Text(n, "description")
			given := outline.Given{Name: name, In: in, Required: outline.True(n, "required"), Schema: settingOf(schema, typ, in), About: outline.Line(about)}
			if only := outline.Texts(schema.Get("enum")); len(only) == 1 {
				given.Only = only[0]
			}
			l.Params = append(l.Params, given)
			if in == "query" {
				l.Request.Params = append(l.Request.Params, outline.Param{
					Name: name, Type: typ, Required: given.Required, Default: outline.Text(schema, "default"),
					Minimum: outline.Text(schema, "minimum"), Maximum: cmp.Or(outline.Text(schema, "maximum"), mostIn(about)),
				})
			}
		}
	}
}

// settingOf is the schema of the setting for a parameter.
func settingOf(n *document.Node, typ *outline.Type, in string) *draft.Map {
	schema := outline.Plain()
	if typ.Is("array") && typ.Items.IsScalar() && len(typ.Items.Kinds) == 1 && in == "query" {
		return new(draft.Map).Set("type", "array", "").Set("items", new(draft.Map).Set("type", typ.Items.Kinds[0], ""), "").Set("minItems", 1, "")
	}
	if typ.IsScalar() && len(typ.Kinds) == 1 {
		schema.Set("type", typ.Kinds[0], "")
	}
	if schema.Get("type") == "string" {
		choice(schema, outline.Texts(n.Get("enum")))
	}
	return schema
}

// streams writes each list down.
func (r *reader) streams() {
	operations := make([]*outline.Operation, len(r.lists))
	for i, l := range r.lists {
		operations[i] = l.Operation
	}
	for i, stream := range r.out.Add(operations, r.paths) {
		r.lists[i].stream = stream
	}
	if slices.ContainsFunc(r.out.Streams, func(s *outline.Stream) bool { return s.Record != nil }) {
		// Frameworks write date-time for times without a zone, and what may be null is
		// often not said.
		r.out.Defaults.Set("on_invalid", "pass", "schemas are the document's word: a record that breaks one leaves as it came, and is counted; without this line its stream fails")
	}
}
