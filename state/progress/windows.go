package progress

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

// before reports whether the end of a window lies before the start of another
// one; a zero end has no bound, nor has a zero start.
func before(end, start time.Time) bool {
	return !end.IsZero() && !start.IsZero() && end.Before(start)
}

// starts reports whether a window starts no later than another.
func starts(a, b time.Time) bool { return a.IsZero() || !b.IsZero() && !a.After(b) }

// ends reports whether a window ends no earlier than another.
func ends(a, b time.Time) bool { return a.IsZero() || !b.IsZero() && !a.Before(b) }

// without returns what is left of windows when one is taken away.
func without(all []state.Window, w state.Window) (left []state.Window) {
	for _, one := range all {
		if !overlap(one, w) {
			left = append(left, one)
			continue
		}
		if !starts(w.Start, one.Start) {
			left = append(left, state.Window{Start: one.Start, End: w.Start})
		}
		if !ends(w.End, one.End) {
			left = append(left, state.Window{Start: w.End, End: one.End})
		}
	}
	return left
}

// overlap reports whether two windows have time in common.
func overlap(a, b state.Window) bool {
	return !(notAfter(a.End, b.Start) || notAfter(b.End, a.Start))
}

// notAfter reports whether the end of a window is no later than the start of
// another.
func notAfter(end, start time.Time) bool {
	return !end.IsZero() && !start.IsZero() && !end.After(start)
}

// with adds a window to those that are done: ascending and apart.
func with(done []state.Window, w state.Window) []state.Window {
	var all []state.Window
	placed := false
	for _, one := range done {
		switch {
		case before(one.End, w.Start):
			all = append(all, one)
		case before(w.End, one.Start):
			if !placed {
				all, placed = append(all, w), true
			}
			all = append(all, one)
		default: // they touch
			if starts(one.Start, w.Start) {
				w.Start = one.Start
			}
			if ends(one.End, w.End) {
				w.End = one.End
			}
		}
	}
	if !placed {
		all = append(all, w)
	}
	return all
}

// join makes windows ascending and apart. It is what adding one after the other with with
// makes of them.
func join(all []state.Window) []state.Window {
	slices.SortStableFunc(all, func(a, b state.Window) int {
		switch {
		case a.Start.Equal(b.Start):
			return 0
		case starts(a.Start, b.Start):
			return -1
		}
		return 1
	})
	joined := all[:0]
	for _, w := range all {
		n := len(joined)
		switch {
		case n == 0 || before(joined[n-1].End, w.Start):
			joined = append(joined, w)
		case !ends(joined[n-1].End, w.End):
			joined[n-1].End = w.End
		}
	}
	return joined
}
