package progress

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/state"
)

// Merge returns what two states say together of a stream, as runs leave them that
// read different partitions of one pass. It is associative, commutative and
// idempotent: states may be merged in any order, and more than once.
//
// Of two passes, the one that began later counts. Of one pass, what is done in
// either is done; of a partition that is open in both, the one that came further
// counts; what is done is not owed, and what is owed is not open.
func Merge(a, b *state.Bookmark, order state.Order) *state.Bookmark {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil:
		return plain(b, order)
	case b == nil:
		return plain(a, order)
	}
	if n := cmp.Or(began(a, b), cmp.Compare(phase(a), phase(b)), strings.Compare(shape(a), shape(b))); n != 0 {
		if n < 0 {
			a, b = b, a
		}
		one := plain(a, order)
		if began(a, b) == 0 { // the value never moves back
			one.Value = greater(a.Value, b.Value, order)
		}
		return one
	}
	one := *a
	one.ReplicationKey = max(a.ReplicationKey, b.ReplicationKey)
	one.Zone = max(a.Zone, b.Zone)
	one.Value = greater(a.Value, b.Value, order)
	one.Contexts = a.Contexts.With(b.Contexts)
	one.Resume = resume(a.Resume, b.Resume, order)
	if b.Sync != nil && (a.Sync == nil || b.Sync.ID > a.Sync.ID) {
		one.Sync = b.Sync
	}
	return &one
}

// plain is a bookmark as a merge writes it.
func plain(b *state.Bookmark, order state.Order) *state.Bookmark {
	one := *b
	if b.Resume != nil {
		one.Resume = resume(b.Resume, b.Resume, order)
	}
	return &one
}

// began compares when the passes of two bookmarks began.
func began(a, b *state.Bookmark) int {
	switch {
	case a.Pass == nil && b.Pass == nil:
		return 0
	case a.Pass == nil:
		return -1
	case b.Pass == nil:
		return 1
	}
	return cmp.Or(a.Pass.AsOf.Compare(b.Pass.AsOf), strings.Compare(a.Pass.ID, b.Pass.ID))
}

// phase is 1 for a pass that is over, 0 for one that is not.
func phase(b *state.Bookmark) int {
	if b.Resume == nil || b.Resume.Over {
		return 1
	}
	return 0
}

func shape(b *state.Bookmark) string {
	if b.Resume == nil || b.Resume.Over {
		return ""
	}
	return b.Resume.Shape
}

// greater returns the greater of two values; where they have no order, that of
// their bytes counts.
func greater(a, b json.RawMessage, order state.Order) json.RawMessage {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	n, err := order.Compare(a, b)
	if err != nil || n == 0 {
		n = bytes.Compare(a, b)
	}
	if n < 0 {
		return b
	}
	return a
}

func resume(a, b *state.Resume, order state.Order) *state.Resume {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	one := *a
	if b.Clock != nil && (a.Clock == nil || b.Clock.Before(*a.Clock)) {
		one.Clock = b.Clock
	}
	one.High = greater(a.High, b.High, order)
	one.Window, one.Lookback, one.Shape = max(a.Window, b.Window), max(a.Lookback, b.Lookback), max(a.Shape, b.Shape)
	one.From = greater(a.From, b.From, order)
	one.Contexts = a.Contexts.With(b.Contexts)
	one.Done = joinDone(a.Done, b.Done)
	one.Owed = done{one.Done, nil}.left(append(slices.Clone(a.Owed), b.Owed...), nil) // a context that is done may owe all the same
	one.Open = done{one.Done, one.Contexts}.left(append(slices.Clone(a.Open), b.Open...), one.Owed)
	one.Feeds = joinFeeds(append(slices.Clone(a.Feeds), b.Feeds...))
	return &one
}

// joinDone joins windows that are done.
func joinDone(a, b []state.Done) (all []state.Done) {
	windows := map[uint64][]state.Window{}
	for _, d := range append(slices.Clone(a), b...) {
		for _, w := range d.Windows {
			windows[d.Context] = with(windows[d.Context], w)
		}
	}
	for context, of := range windows {
		all = append(all, state.Done{Context: context, Windows: of})
	}
	slices.SortFunc(all, func(a, b state.Done) int { return cmp.Compare(a.Context, b.Context) })
	return all
}

// done is what is done of a pass.
type done struct {
	windows  []state.Done
	contexts state.Contexts
}

// left returns partitions that are neither done nor owed, each once: the one that
// came further.
func (d done) left(all []state.Open, owed []state.Open) []state.Open {
	best := map[string]state.Open{}
	for _, o := range all {
		if d.has(&o) || slices.ContainsFunc(owed, func(other state.Open) bool { return other.Partition == o.Partition }) {
			continue
		}
		if known, ok := best[o.Partition]; !ok || further(&o, &known) > 0 {
			best[o.Partition] = o
		}
	}
	var left []state.Open
	for _, o := range best {
		left = append(left, o)
	}
	slices.SortFunc(left, func(a, b state.Open) int { return strings.Compare(a.Partition, b.Partition) })
	return left
}

// has reports whether a partition is done.
func (d done) has(o *state.Open) bool {
	context := uint64(0)
	if o.Context != nil {
		context = state.HashContext(o.Context)
		if d.contexts.Has(context) {
			return true
		}
	}
	if o.Window == nil {
		return false
	}
	left := []state.Window{*o.Window}
	for _, one := range d.windows {
		if one.Context == context {
			for _, w := range one.Windows {
				left = without(left, w)
			}
		}
	}
	return len(left) == 0
}

// further compares how far a partition came in two states.
func further(a, b *state.Open) int {
	return cmp.Or(cmp.Compare(a.Restarts, b.Restarts), cmp.Compare(pages(a), pages(b)), bytes.Compare(text(a), text(b)))
}

func pages(o *state.Open) int64 {
	var at struct{ Pages int64 }
	_ = json.Unmarshal(o.Next, &at) // what is none counts as the first page
	return at.Pages
}

func text(o *state.Open) []byte {
	raw, _ := json.Marshal(o)
	return raw
}

// joinFeeds joins how far parents are: of one parent in two passes, one counts.
func joinFeeds(all []state.Feed) (joined []state.Feed) {
	slices.SortStableFunc(all, func(a, b state.Feed) int {
		return cmp.Or(strings.Compare(a.Stream, b.Stream), strings.Compare(b.Pass, a.Pass))
	})
	for _, f := range all {
		if len(joined) == 0 || joined[len(joined)-1].Stream != f.Stream {
			joined = append(joined, f)
			continue
		}
		if last := &joined[len(joined)-1]; last.Pass == f.Pass {
			last.Over = last.Over || f.Over
			last.Contexts = last.Contexts.With(f.Contexts)
			last.Done = joinDone(last.Done, f.Done)
			last.Open = done{last.Done, last.Contexts}.left(append(slices.Clone(last.Open), f.Open...), nil)
			last.Shape, last.Window = max(last.Shape, f.Shape), max(last.Window, f.Window)
			if bytes.Compare(f.From, last.From) > 0 {
				last.From = f.From
			}
		}
	}
	return joined
}

// MergeStates merges the states of all streams; what a state says besides is that
// of a. Its error is a *state.Error in file, which b was read from.
func MergeStates(a, b *state.State, file string) (*state.State, error) {
	for _, name := range b.Names() {
		mine, err := a.Bookmark(file, name, "")
		if err != nil {
			return nil, err
		}
		other, err := b.Bookmark(file, name, "")
		if err != nil {
			return nil, err
		}
		if one := Merge(mine, other, state.Order{}); one != nil {
			a.Set(name, one)
		}
	}
	return a, nil
}
