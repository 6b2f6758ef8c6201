package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// list is an operation that answers with records.
type list struct {
	path     string
	steps    []step
	post     bool
	op       *document.Node
	item     *document.Node // the path's
	params   []param
	request  outline.Request
	unknown  bool // nothing says what the answer is
	name     string
	parent   *list
	parentAt int // the step that the parent's records are put into
	keyNote  string
	keySure  bool
	values   map[string]string // parameters of the path → templates
	vars     map[string]string // parameters of the path → names in partition
	stream   *outline.Stream
}

// step is a part of a path between slashes.
type step struct {
	text  string
	param string // its parameter, where it is nothing but one
}

// param is a parameter of an operation, references followed.
type param struct {
	name, in string
	required bool
	schema   *document.Node
	typ      *outline.Type
	node     *document.Node
}

var braces = regexp.MustCompile(`\{([^{}/]+)\}`)

func steps(path string) (list []step) {
	for text := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		s := step{text: text}
		if m := braces.FindStringSubmatch(text); m != nil && m[0] == text {
			s.param = m[1]
		}
		list = append(list, s)
	}
	return list
}

// called is the last word of the path.
func (l *list) called() string {
	for _, s := range slices.Backward(l.steps) {
		if s.param == "" {
			return s.text
		}
	}
	return "records"
}

// shape is the path without the names of its parameters.
func shape(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(braces.ReplaceAllString(s.text, "{}"))
	}
	return b.String()
}

func (r *reader) operations(paths *document.Node) {
	for _, m := range paths.Fields {
		item := r.follow(m.Value)
		if item == nil || item.Shape != document.Map || strings.HasPrefix(m.Name, "x-") {
			continue
		}
		for _, op := range item.Fields {
			if op.Value.Shape == document.Map {
				r.operation(m.Name, op.Name, op.Value, item)
			}
		}
	}
}

// searching are names of a POST that reads.
var searching = regexp.MustCompile(`(?i)^_?(?:search|query|list|find|filter|scroll)$`)

func (r *reader) operation(path, method string, op, item *document.Node) {
	l := &list{path: path, steps: steps(path), op: op, item: item}
	last := l.steps[len(l.steps)-1]
	switch method {
	case "get":
	case "post":
		if l.post = true; !searching.MatchString(last.text) {
			r.left.writes++
			return
		}
	case "put", "patch", "delete":
		r.left.writes++
		return
	default:
		return
	}
	headers, schema, found := r.answer(op)
	if !found {
		if !l.post {
			r.left.single = append(r.left.single, path)
		}
		return
	}
	l.params = r.paramsOf(op, item)
	l.request = outline.Request{Headers: headers, Answer: r.typeOf(schema, 0), Sent: map[string]bool{}}
	records, isList := outline.RecordsIn(l.request.Answer, l.called(), last.param != "")
	if l.unknown = len(l.request.Answer.Kinds) == 0 && last.param == "" && !l.post; !isList && !l.unknown {
		r.left.single = append(r.left.single, path)
		return
	}
	l.request.Records = records
	for _, p := range l.params {
		if p.in == "query" {
			l.request.Params = append(l.request.Params, outline.Param{
				Name: p.name, Type: p.typ, Required: p.required, Default: outline.Text(p.schema, "default"),
				Minimum: outline.Text(p.schema, "minimum"), Maximum: orText(outline.Text(p.schema, "maximum"), mostIn(outline.Text(p.node, "description"))),
			})
		}
	}
	r.lists = append(r.lists, l)
}

var mostWords = regexp.MustCompile(`(?i)\bmax(?:imum)?(?: is| of| value)?:? ?(\d{1,4})\b|between 1 and (\d{1,4})\b`)

// mostIn is the largest value of a parameter by its description; "" where it
// does not say.
func mostIn(description string) string {
	m := mostWords.FindStringSubmatch(description)
	if m == nil {
		return ""
	}
	return orText(m[1], m[2])
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

// paramsOf returns the parameters of an operation, and those of its path that
// it does not say itself.
func (r *reader) paramsOf(op, item *document.Node) (list []param) {
	seen := map[string]bool{}
	for _, of := range []*document.Node{op.Get("parameters"), item.Get("parameters")} {
		for _, n := range of.List() {
			n = r.follow(n)
			p := param{name: outline.Text(n, "name"), in: outline.Text(n, "in"), required: outline.True(n, "required"), node: n}
			if p.name == "" || seen[p.in+" "+p.name] {
				continue
			}
			seen[p.in+" "+p.name] = true
			p.schema = n
			if !r.old {
				p.schema = r.follow(n.Get("schema"))
			}
			p.typ = r.typeOf(p.schema, 0)
			list = append(list, p)
		}
	}
	return list
}

// names gives each list the shortest name that no other has: the last words of
// its path.
func (r *reader) named() {
	word := make([][]string, len(r.lists))
	for i, l := range r.lists {
		for _, s := range l.steps {
			if s.param == "" && !(l.post && searching.MatchString(s.text)) {
				word[i] = append(word[i], outline.Name(braces.ReplaceAllString(s.text, ""), ""))
			}
		}
	}
	last := func(i, n int) string {
		words := slices.DeleteFunc(slices.Clone(word[i]), func(w string) bool { return w == "" })
		return strings.Join(words[max(0, len(words)-n):], "_")
	}
	taken := outline.Names{}
	for n := 1; n < 30; n++ {
		count := map[string]int{}
		for i := range r.lists {
			count[last(i, n)]++
		}
		for i, l := range r.lists {
			if name := last(i, n); l.name == "" && name != "" && count[name] == 1 && !taken[name] {
				l.name = taken.Free(outline.Name(name, "stream"))
			}
		}
	}
	for i, l := range r.lists {
		if l.name == "" {
			l.name = taken.Free(outline.Name(last(i, 30), "stream"))
		}
	}
}

// place says in words which operation it is.
func (l *list) place() string {
	method := "GET"
	if l.post {
		method = "POST"
	}
	if id := outline.Text(l.op, "operationId"); id != "" {
		return fmt.Sprintf("%s %s (%s)", method, l.path, outline.Line(id))
	}
	return method + " " + l.path
}
