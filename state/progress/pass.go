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

// MostOwed is how many partitions a pass may owe.
const MostOwed = 1000

// Pass is how far a pass has come. It is used from one goroutine.
type Pass struct {
	lanes map[uint64]*lane // of contexts that are under way
	done  contexts
	owed  int
}

// lane is how far a context is.
type lane struct {
	done  []state.Window // ascending and apart
	parts []part         // open or owed
}

type part struct {
	Part
	open state.Open
	owed bool
}

// New returns a pass of which nothing has come.
func New() *Pass { return &Pass{lanes: map[uint64]*lane{}} }

// Load returns an unfinished pass of a state; of reads the context of a
// partition there.
func Load(r *state.Resume, of func(*state.Open) Part) *Pass {
	p := New()
	p.done.sorted = r.Contexts
	for _, d := range r.Done {
		p.lane(d.Context).done = slices.Clone(d.Windows)
	}
	for i := range r.Owed {
		p.Owe(of(&r.Owed[i]), r.Owed[i])
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
	p.drop(one)
	l := p.lane(one.Context)
	l.parts = append(l.parts, part{one, o, false})
}

// Owe notes that a part has failed for good. It reports false where too many
// have: it is not noted then.
func (p *Pass) Owe(one Part, o state.Open) bool {
	p.drop(one)
	if p.owed >= MostOwed {
		return false
	}
	p.owed++
	l := p.lane(one.Context)
	l.parts = append(l.parts, part{one, o, true})
	return true
}

// Finish notes that a part was walked to its end, or skipped.
func (p *Pass) Finish(one Part) {
	p.drop(one)
	if one.Window == (state.Window{}) {
		return // its context is done, or nothing is
	}
	l := p.lane(one.Context)
	l.done = with(l.done, one.Window)
}

// Split notes that other parts take the place of one.
func (p *Pass) Split(one Part) { p.drop(one) }

// drop forgets what is known of a part.
func (p *Pass) drop(one Part) {
	l := p.lanes[one.Context]
	if l == nil {
		return
	}
	l.parts = slices.DeleteFunc(l.parts, func(other part) bool {
		if other.Key != one.Key {
			return false
		}
		if other.owed {
			p.owed--
		}
		return true
	})
}

// FinishContext notes that nothing is left of a context but what is owed.
func (p *Pass) FinishContext(context uint64) {
	p.done.add(context)
	if l := p.lanes[context]; l != nil {
		l.done = nil
		if len(l.parts) == 0 {
			delete(p.lanes, context)
		}
	}
}

// Is reports whether a context is done.
func (p *Pass) Is(context uint64) bool { return context != 0 && p.done.has(context) }

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
	for i := range l.parts {
		left = without(left, l.parts[i].Window)
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
	for i := range l.parts {
		if l.parts[i].owed {
			all = with(all, l.parts[i].Window)
		}
	}
	for _, d := range all {
		if starts(d.Start, start) && ends(d.End, start) {
			return d.End
		}
	}
	return start
}

// Open returns how many parts are open.
func (p *Pass) Open() (n int) {
	for _, l := range p.lanes {
		for i := range l.parts {
			if !l.parts[i].owed {
				n++
			}
		}
	}
	return n
}

// Save writes the pass into a state.
func (p *Pass) Save(r *state.Resume) {
	p.done.merge()
	r.Contexts, r.Done, r.Open, r.Owed = p.done.sorted, nil, nil, nil
	var all []*part
	for context, l := range p.lanes {
		if len(l.done) > 0 {
			r.Done = append(r.Done, state.Done{Context: context, Windows: l.done})
		}
		for i := range l.parts {
			all = append(all, &l.parts[i])
		}
	}
	slices.SortFunc(r.Done, func(a, b state.Done) int { return cmp.Compare(a.Context, b.Context) })
	slices.SortFunc(all, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.Context, b.Context), a.Window.Start.Compare(b.Window.Start), strings.Compare(a.Key, b.Key))
	})
	for _, one := range all {
		if one.owed {
			r.Owed = append(r.Owed, one.open)
		} else {
			r.Open = append(r.Open, one.open)
		}
	}
}
