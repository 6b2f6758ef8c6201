package definition

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/times"
)

// known reports skip_unchanged and on_delete where nothing could be known of
// earlier records, or where it would say nothing.
func (b *builder) known(n *document.Node, s *sources.Stream) {
	if s.Known.SkipUnchanged {
		b.skips(n.Get("skip_unchanged"), s)
	}
	switch mark := n.Get("on_delete"); {
	case s.Known.MarkDeleted:
		b.marks(mark, s)
	case n.Get("max_deletes") != nil:
		b.Problem(n.Get("max_deletes"), "has no meaning without on_delete: mark")
	}
}

// skips checks a stream with skip_unchanged.
func (b *builder) skips(n *document.Node, s *sources.Stream) {
	switch {
	case s.Incremental == nil:
		b.Problem(n, "needs incremental with lookback beside it: it is about the records that a lookback reads again")
	case len(s.Keys) == 0:
		b.Problem(n, "needs primary_key: what tells whether a record is the same as before?")
	case !s.Incremental.Bookmark.IsZero() || s.Incremental.Windows.Format == "integer":
		b.Problem(n, "needs a replication_key that is a time, and lookback: it is about the records that a lookback reads again")
	case s.Incremental.Lookback == (times.Span{}):
		b.Problem(n, "needs incremental.lookback: without it no record is read again that did not change")
	}
}

// marks checks a stream with on_delete: mark.
func (b *builder) marks(n *document.Node, s *sources.Stream) {
	switch {
	case s.Incremental != nil:
		b.Problem(n, "is not possible beside incremental: only a stream that is read whole each time shows which records are gone")
	case len(s.Keys) == 0:
		b.Problem(n, "needs primary_key: without it nothing says which record is gone")
	case slices.ContainsFunc(s.PartitionBy, func(p sources.PartitionSource) bool { return p.ChangedOnly }):
		b.Problem(n, "is not possible beside changed_only: what is not read is not gone")
	}
}
