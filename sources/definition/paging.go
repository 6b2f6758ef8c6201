package definition

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// pagination builds the pagination of a stream.
func (b *builder) pagination(n *document.Node) sources.Pagination {
	p := sources.Pagination{Type: sources.PaginateNone}
	if n == nil || n.Shape != document.Map {
		return p
	}
	b.variant(n, pagingObject, true)
	p = sources.Pagination{
		Type:    sources.PaginationType(document.Value[string](n, "type")),
		Next:    document.Value[sources.Ref](n, "next"),
		Start:   document.Value[int64](n, "start"),
		Field:   document.Value[string](n, "field"),
		Overlap: document.Value[int64](n, "overlap"),
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
		AfterFirst: b.afterFirst(n.Get("after_first")),
		Session:    document.Value[bool](n, "session"),
	}
	switch p.Type {
	case sources.PaginateLinkHeader:
		p.Rel = document.ValueOr(n, "rel", "next")
	case sources.PaginatePage:
		p.Start = document.ValueOr(n, "start", int64(1))
	}
	return p
}

// afterFirst builds what replaces parts of a stream's request.
func (b *builder) afterFirst(n *document.Node) *sources.Request {
	if n == nil {
		return nil
	}
	r := b.request(n)
	r.Method = document.Value[string](n, "method")
	return &r
}

// paging checks the pagination against the stream that it serves.
func (b *builder) paging(n *document.Node, s *sources.Stream) {
	paging, p := n.Get("pagination"), s.Pagination
	if paging == nil {
		return
	}
	var places []string
	for _, place := range []string{"param", "header", "body"} {
		if paging.Has(place) {
			places = append(places, place)
		}
	}
	if len(places) > 1 {
		b.Problem(paging, "%s: only one of them is possible", strings.Join(places, ", "))
	}
	if paging.Has("size_param") && !paging.Has("size") {
		b.Problem(paging.Get("size_param"), "needs size beside it")
	}
	if body := paging.Get("body"); body != nil && !b.sendsJSON(s) {
		b.Problem(body, "is a path in the JSON body: the stream has no body: {json: …}")
	} else if body != nil && strings.ContainsAny(body.Text, `#|@*?\\`) {
		b.Problem(body, "wants keys with points between, as query.after")
	}
	if header := paging.Get("header"); header != nil && header.Read != nil && !headerName(header.Text) {
		b.Problem(header, "%q is not the name of a header", document.Clip(header.Text))
	}
	if p.Type == sources.PaginateKeyset && p.Field != "" && !slices.Equal(s.Keys, []string{p.Field}) {
		b.Warn(paging.Get("field"), "records that share a value of %s may be lost between pages; it is not the primary_key", document.Clip(p.Field))
	}
	b.moving(n, s)
	switch p.Type {
	case sources.PaginateCursor, sources.PaginatePage, sources.PaginateOffset, sources.PaginateKeyset:
		if len(places) == 0 && !s.Uses("page") {
			b.Problem(paging, "nothing sends the page: needs param, header or body, or a template that uses page")
		}
	}
}

func (b *builder) sendsJSON(s *sources.Stream) bool {
	body := s.Request.Body
	if after := s.Pagination.AfterFirst; after != nil && after.Body != nil {
		body = after.Body
	}
	return body != nil && (body.Kind == sources.BodyJSON || body.Kind == sources.BodyGraphQL)
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
	zone := document.ValueOr(inc, "timezone", time.UTC)
	return &sources.Incremental{
		Start: document.Value[*expr.Template](inc, "start"),
		End:   document.Value[*expr.Template](inc, "end"),
		Windows: sources.Windows{
			Length:         document.Value[times.Span](inc, "window"),
			Format:         format,
			Timezone:       zone,
			Whole:          document.Value[bool](inc, "whole_windows"),
			StartExclusive: document.Value[bool](inc, "start_exclusive"),
			EndInclusive:   document.Value[bool](inc, "end_inclusive"),
		},
		RecordTimes: sources.RecordTimes{
			Format:   document.Value[string](inc, "record_format"),
			Timezone: document.ValueOr(inc, "record_timezone", zone),
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

// windowUsed reports an incremental stream that asks for everything each time.
func (b *builder) windowUsed(n *document.Node, s *sources.Stream) {
	inc := s.Incremental
	if inc == nil || inc.ClientFilter || s.Uses("window") {
		return
	}
	b.Warn(n.Get("incremental"), "nothing in the request uses window, so each sync asks for everything: send {{ window.start }}, or say client_filter: true")
}

// retryWaits checks that waits grow.
func retryWaits(r *reader, n *document.Node, _ *object) {
	least, most := document.ValueOr(n, "min_wait", time.Second), document.ValueOr(n, "max_wait", 60*time.Second)
	if least > most {
		r.Problem(n, "min_wait %v is longer than max_wait %v", least, most)
	}
}

// errorRule checks that a rule matches something, and waits only where it
// repeats.
func errorRule(r *reader, n *document.Node, _ *object) {
	if !n.Has("status") && !n.Has("when") {
		r.Problem(n, "needs status or when: it would match every answer")
	}
	do := n.Get("do")
	if do != nil && do.Text == "end" {
		endRule(r, n, do)
	}
	if wait := n.Get("wait"); wait != nil && do != nil && do.Read != nil && do.Text != "retry" && do.Text != "cool_down" {
		r.Problem(wait, "belongs to do: retry, not to %s", do.Text)
	} else if wait != nil && wait.Read != nil && !expr.IsTemplate(wait.Text) && !isWait(wait) {
		r.Problem(wait, "wants a duration, as 30s, a number of seconds or a template, not %q", document.Clip(wait.Text))
	}
}

// endRule checks that a rule which ends walks says by its status which answers
// it means: one that is no JSON may be among them.
func endRule(r *reader, n, do *document.Node) {
	ranges, _ := readOf(n.Get("status")).([]sources.StatusRange)
	if ranges == nil && n.Has("status") {
		return // what is wrong with it was said
	}
	if ranges == nil {
		r.Problem(do, "needs status: the answers that end a walk")
	}
	for _, s := range ranges {
		if s.From <= 200 && s.To >= 200 && !n.Has("when") {
			r.Problem(do, "would end every walk at its first answer: status 200 needs when")
		}
	}
}

func isWait(n *document.Node) bool {
	if n.Shape == document.Number {
		return true
	}
	_, err := times.ParseDuration(n.Text)
	return err == nil
}

// oneBody checks that a body is of one kind.
func oneBody(r *reader, n *document.Node, o *object) {
	var kinds []string
	for _, k := range o.keys {
		if n.Has(k.name) {
			kinds = append(kinds, k.name)
		}
	}
	switch len(kinds) {
	case 0:
		r.Problem(n, "needs json, form, text or graphql")
	case 1:
	default:
		r.Problem(n, "%s: only one of them is possible", strings.Join(kinds, ", "))
	}
}

// onePartition checks that a partition has values or a parent.
func onePartition(r *reader, n *document.Node, o *object) {
	values, parent := n.Has("name") || n.Has("values"), n.Has("parent") || n.Has("keys")
	switch {
	case values && parent:
		r.Problem(n, "has values or a parent, not both")
	case parent:
		r.needs(n, []key{need(o, "parent"), need(o, "keys")})
	case values:
		r.needs(n, []key{need(o, "name"), need(o, "values")})
	default:
		r.Problem(n, "needs name and values, or parent and keys")
	}
}

// need returns a key of the object as a required one.
func need(o *object, name string) key {
	k, _, _ := o.lookup(name)
	k.need = true
	return k
}
