package rules

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/times"
)

// known reports skip_unchanged and on_delete where nothing could be known of
// earlier records, or where it would say nothing.
func (c stream) known(n *document.Node, s *sources.Stream) {
	if s.Known.SkipUnchanged {
		c.skips(n.Get("skip_unchanged"), s)
	}
	if s.Known.ETag {
		c.tagged(n.Get("etag"), s)
	}
	switch mark := n.Get("on_delete"); {
	case s.Known.MarkDeleted:
		c.marks(mark, s)
	case n.Get("max_deletes") != nil:
		c.Problem(n.Get("max_deletes"), "has no meaning without on_delete: mark")
	}
}

// skips checks a stream with skip_unchanged.
func (c stream) skips(n *document.Node, s *sources.Stream) {
	switch {
	case s.Incremental == nil:
		c.Problem(n, "needs incremental with lookback beside it: it is about the records that a lookback reads again")
	case len(s.Keys) == 0:
		c.Problem(n, "needs primary_key: what tells whether a record is the same as before?")
	case !s.Incremental.Bookmark.IsZero() || s.Incremental.Windows.Format == "integer":
		c.Problem(n, "needs a replication_key that is a time, and lookback: it is about the records that a lookback reads again")
	case s.Incremental.Lookback == (times.Span{}):
		c.Problem(n, "needs incremental.lookback: without it no record is read again that did not change")
	}
}

// tagged checks a stream with etag: what is not sent again cannot be looked at again.
func (c stream) tagged(n *document.Node, s *sources.Stream) {
	const notBeside = "is not possible beside %s: "
	switch p := &s.Pagination; {
	case s.Request.Method != "GET":
		c.Problem(n, "needs method: GET: HTTP asks whether an answer has changed with no other")
	case s.Known.MarkDeleted:
		c.Problem(n, notBeside+"it takes records that did not come for gone", "on_delete: mark")
	case s.OnIncomplete == sources.Again, p.Overlap > 0:
		c.Problem(n, notBeside+"they compare records, and those of pages that did not change do not come", "on_incomplete: again, nor overlap")
	case p.Ends.AtEnd == sources.AtEndRepeat:
		c.Problem(n, notBeside+"the last page is known by its records", "at_end: repeat")
	case p.Session.Keeps || p.Session.Open != nil:
		c.Problem(n, notBeside+"a session answers each request once", "session")
	case p.Type == sources.PaginateKeyset:
		c.Problem(n, notBeside+"the next page is found by the last record, which does not come", "type: keyset")
	case p.Limit.Field != "":
		c.Problem(n, notBeside+"the walk goes on from the last record before max_offset, which does not come", "pagination.beyond")
	case s.LooksAtRecords() != "":
		c.Problem(n, notBeside+"it may look at the records of an answer, which do not come where that did not change", s.LooksAtRecords())
	case s.Records.Keep != nil && (s.Records.Keep.Uses("now") || s.Records.Keep.Uses("window")):
		c.Problem(n, notBeside+"a record that was left out may be kept later, and does not come again", "a keep that looks at now or window")
	case s.Incremental != nil && s.Incremental.ClientFilter:
		c.Problem(n, notBeside+"the records of a page that were left out as too old would never come", "client_filter")
	}
}

// marks checks a stream with on_delete: mark.
func (c stream) marks(n *document.Node, s *sources.Stream) {
	switch {
	case s.Incremental != nil:
		c.Problem(n, "is not possible beside incremental: only a stream that is read whole each time shows which records are gone")
	case len(s.Keys) == 0:
		c.Problem(n, "needs primary_key: without it nothing says which record is gone")
	case slices.ContainsFunc(s.PartitionBy, func(p sources.PartitionSource) bool { return p.ChangedOnly }):
		c.Problem(n, "is not possible beside changed_only: what is not read is not gone")
	}
}
