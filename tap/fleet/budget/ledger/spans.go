package ledger

import (
	"slices"
	"time"
)

// Span is what was leased of a limit: so much starts at From or later, and before Till.
type Span struct {
	From Time   `json:"f"`
	Till Time   `json:"t"`
	Cost Amount `json:"c"`
}

// over is when a span counts no longer, its limit's time aside: what costs more than the
// whole limit counts for as many of its times.
func (s Span) over(l Limit) Time {
	if s.Cost <= l.Most {
		return s.Till
	}
	return s.Till.Add(time.Duration(float64(l.Per) * (float64(s.Cost)/float64(l.Most) - 1)))
}

const (
	// exactly is how many spans are kept one by one; of more, those become one that lie
	// in the same coarse part of the limit's time, and are over.
	exactly, coarse = 100, 64
	// settled is how long after its end a span is kept as it is.
	settled = 2 * time.Second
)

// change adds to what counts of a span, or takes from it.
func change(spans []Span, s Span) []Span {
	i, found := slices.BinarySearchFunc(spans, s, compare)
	switch {
	case found:
		spans[i].Cost += s.Cost
	case s.Cost > 0:
		return slices.Insert(spans, i, s)
	default: // it has become part of a longer one, or is forgotten
		i = slices.IndexFunc(spans, func(all Span) bool { return all.From <= s.From && s.Till <= all.Till && all.Cost >= -s.Cost })
		if i < 0 {
			return spans
		}
		spans[i].Cost += s.Cost
	}
	if spans[i].Cost <= 0 {
		return slices.Delete(spans, i, i+1)
	}
	return spans
}

func compare(a, b Span) int {
	if a.From != b.From {
		return int(max(-1, min(1, a.From-b.From)))
	}
	return int(max(-1, min(1, a.Till-b.Till)))
}

// forget removes what counts no longer, and makes one of what lies close together long
// ago.
func forget(spans []Span, l Limit, tick time.Duration, now Time) []Span {
	reach := l.reach(tick)
	old := now.Add(-settled)
	spans = slices.DeleteFunc(spans, func(s Span) bool { return s.over(l).Add(reach) <= old })
	if len(spans) <= exactly {
		return spans
	}
	kept := spans[:0]
	for _, s := range spans {
		if n := len(kept); n > 0 && s.Till <= old {
			last := &kept[n-1]
			if s.Till.Sub(last.From) <= reach/coarse && last.Cost+s.Cost <= l.Most {
				last.Till, last.Cost = max(last.Till, s.Till), last.Cost+s.Cost
				continue
			}
		}
		kept = append(kept, s)
	}
	return kept
}

// profile says how much counts, by where a span of the limit's time begins: a step
// function, of which each value holds from its place to the next one's.
type profile struct {
	limit Limit
	reach time.Duration
	at    []Time
	sum   []Amount
}

func newProfile(spans []Span, l Limit, tick time.Duration) *profile {
	type step struct {
		at Time
		by Amount
	}
	p := &profile{limit: l, reach: l.reach(tick)}
	steps := make([]step, 0, 2*len(spans))
	for _, s := range spans {
		steps = append(steps, step{s.From.Add(-p.reach), s.Cost}, step{s.over(l), -s.Cost})
	}
	slices.SortFunc(steps, func(a, b step) int { return int(max(-1, min(1, a.at-b.at))) })
	p.at, p.sum = append(p.at, -never), append(p.sum, 0)
	for _, s := range steps {
		last := len(p.at) - 1
		if p.at[last] == s.at {
			p.sum[last] += s.by
			continue
		}
		p.at, p.sum = append(p.at, s.at), append(p.sum, p.sum[last]+s.by)
	}
	return p
}

func (p *profile) clone() *profile {
	return &profile{p.limit, p.reach, slices.Clone(p.at), slices.Clone(p.sum)}
}

// place is the number of the step that holds at a time.
func (p *profile) place(at Time) int {
	i, found := slices.BinarySearch(p.at, at)
	if !found {
		i--
	}
	return i
}

// room is how much more may start at from or later, and before till.
func (p *profile) room(from, till Time) Amount {
	most := Amount(0)
	for i := p.place(from.Add(-p.reach)); i < len(p.at) && p.at[i] < till; i++ {
		most = max(most, p.sum[i])
	}
	return max(0, p.limit.Most-most)
}

// add takes note of what is leased.
func (p *profile) add(from, till Time, cost Amount) {
	first := p.cut(from.Add(-p.reach))
	for i := p.cut(till) - 1; i >= first; i-- {
		p.sum[i] += cost
	}
}

// cut makes a step begin at a time, and returns its number.
func (p *profile) cut(at Time) int {
	i := p.place(at)
	if p.at[i] == at {
		return i
	}
	p.at, p.sum = slices.Insert(p.at, i+1, at), slices.Insert(p.sum, i+1, p.sum[i])
	return i + 1
}
