package outline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// resolver makes streams of operations.
type resolver struct {
	out   *Outline
	all   []*Operation
	paths []string          // of the document, those that answer one record too
	given map[string]string // parameters that all streams share → templates
	uses  map[string]int    // these templates → streams that need them
}

// Add makes a stream of each operation: a list whose members a path names is
// the parent of what the path leads to, and what else a request needs is a
// setting. Paths are all that the document has. The streams are those of the
// operations, in their order.
func (o *Outline) Add(operations []*Operation, paths []string) []*Stream {
	r := &resolver{out: o, all: operations, paths: paths, given: map[string]string{}, uses: map[string]int{}}
	for _, l := range r.all {
		l.route.steps = stepsOf(l.Path)
		if l.Request.Sent == nil {
			l.Request.Sent = map[string]bool{}
		}
	}
	r.parents()
	r.keys()
	var streams []*Stream
	for _, l := range r.all {
		l.stream = &Stream{Map: new(draft.Map), Name: o.streamNames().Free(l.name), Place: l.Place()}
		l.name = l.stream.Name
		streams = append(streams, l.stream)
	}
	for _, l := range r.all {
		r.stream(l)
	}
	for _, template := range slices.Sorted(maps.Keys(r.uses)) {
		if r.uses[template]*2 >= len(r.all) {
			o.Require(template)
		}
	}
	o.Streams = append(o.Streams, streams...)
	return streams
}

func (r *resolver) stream(l *Operation) {
	m := l.stream.Map
	m.Set("name", l.name, l.Place())
	l.contexts(m)
	m.Set("path", r.pathOf(l), "")
	if l.Server != "" {
		m.Set("base_url", l.Server, "it goes to a server of its own")
	}
	if l.Auth != nil {
		m.Set("auth", l.Auth, "")
	}
	if l.Headers != nil && len(l.Headers.Entries) > 0 {
		m.Set("headers", l.Headers, "")
	}
	if l.post() {
		body := l.Body
		if body == nil {
			body = new(draft.Map)
		}
		m.Set("body", new(draft.Map).Set("json", body, ""), "")
	}
	l.records(m)
	l.Request.Paging(m)
	r.needed(l)
	l.Request.Changed(m)
	l.primaryKey(m)
	l.optional(m)
}

// contexts says for which records of the parent a list is read.
func (l *Operation) contexts(m *draft.Map) {
	if l.under.parent == nil {
		return
	}
	name := l.route.steps[l.under.at].param
	key := keyFor(l.under.parent, name)
	m.Set("partition_by", new(draft.Map).Set("parent", l.under.parent.name, "").
		Set("keys", new(draft.Map).Set(l.route.vars[name], Path(key), ""), ""), l.under.note)
	l.stream.Parent = l.under.parent.stream
}

// pathOf puts a template in the place of each parameter.
func (r *resolver) pathOf(l *Operation) string {
	var b strings.Builder
	rest := l.Path
	for {
		at := Braces().FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		b.WriteString(plainPath(rest[:at[0]]))
		name := rest[at[2]:at[3]]
		if l.route.values[name] == "" {
			l.route.values[name] = r.setting(l, name, "path")
		}
		b.WriteString(l.route.values[name])
		rest = rest[at[1]:]
	}
	b.WriteString(plainPath(rest))
	path := b.String()
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// plainPath is a part of a path in which nothing is a template, nor begins a
// query.
func plainPath(text string) string {
	text, _, _ = strings.Cut(text, "?")
	text, _, _ = strings.Cut(text, "#")
	return Literal(strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(text))
}

// setting is the template of the setting that stands for a parameter, one for
// all streams.
func (r *resolver) setting(l *Operation, name, in string) string {
	schema, note := Plain(), "needed by "+l.Place()
	for _, p := range l.Params {
		if p.Name != name || p.In != in {
			continue
		}
		if p.Template != "" {
			return p.Template
		}
		if p.Schema != nil {
			schema = p.Schema
		}
		if p.About != "" {
			note += ": " + p.About
		}
	}
	if template := r.given[in+" "+name]; template != "" {
		r.uses[template]++
		return template
	}
	if IsCredential(name) {
		schema = Secret()
	}
	template := r.out.Setting(name, schema, false, note)
	r.uses[template]++
	r.given[in+" "+name] = template
	return template
}

func (l *Operation) records(m *draft.Map) {
	if l.Unknown {
		m.Ask("records", "data", "The document does not say what the answer is. Where do its records lie? Without this line the whole answer is the list, or one record of it.")
		return
	}
	rec := l.Request.Records
	if rec.Path != "@this" || len(rec.Others) > 0 {
		m.Set("records", rec.Path, rec.Note)
	}
	if !l.Sample {
		l.stream.Record = rec.Type
	}
}

// isPaged reports whether the walk itself sends a parameter.
func isPaged(m *draft.Map, name string) bool {
	paging, _ := m.Get("pagination").(*draft.Map)
	return paging != nil && (paging.Get("param") == name || paging.Get("size_param") == name)
}

// needed sends what a request must have: settings, unless the walk sends it.
func (r *resolver) needed(l *Operation) {
	m := l.stream.Map
	for _, p := range l.Params {
		to := "params"
		switch {
		case !p.Required || p.In != "query" && p.In != "header", p.In == "query" && isPaged(m, p.Name):
			continue
		case p.In == "header" && (ignored[strings.ToLower(p.Name)] || !IsHeader(p.Name) || p.Only != "" && !isHeaderValue(p.Only)):
			continue
		case p.In == "header":
			to = "headers"
		default:
			if params, _ := m.Get("params").(*draft.Map); params != nil && params.Get(p.Name) != nil {
				continue
			}
			l.Request.Sent[p.Name] = true
		}
		switch {
		case p.Only != "":
			m.At(to).Set(p.Name, Literal(p.Only), "")
		case p.Template != "":
			m.At(to).Set(p.Name, p.Template, p.About)
		default:
			m.At(to).Set(p.Name, r.setting(l, p.Name, p.In), "required")
		}
	}
}

// ignored are headers that say nothing of the API, or that auth sends.
var ignored = map[string]bool{"accept": true, "content-type": true, "authorization": true, "host": true, "content-length": true, "user-agent": true, "accept-encoding": true, "connection": true, "cookie": true}

// IsHeader reports whether a header may have the name.
func IsHeader(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func isHeaderValue(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) && strings.TrimSpace(text) == text
}

// primaryKey sets the key that is proven, and asks where it is not. The record
// of a parent is part of it, since keys may be unique within that alone.
func (l *Operation) primaryKey(m *draft.Map) {
	if l.Unknown {
		return
	}
	var keys []any
	for p := l; p.under.parent != nil; p = p.under.parent {
		name := p.route.steps[p.under.at].param
		variable := p.route.vars[name]
		field := variable
		for l.Request.Records.Type.Field(field) != nil {
			field = "parent_" + field
		}
		m.At("add").Set(field, "{{ partition."+variable+" }}", "")
		l.stream.Added = append(l.stream.Added, Field{Name: field, Type: p.under.parent.Request.Records.Type.Field(keyFor(p.under.parent, name)).Type})
		keys = slices.Insert(keys, 0, any(field))
	}
	switch {
	case m.Get("primary_key") != nil:
	case l.Request.Key != "" && l.Request.keySure:
		m.Set("primary_key", append(keys, l.Request.Key), "")
	case l.Request.Key != "":
		m.Ask("primary_key", append(keys, l.Request.Key), "Does this field tell records apart, and is it in each?")
	default:
		m.Ask("primary_key", append(keys, "id"), "Which fields tell records apart?")
	}
}

// longestNote is how much of the parameters that a list takes besides is
// named.
const longestNote = 400

// optional names the parameters that are not sent.
func (l *Operation) optional(m *draft.Map) {
	var names []string
	sent, _ := m.Get("params").(*draft.Map)
	for _, p := range l.Params {
		if p.In != "query" || isPaged(m, p.Name) || sent != nil && slices.ContainsFunc(sent.Entries, func(e draft.Entry) bool { return e.Key == p.Name }) {
			continue
		}
		names = append(names, Line(p.Name))
	}
	if len(names) == 0 {
		return
	}
	note := "parameters that are not sent: " + strings.Join(names, ", ")
	if len(note) > longestNote {
		note = fmt.Sprintf("%d parameters are not sent: %s …", len(names), strings.Join(names[:min(8, len(names))], ", "))
	}
	m.Set("path", m.Get("path"), note)
}
