package definition

import (
	"strconv"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition/rules"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// pagination builds the pagination of a stream.
func (b *builder) pagination(n *document.Node) sources.Pagination {
	if n == nil || n.Shape != document.Map {
		return sources.Pagination{}
	}
	b.reader.variant(n, pagingObject, true)
	p := sources.Pagination{
		Rel:        document.Value[string](n, "rel"),
		Type:       sources.PaginationType(document.Value[string](n, "type")),
		Next:       document.Value[sources.Ref](n, "next"),
		Start:      document.Value[int64](n, "start"),
		Field:      document.Value[string](n, "field"),
		Connection: document.Value[string](n, "connection"),
		Overlap:    document.Value[int64](n, "overlap"),
		Ahead:      document.Value[int64](n, "ahead"),
		Sends: sources.PageSending{
			Param:     document.Value[string](n, "param"),
			Header:    document.Value[string](n, "header"),
			BodyPath:  document.Value[string](n, "body"),
			SizeParam: document.Value[string](n, "size_param"),
			Size:      document.Value[int64](n, "size"),
		},
		Ends: sources.PageEnds{
			More:       document.Value[sources.Ref](n, "more"),
			Total:      document.Value[sources.Ref](n, "total"),
			TotalPages: document.Value[sources.Ref](n, "total_pages"),
			Stop:       document.Value[*expr.Template](n, "stop"),
			MaxPages:   int(document.Value[int64](n, "max_pages")),
			AtEnd:      document.Value[string](n, "at_end"),
		},
		Limit:      limitOf(n),
		Cursors:    cursorsOf(n.Get("next")),
		AfterFirst: b.afterFirst(n.Get("after_first")),
		Session:    b.session(n),
	}
	if way := pagingObject.variant(string(p.Type)); way != nil && !n.Has("start") {
		p.Start = way.count("start")
	}
	return p
}

// limitOf builds how far offsets reach.
func limitOf(n *document.Node) sources.OffsetLimit {
	beyond := n.Get("beyond")
	return sources.OffsetLimit{
		Records: document.Value[int64](n, "max_offset"),
		Field:   document.Value[string](beyond, "field"),
		Sends: sources.PageSending{
			Param: document.Value[string](beyond, "param"), Header: document.Value[string](beyond, "header"), BodyPath: document.Value[string](beyond, "body"),
		},
	}
}

// cursorsOf builds several cursors of one walk; nil where next is one.
func cursorsOf(n *document.Node) (list []sources.NamedRef) {
	if n == nil || n.Shape != document.Map {
		return nil
	}
	for _, m := range n.Fields {
		ref, _ := m.Value.Read.(sources.Ref) // what is wrong with it was said
		list = append(list, sources.NamedRef{Name: m.Name, Ref: ref})
	}
	return list
}

// afterFirst builds what replaces parts of a stream's request.
func (b *builder) afterFirst(n *document.Node) *sources.Request {
	if n == nil {
		return nil
	}
	r := b.request(n)
	r.Method = document.Value[string](n, "method")
	if n.Has("params") && r.Params == nil { // none, in place of the stream's
		r.Params = []sources.Param{}
	}
	if n.Has("headers") && r.Headers == nil {
		r.Headers = []sources.Param{}
	}
	return &r
}

// incremental builds the incremental part of a stream and checks it against
// the replication key. What defaults say holds for the streams that have one.
func (b *builder) incremental(own, n *document.Node) *sources.Incremental {
	inc, replication := n.Get("incremental"), n.Get("replication_key")
	if inc == nil || inc.Shape != document.Map {
		if replication != nil && replication.Read != nil && inc == nil {
			b.Problem(replication, "needs incremental beside it; where the API cannot filter: incremental: {client_filter: true}")
		}
		return nil
	}
	if replication == nil && !inc.Has("bookmark") {
		if own.Has("incremental") {
			b.Problem(inc, "needs replication_key or bookmark: what says how far a sync came")
		}
		return nil
	}
	format := document.ValueOr(inc, "format", "rfc3339")
	b.integerFormat(inc, format)
	b.firstStart(inc.Get("start"), format)
	b.firstStart(inc.Get("end"), format)
	settle := 10 * time.Minute
	if format == "integer" {
		settle = 0
	}
	return &sources.Incremental{
		Start: document.Value[*expr.Template](inc, "start"),
		End:   document.Value[*expr.Template](inc, "end"),
		Windows: sources.Windows{
			Length:         document.Value[times.Span](inc, "window"),
			Format:         format,
			Timezone:       document.Value[*time.Location](inc, "timezone"),
			Whole:          document.Value[bool](inc, "whole_windows"),
			StartExclusive: document.Value[bool](inc, "start_exclusive"),
			EndInclusive:   document.Value[bool](inc, "end_inclusive"),
		},
		RecordTimes: sources.RecordTimes{
			Format:   document.Value[string](inc, "record_format"),
			Timezone: document.Value[*time.Location](inc, "record_timezone"),
		},
		Lookback:      document.Value[times.Span](inc, "lookback"),
		Settle:        document.ValueOr(inc, "settle", settle),
		Sorted:        document.Value[bool](inc, "sorted"),
		ClientFilter:  document.Value[bool](inc, "client_filter"),
		Bookmark:      document.Value[sources.Ref](inc, "bookmark"),
		BookmarkFirst: document.Value[string](inc, "bookmark_from") == "first",
	}
}

// firstStart checks a start that is no template.
func (b *builder) firstStart(start *document.Node, format string) {
	if start == nil || start.Read == nil || expr.IsTemplate(start.Text) {
		return
	}
	if format == "integer" {
		if _, err := strconv.ParseInt(start.Text, 10, 64); err != nil {
			b.Problem(start, "wants an integer, as format says, not %q", document.Clip(start.Text))
		}
		return
	}
	if _, err := times.Parse(start.Text); err != nil {
		b.Problem(start, "wants a time, as 2024-01-01T00:00:00Z, not %q: %v", document.Clip(start.Text), err)
	}
}

// integerFormat reports keys that make no sense where windows are integers.
func (b *builder) integerFormat(inc *document.Node, format string) {
	if format != "integer" {
		return
	}
	for _, name := range []string{"end", "window", "lookback", "settle", "whole_windows", "timezone", "record_timezone", "record_format"} {
		if v := inc.Get(name); v != nil {
			b.Problem(v, "has no meaning with format integer: it is about time")
		}
	}
}

// wayOf is what the grammar says of a pagination.
func wayOf(p *sources.Pagination) rules.Way {
	way := rules.Way{Meant: pagingObject.meant, MeantBeyond: beyondObject.meant}
	if v := pagingObject.variant(string(p.Type)); v != nil {
		way.Links, way.Counts, way.Sends = v.links, has(v.keys, "at_end"), has(v.keys, "param")
	}
	return way
}
