package ledger

import (
	"slices"
	"time"
)

// Hold is a worker that holds places in flight, or wants some.
type Hold struct {
	ID    string `json:"id"`
	Has   int    `json:"has"`
	Want  int    `json:"want"`
	Since Time   `json:"since"` // when it got the first place that it has, or asked for one
	Until Time   `json:"until"`
}

const (
	// HoldLife is how long a worker holds places without a word, at least.
	HoldLife = 10 * time.Second
	// turnLife is how long a worker keeps its places where others have none.
	turnLife = time.Second
)

// hold gives a worker places, or takes back what it does not need.
func (l *Ledger) hold(t *Terms, a *Ask, g *Grant) {
	i := slices.IndexFunc(l.Holds, func(h Hold) bool { return h.ID == a.ID })
	if i < 0 {
		i = len(l.Holds)
		l.Holds = append(l.Holds, Hold{ID: a.ID, Since: a.Now.At})
	}
	me := &l.Holds[i]
	me.Want = max(a.Places, a.Keeps)
	free := t.Places
	claims := make([]claim, len(l.Holds))
	for k, h := range l.Holds {
		claims[k] = claim{int64(h.Want), int64(h.turn(a.Now.At))}
		if k != i {
			free -= h.Has
		}
	}
	g.Share = int(divide(int64(t.Places), claims)[i])
	had := me.Has
	me.Has = max(a.Keeps, min(g.Share, max(free, 0)))
	if (had == 0) != (me.Has == 0) || g.Share > 0 && a.Now.At >= me.Since.Add(turnLife) && me.Has > 0 {
		me.Since = a.Now.At
	}
	me.Until = a.Now.At.Add(max(HoldLife, time.Duration(g.Members)*5*eachMember/2))
	if me.Has == 0 && me.Want == 0 {
		l.Holds = slices.Delete(l.Holds, i, i+1)
		return
	}
	g.Places, g.Until = me.Has, me.Until
}

// turn is since when a worker waits for its turn: those who have held places for less than
// a turn are first, then come those who have waited longest. Who has had its turn is last.
func (h Hold) turn(now Time) Time {
	switch {
	case h.Has == 0:
		return h.Since
	case now < h.Since.Add(turnLife):
		return 0
	}
	return now
}
