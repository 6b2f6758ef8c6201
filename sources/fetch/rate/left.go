package rate

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// left is what the latest answer said, by the definition's template, that is left of a
// limit. What started since, or was under way then, may not be counted there.
type left struct {
	known  bool
	said   sources.Cost
	at     time.Time
	back   time.Time // when all of it is there again; zero: it comes back evenly
	most   sources.Cost
	per    time.Duration // in which so much comes back
	counts measure
	flying []*Started
}

// Left is what an answer says of a limit.
type Left struct {
	Limit int           // its place among those of the client
	Cost  sources.Cost  // that may still be spent
	Reset time.Duration // until all is there again; 0: not said
}

// start takes note of a request.
func (l *left) start(s *Started) {
	if l.flying = append(l.flying, s); len(l.flying) <= mostFlying {
		return
	}
	l.flying = slices.DeleteFunc(l.flying, func(s *Started) bool {
		if !s.done.IsZero() {
			l.said -= l.counts.of(s.Cost)
		}
		return !s.done.IsZero()
	})
}

// mostFlying is how many requests are remembered one by one where no answer says what
// is left.
const mostFlying = 1000

// told takes note of what the answer to a request says that came then. Answers that
// came before the latest know less.
func (l *left) told(s *Started, said Left, at time.Time) {
	if l.known && at.Before(l.at) {
		return
	}
	l.known, l.said, l.at, l.back = true, said.Cost, at, time.Time{}
	if said.Reset > 0 {
		l.back = at.Add(min(said.Reset, longestQuota))
	}
	l.flying = slices.DeleteFunc(l.flying, func(other *Started) bool {
		return other == s || !other.done.IsZero() && !other.done.After(at)
	})
}

// wait returns how long a request waits for what it costs.
func (l *left) wait(cost sources.Cost, now time.Time) time.Duration {
	if !l.known || cost == 0 {
		return 0
	}
	if !l.back.IsZero() && !l.back.After(now) {
		l.known = false // all of it is there again: how much that is, the next answer says
		return 0
	}
	most, there, open := max(l.most, l.said), l.said, false
	for _, s := range l.flying {
		there -= l.counts.of(s.Cost)
		open = open || s.done.IsZero()
	}
	if l.back.IsZero() {
		there = sources.Cost(min(float64(most), float64(there)+float64(now.Sub(l.at))*l.pace()))
	}
	lacks := min(cost, most) - there
	if lacks <= 0 {
		return 0
	}
	wait := l.back.Sub(now)
	if l.back.IsZero() {
		wait = max(time.Millisecond, time.Duration(float64(lacks)/l.pace()))
	}
	if open {
		wait = min(wait, soon) // an answer may say that more is left
	}
	return wait
}

// pace is how much comes back in a nanosecond.
func (l *left) pace() float64 { return float64(l.most) / float64(l.per) }
