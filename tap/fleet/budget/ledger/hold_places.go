package ledger

import (
	"slices"
	"time"
)

// Hold is a worker that holds places, or wants some.
type Hold struct {
	ID    string
	Until Time    // it takes no place from then on
	Of    []Stake // by the kind
}

// Stake is what a worker holds of a kind of places.
type Stake struct {
	Has, Want int
	Since     Time // when it got the first place that it has, or asked for one
}

const (
	// HoldLife is how long a worker holds places without a word, at least.
	HoldLife = 10 * time.Second
	// turnLife is how long a worker keeps its places where others have none.
	turnLife = 2 * time.Second
	// shortBeat is how often a worker that holds places says so, at most.
	shortBeat = time.Second
)

// turn is how long a worker keeps such places where others have none: so long that it uses
// each of them twice.
func (k kind) turn() time.Duration { return max(turnLife, k.reach+time.Second) }

// holdLife is how long a worker holds places without a word, where there are so many workers.
func holdLife(members int) time.Duration {
	return max(HoldLife, time.Duration(members)*5*eachMember/2)
}

// has is how many places of a kind a worker holds: those of a limit may be taken for as long
// as the limit counts after the worker took them, whatever became of it.
func (h Hold) has(k int, of kind, now Time) int {
	if k >= len(h.Of) || h.Until.Add(of.reach) <= now {
		return 0
	}
	return h.Of[k].Has
}

// over reports whether a worker holds nothing any more.
func (h Hold) over(kinds []kind, now Time) bool {
	return h.Until <= now && !slices.ContainsFunc(kinds, func(k kind) bool { return h.Until.Add(k.reach) > now })
}

// leaves lets a worker hold nothing but places that it took for a limit's time.
func (l *Ledger) leaves(kinds []kind, a *Ask) {
	i := slices.IndexFunc(l.Holds, func(h Hold) bool { return h.ID == a.ID })
	if i < 0 {
		return
	}
	left, some := Hold{ID: a.ID, Until: a.Now.last().ceil(time.Millisecond), Of: make([]Stake, len(kinds))}, false
	for k, of := range kinds {
		if of.reach > 0 && k < len(a.Places) {
			left.Of[k].Has = min(a.Places[k].Keeps, l.Holds[i].has(k, of, a.Now.first()))
			some = some || left.Of[k].Has > 0
		}
	}
	if l.Holds[i] = left; !some {
		l.Holds = slices.Delete(l.Holds, i, i+1)
	}
}

// hold gives a worker places, or takes back what it does not need.
func (l *Ledger) hold(kinds []kind, a *Ask, g *Grant) {
	i := slices.IndexFunc(l.Holds, func(h Hold) bool { return h.ID == a.ID })
	if i < 0 {
		i = len(l.Holds)
		l.Holds = append(l.Holds, Hold{ID: a.ID})
	}
	was, life := l.Holds[i], holdLife(g.Members)
	next, some := Hold{ID: a.ID, Until: a.Now.At.Add(life).ceil(time.Millisecond), Of: make([]Stake, len(kinds))}, false
	for k, of := range kinds {
		var part Part
		next.Of[k], part = l.stake(i, k, of, a)
		g.Places = append(g.Places, part)
		some = some || next.Of[k].Has > 0 || next.Of[k].Want > 0
	}
	if slices.Equal(next.Of, was.Of) && next.Until.Sub(was.Until) < beat(g.Members)*9/10 && len(a.Wants)+len(a.Changes) == 0 {
		next, g.Same = was, true
	}
	g.Until = next.Until
	if l.Holds[i] = next; !some {
		l.Holds = slices.Delete(l.Holds, i, i+1)
	}
}

// stake is what a worker holds of a kind from now on.
func (l *Ledger) stake(i, k int, of kind, a *Ask) (Stake, Part) {
	me, had, now := Stake{Since: a.Now.At}, l.Holds[i].has(k, of, a.Now.first()), a.Now.At
	if k < len(l.Holds[i].Of) {
		me = l.Holds[i].Of[k]
	}
	keeps := a.Places[k].Keeps
	if of.reach > 0 { // a place that was given to others meanwhile is not taken any more
		keeps = min(keeps, had)
	}
	me.Want = max(a.Places[k].Wants, keeps)
	free := of.places
	claims := make([]claim, len(l.Holds))
	for j, h := range l.Holds {
		if j == i {
			claims[j] = claim{int64(me.Want), int64(me.turn(of, now))}
			continue
		}
		free -= h.has(k, of, a.Now.first())
		if k < len(h.Of) && h.Until > a.Now.first() {
			claims[j] = claim{int64(h.Of[k].Want), int64(h.Of[k].turn(of, now))}
		}
	}
	share := int(divide(int64(of.places), claims)[i])
	me.Has = max(keeps, min(share, max(free, 0)))
	if (had == 0) != (me.Has == 0) || share > 0 && now >= me.Since.Add(of.turn()) && me.Has > 0 {
		me.Since = now
	}
	me.Since = me.Since.floor(time.Millisecond)
	part := Part{Has: me.Has, Share: share}
	if me.Has == 0 && me.Want > 0 {
		part.At = l.nextTurn(i, k, of, me, now)
	}
	return me, part
}

// beat is how often a worker that holds places says so, where there are so many workers.
func beat(members int) time.Duration { return max(shortBeat, time.Duration(members)*again) }

// nextTurn is about when a worker that waits for a place may find one: holders give places
// back one after another, and others have waited for longer.
func (l *Ledger) nextTurn(i, k int, of kind, me Stake, now Time) Time {
	members := len(l.Holds)
	before, ends := 0, make([]Time, 0, members)
	for j, h := range l.Holds {
		if j == i || k >= len(h.Of) {
			continue
		}
		switch s := h.Of[k]; {
		case s.Has > 0:
			ends = append(ends, h.gives(s, of, members))
		case s.Want > 0 && h.Until > now && s.Since < me.Since:
			before++
		}
	}
	if len(ends) == 0 {
		return now
	}
	slices.Sort(ends)
	turns := time.Duration(before / len(ends))
	return ends[before%len(ends)].Add(turns * max(beat(members), of.turn()))
}

// gives is about when a worker gives a place back for which others wait: at first it hears of
// them.
func (h Hold) gives(s Stake, of kind, members int) Time {
	heard, turn := h.Until.Add(-holdLife(members)), s.Since.Add(of.turn())
	if s.Has > 1 {
		turn = heard.Add(1)
	}
	if d := turn.Sub(heard); d > 0 {
		heard = heard.Add((d + beat(members) - 1) / beat(members) * beat(members))
	}
	return heard.Add(of.reach / 4)
}

// turn is since when a worker waits for its turn: those who have held places for less than
// a turn are first, then come those who have waited longest. Who has had its turn is last.
func (s Stake) turn(of kind, now Time) Time {
	switch {
	case s.Has == 0:
		return s.Since
	case now < s.Since.Add(of.turn()):
		return 0
	}
	return now
}
