package sources

import (
	"regexp"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// builder makes Go types of nodes that were read, and checks what holds
// between the keys of a stream once inheritance is applied.
type builder struct {
	*reader
	root       *node
	clients    map[clientKey]*Client
	partitions []*node // of each stream, nil for none
}

// clientKey is what makes a client its own: the nodes of its keys, or the
// origin of the stream's own URL.
type clientKey struct {
	keys   [6]*node
	origin string
}

// Version is the version of the format that this package reads.
const Version = 1

func (b *builder) definition() *Definition {
	def := &Definition{
		Version:     int(value[int64](b.root, "version")),
		Name:        value[string](b.root, "name"),
		Description: value[string](b.root, "description"),
		File:        b.file,
	}
	if v := b.root.get("version"); v != nil && v.read != nil && def.Version != Version {
		b.problem(v, "version %d is not known; this program reads version %d", def.Version, Version)
	}
	streams := b.root.get("streams")
	if streams == nil || streams.shape != isList {
		return def
	}
	if len(streams.items) == 0 {
		b.problem(streams, "needs at least one stream")
	}
	if inherited := b.root.get("client").size() + b.root.get("defaults").size(); inherited*len(streams.items) > maxInherited {
		b.problem(streams, "%d streams inherit %d values each; together they may be %d", len(streams.items), inherited, maxInherited)
		return def
	}
	for _, n := range streams.items {
		if n.shape == isMap {
			def.Streams = append(def.Streams, b.stream(n))
		}
	}
	b.names(streams)
	b.parents(def)
	b.check(def)
	return def
}

// stream builds a stream, inheritance applied.
func (b *builder) stream(own *node) *Stream {
	n := b.inherit(own)
	s := &Stream{
		Name:           value[string](own, "name"),
		Line:           own.line,
		Client:         b.client(n),
		Request:        b.request(n),
		Timeout:        valueOr(n, "timeout", 60*time.Second),
		Cookies:        value[bool](n, "cookies"),
		Text:           Text{Charset: value[string](n, "charset"), NullNaN: value[string](n, "nan") == "null"},
		Retry:          retryOf(n.get("retry")),
		Errors:         errorsOf(n.get("errors")),
		Records:        b.records(n),
		Keep:           value[*expr.Template](n, "keep"),
		Add:            paramsOf(n.get("add")),
		Keys:           valueOr(n, "primary_key", []string{}),
		ReplicationKey: value[string](n, "replication_key"),
		Pagination:     b.pagination(n.get("pagination")),
		PartitionBy:    partitionsOf(n.get("partition_by")),
		OnIncomplete:   Policy(value[string](n, "on_incomplete")),
		OnInvalid:      Policy(valueOr(n, "on_invalid", string(Fail))),
		OnNewField:     Policy(valueOr(n, "on_new_field", string(Evolve))),
	}
	b.partitions = append(b.partitions, n.get("partition_by"))
	s.Incremental = b.incremental(own, n)
	if schema, ok := readOf(n.get("schema")).(schemaText); ok {
		s.Schema, s.SchemaFile = schema.raw, schema.file
		b.fieldsKnown(n, s, schema.root)
	}
	b.address(n, s)
	b.paging(n, s)
	b.windowUsed(n, s)
	s.shape = shapeOf(n, s)
	return s
}

func readOf(n *node) any {
	if n == nil {
		return nil
	}
	return n.read
}

func (b *builder) request(n *node) Request {
	r := Request{
		Method:  value[string](n, "method"),
		Path:    value[*expr.Template](n, "path"),
		Params:  paramsOf(n.get("params")),
		Headers: paramsOf(n.get("headers")),
		Body:    bodyOf(n.get("body")),
	}
	if r.Method == "" && r.Body != nil {
		r.Method = "POST"
	} else if r.Method == "" {
		r.Method = "GET"
	}
	return r
}

func bodyOf(n *node) *Body {
	if n == nil {
		return nil
	}
	body := &Body{
		Form: paramsOf(n.get("form")),
		Text: value[*expr.Template](n, "text"),
	}
	switch graphql := n.get("graphql"); {
	case n.has("json"):
		body.Kind, body.JSON = BodyJSON, value[Tree](n, "json")
	case n.has("form"):
		body.Kind = BodyForm
	case n.has("text"):
		body.Kind = BodyText
	case graphql != nil:
		body.Kind = BodyGraphQL
		body.Query = value[*expr.Template](graphql, "query")
		body.Variables = paramsOf(graphql.get("variables"))
	}
	return body
}

// client returns the client of a stream: the one that others have too, where
// all its keys come from the same place.
func (b *builder) client(n *node) *Client {
	k := clientKey{origin: origin(n.get("path"))}
	for i, name := range []string{"base_url", "auth", "rate_limit", "max_in_flight", "allow_hosts", "tls"} {
		k.keys[i] = n.get(name)
	}
	if c, found := b.clients[k]; found {
		return c
	}
	c := &Client{
		BaseURL:     value[*expr.Template](n, "base_url"),
		Auth:        authOf(n.get("auth")),
		RateLimits:  ratesOf(n.get("rate_limit")),
		MaxInFlight: int(valueOr(n, "max_in_flight", int64(4))),
		AllowHosts:  value[[]string](n, "allow_hosts"),
	}
	b.hosts(n.get("allow_hosts"))
	if c.BaseURL == nil || k.origin != "" {
		// What is wrong with the text was said of path.
		if c.BaseURL, _ = b.scopes[inRequest].Compile(k.origin); c.BaseURL == nil {
			c.BaseURL, _ = b.scopes[inRequest].Compile("")
		}
	}
	b.clients[k] = c
	return c
}

// hosts checks allow_hosts.
func (b *builder) hosts(list *node) {
	if list == nil {
		return
	}
	for _, host := range list.items {
		if strings.Contains(host.text, "/") {
			b.problem(host, "wants the name of a host, as cdn.example.com, not %q", clip(host.text))
		}
	}
}

// originText is a URL up to its path. Templates may stand in its host.
var originText = regexp.MustCompile(`^(?i:https?)://(?:\{\{.*?\}\}|[^/?#{])+`)

// origin returns the scheme and host of a path that is an absolute URL, "" of
// another: such a stream stands alone, base_url is not for it.
func origin(path *node) string {
	if path == nil || path.read == nil {
		return ""
	}
	return originText.FindString(path.text)
}

func authOf(n *node) *Auth {
	if n == nil {
		return &Auth{Type: AuthNone}
	}
	return &Auth{
		Type:     AuthType(value[string](n, "type")),
		Token:    value[*expr.Template](n, "token"),
		Username: value[*expr.Template](n, "username"),
		Password: value[*expr.Template](n, "password"),
		Name:     value[*expr.Template](n, "name"),
		Value:    value[*expr.Template](n, "value"),
		InQuery:  value[string](n, "in") == "query",
	}
}

func ratesOf(n *node) []RateLimit {
	if n == nil {
		return nil
	}
	items := n.items
	if n.shape == isMap {
		items = []*node{n}
	}
	var list []RateLimit
	for _, item := range items {
		list = append(list, RateLimit{int(value[int64](item, "requests")), value[time.Duration](item, "per")})
	}
	return list
}

func retryOf(n *node) Retry {
	return Retry{
		Attempts: int(valueOr(n, "attempts", int64(5))),
		MinWait:  valueOr(n, "min_wait", time.Second),
		MaxWait:  valueOr(n, "max_wait", 60*time.Second),
		CoolDown: valueOr(n, "cool_down", 2*time.Minute),
		Rests:    int(valueOr(n, "cool_downs", int64(3))),
	}
}

func errorsOf(n *node) []ErrorRule {
	if n == nil {
		return nil
	}
	var list []ErrorRule
	for _, item := range n.items {
		list = append(list, ErrorRule{
			Status:  value[[]StatusRange](item, "status"),
			When:    value[*expr.Template](item, "when"),
			Do:      Action(value[string](item, "do")),
			Wait:    value[*expr.Template](item, "wait"),
			Message: value[*expr.Template](item, "message"),
		})
	}
	return list
}

func partitionsOf(n *node) []PartitionSource {
	if n == nil {
		return nil
	}
	var list []PartitionSource
	for _, item := range n.items {
		list = append(list, PartitionSource{
			Name:        value[string](item, "name"),
			Values:      value[Tree](item, "values"),
			Parent:      value[string](item, "parent"),
			Keys:        keysOf(item.get("keys")),
			When:        value[*expr.Template](item, "when"),
			ChangedOnly: value[bool](item, "changed_only"),
		})
	}
	return list
}

// keysOf returns names and paths.
func keysOf(n *node) []Param {
	if n == nil {
		return nil
	}
	var list []Param
	for _, m := range n.fields {
		if path, ok := m.value.read.(string); ok {
			list = append(list, Param{m.name, Tree{Const: expr.String(path)}})
		}
	}
	return list
}

// records builds the place of the records.
func (b *builder) records(n *node) Records {
	r := Records{
		Steps:          valueOr(n, "records", []string{"@this"}),
		Single:         value[bool](n, "single"),
		Keyed:          value[string](n, "keyed"),
		ShortRows:      value[string](n, "short_rows") == "null",
		OneOrMany:      value[bool](n, "one_or_many"),
		MissingIsEmpty: value[string](n, "on_missing") == "empty",
	}
	switch c := readOf(n.get("columns")).(type) {
	case []string:
		r.Columns = c
	case string:
		r.ColumnsPath = c
	}
	var given []string
	for _, name := range []string{"single", "keyed", "columns"} {
		if v := n.get(name); v != nil && v.text != "false" {
			given = append(given, name)
		}
	}
	if len(given) > 1 {
		b.problem(n.get(given[1]), "%s: only one of them is possible", strings.Join(given, " and "))
	}
	if r.ShortRows && !n.has("columns") {
		b.problem(n.get("short_rows"), "is about rows under the names of columns, which this stream does not have")
	}
	if r.OneOrMany && (r.Single || n.has("columns")) {
		b.problem(n.get("one_or_many"), "is about a list or an object of records; with single or columns it has no meaning")
	}
	return r
}

// fieldsKnown refuses keys that a closed schema does not have: no record could
// hold them, or on_new_field would cut them out.
func (b *builder) fieldsKnown(n *node, s *Stream, schema *node) {
	extra := schema.get("additionalProperties")
	closed := extra != nil && extra.text == "false"
	strict := (s.OnNewField == Drop || s.OnNewField == Fail) && extra == nil &&
		schema.has("properties") && !schema.has("patternProperties")
	if !closed && !strict {
		return
	}
	known := map[string]bool{}
	var names []string
	if p := schema.get("properties"); p != nil {
		for _, m := range p.fields {
			known[m.name] = true
			names = append(names, m.name)
		}
	}
	for _, a := range s.Add {
		known[a.Name] = known[a.Name] || closed
	}
	for i, name := range s.Keys {
		if !known[name] {
			b.problem(n.get("primary_key").items[i], "the schema allows no such field: %s", b.unknown("field", name, names))
		}
	}
	if name := s.ReplicationKey; name != "" && !known[name] {
		b.problem(n.get("replication_key"), "the schema allows no such field: %s", b.unknown("field", name, names))
	}
}

// address checks that the URL of a stream can be told.
func (b *builder) address(n *node, s *Stream) {
	if !n.has("path") {
		b.problem(n, "needs path: %s", aTemplate.wants)
		return
	}
	path, base := n.get("path"), n.get("base_url")
	alone := origin(path) != ""
	if scheme, _, found := strings.Cut(path.text, "://"); found && !alone && !strings.ContainsAny(scheme, "/?{") {
		b.problem(path, "wants a path, or a URL of http or https, not %q", clip(path.text))
	} else if base == nil && path.read != nil && !alone {
		b.problem(path, "is not an absolute URL: needs base_url in client")
	}
	if base == nil || base.read == nil || expr.IsTemplate(base.text) {
		return
	}
	if !absolute(base.text) {
		b.problem(base, "wants an absolute URL, as https://api.example.com, not %q", clip(base.text))
	}
	if strings.Contains(base.text, "#") {
		b.problem(base, "a path is appended to it: it cannot hold #")
	}
}

func absolute(url string) bool {
	url = strings.ToLower(url)
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}
