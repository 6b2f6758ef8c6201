package ledger

import (
	"math"
	"slices"
	"time"
)

// memberLife is how long a worker that does not lease any more keeps its part of what is
// leased before an epoch, beside some epochs.
const memberLife = 2 * time.Second

// mostInTick is how many starts one lease has of a tick, at most.
const mostInTick = 1000

// batch is a lease of starts of one class.
type batch struct {
	ledger *Ledger
	terms  *Terms
	now    Now
	class  Class
	unit   Amount
	tick   time.Duration
	epoch  time.Duration
	wide   time.Duration // by how much longer spans are than ticks at either end
	member int           // its place in the ledger
	spent  []*profile    // by the limit; nil: it does not count these requests
	starts []Start
}

func newBatch(l *Ledger, t *Terms, a *Ask, w Want, epoch time.Duration) *batch {
	b := &batch{ledger: l, terms: t, now: a.Now, class: w.Class, unit: w.Unit, tick: t.tick(), epoch: epoch, spent: make([]*profile, len(t.Limits))}
	if a.Now.Unsure > b.tick/4 {
		b.wide = (a.Now.Unsure + b.tick - 1) / b.tick * b.tick
	}
	for i, limit := range t.Limits {
		if b.class.has(i) {
			b.spent[i] = newProfile(l.Spent[i], limit, b.tick)
		}
	}
	current := int64(a.Now.At) / int64(epoch)
	for i := range l.Members {
		m := &l.Members[i]
		switch current - m.Epoch {
		case 0:
		case 1:
			m.Epoch, m.Took = current, [2]int64{m.Took[1], 0}
		default:
			m.Epoch, m.Took = current, [2]int64{}
		}
	}
	b.member = slices.IndexFunc(l.Members, func(m Member) bool { return m.ID == a.ID && m.Class == w.Class })
	if b.member < 0 {
		b.member = len(l.Members)
		l.Members = append(l.Members, Member{ID: a.ID, Class: w.Class, Epoch: current})
	}
	m := &l.Members[b.member]
	m.Want, m.Unit, m.Until = max(w.Epoch, w.Soon), w.Unit, a.Now.At.Add(memberLife+3*epoch).ceil(time.Millisecond)
	return b
}

// lease leases starts of this epoch (0) or the next (1). It reports whether it got all
// that it wants.
func (b *batch) lease(which int, wants int64) bool {
	if wants <= 0 {
		return true
	}
	me := &b.ledger.Members[b.member]
	from := Time(me.Epoch+int64(which)) * Time(b.epoch)
	slots := b.slots(from, b.spent, b.class, b.unit)
	gets := min(wants, b.share(which, from, int64(len(slots))))
	for i := range gets {
		if which == 0 { // requests wait
			b.take(slots[i])
		} else {
			b.take(slots[i*int64(len(slots))/gets])
		}
	}
	me.Took[which] += gets
	return gets == wants
}

// slots are the ticks of an epoch in which requests of a class can start, each as often as
// that is possible.
func (b *batch) slots(from Time, spent []*profile, class Class, unit Amount) (slots []Time) {
	till := from.Add(b.epoch)
	own := make([]*profile, len(spent))
	for i, p := range spent {
		if class.has(i) {
			own[i] = p.clone()
		}
	}
	at := max(from, b.now.At.Add(b.tick/4+b.now.Unsure).floor(b.tick))
	for ; at < till; at = at.Add(b.tick) {
		n := int64(mostInTick)
		for i, p := range own {
			if p == nil {
				continue
			}
			limit := b.terms.Limits[i]
			u := limit.unit(unit)
			room := min(p.room(at.Add(-b.wide), at.Add(b.tick+b.wide)), limit.paced(b.tick, u)-b.leased(i, at))
			n = min(n, max(0, int64(room/u)))
		}
		for i, p := range own {
			if p != nil && n > 0 {
				p.add(at.Add(-b.wide), at.Add(b.tick+b.wide), b.terms.Limits[i].unit(unit)*Amount(n))
			}
		}
		for range n {
			slots = append(slots, at)
		}
	}
	return slots
}

// leased is how much of a limit was leased for a tick.
func (b *batch) leased(limit int, at Time) (sum Amount) {
	spans := b.ledger.Spent[limit]
	i, _ := slices.BinarySearchFunc(spans, at, func(s Span, at Time) int { return int(max(-1, min(1, s.From-at))) })
	for ; i < len(spans) && spans[i].From == at; i++ {
		sum += spans[i].Cost
	}
	return sum
}

// take leases one start in a tick.
func (b *batch) take(at Time) {
	s := Start{From: at.Add(-b.wide), Till: at.Add(b.tick + b.wide), Class: b.class, Unit: b.unit}
	for i, p := range b.spent {
		if p == nil {
			continue
		}
		cost := b.terms.Limits[i].unit(b.unit)
		p.add(s.From, s.Till, cost)
		b.ledger.Spent[i] = change(b.ledger.Spent[i], Span{s.From, s.Till, cost})
	}
	n := len(b.starts) - 1
	if n < 0 || b.starts[n].From != s.From {
		b.starts, n = append(b.starts, s), n+1
	}
	b.starts[n].Count++
}

// turn is the place of a worker among those who get one more than others, which is another
// in each epoch, however many there are, and the same whoever leases first.
func (b *batch) turn(member, which int) int64 {
	const golden = 0.618033988749895
	n := len(b.ledger.Members)
	epoch := b.ledger.Members[b.member].Epoch + int64(which)
	_, part := math.Modf(golden * float64(epoch%(1<<20)))
	return int64((member + int(part*float64(n))) % n)
}

// share is how many starts of an epoch the worker may lease, of so many that are left.
func (b *batch) share(which int, from Time, left int64) int64 {
	share := left
	for i, p := range b.spent {
		if p == nil {
			continue
		}
		one := Class(1) << i
		unit := b.terms.Limits[i].unit(b.unit)
		all := left
		if b.class != one {
			all = int64(len(b.slots(from, b.spent, one, b.unit)))
		}
		var claims []claim
		var mine int
		rivals := int64(1)
		for k, m := range b.ledger.Members {
			if !m.Class.has(i) {
				continue
			}
			other := b.terms.Limits[i].unit(m.Unit)
			inMine := func(n int64) int64 { return (n*int64(other) + int64(unit) - 1) / int64(unit) }
			all += inMine(m.Took[which])
			if k == b.member {
				mine = len(claims)
			} else if m.Want > m.Took[which] {
				rivals++
			}
			claims = append(claims, claim{max(inMine(m.Want), inMine(m.Took[which])), b.turn(k, which)})
		}
		part := divide(all, claims)[mine] - b.ledger.Members[b.member].Took[which]
		if which == 0 { // the epoch has begun: what nobody wanted so far is anybody's
			part = max(part, (left+rivals-1)/rivals)
		}
		share = min(share, max(0, part))
	}
	return share
}
