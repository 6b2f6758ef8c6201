package rules

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Way is what the grammar says of the pagination of a stream.
type Way struct {
	Links  bool // answers hold the URL of the next page
	Counts bool // pages are counted, and at_end says which is the last
	Sends  bool // it can send which page is asked for
	// Meant and MeantBeyond report whether a map, the pagination or its beyond, has an
	// unknown key that is likely one of these, misspelled: the problem that says so is
	// enough.
	Meant, MeantBeyond func(n *document.Node, names ...string) bool
}

// Stream reports what the keys of a stream are to each other, once inheritance is
// applied: n are those that hold, own those that the stream has itself.
func Stream(d *document.Document, own, n *document.Node, s *sources.Stream, way Way) {
	stream{d, own, way}.all(n, s)
}

// stream checks the keys of one.
type stream struct {
	*document.Document
	own *document.Node
	way Way
}

func (c stream) all(n *document.Node, s *sources.Stream) {
	c.export(n, s)
	c.decode(n, s)
	if s.Pagination.Export == nil && !s.Request.File {
		c.address(n, s)
	}
	c.points(n, s)
	c.smaller(n, s)
	c.loginRules(n, s)
	c.loginAddress(n, s)
	c.paging(n, s)
	c.session(n, s)
	c.windowUsed(n, s)
	c.windows(n, s)
	c.known(n, s)
}

// moving checks what a stream does about rows that move while they are read:
// where pages are counted, one that goes takes others with it to a page that
// was read.
func (c stream) moving(n *document.Node, s *sources.Stream) {
	paging, p := n.Get("pagination"), &s.Pagination
	if overlap := paging.Get("overlap"); overlap != nil && p.Sends.Size > 0 && p.Overlap >= p.Sends.Size {
		c.Problem(overlap, "must be less than size: a page would hold nothing new")
	}
	again := s.OnIncomplete == sources.Again
	if sorted := n.Get("incremental").Get("sorted"); again && sorted != nil && s.Incremental != nil && s.Incremental.Sorted {
		c.Problem(sorted, "moves the bookmark before on_incomplete: again has proven the walk: leave one of them out")
	}
	if again || p.Overlap > 0 || !p.Ends.Total.IsZero() || p.Session.Keeps || p.Session.Open != nil {
		return // a session is of the list as it was when it began
	}
	write := "give total"
	if proves := s.ProvesMoves(); proves != "" {
		write += ", or " + proves
	}
	named, counted := c.way.Links, c.way.Counts && p.Ends.TotalPages.IsZero()
	switch {
	case (named || counted) && s.EndsWindow():
		c.Warn(paging, "rows that change while they are read leave a window that has an end, and others move to pages that were read, "+
			"which nothing shows: %s, or do not send window.end%s", write, unlessKeys(named))
	case counted:
		c.Warn(paging, "rows that are deleted or moved while they are read take others with them to pages that were read, "+
			"which nothing shows: %s", write)
	}
}

func unlessKeys(named bool) string {
	if named {
		return "; where the URLs go by keys and count nothing, all is well"
	}
	return ""
}

// paging checks the pagination against the stream that it serves.
func (c stream) paging(n *document.Node, s *sources.Stream) {
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
		c.Problem(paging, "%s: only one of them is possible", strings.Join(places, ", "))
	}
	if paging.Has("size_param") && !paging.Has("size") {
		c.Problem(paging.Get("size_param"), "needs size beside it")
	}
	if body := paging.Get("body"); body != nil && !c.sendsJSON(s) {
		c.Problem(body, "is a path in the JSON body: the stream has no body: {json: …}")
	} else if body != nil && strings.ContainsAny(body.Text, `#|@*?\\`) {
		c.Problem(body, "wants keys with points between, as query.after")
	}
	if header := paging.Get("header"); header != nil && header.Read != nil && !sources.IsHeaderName(header.Text) {
		c.Problem(header, "%q is not the name of a header", document.Clip(header.Text))
	}
	c.limit(paging, s)
	if next := paging.Get("next"); p.Cursors != nil && p.Type != sources.PaginateCursor {
		c.Problem(next, "several cursors are of type cursor; type %s has one next page", p.Type)
	}
	if param := paging.Get("param"); p.Sends.Param == sources.AllMembers && p.Type != sources.PaginateCursor {
		c.Problem(param, `"*" sends the members of a token: it is of type cursor`)
	}
	if p.Field != "" && !slices.Equal(s.Keys, []string{p.Field}) {
		c.Warn(paging.Get("field"), "records that share a value of %s may be lost between pages; it is not the primary_key%s", document.Clip(p.Field), didYouMean(p.Field, s.Keys))
	}
	if connection := paging.Get("connection"); connection != nil {
		c.connection(connection, s)
	}
	c.moving(n, s)
	if c.way.Sends && len(places) == 0 && !s.Uses("page") && !c.way.Meant(paging, "param", "header", "body") {
		c.Problem(paging, "nothing sends the page: needs param, header or body, or a template that uses page")
	}
}

// smaller checks that pages have a size which a rule may make smaller.
func (c stream) smaller(n *document.Node, s *sources.Stream) {
	if !s.ShrinksPages() {
		return
	}
	p := &s.Pagination
	at := n.Get("errors")
	switch {
	case p.Session.Keeps:
		c.Problem(at, "do: smaller_page asks for a page again, and with session: true none may be")
	case p.Sends.Size == 0:
		c.Problem(at, "do: smaller_page halves the size of pages: needs size in pagination, of type offset, page, cursor, keyset or relay")
	case p.Type != sources.PaginateRelay && p.Sends.SizeParam == "" && !s.Reads("page", "size"):
		c.Problem(at, "do: smaller_page halves the size of pages, and nothing sends it: needs size_param in pagination, or a template that uses page.size")
	}
}

// connection checks that a query asks for the pages of its connection.
func (c stream) connection(n *document.Node, s *sources.Stream) {
	body := s.Request.Body
	switch {
	case body == nil || body.Kind != sources.BodyGraphQL:
		c.Problem(n, "needs body: {graphql: {query: …}} in the stream")
	case body.Query == nil: // the problem is told
	case !strings.Contains(body.Query.Source(), "$after"):
		c.Problem(n, "the query does not take its next page: write query($first: Int, $after: String) {orders(first: $first, after: $after) {pageInfo {hasNextPage endCursor} …}}")
	}
}

func (c stream) sendsJSON(s *sources.Stream) bool {
	body := s.Request.Body
	if after := s.Pagination.AfterFirst; after != nil && after.Body != nil {
		body = after.Body
	}
	return body != nil && (body.Kind == sources.BodyJSON || body.Kind == sources.BodyGraphQL)
}

// windowUsed reports an incremental stream that asks for everything each time.
func (c stream) windowUsed(n *document.Node, s *sources.Stream) {
	inc := s.Incremental
	if inc == nil || inc.ClientFilter || s.Uses("window") {
		return
	}
	c.Warn(n.Get("incremental"), "nothing in the request uses window, so each sync asks for everything: send {{ window.start }}, or say client_filter: true")
}

// Fields refuses keys that a closed schema does not have: no record could
// hold them, or on_new_field would cut them out.
func Fields(d *document.Document, n *document.Node, s *sources.Stream, schema *document.Node) {
	extra := schema.Get("additionalProperties")
	closed := extra != nil && extra.Text == "false"
	strict := (s.Schema.OnNewField == sources.Drop || s.Schema.OnNewField == sources.Fail) && extra == nil &&
		schema.Has("properties") && !schema.Has("patternProperties")
	if !closed && !strict {
		return
	}
	known := map[string]bool{}
	var names []string
	for _, m := range schema.Get("properties").Members() {
		known[m.Name] = true
		names = append(names, m.Name)
	}
	for _, a := range s.Records.Add {
		known[a.Name] = known[a.Name] || closed
	}
	for i, name := range s.Keys {
		if !known[name] {
			d.Problem(n.Get("primary_key").Items[i], "the schema allows no such field: %s", d.Unknown("field", name, names))
		}
	}
	if name := s.ReplicationKey; name != "" && !known[name] {
		d.Problem(n.Get("replication_key"), "the schema allows no such field: %s", d.Unknown("field", name, names))
	}
}
