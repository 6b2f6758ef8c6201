package progress

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

// Part is a partition.
type Part struct {
	Key     string
	Context uint64       // its hash; 0: the stream has no contexts
	Window  state.Window // zero: time is no measure
}

// MostOwed is how many ranges of time a pass may owe, of all its contexts. A state
// that was merged may owe more: what it owes is kept, and no more comes to it.
const MostOwed = 1000

// Pass is how far a pass has come. It is used from one goroutine.
type Pass struct {
	lanes map[uint64]*lane // of contexts that are under way, or owe something
	done  contexts
	owed  int
}

// lane is how far a context is.
type lane struct {
	done []state.Window // ascending and apart
	open []part
	owed []part // ascending; those that touch are one
}

type part struct {
	Part
	at state.Open
}

// New returns a pass of which nothing has come.
func New() *Pass { return &Pass{lanes: map[uint64]*lane{}} }

// Load returns an unfinished pass of a state; of reads which part a partition
// there is.
func Load(r *state.Resume, of func(*state.Open) Part) *Pass {
	p := New()
	p.done.sorted = r.Contexts
	for _, d := range r.Done {
		p.lane(d.Context).done = slices.Clone(d.Windows)
	}
	for i := range r.Owed {
		p.Owe(of(&r.Owed[i]), r.Owed[i], true)
	}
	for i := range r.Open {
		p.Stand(of(&r.Open[i]), r.Open[i])
	}
	return p
}

func (p *Pass) lane(context uint64) *lane {
	l := p.lanes[context]
	if l == nil {
		l = &lane{}
		p.lanes[context] = l
	}
	return l
}

// Stand notes where a part stands. It is open.
func (p *Pass) Stand(one Part, o state.Open) {
	p.Drop(one)
	l := p.lane(one.Context)
	l.open = append(l.open, part{one, o})
}

// Owe notes that a part has failed for good. What a context owes without a gap is
// one range, which has no position: it is read from its start. It reports false
// where there are too many ranges: this one is not noted then, unless only says
// that nothing else knows of it, since the bookmark lies behind it.
func (p *Pass) Owe(one Part, o state.Open, only bool) bool {
	p.Drop(one)
	l := p.lane(one.Context)
	whole := part{one, o}
	var apart []part
	for _, other := range l.owed {
		if before(other.Window.End, one.Window.Start) || before(one.Window.End, other.Window.Start) {
			apart = append(apart, other)
			continue
		}
		whole.Window = with([]state.Window{whole.Window}, other.Window)[0]
	}
	if more := 1 + len(apart) - len(l.owed); more > 0 && p.owed+more > MostOwed && !only {
		return false
	}
	p.owed += 1 + len(apart) - len(l.owed)
	if whole.Window != one.Window {
		whole.at.Window, whole.at.Next, whole.at.High = &whole.Window, FromStart, nil
	}
	l.owed = append(apart, whole)
	slices.SortFunc(l.owed, func(a, b part) int { return a.Window.Start.Compare(b.Window.Start) })
	return true
}

// FromStart is the position before the first request.
var FromStart = []byte(`{"pages":0,"records":0}`)

// Finish notes that a part was walked to its end, or skipped.
func (p *Pass) Finish(one Part) {
	p.Drop(one)
	if one.Window == (state.Window{}) {
		return // its context is done, or nothing is
	}
	l := p.lane(one.Context)
	l.done = with(l.done, one.Window)
}

// Drop forgets what is known of a part: others take its place, or it is no longer
// there.
func (p *Pass) Drop(one Part) {
	l := p.lanes[one.Context]
	if l == nil {
		return
	}
	l.open = slices.DeleteFunc(l.open, func(other part) bool { return other.Key == one.Key })
	before := len(l.owed)
	var left []part
	for _, other := range l.owed {
		for _, w := range without([]state.Window{other.Window}, one.Window) {
			rest := other
			if w != other.Window {
				rest.Window, rest.at.Next, rest.at.High = w, FromStart, nil
				rest.at.Window = &rest.Window
			}
			left = append(left, rest)
		}
	}
	for i := range left {
		if left[i].at.Window != nil {
			left[i].at.Window = &left[i].Window
		}
	}
	l.owed = left
	p.owed += len(left) - before
}

// DropOwed forgets what is owed of contexts that are gone, and that they are done:
// should one come back, nothing of it is. It returns what was owed.
func (p *Pass) DropOwed(gone func(context uint64) bool) (dropped []state.Open) {
	for context, l := range p.lanes {
		if len(l.owed) == 0 || !gone(context) {
			continue
		}
		for _, one := range l.owed {
			dropped = append(dropped, one.at)
		}
		p.owed -= len(l.owed)
		l.owed = nil
		p.done.remove(context)
	}
	slices.SortFunc(dropped, func(a, b state.Open) int { return strings.Compare(a.Partition, b.Partition) })
	return dropped
}

// FinishContext notes that nothing is left of a context but what is owed.
func (p *Pass) FinishContext(context uint64) {
	p.done.add(context)
	if l := p.lanes[context]; l != nil {
		l.done = nil
		if len(l.open)+len(l.owed) == 0 {
			delete(p.lanes, context)
		}
	}
}

// Is reports whether a context is done.
func (p *Pass) Is(context uint64) bool { return context != 0 && p.done.has(context) }

// Contexts is how many contexts are done.
func (p *Pass) Contexts() int { return len(p.done.sorted) + len(p.done.since) }

// Need returns what of a window is neither done, open nor owed.
func (p *Pass) Need(context uint64, w state.Window) []state.Window {
	if p.Is(context) {
		return nil
	}
	left := []state.Window{w}
	l := p.lanes[context]
	if l == nil {
		return left
	}
	for _, d := range l.done {
		left = without(left, d)
	}
	for _, known := range [][]part{l.open, l.owed} {
		for i := range known {
			left = without(left, known[i].Window)
		}
	}
	return left
}

// Reached is the end of the unbroken run of windows from start that are done or
// owed; start where there is none.
func (p *Pass) Reached(context uint64, start time.Time) time.Time {
	l := p.lanes[context]
	if l == nil {
		return start
	}
	all := l.done
	for i := range l.owed {
		all = with(all, l.owed[i].Window)
	}
	for _, d := range all {
		if starts(d.Start, start) && ends(d.End, start) {
			return d.End
		}
	}
	return start
}

// Save writes the pass into a state.
func (p *Pass) Save(r *state.Resume) {
	p.done.merge()
	r.Contexts, r.Done, r.Open, r.Owed = p.done.sorted, nil, nil, nil
	var open, owed []*part
	for context, l := range p.lanes {
		if len(l.done) > 0 {
			r.Done = append(r.Done, state.Done{Context: context, Windows: l.done})
		}
		open, owed = addressed(open, l.open), addressed(owed, l.owed)
	}
	slices.SortFunc(r.Done, func(a, b state.Done) int { return cmp.Compare(a.Context, b.Context) })
	for _, one := range sorted(open) {
		r.Open = append(r.Open, one.at)
	}
	for _, one := range sorted(owed) {
		r.Owed = append(r.Owed, one.at)
	}
}

func addressed(dst []*part, all []part) []*part {
	for i := range all {
		dst = append(dst, &all[i])
	}
	return dst
}

// sorted puts parts into an order that does not depend on when they came.
func sorted(all []*part) []*part {
	slices.SortFunc(all, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.Context, b.Context), a.Window.Start.Compare(b.Window.Start), strings.Compare(a.Key, b.Key))
	})
	return all
}
