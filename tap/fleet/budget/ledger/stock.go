package ledger

import "time"

// stock is what a worker holds of all kinds of places.
type stock struct {
	of    []places // by the kind
	until Time     // it takes no place from then on
}

// places are those of a kind that a worker holds.
type places struct {
	kind
	has, share int
	short      bool   // it wants more than its share
	next       Time   // about when there is a place, where it has none
	flying     int    // that are taken until requests are over
	taken      []Time // those that are taken for the limit's time: until when, the earliest first
	last       Time   // when one was taken or wanted
	since      Time   // when the time began
	peak       [2]int // in which so many were taken or wanted at most, and in the one before
}

func newStock(t *Terms) (s stock) {
	for _, k := range t.kinds() {
		s.of = append(s.of, places{kind: k})
	}
	return s
}

// used is how many places are taken.
func (p *places) used(now Now) int {
	for len(p.taken) > 0 && p.taken[0] <= now.first() {
		p.taken = p.taken[1:]
	}
	return p.flying + len(p.taken)
}

// free is how many places the worker may take: one that is the part of another worker is
// given back.
func (p *places) free(now Now) int { return min(p.has, p.share) - p.used(now) }

// lacks are the kinds, a bit for each, of which requests of a class find no place. wait is
// after how long they do, where that is known.
func (s *stock) lacks(c Class, now Now) (kinds uint64, wait time.Duration) {
	known := true
	for k := range s.of {
		p := &s.of[k]
		over := now.last() >= s.until
		if !p.counts(c) || !over && p.free(now) > 0 {
			continue
		}
		kinds |= 1 << k
		// Those beyond what the worker may hold are not taken again.
		if next := p.used(now) - min(p.has, p.share); over || p.reach == 0 || next < 0 || next >= len(p.taken) {
			known = false
		} else {
			wait = max(wait, p.taken[next].Sub(now.first()))
		}
	}
	if !known {
		wait = 0
	}
	return kinds, wait
}

// take takes a place of each kind for a request of a class.
func (s *stock) take(c Class, now Now, long time.Duration) {
	for k := range s.of {
		p := &s.of[k]
		switch {
		case !p.counts(c):
			continue
		case p.reach > 0:
			p.taken = append(p.taken, now.last().Add(p.reach))
		default:
			p.flying++
		}
		p.saw(p.used(now), now.At, long)
	}
}

// saw takes note of how many places are taken or wanted; it is known for so long.
func (p *places) saw(n int, now Time, long time.Duration) {
	switch gone := now.Sub(p.since); {
	case gone < long:
	case gone < 2*long:
		p.since, p.peak = p.since.Add(long), [2]int{0, p.peak[0]}
	default:
		p.since, p.peak = now, [2]int{}
	}
	p.peak[0] = max(p.peak[0], n)
	if n > 0 {
		p.last = now
	}
}

// idle is how long a worker keeps a place that it does not use, where others want it.
const idle = 2 * time.Second

// needs is how many were taken or wanted lately.
func (p *places) needs(now Time) int {
	if p.short && now >= p.last.Add(idle) {
		return 0
	}
	return max(p.peak[0], p.peak[1])
}

// wish is what the worker wants where so many requests wait. It lets go of the places that
// are not its part, or that it does not want.
func (s *stock) wish(k, waits int, now Now, long time.Duration) Wish {
	p := &s.of[k]
	used := p.used(now)
	p.saw(used+waits, now.At, long)
	wants := p.needs(now.At)
	if waits > 0 && p.reach > 0 { // a request that waits is followed by more within the limit's time
		wants += (wants + 1) / 2
	}
	wants = min(wants, p.places)
	if s.until <= now.last() {
		p.has = used
	}
	p.has = max(used, min(p.has, p.share, wants))
	return Wish{p.has, wants}
}

// granted takes note of what the ledger gave.
func (s *stock) granted(a *Ask, g Grant) {
	for k := range s.of {
		p := &s.of[k]
		p.has, p.share, p.next = g.Places[k].Has, g.Places[k].Share, g.Places[k].At
		p.short = p.share < a.Places[k].Wants
	}
	s.until = g.Until
}
