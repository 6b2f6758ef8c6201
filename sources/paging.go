package sources

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// pagination builds the pagination of a stream.
func (b *builder) pagination(n *node) Pagination {
	p := Pagination{Type: PaginateNone}
	if n == nil || n.shape != isMap {
		return p
	}
	b.variant(n, pagingObject, true)
	p = Pagination{
		Type:       PaginationType(value[string](n, "type")),
		Next:       value[Ref](n, "next"),
		Start:      value[int64](n, "start"),
		SizeParam:  value[string](n, "size_param"),
		Size:       value[int64](n, "size"),
		TotalPages: value[Ref](n, "total_pages"),
		Field:      value[string](n, "field"),
		Param:      value[string](n, "param"),
		Header:     value[string](n, "header"),
		BodyPath:   value[string](n, "body"),
		More:       value[Ref](n, "more"),
		Total:      value[Ref](n, "total"),
		Stop:       value[*expr.Template](n, "stop"),
		MaxPages:   int(value[int64](n, "max_pages")),
		AfterFirst: b.afterFirst(n.get("after_first")),
		Session:    value[bool](n, "session"),
		AtEnd:      value[string](n, "at_end"),
		Overlap:    value[int64](n, "overlap"),
	}
	switch p.Type {
	case PaginateLinkHeader:
		p.Rel = valueOr(n, "rel", "next")
	case PaginatePage:
		p.Start = valueOr(n, "start", int64(1))
	}
	return p
}

// afterFirst builds what replaces parts of a stream's request.
func (b *builder) afterFirst(n *node) *Request {
	if n == nil {
		return nil
	}
	r := b.request(n)
	r.Method = value[string](n, "method")
	return &r
}

// paging checks the pagination against the stream that it serves.
func (b *builder) paging(n *node, s *Stream) {
	paging, p := n.get("pagination"), s.Pagination
	if paging == nil {
		return
	}
	var places []string
	for _, place := range []string{"param", "header", "body"} {
		if paging.has(place) {
			places = append(places, place)
		}
	}
	if len(places) > 1 {
		b.problem(paging, "%s: only one of them is possible", strings.Join(places, ", "))
	}
	if paging.has("size_param") && !paging.has("size") {
		b.problem(paging.get("size_param"), "needs size beside it")
	}
	if body := paging.get("body"); body != nil && !b.sendsJSON(s) {
		b.problem(body, "is a path in the JSON body: the stream has no body: {json: …}")
	} else if body != nil && strings.ContainsAny(body.text, `#|@*?\\`) {
		b.problem(body, "wants keys with points between, as query.after")
	}
	if header := paging.get("header"); header != nil && header.read != nil && !headerName(header.text) {
		b.problem(header, "%q is not the name of a header", clip(header.text))
	}
	if p.Type == PaginateKeyset && p.Field != "" && !slices.Equal(s.Keys, []string{p.Field}) {
		b.warn(paging.get("field"), "records that share a value of %s may be lost between pages; it is not the primary_key", clip(p.Field))
	}
	b.moving(n, s)
	switch p.Type {
	case PaginateCursor, PaginatePage, PaginateOffset, PaginateKeyset:
		if len(places) == 0 && !s.Uses("page") {
			b.problem(paging, "nothing sends the page: needs param, header or body, or a template that uses page")
		}
	}
}

func (b *builder) sendsJSON(s *Stream) bool {
	body := s.Request.Body
	if after := s.Pagination.AfterFirst; after != nil && after.Body != nil {
		body = after.Body
	}
	return body != nil && (body.Kind == BodyJSON || body.Kind == BodyGraphQL)
}

// incremental builds the incremental part of a stream and checks it against
// the replication key. What defaults say holds for the streams that have one.
func (b *builder) incremental(own, n *node) *Incremental {
	inc, replication := n.get("incremental"), n.get("replication_key")
	if inc == nil || inc.shape != isMap {
		if replication != nil && replication.read != nil && inc == nil {
			b.problem(replication, "needs incremental beside it; where the API cannot filter: incremental: {client_filter: true}")
		}
		return nil
	}
	if replication == nil && !inc.has("bookmark") {
		if own.has("incremental") {
			b.problem(inc, "needs replication_key or bookmark: what says how far a sync came")
		}
		return nil
	}
	format := valueOr(inc, "format", "rfc3339")
	b.integerFormat(inc, format)
	b.firstStart(inc.get("start"), format)
	b.firstStart(inc.get("end"), format)
	settle := 10 * time.Minute
	if format == "integer" {
		settle = 0
	}
	zone := valueOr(inc, "timezone", time.UTC)
	return &Incremental{
		Start:          value[*expr.Template](inc, "start"),
		End:            value[*expr.Template](inc, "end"),
		Format:         format,
		Window:         value[times.Span](inc, "window"),
		Lookback:       value[times.Span](inc, "lookback"),
		Settle:         valueOr(inc, "settle", settle),
		Timezone:       zone,
		RecordTimezone: valueOr(inc, "record_timezone", zone),
		WholeWindows:   value[bool](inc, "whole_windows"),
		StartExclusive: value[bool](inc, "start_exclusive"),
		EndInclusive:   value[bool](inc, "end_inclusive"),
		Sorted:         value[bool](inc, "sorted"),
		ClientFilter:   value[bool](inc, "client_filter"),
		RecordFormat:   value[string](inc, "record_format"),
		Bookmark:       value[Ref](inc, "bookmark"),
		BookmarkFirst:  value[string](inc, "bookmark_from") == "first",
	}
}

// firstStart checks a start that is no template.
func (b *builder) firstStart(start *node, format string) {
	if start == nil || start.read == nil || expr.IsTemplate(start.text) {
		return
	}
	if format == "integer" {
		if _, err := strconv.ParseInt(start.text, 10, 64); err != nil {
			b.problem(start, "wants an integer, as format says, not %q", clip(start.text))
		}
		return
	}
	if _, err := times.Parse(start.text); err != nil {
		b.problem(start, "wants a time, as 2024-01-01T00:00:00Z, not %q: %v", clip(start.text), err)
	}
}

// integerFormat reports keys that make no sense where windows are integers.
func (b *builder) integerFormat(inc *node, format string) {
	if format != "integer" {
		return
	}
	for _, name := range []string{"end", "window", "lookback", "settle", "whole_windows", "timezone", "record_timezone", "record_format"} {
		if v := inc.get(name); v != nil {
			b.problem(v, "has no meaning with format integer: it is about time")
		}
	}
}

// windowUsed reports an incremental stream that asks for everything each time.
func (b *builder) windowUsed(n *node, s *Stream) {
	inc := s.Incremental
	if inc == nil || inc.ClientFilter || s.Uses("window") {
		return
	}
	b.warn(n.get("incremental"), "nothing in the request uses window, so each sync asks for everything: send {{ window.start }}, or say client_filter: true")
}

// retryWaits checks that waits grow.
func retryWaits(r *reader, n *node, _ *object) {
	least, most := valueOr(n, "min_wait", time.Second), valueOr(n, "max_wait", 60*time.Second)
	if least > most {
		r.problem(n, "min_wait %v is longer than max_wait %v", least, most)
	}
}

// errorRule checks that a rule matches something, and waits only where it
// repeats.
func errorRule(r *reader, n *node, _ *object) {
	if !n.has("status") && !n.has("when") {
		r.problem(n, "needs status or when: it would match every answer")
	}
	do := n.get("do")
	if do != nil && do.text == "end" {
		endRule(r, n, do)
	}
	if wait := n.get("wait"); wait != nil && do != nil && do.read != nil && do.text != "retry" && do.text != "cool_down" {
		r.problem(wait, "belongs to do: retry, not to %s", do.text)
	} else if wait != nil && wait.read != nil && !expr.IsTemplate(wait.text) && !isWait(wait) {
		r.problem(wait, "wants a duration, as 30s, a number of seconds or a template, not %q", clip(wait.text))
	}
}

// endRule checks that a rule which ends walks says by its status which answers
// it means: one that is no JSON may be among them.
func endRule(r *reader, n, do *node) {
	ranges, _ := readOf(n.get("status")).([]StatusRange)
	if ranges == nil && n.has("status") {
		return // what is wrong with it was said
	}
	if ranges == nil {
		r.problem(do, "needs status: the answers that end a walk")
	}
	for _, s := range ranges {
		if s.From <= 200 && s.To >= 200 && !n.has("when") {
			r.problem(do, "would end every walk at its first answer: status 200 needs when")
		}
	}
}

func isWait(n *node) bool {
	if n.shape == isNumber {
		return true
	}
	_, err := times.ParseDuration(n.text)
	return err == nil
}

// oneBody checks that a body is of one kind.
func oneBody(r *reader, n *node, o *object) {
	var kinds []string
	for _, k := range o.keys {
		if n.has(k.name) {
			kinds = append(kinds, k.name)
		}
	}
	switch len(kinds) {
	case 0:
		r.problem(n, "needs json, form, text or graphql")
	case 1:
	default:
		r.problem(n, "%s: only one of them is possible", strings.Join(kinds, ", "))
	}
}

// onePartition checks that a partition has values or a parent.
func onePartition(r *reader, n *node, o *object) {
	values, parent := n.has("name") || n.has("values"), n.has("parent") || n.has("keys")
	switch {
	case values && parent:
		r.problem(n, "has values or a parent, not both")
	case parent:
		r.needs(n, []key{need(o, "parent"), need(o, "keys")})
	case values:
		r.needs(n, []key{need(o, "name"), need(o, "values")})
	default:
		r.problem(n, "needs name and values, or parent and keys")
	}
}

// need returns a key of the object as a required one.
func need(o *object, name string) key {
	k, _, _ := o.lookup(name)
	k.need = true
	return k
}
