package postman

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

var (
	inBraces = pattern.New(`\{\{([^{}]*)\}\}`)
	baseOf   = pattern.New(`^(\{\{[^{}]*\}\}|[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*|[^/?#]*)([^?#]*)`)
)

// variable returns the name of a variable that is all of a text.
func variable(text string) (string, bool) {
	if m := inBraces().FindStringSubmatch(text); m != nil && m[0] == text {
		return m[1], true
	}
	return "", false
}

// text makes a template of a text with variables. What is secret in it is a
// setting.
func (r *reader) text(text string, isSecret bool) string {
	var b strings.Builder
	at := 0
	for _, m := range inBraces().FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(outline.Literal(text[at:m[0]]))
		b.WriteString(r.setting(text[m[2]:m[3]], isSecret))
		at = m[1]
	}
	b.WriteString(outline.Literal(text[at:]))
	return b.String()
}

// setting is the setting of a variable.
func (r *reader) setting(name string, isSecret bool) string {
	if template := r.settings[name]; template != "" {
		return template
	}
	n := r.values[name]
	value := outline.Text(n, "value")
	isSecret = isSecret || outline.Text(n, "type") == "secret" || outline.IsCredential(name) || outline.LooksSecret(value)
	schema := outline.Plain()
	switch {
	case isSecret:
		schema = outline.Secret()
	case value != "" && !strings.Contains(value, "{{"):
		schema.Set("default", value, "")
	}
	template := r.out.Setting(name, schema, isSecret, "the variable "+outline.Line(name))
	r.settings[name] = template
	if isSecret {
		r.out.Hide(value, template)
	}
	return template
}

// value is what stands for a value of the collection: a secret setting where it
// is a credential, else the text itself.
func (r *reader) value(name, text, note string) string {
	if inBraces().MatchString(text) {
		return r.text(text, outline.IsCredential(name))
	}
	return r.out.ValueOf(name, text, note)
}

func (r *reader) request(item, q, auth *document.Node, name string) {
	method := strings.ToUpper(cmp.Or(outline.Text(q, "method"), "GET"))
	address := q.Get("url")
	if q.Shape == document.Text { // a request may be its URL alone
		address = q
	}
	base, path := r.split(address)
	op := &outline.Operation{Method: method, Path: path, ID: name, Sample: true}
	r.paths = append(r.paths, path)
	last := path[strings.LastIndexByte(strings.TrimRight(path, "/"), '/')+1:]
	isOne := strings.HasPrefix(last, "{")
	if method != "GET" && (method != "POST" || !outline.Searching().MatchString(last)) {
		r.left.writes++
		if outline.Text(q.Get("body"), "mode") == "graphql" {
			r.out.Leave("%s is a query of GraphQL: write it into body.graphql of a stream", name)
		}
		return
	}
	headers, answer := r.example(item)
	op.Request = outline.Request{Headers: headers, Answer: answer, Sent: map[string]bool{}}
	found := false
	if answer != nil {
		op.Request.Records, found = outline.RecordsIn(answer, outline.Called(path), isOne)
	}
	if op.Unknown = answer == nil && !isOne; !found && !op.Unknown {
		r.left.single = append(r.left.single, name)
		return
	}
	if answer == nil {
		op.Request.Answer = new(outline.Type)
	} else if op.Request.Records.Type != nil {
		op.Request.Records.Note = "as a saved answer has it"
	}
	r.query(op, address)
	r.headers(op, q.Get("header"))
	if method == "POST" {
		r.body(op, q.Get("body"))
	}
	r.requests = append(r.requests, &request{Operation: op, base: base, auth: auth})
}

// split returns where a request goes, and its path with {name} for variables.
func (r *reader) split(address *document.Node) (base, path string) {
	raw := outline.Text(address, "raw")
	if address != nil && address.Shape == document.Text {
		raw = address.Text
	}
	if raw == "" {
		host := strings.Join(outline.Texts(address.Get("host")), ".")
		if protocol := outline.Text(address, "protocol"); protocol != "" {
			host = protocol + "://" + host
		}
		raw = host + "/" + strings.Join(outline.Texts(address.Get("path")), "/")
	}
	m := baseOf().FindStringSubmatch(strings.TrimSpace(raw))
	base, path = outline.WithoutUser(m[1]), m[2]
	if !strings.Contains(base, "://") && !strings.HasPrefix(base, "{{") && base != "" {
		base = "https://" + base
	}
	var steps []string
	for step := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if name, isPath := strings.CutPrefix(step, ":"); isPath && name != "" && !strings.ContainsAny(name, "{}") {
			step = "{" + name + "}"
		}
		steps = append(steps, inBraces().ReplaceAllString(step, "{$1}"))
	}
	return base, "/" + strings.Join(steps, "/")
}

// query reads the parameters of a request. Those that page, or ask for what is
// new, are sent by the walk.
func (r *reader) query(op *outline.Operation, address *document.Node) {
	r.pathVariables(op, address)
	seen := map[string]bool{}
	for _, q := range queryOf(address) {
		if q.name == "" || seen[q.name] {
			continue
		}
		seen[q.name] = true
		given := outline.Given{Name: q.name, In: "query", Required: !q.disabled && !outline.IsWalked(q.name), About: outline.Line(q.about)}
		if given.Required {
			given.About = ""
			given.Template = r.value(q.name, q.value, "parameter of "+op.Place())
		}
		op.Params = append(op.Params, given)
		op.Request.Params = append(op.Request.Params, outline.Param{Name: q.name, Type: typeOfText(q.value), Default: q.value})
	}
}

// pathVariables are settings where no parent has them.
func (r *reader) pathVariables(op *outline.Operation, address *document.Node) {
	for _, n := range address.Get("variable").List() {
		name, value := outline.Text(n, "key"), outline.Text(n, "value")
		schema := outline.Plain()
		if value != "" && !inBraces().MatchString(value) && !outline.IsCredential(name) && !outline.LooksSecret(value) {
			schema.Set("examples", []any{value}, "")
		}
		op.Params = append(op.Params, outline.Given{Name: name, In: "path", Required: true, Schema: schema, About: outline.Line(outline.Text(n, "description"))})
	}
}

type parameter struct {
	name, value, about string
	disabled           bool
}

func queryOf(address *document.Node) (list []parameter) {
	if address == nil {
		return nil
	}
	if query := address.Get("query"); query != nil {
		for _, n := range query.List() {
			list = append(list, parameter{outline.Text(n, "key"), outline.Text(n, "value"), outline.Text(n, "description"), outline.True(n, "disabled")})
		}
		return list
	}
	raw := cmp.Or(outline.Text(address, "raw"), address.Text)
	_, query, _ := strings.Cut(raw, "?")
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		list = append(list, parameter{name: unescaped(name), value: unescaped(value)})
	}
	return list
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil && !strings.Contains(text, "{{") {
		return plain
	}
	return text
}

var isWhole = pattern.New(`^\d{1,9}$`)

func typeOfText(value string) *outline.Type {
	if isWhole().MatchString(value) {
		return &outline.Type{Kinds: []string{"integer"}}
	}
	return new(outline.Type)
}

func (r *reader) headers(op *outline.Operation, list *document.Node) {
	for _, n := range list.List() {
		name, value := outline.Text(n, "key"), outline.Text(n, "value")
		if outline.True(n, "disabled") || name == "" {
			continue
		}
		if strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Cookie") {
			op.Auth = r.headerAuth(op, name, value)
			continue
		}
		op.Params = append(op.Params, outline.Given{Name: name, In: "header", Required: true, Template: r.value(name, value, "header of "+op.Place())})
	}
}

// headerAuth makes auth of a header that somebody wrote.
func (r *reader) headerAuth(op *outline.Operation, name, value string) *draft.Map {
	prefix, token, two := strings.Cut(value, " ")
	if !two || strings.EqualFold(name, "Cookie") {
		prefix, token = "", value
	}
	var template string
	if inBraces().MatchString(token) {
		template = r.text(token, true)
	} else {
		called := name
		if prefix != "" {
			called = "token"
		}
		template = r.out.SecretOf(called, token, "header "+name+" of "+op.Place())
	}
	if strings.EqualFold(prefix, "bearer") {
		return new(draft.Map).Set("type", "bearer", "").Set("token", template, "")
	}
	if prefix != "" {
		template = outline.Literal(prefix) + " " + template
	}
	return new(draft.Map).Set("type", "api_key", "").Set("name", name, "").Set("value", template, "").Set("in", "header", "")
}

// body reads the JSON that a request sends.
func (r *reader) body(op *outline.Operation, n *document.Node) {
	raw := outline.Text(n, "raw")
	if strings.TrimSpace(raw) == "" {
		return
	}
	root, err := outline.Parse("body", []byte(raw))
	if err != nil || root.Shape != document.Map {
		r.out.Leave("the body of %s is no JSON: write it into body", op.Place())
		return
	}
	op.Body = r.json("", root)
}

func (r *reader) json(name string, n *document.Node) any {
	switch n.Shape {
	case document.Map:
		m := new(draft.Map)
		for _, f := range n.Fields {
			m.Set(f.Name, r.json(f.Name, f.Value), "")
		}
		return m
	case document.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = r.json(name, item)
		}
		return list
	case document.Text:
		return r.value(name, n.Text, "in a body")
	}
	return outline.Plainly(n)
}

// example is a saved answer that went well: its headers, and what its body is.
func (r *reader) example(item *document.Node) (headers []string, answer *outline.Type) {
	for _, n := range item.Get("response").List() {
		if code := outline.Text(n, "code"); code != "" && code[0] != '2' {
			continue
		}
		body, err := outline.Parse("answer", []byte(outline.Text(n, "body")))
		if err != nil || body.Shape != document.Map && body.Shape != document.List {
			continue
		}
		for _, h := range n.Get("header").List() {
			headers = append(headers, outline.Text(h, "key"))
		}
		return headers, outline.TypeOf(body)
	}
	return nil, nil
}
