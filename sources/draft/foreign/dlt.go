package foreign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLikeDLT reports whether a text is a dictionary of dlt's rest_api source.
func LooksLikeDLT(data []byte) bool {
	return bytes.Contains(data, []byte("resources")) && bytes.Contains(data, []byte("base_url")) && bytes.Contains(data, []byte("client"))
}

// ReadDLT makes a definition of the dictionary of dlt's rest_api source, written
// as JSON.
func ReadDLT(file string, data []byte) (*draft.Definition, error) {
	root, err := outline.Parse(file, data)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"rest_api", "config"} {
		if inner := root.Get(key); inner.Has("resources") {
			root = inner
		}
	}
	client, resources := root.Get("client"), root.Get("resources").List()
	if client == nil || len(resources) == 0 {
		return nil, fmt.Errorf("%s:%d: no dictionary of dlt's rest_api source: it has client and resources", file, root.Line)
	}
	address := outline.Text(client, "base_url")
	d := &dlt{reader: newReader("api", "the rest_api source of dlt, "+outline.Line(file)), defaults: root.Get("resource_defaults"), byName: map[string]*resource{}}
	d.out.Client.Set("base_url", d.out.BaseURL(address, "", "base_url of the client"), "")
	setSent(d.out.Client, "headers", d.sent(client.Get("headers"), "header", true))
	if auth := d.auth(client.Get("auth"), "client."); auth != nil {
		d.out.Client.Set("auth", auth, "")
	}
	if paging := d.paging("client.paginator", client.Get("paginator")); paging != nil {
		d.out.Defaults.Set("pagination", paging, "")
		d.paged = paging
	}
	d.others("client.", client, "base_url", "headers", "auth", "paginator")
	d.others("", root, "client", "resources", "resource_defaults")
	taken := outline.Names{}
	for i, n := range resources {
		d.add(n, i, taken)
	}
	for _, x := range d.list {
		d.write(x)
	}
	if len(d.out.Streams) == 0 {
		return nil, noStreams(file, root.Get("resources"), "resources")
	}
	return d.out.Definition()
}

type dlt struct {
	*reader
	defaults *document.Node
	paged    *draft.Map
	list     []*resource
	byName   map[string]*resource
}

type resource struct {
	name, place string
	node        *document.Node // nil: the resource is its name alone
	endpoint    *document.Node
	path        string
	stream      *outline.Stream
	parent      *resource
	ends        bool              // requests send the end of the window
	keys        map[string]string // fields of the parent's records → names in partition
}

func (d *dlt) add(n *document.Node, at int, taken outline.Names) {
	x := &resource{place: fmt.Sprintf("resources[%d].", at), node: n, keys: map[string]string{}}
	name := n.Text
	if n.Shape == document.Map {
		name = outline.Text(n, "name")
		x.endpoint = n.Get("endpoint")
	}
	x.path = name
	switch {
	case x.endpoint == nil:
	case x.endpoint.Shape == document.Text:
		x.path = x.endpoint.Text
	case outline.Text(x.endpoint, "path") != "":
		x.path = outline.Text(x.endpoint, "path")
	}
	if name == "" || n.Shape != document.Map && n.Shape != document.Text {
		d.out.Leave("%s a resource without a name, or one that is no dictionary", strings.TrimSuffix(x.place, "."))
		return
	}
	x.stream = &outline.Stream{Map: new(draft.Map), Name: taken.Free(outline.Name(name, "stream")), Place: x.place}
	if d.byName[name] == nil {
		d.byName[name] = x
	}
	x.name = x.stream.Name
	d.list = append(d.list, x)
}

// of is a key of a resource's endpoint, or of the defaults'.
func (d *dlt) of(x *resource, key string) *document.Node {
	if v := x.endpoint.Get(key); v != nil {
		return v
	}
	return d.defaults.Get("endpoint").Get(key)
}

// hint is a key of a resource, or of the defaults.
func (d *dlt) hint(x *resource, key string) *document.Node {
	if v := x.node.Get(key); v != nil {
		return v
	}
	return d.defaults.Get(key)
}

func (d *dlt) write(x *resource) {
	m := x.stream.Map
	m.Set("name", x.name, "")
	m.Set("path", pathTemplate(x.path, func(name string) string { return d.inPath(x, name) }), "")
	if method := strings.ToUpper(outline.Text(x.endpoint, "method")); method == "POST" || method == "PUT" || method == "PATCH" {
		m.Set("method", method, "")
	}
	setSent(m, "headers", d.sent(d.of(x, "headers"), x.place+"endpoint.headers", true))
	d.params(x, m)
	if body := d.of(x, "json"); body != nil && body.Shape == document.Map {
		m.Set("body", new(draft.Map).Set("json", d.body(x, "", body), ""), "")
	}
	if path := d.path(x.place+"endpoint.data_selector", outline.Text(d.endpoint(x), "data_selector")); path != "" {
		m.Set("records", path, "")
	} else {
		m.Ask("records", "data", "Where do the records lie? dlt looks for a list in each answer.")
	}
	if keys := names(d.hint(x, "primary_key")); len(keys) > 0 {
		m.Set("primary_key", keys, "")
	}
	d.pages(x, m)
	d.incremental(x, m, d.of(x, "incremental"), "")
	d.actions(x, m)
	d.parent(x, m)
	if x.ends {
		m.Set("on_incomplete", "again", "rows that change meanwhile leave a window that has an end: a second reading shows it")
	}
	if auth := d.auth(x.endpoint.Get("auth"), x.place+"endpoint."); auth != nil {
		m.Set("auth", auth, "")
	}
	d.others(x.place+"endpoint.", mapOnly(x.endpoint), "path", "method", "headers", "params", "json", "data_selector", "paginator", "incremental", "response_actions", "auth")
	d.others(x.place, mapOnly(x.node), "name", "endpoint", "primary_key", "include_from_parent", "write_disposition", "table_name", "selected", "parallelized", "max_table_nesting")
	d.out.Streams = append(d.out.Streams, x.stream)
}

func mapOnly(n *document.Node) *document.Node {
	if n != nil && n.Shape != document.Map {
		return nil
	}
	return n
}

// endpoint is the resource's, or the defaults' where that says nothing.
func (d *dlt) endpoint(x *resource) *document.Node {
	if mapOnly(x.endpoint).Has("data_selector") {
		return x.endpoint
	}
	return d.defaults.Get("endpoint")
}

// inPath is what stands for {name} in a path: a field of another resource, the
// start of the window, or a setting.
func (d *dlt) inPath(x *resource, name string) string {
	if template := d.named(x, name); template != "" {
		return template
	}
	if p := d.of(x, "params").Get(name); p != nil {
		if template := d.resolved(x, p); template != "" {
			return template
		}
		if p.Scalar() && p.Text != "" {
			return d.value(name, p.Text, x.place+"endpoint.params")
		}
	}
	return d.variable(name, outline.IsCredential(name))
}

// named is {resources.NAME.FIELD}, and what dlt calls incremental.
func (d *dlt) named(x *resource, name string) string {
	if rest, is := strings.CutPrefix(name, "resources."); is {
		at := strings.IndexByte(rest, '.')
		if at < 0 {
			return ""
		}
		return d.fieldOf(x, rest[:at], rest[at+1:])
	}
	if !d.isIncremental(x) {
		return ""
	}
	switch name {
	case "incremental.start_value", "incremental.last_value":
		return "{{ window.start }}"
	case "incremental.end_value":
		x.ends = true
		return "{{ window.end }}"
	}
	return ""
}

// resolved is a parameter of the type resolve; "" for others.
func (d *dlt) resolved(x *resource, p *document.Node) string {
	if p.Shape != document.Map || outline.Text(p, "type") != "resolve" {
		return ""
	}
	return d.fieldOf(x, outline.Text(p, "resource"), outline.Text(p, "field"))
}

// fieldOf is the value of a field of the parent's records.
func (d *dlt) fieldOf(x *resource, parent, field string) string {
	p := d.byName[parent]
	path, ok := pathOf(field)
	if p == nil || !ok || path == "@this" || x.parent != nil && x.parent != p || d.within(p, x) {
		return ""
	}
	x.parent = p
	if x.keys[path] == "" {
		variable := outline.Singular(p.name) + "_" + outline.Name(field, "key")
		for d.inherits(p, variable) || slices.Contains(valuesOf(x.keys), variable) {
			variable += "_2"
		}
		x.keys[path] = variable
	}
	return "{{ partition." + x.keys[path] + " }}"
}

// within reports whether a resource is read for records of x, or is x.
func (d *dlt) within(p, x *resource) bool {
	for range len(d.list) + 1 {
		if p == nil || p == x {
			return p == x
		}
		p = p.parent
	}
	return true
}

func (d *dlt) inherits(p *resource, variable string) bool {
	for ; p != nil; p = p.parent {
		if slices.Contains(valuesOf(p.keys), variable) {
			return true
		}
	}
	return false
}

func valuesOf(keys map[string]string) (list []string) {
	for _, v := range keys {
		list = append(list, v)
	}
	return list
}

func (d *dlt) params(x *resource, m *draft.Map) {
	params := new(draft.Map)
	for _, n := range []*document.Node{d.defaults.Get("endpoint").Get("params"), mapOnly(x.endpoint).Get("params")} {
		for _, f := range n.Members() {
			d.param(x, m, params, f)
		}
	}
	setSent(m, "params", params)
}

func (d *dlt) param(x *resource, m, params *draft.Map, f document.Member) {
	inPath := strings.Contains(x.path, "{"+f.Name+"}")
	switch {
	case inPath || f.Name == "":
	case f.Value.Shape == document.Map && outline.Text(f.Value, "type") == "incremental":
		if d.incremental(x, m, f.Value, f.Name) {
			params.Set(f.Name, "{{ window.start }}", "")
		}
	case f.Value.Shape == document.Map:
		if template := d.resolved(x, f.Value); template != "" {
			params.Set(f.Name, template, "")
			return
		}
		d.out.Leave("%sendpoint.params.%s: not carried over", x.place, document.Clip(f.Name))
	case f.Value.Shape == document.Text && placeholder().MatchString(f.Value.Text):
		params.Set(f.Name, d.text(x, f.Value.Text), "")
	case f.Value.Shape == document.Text:
		params.Set(f.Name, d.value(f.Name, f.Value.Text, x.place+"endpoint.params"), "")
	default:
		params.Set(f.Name, outline.Plainly(f.Value), "")
	}
}

// text is a text with {resources.…} in it.
func (d *dlt) text(x *resource, text string) string {
	var b strings.Builder
	at := 0
	for _, p := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		template := d.named(x, text[p[2]:p[3]])
		if template == "" {
			continue
		}
		b.WriteString(outline.Literal(text[at:p[0]]) + template)
		at = p[1]
	}
	return b.String() + outline.Literal(text[at:])
}

func (d *dlt) body(x *resource, name string, n *document.Node) any {
	switch n.Shape {
	case document.Map:
		m := new(draft.Map)
		for _, f := range n.Fields {
			m.Set(f.Name, d.body(x, f.Name, f.Value), "")
		}
		return m
	case document.Text:
		if placeholder().MatchString(n.Text) {
			return d.text(x, n.Text)
		}
		return d.value(name, n.Text, x.place+"endpoint.json")
	}
	return outline.Plainly(n)
}

// isIncremental reports whether the resource has the key incremental, and what
// it needs.
func (d *dlt) isIncremental(x *resource) bool {
	path, ok := pathOf(outline.Text(d.of(x, "incremental"), "cursor_path"))
	return ok && path != "@this" && !strings.Contains(path, ".")
}

// incremental reads both forms: a parameter of that type, and the key. It is
// false where there is none.
func (d *dlt) incremental(x *resource, m *draft.Map, n *document.Node, param string) bool {
	if n == nil || n.Shape != document.Map {
		return false
	}
	field := d.field(x.place+"endpoint.incremental.cursor_path", outline.Text(n, "cursor_path"))
	if field == "" {
		return false
	}
	m.Set("replication_key", field, "")
	m.Set("incremental", new(draft.Map).Set("start", startOf(outline.Text(n, "initial_value")), ""), "")
	for _, window := range []string{"start", "end"} {
		name := outline.Text(n, window+"_param")
		switch {
		case name == "" || name == param:
		case window == "end":
			m.At("params").Ask(name, "{{ window.end }}", "Are rows that change while they are read to be left out? dlt sends the end of a range of time.")
		default:
			m.At("params").Set(name, "{{ window.start }}", "")
		}
	}
	d.others(x.place+"endpoint.incremental.", n, "type", "cursor_path", "initial_value", "start_param", "end_param")
	return true
}

// parent says for which records of another resource this one is read.
func (d *dlt) parent(x *resource, m *draft.Map) {
	if x.parent == nil {
		return
	}
	include := d.hint(x, "include_from_parent")
	for _, field := range outline.Texts(include) {
		if path, ok := pathOf(field); ok && path != "@this" {
			d.fieldOf(x, originalName(d, x.parent), field)
			m.At("add").Set("_"+x.parent.name+"_"+outline.Name(field, "field"), "{{ partition."+x.keys[path]+" }}", "")
		}
	}
	keys := new(draft.Map)
	for _, path := range sortedKeys(x.keys) {
		keys.Set(x.keys[path], path, "")
	}
	m.Set("partition_by", new(draft.Map).Set("parent", x.parent.name, "").Set("keys", keys, ""), "")
	x.stream.Parent = x.parent.stream
}

func originalName(d *dlt, of *resource) string {
	for name, x := range d.byName {
		if x == of {
			return name
		}
	}
	return ""
}

func sortedKeys(keys map[string]string) (list []string) {
	for path := range keys {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}
