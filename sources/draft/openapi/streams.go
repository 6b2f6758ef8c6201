package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// streams writes each list down.
func (r *reader) streams() {
	given := map[string]string{} // parameters that all streams share → templates
	r.uses = map[string]int{}
	for _, l := range r.lists {
		l.stream = &outline.Stream{Map: new(draft.Map), Name: l.name, Place: l.place()}
	}
	for _, l := range r.lists {
		m := l.stream.Map
		m.Set("name", l.name, l.place())
		l.contexts(m)
		m.Set("path", r.pathOf(l, given), "")
		if own := r.ownServer(l); own != "" {
			m.Set("base_url", outline.Literal(own), "the operation has a server of its own")
		}
		if l.post {
			m.Set("body", new(draft.Map).Set("json", new(draft.Map), ""), "")
		}
		l.records(m)
		l.request.Paging(m)
		r.needed(l, given)
		l.request.Changed(m)
		l.primaryKey(m)
		l.optional(m)
		r.out.Streams = append(r.out.Streams, l.stream)
	}
	for _, template := range slices.Sorted(maps.Keys(r.uses)) {
		if r.uses[template]*2 >= len(r.lists) {
			r.out.Require(template)
		}
	}
	r.out.Defaults.Ask("on_invalid", "pass", "Schemas are those of the document. A record that breaks one fails its stream; with this line it leaves as it came.")
}

// contexts says for which records of the parent a list is read.
func (l *list) contexts(m *draft.Map) {
	if l.parent == nil {
		return
	}
	name := l.steps[l.parentAt].param
	key := keyFor(l.parent, name)
	m.Set("partition_by", new(draft.Map).Set("parent", l.parent.name, "").
		Set("keys", new(draft.Map).Set(l.vars[name], outline.Path(key), ""), ""), l.keyNote)
	l.stream.Parent = l.parent.stream
}

// pathOf puts a template in the place of each parameter.
func (r *reader) pathOf(l *list, given map[string]string) string {
	var b strings.Builder
	rest := l.path
	for {
		at := braces.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		b.WriteString(plainPath(rest[:at[0]]))
		name := rest[at[2]:at[3]]
		if l.values[name] == "" {
			l.values[name] = r.given(l, name, "path", given)
		}
		b.WriteString(l.values[name])
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
	return outline.Literal(strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(text))
}

// given is the setting that stands for a parameter, one for all streams.
func (r *reader) given(l *list, name, in string, given map[string]string) string {
	if template := given[in+" "+name]; template != "" {
		r.uses[template]++
		return template
	}
	schema, note := outline.Plain(), "needed by "+l.place()
	for _, p := range l.params {
		if p.name == name && p.in == in {
			schema = settingOf(p, in)
			if text := outline.Line(outline.Text(p.node, "description")); text != "" {
				note += ": " + text
			}
		}
	}
	if outline.IsCredential(name) {
		schema = outline.Secret()
	}
	template := r.out.Setting(name, schema, false, note)
	r.uses[template]++
	given[in+" "+name] = template
	return template
}

// settingOf is the schema of the setting for a parameter.
func settingOf(p param, in string) *draft.Map {
	schema := outline.Plain()
	typ := p.typ
	if typ.Is("array") && typ.Items.IsScalar() && len(typ.Items.Kinds) == 1 && in == "query" {
		return new(draft.Map).Set("type", "array", "").Set("items", new(draft.Map).Set("type", typ.Items.Kinds[0], ""), "").Set("minItems", 1, "")
	}
	if typ.IsScalar() && len(typ.Kinds) == 1 {
		schema.Set("type", typ.Kinds[0], "")
	}
	if schema.Get("type") == "string" {
		choice(schema, outline.Texts(p.schema.Get("enum")))
	}
	return schema
}

func (l *list) records(m *draft.Map) {
	if l.unknown {
		m.Ask("records", "data", "The document does not say what the answer is. Where do its records lie? Without this line the whole answer is the list, or one record of it.")
		return
	}
	rec := l.request.Records
	note := ""
	if rec.Path != "@this" {
		m.Set("records", rec.Path, rec.Note)
	} else if len(rec.Others) > 0 {
		note = rec.Note
		m.Set("records", rec.Path, note)
	}
	l.stream.Record = rec.Type
}

// needed sends what a request must have: settings, unless the walk sends it.
func (r *reader) needed(l *list, given map[string]string) {
	m := l.stream.Map
	paging, _ := m.Get("pagination").(*draft.Map)
	for _, p := range l.params {
		if !p.required || p.in != "query" && p.in != "header" || paging != nil && (paging.Get("param") == p.name || paging.Get("size_param") == p.name) {
			continue
		}
		if p.in == "header" {
			if ignored[strings.ToLower(p.name)] || !isHeader(p.name) {
				continue
			}
			if only := outline.Texts(p.schema.Get("enum")); len(only) == 1 && isHeaderValue(only[0]) {
				m.At("headers").Set(p.name, outline.Literal(only[0]), "")
				continue
			}
			m.At("headers").Set(p.name, r.given(l, p.name, "header", given), "required")
			continue
		}
		if params, _ := m.Get("params").(*draft.Map); params != nil && params.Get(p.name) != nil {
			continue
		}
		l.request.Sent[p.name] = true
		if only := outline.Texts(p.schema.Get("enum")); len(only) == 1 {
			m.At("params").Set(p.name, outline.Literal(only[0]), "")
			continue
		}
		m.At("params").Set(p.name, r.given(l, p.name, "query", given), "required")
	}
}

// ignored are headers that say nothing of the API, or that auth sends.
var ignored = map[string]bool{"accept": true, "content-type": true, "authorization": true, "host": true, "content-length": true, "user-agent": true, "accept-encoding": true}

func isHeaderValue(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) && strings.TrimSpace(text) == text
}

// primaryKey sets the key that is proven, and asks where it is not. The record
// of a parent is part of it, since keys may be unique within that alone.
func (l *list) primaryKey(m *draft.Map) {
	if l.unknown {
		return
	}
	var keys []any
	for p := l; p.parent != nil; p = p.parent {
		name := p.steps[p.parentAt].param
		variable := p.vars[name]
		field := variable
		for l.request.Records.Type.Field(field) != nil {
			field = "parent_" + field
		}
		m.At("add").Set(field, "{{ partition."+variable+" }}", "")
		l.stream.Added = append(l.stream.Added, outline.Field{Name: field, Type: p.parent.request.Records.Type.Field(keyFor(p.parent, name)).Type})
		keys = slices.Insert(keys, 0, any(field))
	}
	switch {
	case m.Get("primary_key") != nil:
	case l.request.Key != "" && l.keySure:
		m.Set("primary_key", append(keys, l.request.Key), "")
	case l.request.Key != "":
		m.Ask("primary_key", append(keys, l.request.Key), "Does this field tell records apart, and is it in each?")
	case len(keys) > 0:
		m.Ask("primary_key", append(keys, "id"), "Which fields tell records apart?")
	default:
		m.Ask("primary_key", []any{"id"}, "Which fields tell records apart?")
	}
}

// longestNote is how much of the parameters that a list takes besides is
// named.
const longestNote = 400

// optional names the parameters that are not sent.
func (l *list) optional(m *draft.Map) {
	var names []string
	sent, _ := m.Get("params").(*draft.Map)
	paging, _ := m.Get("pagination").(*draft.Map)
	for _, p := range l.params {
		if p.in != "query" || sent != nil && slices.ContainsFunc(sent.Entries, func(e draft.Entry) bool { return e.Key == p.name }) {
			continue
		}
		if paging != nil && (paging.Get("param") == p.name || paging.Get("size_param") == p.name) {
			continue
		}
		names = append(names, document.Clip(p.name))
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
