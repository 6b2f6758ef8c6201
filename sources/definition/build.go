package definition

import (
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition/rules"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// builder makes Go types of nodes that were read, and checks what holds
// between the keys of a stream once inheritance is applied.
type builder struct {
	*document.Document
	reader     *reader
	root       *document.Node
	clients    map[clientKey]*sources.Client
	streams    []*document.Node // of def.Streams
	partitions []*document.Node // partition_by of each, nil for none
}

// clientKey is what makes a client its own: the nodes of its keys, or the
// origin of the stream's own URL.
type clientKey struct {
	keys   [6]*document.Node
	origin string
}

// Version is the version of the format that this package reads.
const Version = 1

func (b *builder) definition() *sources.Definition {
	def := &sources.Definition{
		Version:     int(document.Value[int64](b.root, "version")),
		Name:        document.Value[string](b.root, "name"),
		Description: document.Value[string](b.root, "description"),
		File:        b.File,
	}
	if v := b.root.Get("version"); v != nil && v.Read != nil && def.Version != Version {
		b.Problem(v, "version %d is not known; this program reads version %d", def.Version, Version)
	}
	streams := b.root.Get("streams")
	if streams == nil || streams.Shape != document.List {
		return def
	}
	if len(streams.Items) == 0 {
		b.Problem(streams, "needs at least one stream")
	}
	if inherited := b.root.Get("client").Size() + b.root.Get("defaults").Size(); inherited*len(streams.Items) > maxInherited {
		b.Problem(streams, "%d streams inherit %d values each; together they may be %d", len(streams.Items), inherited, maxInherited)
		return def
	}
	for _, n := range streams.Items {
		if n.Shape == document.Map {
			def.Streams = append(def.Streams, b.streamsOf(n)...)
		}
	}
	rules.Streams(b.Document, b.root, def, b.streams, b.partitions)
	return def
}

// streamsOf builds the streams of an entry, inheritance applied.
func (b *builder) streamsOf(own *document.Node) []*sources.Stream {
	if n := own.Get("files"); n != nil && n.Read != nil {
		return b.listed(own)
	}
	return []*sources.Stream{b.build(own, b.inherit(own), nil)}
}

// build builds a stream of the keys that hold for it; listed is what its files are
// listed by, nil for a stream without.
func (b *builder) build(own, n *document.Node, listed *listedBy) *sources.Stream {
	s := &sources.Stream{
		Name:           document.Value[string](own, "name"),
		Loaded:         sources.Loaded{Line: own.Line},
		Client:         b.client(n),
		Request:        b.request(n),
		Call:           callOf(n),
		Text:           sources.Text{Decode: b.decode(n), Charset: document.Value[string](n, "charset"), NullNaN: document.Value[string](n, "nan") == "null"},
		Records:        b.records(n),
		Keys:           document.Value[[]string](n, "primary_key"),
		ReplicationKey: document.Value[string](n, "replication_key"),
		Pagination:     b.pagination(n.Get("pagination")),
		PartitionBy:    partitionsOf(n.Get("partition_by")),
		Schema: sources.Schema{
			OnInvalid:  sources.Policy(document.Value[string](n, "on_invalid")),
			OnNewField: sources.Policy(document.Value[string](n, "on_new_field")),
		},
		Known: sources.Known{
			SkipUnchanged: document.Value[bool](n, "skip_unchanged"),
			ETag:          document.Value[bool](n, "etag"),
			MarkDeleted:   document.Value[string](n, "on_delete") == "mark",
			MaxDeletes:    document.Value[sources.Share](n, "max_deletes"),
		},
		OnIncomplete: sources.Policy(document.Value[string](n, "on_incomplete")),
	}
	partitions := n.Get("partition_by")
	if listed != nil {
		s.PartitionBy, partitions = []sources.PartitionSource{*listed.axis}, listed.node
		s.Request = b.download(nil)
	}
	b.streams, b.partitions = append(b.streams, own), append(b.partitions, partitions)
	if s.Pagination.Export = b.export(n.Get("export")); s.Pagination.Export != nil {
		s.Request = b.download(n.Get("export"))
	}
	s.Incremental = b.incremental(own, n)
	s.Complete()
	if schema, ok := readOf(n.Get("schema")).(schemaText); ok {
		s.Schema.Text, s.Schema.File = schema.raw, schema.file
		rules.Fields(b.Document, n, s, schema.root)
	}
	rules.Stream(b.Document, own, n, s, wayOf(&s.Pagination))
	s.Loaded.Shape = shapeOf(n, s)
	return s
}

func readOf(n *document.Node) any {
	if n == nil {
		return nil
	}
	return n.Read
}

func (b *builder) request(n *document.Node) sources.Request {
	return sources.Request{
		Method:  document.Value[string](n, "method"),
		Path:    document.Value[*expr.Template](n, "path"),
		Params:  paramsOf(n.Get("params")),
		Headers: paramsOf(n.Get("headers")),
		Body:    bodyOf(n.Get("body")),
	}
}

func bodyOf(n *document.Node) *sources.Body {
	if n == nil {
		return nil
	}
	body := &sources.Body{
		Form: paramsOf(n.Get("form")),
		Text: document.Value[*expr.Template](n, "text"),
	}
	switch graphql := n.Get("graphql"); {
	case n.Has("json"):
		body.Kind, body.JSON = sources.BodyJSON, document.Value[sources.Tree](n, "json")
	case n.Has("form"):
		body.Kind = sources.BodyForm
	case n.Has("text"):
		body.Kind = sources.BodyText
	case graphql != nil:
		body.Kind = sources.BodyGraphQL
		body.Query = document.Value[*expr.Template](graphql, "query")
		body.Variables = paramsOf(graphql.Get("variables"))
	}
	return body
}

// callOf builds how a stream's requests are made.
func callOf(n *document.Node) sources.Call {
	return sources.Call{
		Timeout: document.Value[time.Duration](n, "timeout"),
		Cookies: document.Value[bool](n, "cookies"),
		Retry:   retryOf(n.Get("retry")),
		Errors:  errorsOf(n.Get("errors")),
		Cost:    document.Value[*expr.Template](n, "cost"),
	}
}

func retryOf(n *document.Node) sources.Retry {
	d := sources.DefaultRetry()
	return sources.Retry{
		Attempts: int(document.ValueOr(n, "attempts", int64(d.Attempts))),
		MinWait:  document.ValueOr(n, "min_wait", d.MinWait),
		MaxWait:  document.ValueOr(n, "max_wait", d.MaxWait),
		CoolDown: document.ValueOr(n, "cool_down", d.CoolDown),
		Rests:    int(document.ValueOr(n, "cool_downs", int64(d.Rests))),
	}
}

func errorsOf(n *document.Node) (list []sources.ErrorRule) {
	for _, item := range n.List() {
		list = append(list, sources.ErrorRule{
			Status:  document.Value[[]sources.StatusRange](item, "status"),
			When:    document.Value[*expr.Template](item, "when"),
			Do:      sources.Action(document.Value[string](item, "do")),
			Wait:    document.Value[*expr.Template](item, "wait"),
			Message: document.Value[*expr.Template](item, "message"),
		})
	}
	return list
}

func partitionsOf(n *document.Node) (list []sources.PartitionSource) {
	for _, item := range n.List() {
		list = append(list, sources.PartitionSource{
			Name:        document.Value[string](item, "name"),
			Values:      document.Value[sources.Tree](item, "values"),
			Parent:      document.Value[string](item, "parent"),
			Keys:        paramsOf(item.Get("keys")),
			When:        document.Value[*expr.Template](item, "when"),
			ChangedOnly: document.Value[bool](item, "changed_only"),
			Batch:       int(document.Value[int64](item, "batch")),
			Line:        item.Line,
		})
	}
	return list
}

// records builds the place of the records.
func (b *builder) records(n *document.Node) sources.Records {
	r := sources.Records{
		Steps:          document.Value[[]string](n, "records"),
		Single:         document.Value[bool](n, "single"),
		Keyed:          document.Value[string](n, "keyed"),
		ShortRows:      document.Value[string](n, "short_rows") == "null",
		OneOrMany:      document.Value[bool](n, "one_or_many"),
		MissingIsEmpty: document.Value[string](n, "on_missing") == "empty",
		Keep:           document.Value[*expr.Template](n, "keep"),
		Add:            paramsOf(n.Get("add")),
	}
	switch c := readOf(n.Get("columns")).(type) {
	case []string:
		r.Columns = c
	case string:
		r.ColumnsPath = c
	}
	var given []string
	for _, name := range []string{"single", "keyed", "columns"} {
		if v := n.Get(name); v != nil && v.Text != "false" {
			given = append(given, name)
		}
	}
	if len(given) > 1 {
		b.Problem(n.Get(given[1]), "%s: only one of them is possible", strings.Join(given, " and "))
	}
	if r.ShortRows && !n.Has("columns") && !rowsOf(n, sources.FormatCSV) {
		b.Problem(n.Get("short_rows"), "is about rows under the names of columns, which this stream does not have")
	}
	if r.OneOrMany && (r.Single || n.Has("columns")) {
		b.Problem(n.Get("one_or_many"), "is about a list or an object of records; with single or columns it has no meaning")
	}
	return r
}
