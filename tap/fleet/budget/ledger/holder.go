package ledger

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Holder is what a worker has leased of a client's limits and places, and what it wants.
// It is used by one goroutine at a time.
type Holder struct {
	terms   *Terms
	id      string
	late    float64 // which part of a time the worker lets others go first
	leased  Class   // limits whose starts are leased
	tick    time.Duration
	epoch   time.Duration
	members int
	classes map[Class]*class
	starts  []Start
	changes []Change
	stock   stock
	waiting map[any]waiter
	tried   Time // when it leased last
	sent    int  // how many changes the ask under way has
}

// class is what a worker knows of the requests of a class.
type class struct {
	epoch   int64
	used    [2]int64  // in that epoch, and in the one before
	costs   [2]Amount // likewise, the most that one costs
	ahead   int64     // the last epoch that it has leased for
	missing bool      // the last lease gave less than was asked for
}

// waiter is a request that waits.
type waiter struct {
	class Class  // of the starts that it needs
	lacks uint64 // kinds of places that it needs, a bit for each
	until Time   // when it is forgotten, unless it asks again
}

// patience is how long a request is believed to wait that was told to wait for a time
// which is over.
const patience = time.Second

// NewHolder returns the holder of a worker that has leased nothing yet.
func NewHolder(t *Terms, id string) *Holder {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(id)) // it never fails
	return &Holder{
		terms: t, id: word(id), late: float64(sum.Sum32()) / (1 << 32), leased: t.leased(), tick: t.tick(), epoch: t.epoch(1), members: 1,
		classes: map[Class]*class{}, stock: newStock(t), waiting: map[any]waiter{},
	}
}

// word is an id without blanks, as it stands in the ledger.
func word(id string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' {
			return '_'
		}
		return r
	}, id)
}

// Request is one that wants to start.
type Request struct {
	Class Class
	Cost  Amount
	By    any // tells it apart where it asks again; nil: it does not
}

// Use is a request that was let through.
type Use struct {
	class    Class
	cost     Amount
	from, to Time
}

// Take lets a request start now, or says after how long to ask again; then ok is false.
// Where nobody knows how long that is, wait is 0: there is something new after the next
// lease.
func (h *Holder) Take(r Request, now Now) (u Use, wait time.Duration, ok bool) {
	h.drop(now)
	lacks, until := h.stock.lacks(r.Class, now)
	all := r.Class
	r.Class &= h.leased
	h.learn(r, now.At)
	i, wait := h.find(r, now)
	if lacks != 0 || i < 0 {
		if wait = max(wait, until); lacks != 0 && until == 0 {
			wait = 0
		}
		if r.By != nil {
			h.waiting[r.By] = waiter{r.Class, lacks, now.At.Add(wait + patience)}
		}
		return Use{}, wait, false
	}
	delete(h.waiting, r.By)
	u = Use{class: r.Class, cost: r.Cost}
	h.stock.take(all, now, h.memory())
	if r.Class != 0 {
		h.use(i, r, &u)
	}
	return u, 0, true
}

// learn takes note of what requests of a class cost.
func (h *Holder) learn(r Request, now Time) {
	if r.Class == 0 {
		return
	}
	c := h.classes[r.Class]
	if c == nil {
		c = &class{ahead: -1}
		h.classes[r.Class] = c
	}
	h.count(c, now)
	c.costs[0] = max(c.costs[0], r.Cost)
}

// find returns the number of a start that a request may use, or how long until there is
// one; 0: nobody knows.
func (h *Holder) find(r Request, now Now) (i int, wait time.Duration) {
	if r.Class == 0 {
		return 0, 0
	}
	for i, s := range h.starts {
		if s.Class != r.Class || !h.pays(s, r) {
			continue
		}
		if early := s.From.Sub(now.first()); early > 0 {
			if wait == 0 || early < wait {
				wait = early
			}
			continue
		}
		return i, 0
	}
	return -1, wait
}

// pays reports whether starts are for requests that cost as much as one.
func (h *Holder) pays(s Start, r Request) bool {
	return s.Unit >= r.Cost || !slices.ContainsFunc(h.terms.Limits, func(l Limit) bool { return l.Points })
}

// use uses one of the starts with a number.
func (h *Holder) use(i int, r Request, u *Use) {
	s := &h.starts[i]
	u.from, u.to = s.From, s.Till
	for k, l := range h.terms.Limits {
		if l.Points && r.Class.has(k) {
			h.change(k, *s, r.Cost-l.unit(s.Unit))
		}
	}
	if s.Count--; s.Count == 0 {
		h.starts = slices.Delete(h.starts, i, i+1)
	}
	h.classes[r.Class].used[0]++
}

// change takes note that more counts of a span that was leased, or less.
func (h *Holder) change(limit int, s Start, more Amount) {
	if more != 0 {
		h.changes = append(h.changes, Change{limit, Span{s.From, s.Till, more}})
	}
}

// count makes the epoch that is counted the one that it is.
func (h *Holder) count(c *class, now Time) {
	switch epoch := int64(now) / int64(h.epoch); epoch - c.epoch {
	case 0:
	case 1:
		c.epoch, c.used, c.costs = epoch, [2]int64{0, c.used[0]}, [2]Amount{0, c.costs[0]}
	default:
		c.epoch, c.used, c.costs = epoch, [2]int64{}, [2]Amount{}
	}
}

// giveBack takes note of starts that are not used.
func (h *Holder) giveBack(s Start) {
	for i, l := range h.terms.Limits {
		if s.Class.has(i) {
			h.change(i, s, -l.unit(s.Unit)*Amount(s.Count))
		}
	}
}

// drop gives back the starts whose time is over, and forgets who does not ask any more.
func (h *Holder) drop(now Now) {
	h.starts = slices.DeleteFunc(h.starts, func(s Start) bool {
		over := s.Till <= now.last()
		if over {
			h.giveBack(s)
		}
		return over
	})
	for by, w := range h.waiting {
		if w.until < now.At {
			delete(h.waiting, by)
		}
	}
}

// Settle takes note of what a request cost more than was said when it started.
func (h *Holder) Settle(u Use, more Amount) {
	for i, l := range h.terms.Limits {
		if l.Points && u.class.has(i) {
			h.change(i, Start{From: u.from, Till: u.to}, more)
		}
	}
}

// Done gives the place of a request back that was in flight.
func (h *Holder) Done(Use) {
	for k := range h.stock.of {
		if p := &h.stock.of[k]; p.reach == 0 {
			p.flying--
		}
	}
}

// memory is for how long the worker knows how many places it wanted.
func (h *Holder) memory() time.Duration { return max(time.Second, time.Duration(h.members)*again) }
