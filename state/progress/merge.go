package progress

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

// Merge returns what two states say together of a stream, as runs leave them that
// read different partitions of one pass. It is associative, commutative and
// idempotent: states may be merged in any order, and more than once.
//
// Of two passes, the one that began later counts, with what the other owes. Of
// one pass, what is done in either is done; of a partition that is open in both,
// the one that came further counts. What either owes is owed, though the other
// have read it: were it taken away, then only as long as both are of one pass,
// and whether that is so depends on the order of merges. Of a parent, the one
// that came less far counts: the other run knows nothing of the partitions that
// its pages led to here.
//
// It applies no bound to what is owed: the bookmark lies behind that, and a range
// that were left out would be read by nobody. [Pass.Owe] applies it.
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
		one := over(plain(a, order), b, order)
		one.Rows = rows(a.Rows, b.Rows)
		return one
	}
	one := *a
	one.ReplicationKey = max(a.ReplicationKey, b.ReplicationKey)
	one.Zone = max(a.Zone, b.Zone)
	one.Value = order.Greater(a.Value, b.Value)
	one.Contexts = a.Contexts.With(b.Contexts)
	one.Rows = rows(a.Rows, b.Rows)
	one.Parents = joinParents(a.Parents, b.Parents)
	one.Resume = resume(a.Resume, b.Resume, order)
	if b.Sync != nil && (a.Sync == nil || later(b.Sync, a.Sync)) {
		one.Sync = b.Sync
	}
	return &one
}

// rows are what two states know of records that left: what one of two runs knew
// holds for the records of both only where it is the same.
func rows(a, b *state.Rows) *state.Rows {
	if a == nil || b == nil || *a != *b {
		return nil
	}
	return a
}

func later(a, b *state.Sync) bool {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Generation, b.Generation)) > 0
}

// over adds to a bookmark what counts of an earlier one: what it owes, from its
// start, and its value where both are of one pass, since that never moves back.
func over(one, earlier *state.Bookmark, order state.Order) *state.Bookmark {
	if began(one, earlier) == 0 {
		one.Value = order.Greater(one.Value, earlier.Value)
	}
	if earlier.Pass == nil || earlier.Resume == nil {
		return one
	}
	var more []state.Open
	for _, o := range earlier.Resume.Owed {
		if o.Next != nil {
			more = append(more, state.Open{Partition: o.Partition, Context: o.Context, Window: o.Window, Next: FromStart})
		}
	}
	if len(more) == 0 {
		return one
	}
	if one.Resume == nil {
		one.Resume = &state.Resume{Version: state.Version, AsOf: one.Pass.AsOf, Over: true}
	}
	one.Resume.Owed = owed(append(more, one.Resume.Owed...))
	one.Resume.Open = open(one.Resume.Open, one.Resume)
	return one
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

func resume(a, b *state.Resume, order state.Order) *state.Resume {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	one := *a
	if b.AsOf.After(a.AsOf) {
		one.AsOf = b.AsOf
	}
	if b.Clock != nil && (a.Clock == nil || b.Clock.Before(*a.Clock)) {
		one.Clock = b.Clock
	}
	one.High = order.Greater(a.High, b.High)
	one.Window, one.Lookback, one.Shape = max(a.Window, b.Window), max(a.Lookback, b.Lookback), max(a.Shape, b.Shape)
	one.From = order.Greater(a.From, b.From)
	one.Activate = min(a.Activate, b.Activate) // where one has none, not all records have a version
	one.Doubted = a.Doubted || b.Doubted
	one.Contexts = a.Contexts.With(b.Contexts)
	one.Done = joinDone(a.Done, b.Done)
	one.Owed = owed(append(slices.Clone(a.Owed), b.Owed...))
	one.Open = open(append(slices.Clone(a.Open), b.Open...), &one)
	one.Feeds = joinFeeds(a.Feeds, b.Feeds)
	return &one
}

// joinDone joins windows that are done.
func joinDone(a, b []state.Done) (joined []state.Done) {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(a, b state.Done) int { return cmp.Compare(a.Context, b.Context) })
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Context == all[0].Context {
			n++
		}
		var windows []state.Window
		for _, d := range all[:n] {
			windows = append(windows, d.Windows...)
		}
		if len(windows) > 0 {
			joined = append(joined, state.Done{Context: all[0].Context, Windows: join(windows)})
		}
		all = all[n:]
	}
	return joined
}

// done is what is done of a pass.
type done struct {
	windows  []state.Done // ascending by their contexts
	contexts state.Contexts
}

// id tells partitions apart: of a range that is owed, what is left in front and
// behind may have one key.
func id(o *state.Open) string {
	if o.Window == nil {
		return o.Partition
	}
	return o.Partition + " " + o.Window.Start.UTC().Format(time.RFC3339Nano) + " " + o.Window.End.UTC().Format(time.RFC3339Nano)
}

// owed returns partitions, each once: the one that came further.
func owed(all []state.Open) []state.Open {
	return each(all, func(*state.Open) bool { return true }, func(a, b *state.Open) int {
		if (a.Next == nil) != (b.Next == nil) { // its key alone stands there
			return len(a.Next) - len(b.Next)
		}
		return further(a, b)
	})
}

// open returns those that are neither done nor owed, each once. What is owed by
// its key alone has its position among them.
func open(all []state.Open, r *state.Resume) []state.Open {
	is := done{r.Done, r.Contexts}
	return each(all, func(o *state.Open) bool {
		return !is.has(o) && !slices.ContainsFunc(r.Owed, func(other state.Open) bool { return other.Next != nil && id(&other) == id(o) })
	}, further)
}

// each returns the partitions for which keep is true, each once: the greatest.
func each(all []state.Open, keep func(*state.Open) bool, compare func(a, b *state.Open) int) []state.Open {
	best := map[string]state.Open{}
	for _, o := range all {
		if !keep(&o) {
			continue
		}
		if known, ok := best[id(&o)]; !ok || compare(&o, &known) > 0 {
			best[id(&o)] = o
		}
	}
	var left []state.Open
	for _, name := range slices.Sorted(maps.Keys(best)) {
		left = append(left, best[name])
	}
	return left
}

// has reports whether a partition is done.
func (d done) has(o *state.Open) bool {
	context := uint64(0)
	if o.Context != nil {
		context = state.HashContext(compact(o.Context))
		if d.contexts.Has(context) {
			return true
		}
	}
	if o.Window == nil {
		return false
	}
	i, found := slices.BinarySearchFunc(d.windows, context, func(one state.Done, context uint64) int { return cmp.Compare(one.Context, context) })
	return found && len(minus(*o.Window, d.windows[i].Windows)) == 0
}

// compact is JSON text without the blanks that others may have put into it.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
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

// joinParents returns from when on parents are asked for what changed: from where
// both states can do without.
func joinParents(a, b map[string]state.Since) map[string]state.Since {
	if len(a)+len(b) == 0 {
		return nil
	}
	joined := maps.Clone(a)
	if joined == nil {
		joined = map[string]state.Since{}
	}
	for parent, s := range b {
		other, both := joined[parent]
		if both && s.Contexts != other.Contexts {
			s.Contexts, other.Contexts = 0, 0
		}
		files, known := s.Files.Both(other.Files), s.Known.Both(other.Known)
		if both {
			s.Files, s.Known, other.Files, other.Known = files, known, files, known
		}
		switch {
		case !both || s.At == nil && other.At != nil || s.At != nil && other.At != nil && s.At.Before(*other.At):
			s.Shape = max(s.Shape, other.Shape)
			joined[parent] = s
		default:
			other.Shape = max(s.Shape, other.Shape)
			joined[parent] = other
		}
	}
	return joined
}

// joinFeeds returns how far parents are in both states: those of one pass that
// both know.
func joinFeeds(a, b []state.Feed) (joined []state.Feed) {
	for _, f := range a {
		i := slices.IndexFunc(b, func(other state.Feed) bool {
			return other.Stream == f.Stream && other.Pass == f.Pass && other.Shape == f.Shape && other.Window == f.Window && bytes.Equal(other.From, f.From)
		})
		if i >= 0 {
			one := lessFar(f, b[i])
			one.For = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(f.For), b[i].For...))))
			joined = append(joined, one)
		}
	}
	slices.SortFunc(joined, func(a, b state.Feed) int {
		return cmp.Or(strings.Compare(a.Stream, b.Stream), strings.Compare(a.Pass, b.Pass))
	})
	return joined
}

// lessFar returns how far a parent is in both of two states.
func lessFar(a, b state.Feed) state.Feed {
	owes, values := a.Owes || b.Owes || a.Values != b.Values, max(a.Values, b.Values)
	a.Owes, b.Owes, a.Values, b.Values = owes, owes, values, values
	a.Listed = bothListed(a.Listed, b.Listed)
	b.Listed = a.Listed
	switch {
	case a.Over && b.Over:
		return state.Feed{Stream: a.Stream, Pass: a.Pass, From: a.From, Over: true, Owes: owes, Window: a.Window, Shape: a.Shape, Values: values, Listed: a.Listed}
	case a.Over:
		return lessFar(b, b)
	case b.Over:
		return lessFar(a, a)
	}
	one := a
	one.Done, one.Contexts, one.Open = bothDone(a.Done, b.Done), a.Contexts.Both(b.Contexts), nil
	one.Open = append(opened(a, b), opened(b, a)...)
	one.Open = each(one.Open, func(*state.Open) bool { return true }, func(a, b *state.Open) int { return -further(a, b) })
	return one
}

// bothListed returns what came of a listing of files in both of two states.
func bothListed(a, b *state.Listed) *state.Listed {
	if a == nil || b == nil {
		return nil
	}
	both := &state.Listed{High: a.High, Files: a.Files.Both(b.Files)}
	if both.High == nil || b.High == nil || b.High.Before(*both.High) {
		both.High = b.High
	}
	if a.High == nil {
		both.High = nil
	}
	if both.Least = a.Least; both.Least == nil || b.Least != nil && b.Least.Before(*both.Least) {
		both.Least = b.Least
	}
	return both
}

// opened returns the partitions of a feed that are open, and begun in another.
func opened(f, other state.Feed) (all []state.Open) {
	is := done{other.Done, other.Contexts}
	for _, o := range f.Open {
		if is.has(&o) || slices.ContainsFunc(other.Open, func(known state.Open) bool { return id(&known) == id(&o) }) {
			all = append(all, o)
		}
	}
	return all
}

// bothDone returns the windows that are done in both.
func bothDone(a, b []state.Done) (all []state.Done) {
	for _, d := range a {
		i := slices.IndexFunc(b, func(other state.Done) bool { return other.Context == d.Context })
		if i < 0 {
			continue
		}
		var windows []state.Window
		for _, w := range d.Windows {
			rest := []state.Window{w}
			for _, missing := range minus(w, b[i].Windows) {
				rest = without(rest, missing)
			}
			windows = append(windows, rest...)
		}
		if len(windows) > 0 {
			all = append(all, state.Done{Context: d.Context, Windows: windows})
		}
	}
	return all
}

// minus returns what is left of a window when others are taken away.
func minus(w state.Window, others []state.Window) []state.Window {
	left := []state.Window{w}
	for _, other := range others {
		left = without(left, other)
	}
	return left
}

// MergeStates merges the states of all streams into a; what a state says besides
// is that of a. Its error is a *state.Error in file, which b was read from.
func MergeStates(a, b *state.State, file string) (*state.State, error) {
	m := &merged{State: a}
	if err := m.add(&merged{State: b}, file); err != nil {
		return nil, err
	}
	return m.state(), nil
}

// ours returns what a state says of a stream; an error where another tap wrote it,
// which does not say when.
func ours(s *state.State, name, file string) (*state.Bookmark, error) {
	b, err := s.Bookmark(file, name, "")
	if err == nil && b != nil && b.Pass == nil && b.Resume == nil {
		err = &state.Error{File: file, Place: s.Place(name), Msg: "another state says something else of the stream, and in one of them no pass of tap-rest has begun: run with the state that is to count, and merge what comes of that"}
	}
	return b, err
}
