package apitest

import "net/url"

// Style is how a collection is asked for one page after another.
type Style int

const (
	None    Style = iota // all records in one answer
	Page                 // ?page=2, from 1
	Offset               // ?offset=200
	Link                 // ?page=2, and a Link header with rel="next"
	Cursor               // ?cursor=TOKEN, the token from next_page of the answer before
	NextURL              // the URL in next of the answer before
	GraphQL              // variables.after, from pageInfo.endCursor of the answer before
	Keyset               // ?after=ID, that of the last record before
	Scroll               // the server keeps the position: POST /scroll, the same token each time
)

// pager is what makes a style.
type pager struct {
	// seek finds the first record of the page that is asked for.
	seek func(x *exchange, s selection) (int, *problem)
	// lead says in the answer where the next page is: in headers, or in members
	// of the envelope, which it returns. nil: the client counts for itself.
	lead func(x *exchange) []member
}

var pagers = [...]pager{
	None:    {seekFirst, nil},
	Page:    {seekPage, nil},
	Offset:  {seekOffset, nil},
	Link:    {seekPage, leadLink},
	Cursor:  {seekCursor, leadCursor},
	NextURL: {seekCursor, leadURL},
	GraphQL: {seekCursor, leadEndCursor},
	Keyset:  {seekKey, nil},
	Scroll:  {seekScroll, leadScroll},
}

// query is what a request asks of a collection.
type query struct {
	params url.Values
	size   int // records on a page
}

// turn finds the page that is asked for.
func (x *exchange) turn() *problem {
	size, p := x.c.pageSize(x.q)
	if p != nil {
		return p
	}
	x.q.size = size
	s, p := x.c.selection(x.q)
	if p != nil {
		return p
	}
	from, p := pagers[x.c.Style].seek(x, s)
	if p != nil {
		return p
	}
	x.page = newPage(s, from, size)
	x.mix()
	return nil
}

// mix puts the page into the order that is drawn for the request.
func (x *exchange) mix() {
	chance := draws(x.api.seed, x.n, saltOrder)
	if x.c.Quirks.Unordered && (x.c.Style == Page || x.c.Style == Offset) {
		x.page.scatter(chance)
	}
	if x.c.Quirks.Shuffle {
		order := x.page.materialize()
		chance.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
}
