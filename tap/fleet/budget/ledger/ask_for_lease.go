package ledger

import (
	"slices"
	"time"
)

const (
	// again is how long after a lease the next one is asked for, at least.
	again = 20 * time.Millisecond
	// spare is by how much more starts are leased than were used.
	spare = 1.5
	// mostChanges are so many that the ledger should hear of them.
	mostChanges = 1000
)

// Backoff is how long a worker waits before it asks again, when other workers were faster
// so many times. The chance is between 0 and 1.
func Backoff(times int, chance float64) time.Duration {
	const first, last = 2 * time.Millisecond, 5 * time.Second
	return time.Duration(chance * float64(min(first<<min(times-1, 20), last)))
}

// Due is when a lease should be asked for next; ok is false where that depends on what is
// wanted later.
func (h *Holder) Due(now Now) (at Time, ok bool) {
	h.drop(now)
	at = never
	soonest := h.tried.Add(max(again, time.Duration(h.members)*again/8))
	for class, c := range h.classes {
		h.count(c, now.At)
		waits := h.waits(class)
		if waits == 0 && c.used == [2]int64{} {
			continue
		}
		epoch := Time(c.epoch) * Time(h.epoch)
		if c.ahead <= c.epoch {
			at = min(at, max(soonest, epoch.Add(h.ahead())))
		}
		if waits > 0 && h.held(class, 0, epoch.Add(h.epoch)) == 0 {
			if c.missing {
				rest := max(min(h.epoch, time.Second), time.Duration(h.members)*eachMember)
				at = min(at, h.tried.Add(rest+h.wait(rest/4)))
			} else {
				at = min(at, soonest)
			}
		}
	}
	at = min(at, h.placesDue(now, soonest))
	if len(h.changes) > mostChanges {
		at = min(at, soonest)
	}
	return max(at, now.At), at != never
}

// ahead is how long after an epoch has begun the worker leases for the next: when it knows
// what it uses, and where there are many workers, at a time of its own.
func (h *Holder) ahead() time.Duration {
	if h.epoch <= 2*shortEpoch {
		return h.epoch/2 + h.wait(h.epoch/4)
	}
	return h.epoch/8 + h.wait(3*h.epoch/4)
}

// wait is how much of a time the worker lets pass, so that not all of them ask at once.
func (h *Holder) wait(d time.Duration) time.Duration { return time.Duration(h.late * float64(d)) }

// placesDue is when a lease of places is due.
func (h *Holder) placesDue(now Now, soonest Time) Time {
	at := never
	for k := range h.stock.of {
		p := &h.stock.of[k]
		wants, used := h.lack(k), p.used(now)
		p.saw(used+wants, now.At, h.memory())
		if p.has > 0 || used > 0 {
			at = min(at, h.tried.Add(beat(h.members)))
		}
		switch {
		case wants > 0 && p.has == 0:
			at = min(at, max(soonest, min(p.next, h.tried.Add(beat(h.members)))))
		case p.has > p.share && used < p.has: // others wait for it
			at = min(at, h.tried.Add(again))
		case p.has > p.share && len(p.taken) > 0:
			at = min(at, max(h.tried.Add(again), p.taken[0].Add(now.Unsure)))
		case wants > 0 && (p.has < p.share || !p.short):
			at = min(at, soonest)
		case p.has > 0 && used == 0 && p.short:
			at = min(at, max(soonest, p.last.Add(idle)))
		case p.has > p.needs(now.At):
			at = min(at, h.tried.Add(beat(h.members)))
		}
	}
	return at
}

// waits are how many requests of a class wait.
func (h *Holder) waits(class Class) (n int64) {
	for _, w := range h.waiting {
		if w.class == class {
			n++
		}
	}
	return n
}

// lack is how many requests wait for a place of a kind.
func (h *Holder) lack(k int) (n int) {
	for _, w := range h.waiting {
		if w.lacks&(1<<k) != 0 {
			n++
		}
	}
	return n
}

// held is how many starts of a class the worker has that begin in a time.
func (h *Holder) held(class Class, from, till Time) (n int64) {
	r := Request{Class: class, Cost: h.classes[class].cost()}
	for _, s := range h.starts {
		if s.Class == class && from <= s.From && s.From < till && h.pays(s, r) {
			n += s.Count
		}
	}
	return n
}

// cost is what a request of a class may cost.
func (c *class) cost() Amount { return max(c.costs[0], c.costs[1]) }

// Ask is what the worker wants of the ledger now. Granted or Lost is called with it before
// the next one.
func (h *Holder) Ask(now Now) Ask {
	h.drop(now)
	a := Ask{ID: h.id, Now: now}
	for k := range h.stock.of {
		a.Places = append(a.Places, h.stock.wish(k, h.lack(k), now, h.memory()))
	}
	h.sent = len(h.changes)
	a.Changes = slices.Clone(h.changes)
	order := make([]Class, 0, len(h.classes))
	for class := range h.classes {
		order = append(order, class)
	}
	slices.Sort(order)
	for _, class := range order {
		if w := h.want(class, now); w.Epoch > 0 {
			a.Wants = append(a.Wants, w)
		}
	}
	return a
}

// want is how many starts of a class the worker wants.
func (h *Holder) want(class Class, now Now) Want {
	c := h.classes[class]
	h.count(c, now.At)
	waits := h.waits(class)
	want := Want{Class: class, Unit: c.cost(), Epoch: waits + int64(spare*float64(max(c.used[0], c.used[1]))+0.99)}
	epoch := Time(c.epoch) * Time(h.epoch)
	next := epoch.Add(h.epoch)
	if waits > 0 {
		want.Soon = max(0, want.Epoch-h.held(class, 0, next))
	}
	if now.At >= epoch.Add(h.ahead()) && c.ahead <= c.epoch {
		want.Next = want.Epoch
	}
	return want
}

// Granted takes note of what the ledger gave.
func (h *Holder) Granted(a *Ask, g Grant) {
	h.changes = slices.Delete(h.changes, 0, h.sent)
	h.tried, h.members, h.sent = a.Now.At, g.Members, 0
	for _, w := range a.Wants {
		c := h.classes[w.Class]
		c.missing = slices.Contains(g.Missing, w.Class)
		if w.Next > 0 {
			c.ahead = c.epoch + 1
		}
	}
	if g.Epoch != h.epoch { // epochs have other numbers now
		h.epoch = g.Epoch
		for _, c := range h.classes {
			c.ahead = -1
			h.count(c, a.Now.At)
		}
	}
	h.starts = append(h.starts, g.Starts...)
	slices.SortStableFunc(h.starts, func(a, b Start) int { return int(max(-1, min(1, a.Till-b.Till))) })
	h.stock.granted(a, g)
}

// Lost takes note that nobody knows whether the ledger was changed: what it gave is not
// used, and what was given back may be given back already.
func (h *Holder) Lost(a *Ask) {
	kept := slices.DeleteFunc(slices.Clone(h.changes[:h.sent]), func(c Change) bool { return c.Cost < 0 })
	h.changes = append(kept, h.changes[h.sent:]...)
	h.tried, h.sent = a.Now.At, 0
}

// Leave is what the worker says to the ledger when it ends: what it has not used is given
// back.
func (h *Holder) Leave(now Now) Ask {
	for _, s := range h.starts {
		h.giveBack(s)
	}
	h.starts, h.sent = nil, 0
	a := Ask{ID: h.id, Now: now, Changes: h.changes, Leaves: true}
	for k := range h.stock.of {
		a.Places = append(a.Places, Wish{Keeps: h.stock.of[k].used(now)})
	}
	return a
}
