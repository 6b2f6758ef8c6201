package plan

import (
	"cmp"
	"time"
)

// InTurn orders decisions by whose turn it is: what is owed, then unfinished
// passes, then those whose last pass began longest ago, and at the end those
// that failed for now the last time: but for one that is read for children, since
// a new pass of the same stream might use up the budget of each run. So a budget that
// is too small for all streams reaches each of them in the end.
func InTurn(a, b *Decision) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.lastTurn().Compare(b.lastTurn()))
}

func (d *Decision) rank() int {
	switch {
	case d.Bookmark == nil || d.Bookmark.Resume == nil:
		return 1
	case len(d.Bookmark.Resume.Owed) > 0:
		return 0
	case !d.Fed && len(d.Bookmark.Resume.Open) > 0 && d.Bookmark.Resume.Open[0].Deferred:
		return 2
	}
	return 1
}

// lastTurn is when the pass before this one began; zero if there was none, or
// if it goes on.
func (d *Decision) lastTurn() time.Time {
	if d.Bookmark == nil || d.Bookmark.Pass == nil || d.Bookmark.Resume != nil {
		return time.Time{}
	}
	return d.Bookmark.Pass.AsOf
}
