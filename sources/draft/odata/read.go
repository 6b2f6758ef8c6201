package odata

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLike reports whether a text is the metadata of a service.
func LooksLike(data []byte) bool {
	head := data[:min(len(data), 4<<10)]
	return bytes.Contains(head, []byte(":Edmx")) || bytes.Contains(head, []byte("<Edmx"))
}

type reader struct {
	*model
	out   *outline.Outline
	names outline.Names
	sets  map[string]bool // entity types that an entity set has

	deeper    int                      // collections that lie too deep in others
	beyond    int                      // entity sets for which a definition has no room
	nameless  int                      // entity sets whose names no path can have
	changedIn map[*outline.Type]string // outline.ChangedField of types
}

// Read makes a definition of the metadata of a service. File names it in
// messages; where it is a URL, it says where the service is.
func Read(file string, data []byte) (*draft.Definition, error) {
	doc, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	r := &reader{model: newModel(doc), names: outline.Names{}, sets: map[string]bool{}, changedIn: map[*outline.Type]string{}}
	version := orText(doc.Version, "4.0")
	if r.old {
		version = orText(doc.Services.Version, orText(doc.Services.MaxVersion, "2.0"))
	}
	name, namespace := "odata", ""
	var containers []container
	for _, s := range doc.Services.Schemas {
		if len(s.Containers) > 0 {
			namespace = s.Namespace
		}
		containers = append(containers, s.Containers...)
	}
	if namespace != "" {
		name = namespace[strings.LastIndexByte(namespace, '.')+1:]
	}
	r.out = outline.New(outline.Name(name, "odata"), namespace, "the metadata of OData "+outline.Line(version)+" of "+orText(outline.Line(namespace), "a service"))
	r.client(file, strings.HasPrefix(version, "3") || strings.HasPrefix(doc.Services.MaxVersion, "3"))
	for _, c := range containers {
		r.container(&c)
	}
	if r.err != nil {
		return nil, fmt.Errorf("%s: %w", file, r.err)
	}
	if len(r.out.Streams) == 0 {
		return nil, fmt.Errorf("%s: the metadata have no entity set, so there is nothing to read", file)
	}
	if r.deeper > 0 {
		r.out.Leave("%d collections lie in records of their own type, or deeper than %d: write a stream for them by hand", r.deeper, deepest)
	}
	if r.beyond > 0 {
		r.out.Leave("entity sets: %d are left out, since a definition has room for fewer: %s", r.beyond, lessOfIt)
	}
	if r.nameless > mostNameless {
		r.out.Leave("entity sets: %d more have no name that a path can have", r.nameless-mostNameless)
	}
	return r.out.Definition()
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// client says where the service is, in which form it is to answer, and how pages go
// on.
func (r *reader) client(file string, verbose bool) {
	o := r.out
	base, _, isMetadata := strings.Cut(file, "$metadata")
	if !isMetadata || !strings.Contains(base, "://") {
		base = ""
	}
	o.Client.Set("base_url", o.BaseURL(base, "", "where the service is, without $metadata"), "")
	headers := new(draft.Map)
	paging := new(draft.Map).Set("type", "next_url", "")
	switch {
	case !r.old:
		headers.Set("Accept", "application/json", "").Set("OData-MaxVersion", "4.0", "")
		o.Defaults.Set("records", "value", "")
		paging.Set("next", `\@odata\.nextLink`, "")
		o.Defaults.Set("pagination", paging, "the service makes pages")
		o.Defaults.Ask("params", new(draft.Map).Set("$count", true, ""), "Does the service count? With $count, and total: '\\@odata\\.count' in pagination, the count proves that all records came.")
	case verbose:
		headers.Set("Accept", "application/json;odata=verbose", "")
	default:
		headers.Set("Accept", "application/json", "")
	}
	if r.old {
		o.Defaults.Set("records", "d.results", "")
		o.Defaults.Set("pagination", paging.Set("next", "d.__next", ""), "the service makes pages")
	}
	o.Client.Set("headers", headers, "")
	auth := new(draft.Map).Set("type", "basic", "").
		Set("username", o.AskSetting("username", outline.Plain()), "").
		Set("password", o.AskSetting("password", outline.Secret()), "")
	o.Client.Ask("auth", auth, "How does the service know who asks? Metadata do not say.")
}

func (r *reader) container(c *container) {
	for _, set := range c.Sets {
		r.sets[r.full(set.Type)] = true
	}
	for _, set := range c.Sets {
		r.set(set)
	}
	for _, one := range c.Singletons {
		if !isStep(one.Name) || r.err != nil || len(r.out.Streams) > mostStreams {
			continue
		}
		s := r.stream(one.Name, "singleton "+one.Name, r.full(one.Type))
		s.Map.Set("path", "/"+one.Name, "").Set("records", "@this", "").Set("single", true, "").
			Set("pagination", new(draft.Map).Set("type", "none", ""), "")
		r.keysOf(s, one.Type, nil)
		r.out.Streams = append(r.out.Streams, s)
	}
	var names []string
	for _, list := range [][]named{c.FunctionImports, c.ActionImports} {
		for _, n := range list {
			names = append(names, outline.Line(n.Name))
		}
	}
	if len(names) > 0 {
		r.out.Leave("functions and actions: %s", strings.Join(names[:min(100, len(names))], ", "))
	}
}

// set makes a stream of an entity set, and of what its records contain.
func (r *reader) set(set entitySet) {
	switch {
	case r.err != nil:
		return
	case len(r.out.Streams) > mostStreams:
		r.beyond++
		return
	case !isStep(set.Name):
		if r.nameless++; r.nameless <= mostNameless {
			r.out.Leave("entity set %s: it has no name that a path can have", outline.Line(set.Name))
		}
		return
	}
	s := r.stream(set.Name, "entity set "+set.Name, r.full(set.Type))
	s.Map.Set("path", "/"+set.Name, "")
	r.keysOf(s, set.Type, nil)
	r.changed(s, set.Type)
	r.out.Streams = append(r.out.Streams, s)
	r.contained(s, "/"+set.Name, []string{r.full(set.Type)}, nil)
}

// isStep reports whether a name can be a step of a path and of a template as it
// is.
func isStep(name string) bool {
	return name != "" && len(name) <= 200 && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) && strings.Trim(name, ".") != ""
}

func (r *reader) stream(name, place, typ string) *outline.Stream {
	s := &outline.Stream{Map: new(draft.Map), Name: r.names.Free(outline.Name(name, "stream")), Place: place}
	s.Map.Set("name", s.Name, place)
	if t := r.typeOf(typ); t.Is("object") {
		s.Record = t
	}
	return s
}

// keysOf sets the primary key: that of the type, behind those of the parents.
func (r *reader) keysOf(s *outline.Stream, typ string, parents []string) {
	var list []any
	for _, p := range parents {
		list = append(list, p)
	}
	keys := r.keys(typ)
	if len(keys) > mostOfKey {
		keys = nil
	}
	for _, k := range keys {
		if s.Record.Field(k.Name) == nil {
			keys = nil
			break
		}
		list = append(list, k.Name)
	}
	if len(keys) == 0 {
		s.Map.Ask("primary_key", append(list, "id"), "The metadata name no key of its own. Which fields tell records apart?")
		return
	}
	s.Map.Set("primary_key", list, "")
}

// changed asks whether records of a type can be filtered by when they changed.
func (r *reader) changed(s *outline.Stream, of string) {
	if s.Record == nil {
		return
	}
	field, known := r.changedIn[s.Record]
	if !known {
		field = outline.ChangedField(s.Record)
		r.changedIn[s.Record] = field
	}
	if field == "" || !isStep(field) {
		return
	}
	typ := ""
	for _, owner := range r.lineage(of) {
		for _, p := range owner.Properties {
			if p.Name == field {
				typ = r.full(p.Type)
			}
		}
	}
	question := fmt.Sprintf("Does %s move whenever a record changes, and may it be filtered by? Then this line and those below read only what is new.", field)
	incremental := new(draft.Map).Set("start", "2020-01-01T00:00:00Z", "")
	switch {
	case !r.old && typ == "Edm.DateTimeOffset":
		s.Map.Ask("params", new(draft.Map).Set("$filter", field+" ge {{ window.start }}", ""), question)
		s.Map.Ask("replication_key", field, "")
		s.Map.Ask("incremental", incremental, "")
	case r.old && typ == "Edm.DateTime":
		// JSON has /Date(1700000000000)/, of which the digits are a time.
		s.Map.Ask("params", new(draft.Map).Set("$filter", field+" ge datetime'{{ window.start }}'", ""), question)
		s.Map.Ask("add", new(draft.Map).Set("changed_at", "{{ record."+field+" | replace('/Date(', '') | replace(')/', '') }}", ""), "")
		s.Map.Ask("replication_key", "changed_at", "")
		s.Map.Ask("incremental", incremental.Set("format", "%Y-%m-%dT%H:%M:%S", ""), "")
	}
}
