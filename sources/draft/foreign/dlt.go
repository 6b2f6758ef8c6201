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
	case f.Value.Shape == document.Text && placeholder.MatchString(f.Value.Text):
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
	for _, p := range placeholder.FindAllStringSubmatchIndex(text, -1) {
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
		if placeholder.MatchString(n.Text) {
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

func (d *dlt) actions(x *resource, m *draft.Map) {
	var rules []any
	for i, n := range d.of(x, "response_actions").List() {
		status := whole(n, "status_code")
		if outline.Text(n, "action") != "ignore" || n.Has("content") || status < 100 || status > 599 {
			d.out.Leave("%sendpoint.response_actions[%d]: see Error rule in FORMAT.md", x.place, i)
			continue
		}
		rules = append(rules, new(draft.Map).Set("status", status, "").Set("do", "end", ""))
	}
	if len(rules) > 0 {
		m.Set("errors", rules, "")
	}
}

func (d *dlt) pages(x *resource, m *draft.Map) {
	n := d.of(x, "paginator")
	paging := d.paging(x.place+"endpoint.paginator", n)
	switch {
	case paging != nil:
		m.Set("pagination", paging, "")
		moving(m, paging)
	case d.paged != nil:
		moving(m, &draft.Map{Entries: slices.Clone(d.paged.Entries)})
	case n == nil || n.Text == "auto" || outline.Text(n, "type") == "auto":
		m.Ask("pagination", new(draft.Map).Set("type", "link_header", ""), "How do the pages go on? dlt finds that out from each answer.")
	}
}

// paging writes a paginator; nil where there is none, or dlt is to find out.
func (d *dlt) paging(place string, n *document.Node) *draft.Map {
	if n == nil {
		return nil
	}
	kind := n.Text
	if n.Shape == document.Map {
		kind = outline.Text(n, "type")
	}
	n = mapOnly(n)
	text := func(key, other string) string { return orText(outline.Text(n, key), other) }
	at := func(key, other string) string { return d.path(place+"."+key, text(key, other)) }
	m := new(draft.Map)
	switch kind {
	case "auto", "":
		return nil
	case "single_page":
		return m.Set("type", "none", "")
	case "json_link", "json_response":
		m.Set("type", "next_url", "").Set("next", orText(at("next_url_path", "next"), "next"), "")
	case "header_link":
		m.Set("type", "link_header", "")
		if rel := text("links_next_key", "next"); rel != "next" {
			m.Set("rel", rel, "")
		}
	case "header_cursor":
		m.Set("type", "cursor", "").Set("next", "header:"+text("cursor_key", "next"), "").Set("param", text("cursor_param", "cursor"), "")
		if !outline.IsHeader(text("cursor_key", "next")) {
			return nil
		}
	case "cursor":
		m.Set("type", "cursor", "").Set("next", orText(at("cursor_path", "cursors.next"), "cursors.next"), "")
		d.carrier(m, n, "cursor_param", "cursor_body_path", "cursor")
	case "page_number":
		m.Set("type", "page", "").Set("start", max(whole(n, "base_page"), whole(n, "page")), "")
		d.carrier(m, n, "page_param", "page_body_path", "page")
		if path := at("total_path", "total"); path != "" && !isNull(n, "total_path") {
			m.Set("total_pages", path, "")
		}
	case "offset":
		m.Set("type", "offset", "")
		d.carrier(m, n, "offset_param", "offset_body_path", "offset")
		sized(m, text("limit_param", "limit"), whole(n, "limit"))
		if path := at("total_path", "total"); path != "" && !isNull(n, "total_path") {
			m.Set("total", path, "")
		}
	default:
		d.out.Leave("%s: the type %s is not known; see Pagination in FORMAT.md", place, document.Clip(kind))
		return nil
	}
	if more := outline.Text(n, "has_more_path"); more != "" {
		if path := at("has_more_path", ""); path != "" {
			m.Set("more", path, "")
		}
	}
	d.others(place+".", n, "type", "next_url_path", "links_next_key", "cursor_key", "cursor_param", "cursor_path", "cursor_body_path", "base_page", "page", "page_param", "page_body_path", "offset", "offset_param", "offset_body_path", "limit", "limit_param", "total_path", "has_more_path", "stop_after_empty_page")
	return m
}

// isNull reports whether a key is there and null.
func isNull(n *document.Node, key string) bool {
	return slices.ContainsFunc(n.Members(), func(m document.Member) bool { return m.Name == key && m.Value.Shape == document.Null })
}

func (d *dlt) carrier(m *draft.Map, n *document.Node, param, body, other string) {
	if path := outline.Text(n, body); path != "" {
		if keys, ok := pathOf(path); ok && !strings.ContainsAny(keys, `\@#|*?`) {
			m.Set("body", keys, "")
			return
		}
		d.out.Leave("%s: %s is no path of keys", body, document.Clip(path))
	}
	m.Set("param", orText(outline.Text(n, param), other), "")
}

// auth writes an auth; nil where there is none.
func (d *dlt) auth(n *document.Node, place string) *draft.Map {
	if n == nil {
		return nil
	}
	m := new(draft.Map)
	kind := n.Text
	if n.Shape == document.Map {
		if kind = outline.Text(n, "type"); kind == "" && n.Has("token") {
			kind = "bearer"
		}
	}
	n = mapOnly(n)
	text := func(key string) string { return outline.Text(n, key) }
	switch kind {
	case "bearer":
		return m.Set("type", "bearer", "").Set("token", d.secret("token", text("token"), place+"auth"), "")
	case "http_basic":
		return m.Set("type", "basic", "").Set("username", d.plain("username", text("username"), place+"auth"), "").Set("password", d.secret("password", text("password"), ""), "")
	case "api_key":
		name := orText(text("name"), "Authorization")
		value := d.secret("api_key", text("api_key"), place+"auth")
		switch location := text("location"); {
		case location == "query" || location == "param":
			return m.Set("type", "api_key", "").Set("name", outline.Literal(name), "").Set("value", value, "").Set("in", "query", "")
		case location == "cookie":
			return m.Set("type", "api_key", "").Set("name", "Cookie", "").Set("value", outline.Literal(name)+"="+value, "").Set("in", "header", "")
		case outline.IsHeader(name):
			return m.Set("type", "api_key", "").Set("name", name, "").Set("value", value, "").Set("in", "header", "")
		}
	case "oauth2_client_credentials":
		address := outline.WithoutUser(text("access_token_url"))
		token := outline.Literal(address)
		if !isAbsolute(address) {
			token = d.plain("access_token_url", "", place+"auth")
		}
		m.Set("type", "oauth2", "").Set("grant", "client_credentials", "").Set("token_url", token, "").
			Set("client_id", d.plain("client_id", text("client_id"), place+"auth"), "").Set("client_secret", d.secret("client_secret", text("client_secret"), ""), "")
		setSent(m, "extra", d.sent(n.Get("access_token_request_data"), "access_token_request_data", false))
		return m
	}
	d.out.Leave("%sauth: the type %s is not known; see Auth in FORMAT.md", place, document.Clip(kind))
	return nil
}
