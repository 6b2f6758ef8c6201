package ledger

import (
	"slices"
	"time"
)

// Ledger is what all workers of a client know in common. Its JSON is what lies in the
// bucket.
type Ledger struct {
	Version int      `json:"version"`
	Spent   [][]Span `json:"spent,omitempty"` // of each limit, the earliest first
	Members Members  `json:"members,omitempty"`
	Holds   Holds    `json:"holds,omitempty"`
}

// Version is that of the ledger's JSON.
const Version = 2

// Member is a worker that leases starts for requests of a class.
type Member struct {
	ID    string
	Class Class
	Want  int64  // starts in an epoch
	Unit  Amount // what a request costs
	Epoch int64
	Took  [2]int64 // starts of that epoch and of the next
	Until Time     // it has a part without asking again
}

// Ask is what a worker wants of the ledger.
type Ask struct {
	ID      string
	Now     Now
	Wants   []Want
	Changes []Change // of what was leased before
	Places  []Wish   // of each kind
	Leaves  bool     // the worker ends
}

// Want is how many starts a worker wants for requests of a class.
type Want struct {
	Class      Class
	Unit       Amount // what a request costs
	Epoch      int64  // how many it wants in each epoch,
	Soon, Next int64  // and how many more in this one and in the next
}

// Wish is how many places of a kind a worker goes on to hold, and how many it wants, those
// among them.
type Wish struct{ Keeps, Wants int }

// Part is how many places of a kind a worker holds, and how many it should hold, where others
// want some. At is about when there is a place for a worker that has none.
type Part struct {
	Has, Share int
	At         Time
}

// Change is by how much a span that was leased counts more, or less.
type Change struct {
	Limit int
	Span
}

// Grant is what a worker got.
type Grant struct {
	Starts  []Start
	Missing []Class       // those of which nothing more can be had in this epoch
	Places  []Part        // of each kind
	Until   Time          // when it holds them no longer
	Epoch   time.Duration // how long one is
	Members int           // how many workers there are
	Same    bool          // the ledger says all of that already: it need not be changed
}

// Start is the right to start requests of a class at From or later, and before Till.
type Start struct {
	From, Till Time
	Class      Class
	Count      int64
	Unit       Amount // that each of them costs at most
}

// Lease gives a worker what it wants, as far as there is some. It changes the ledger: what
// it returns holds only if the changed ledger takes the place of the one that it was made
// of.
func (l *Ledger) Lease(t *Terms, a *Ask) Grant {
	l.Version = Version
	for len(l.Spent) < len(t.Limits) {
		l.Spent = append(l.Spent, nil)
	}
	tick := t.tick()
	for _, c := range a.Changes {
		l.Spent[c.Limit] = change(l.Spent[c.Limit], c.Span)
	}
	for i, limit := range t.Limits {
		l.Spent[i] = forget(l.Spent[i], limit, tick, a.Now.first())
	}
	l.Members = slices.DeleteFunc(l.Members, func(m Member) bool { return m.Until <= a.Now.first() || a.Leaves && m.ID == a.ID })
	kinds := t.kinds()
	l.Holds = slices.DeleteFunc(l.Holds, func(h Hold) bool { return h.over(kinds, a.Now.first()) })
	if a.Leaves {
		l.leaves(kinds, a)
		return Grant{}
	}
	g := Grant{}
	g.Members = l.workers(a.ID)
	g.Epoch = t.epoch(g.Members)
	for _, w := range a.Wants {
		b := newBatch(l, t, a, w, g.Epoch)
		if !b.lease(0, w.Soon) {
			g.Missing = append(g.Missing, w.Class)
		}
		b.lease(1, w.Next)
		g.Starts = append(g.Starts, b.starts...)
	}
	if len(kinds) > 0 {
		l.hold(kinds, a, &g)
	}
	return g
}

// workers is how many there are, this one among them, or more, where some lease starts for
// several classes.
func (l *Ledger) workers(id string) int {
	members, holds := len(l.Members), len(l.Holds)
	if !slices.ContainsFunc(l.Members, func(m Member) bool { return m.ID == id }) {
		members++
	}
	if !slices.ContainsFunc(l.Holds, func(h Hold) bool { return h.ID == id }) {
		holds++
	}
	return max(members, holds)
}

// Clone returns a ledger that can be changed by itself. A Hold is replaced, never changed.
func (l *Ledger) Clone() *Ledger {
	c := &Ledger{Version: l.Version, Members: slices.Clone(l.Members), Holds: slices.Clone(l.Holds)}
	for _, spans := range l.Spent {
		c.Spent = append(c.Spent, slices.Clone(spans))
	}
	return c
}
