package sources

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// PaginationType is how a walk finds its next page.
type PaginationType string

// The pagination types.
const (
	PaginateNone       PaginationType = "none"
	PaginateCursor     PaginationType = "cursor"
	PaginateNextURL    PaginationType = "next_url"
	PaginateLinkHeader PaginationType = "link_header"
	PaginatePage       PaginationType = "page"
	PaginateOffset     PaginationType = "offset"
	PaginateKeyset     PaginationType = "keyset"
	PaginateRelay      PaginationType = "relay"
)

// ProvesMoves is what to write so that a walk which counts its pages proves that
// no rows were lost which moved meanwhile; "" where nothing can be written: beside etag,
// pages that did not change have no records to compare.
func (s *Stream) ProvesMoves() string {
	const again = "on_incomplete: again in the stream"
	if s.Known.ETag {
		return ""
	}
	if p := s.Pagination; p.Type == PaginateOffset && p.Overlap == 0 {
		return again + ", or overlap: 1"
	}
	return again
}

// Pagination says how a walk goes from page to page and where it ends.
type Pagination struct {
	Type       PaginationType
	Next       Ref         // cursor, next_url
	Cursors    []NamedRef  // cursor: several in one walk, in the place of Next: the token is an object of those that are there
	Rel        string      // link_header; "next" by default
	Start      int64       // page (1 by default), offset (0)
	Field      string      // keyset: path in the last record
	Connection string      // relay: path of the connection in the answer
	Overlap    int64       // offset: records of the page before that are asked for again
	Ahead      int64       // page, offset: pages that are asked for at once; 0: as many as the client may, where a total says which there are
	Limit      OffsetLimit // page, offset
	Sends      PageSending
	Ends       PageEnds
	AfterFirst *Request // nil: absent
	Session    Session
	Export     *Export // pages are the files of a job; nil: they are not
}

// IsSingle reports whether a walk is a single answer, or one for each file of an export.
func (p *Pagination) IsSingle() bool { return p.Type == "" || p.Type == PaginateNone }

// NextInHeader reports whether a header names the next page, whatever the body is.
func (p *Pagination) NextInHeader() bool {
	return p.Type == PaginateLinkHeader || p.Next.Header != "" ||
		slices.ContainsFunc(p.Cursors, func(c NamedRef) bool { return c.Ref.Header != "" })
}

// PageInfo is where a connection of GraphQL says whether there is more; absent for
// other types.
func (p *Pagination) PageInfo() Ref {
	if p.Connection == "" {
		return Ref{}
	}
	return Ref{Path: p.Connection + ".pageInfo"}
}

// OffsetLimit is how many records an API lets clients count their way to, and how
// the walk goes on behind them.
type OffsetLimit struct {
	Records int64  // max_offset; 0: no limit
	Field   string // of the last record, from which the walk goes on; "": its window is halved
	Sends   PageSending
}

// PageSending says where the page goes in a request. Without a place a template
// uses it.
type PageSending struct {
	Param     string // a parameter, or AllMembers,
	Header    string // a header,
	BodyPath  string // or a path in the JSON body
	SizeParam string // page, offset: the parameter that carries Size
	Size      int64  // page, offset: 0 where not given
}

// AllMembers is the parameter of a token that is an object, each member of which is
// a parameter.
const AllMembers = "*"

// PageEnds says what in an answer tells that a walk is over.
type PageEnds struct {
	More       Ref
	Total      Ref
	TotalPages Ref            // page
	Stop       *expr.Template // over ResponseScope; nil: absent
	MaxPages   int            // 0: no limit
	AtEnd      string         // page, offset: AtEndRepeat, or "" where pages past the end have no records
}

// AtEndRepeat says that pages past the end repeat the last one.
const AtEndRepeat = "repeat"

// ShrinksPages reports whether a rule may make the stream's pages smaller.
func (s *Stream) ShrinksPages() bool {
	return slices.ContainsFunc(s.Call.Errors, func(r ErrorRule) bool { return r.Do == DoSmallerPage })
}
