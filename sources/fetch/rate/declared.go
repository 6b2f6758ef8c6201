package rate

import (
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// limit is one that the definition declares.
type limit struct {
	window
	match  string // paths of requests that it counts
	counts measure
	left   *left   // nil: the definition does not say how answers tell of it
	shared *shared // with other processes of this machine; nil: it is this one's own
	leased bool    // leases decide about it
	name   string
}

func newLimit(d sources.RateLimit) *limit {
	most, _ := most(d)
	l := &limit{window: window{most: most, per: d.Per}, match: d.Match, counts: measure(d.Requests == 0)}
	l.name = Name(d)
	if d.Remaining != nil {
		l.left = &left{counts: l.counts, most: most, per: d.Per}
	}
	return l
}

// most is how much a limit allows, and what it counts.
func most(d sources.RateLimit) (sources.Cost, string) {
	if d.Requests > 0 {
		return sources.OneCost.Times(int64(d.Requests)), "requests"
	}
	return d.Points, "points"
}

// Name is a limit for people.
func Name(d sources.RateLimit) string {
	most, what := most(d)
	name := fmt.Sprintf("%s %s in every %s", most, what, span(d.Per))
	if d.Match != "" {
		name += " for " + d.Match
	}
	return name
}

// span is a duration as definitions write it: without the zeros behind its unit.
func span(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.of && d%unit.of == 0 {
			return fmt.Sprint(int64(d/unit.of)) + unit.name
		}
	}
	return d.String()
}

// measure says what a limit counts: what requests cost where it is true, else the
// requests.
type measure bool

// of is how much of a limit a request takes that costs so much.
func (m measure) of(cost sources.Cost) sources.Cost {
	if m {
		return cost
	}
	return sources.OneCost
}

// own reports whether this process counts the limit by itself.
func (l *limit) own() bool { return l.shared == nil && !l.leased }

// wait returns how long the limit makes a request wait, those of other processes
// aside.
func (l *limit) wait(cost sources.Cost, now time.Time) (wait time.Duration) {
	if l.own() {
		wait = l.window.wait(l.counts.of(cost), now)
	}
	if l.left != nil {
		wait = max(wait, l.left.wait(l.counts.of(cost), now))
	}
	return wait
}

// start takes note of a request.
func (l *limit) start(s *Started) {
	if l.own() {
		l.window.start(l.counts.of(s.Cost), s.at)
	}
	if l.left != nil {
		l.left.start(s)
	}
}

// settle takes note of what a request cost more than was reserved.
func (l *limit) settle(more sources.Cost, s *Started) {
	switch {
	case !bool(l.counts) || more == 0 || l.leased:
	case l.shared != nil:
		l.shared.settle(more, s.at)
	default:
		l.window.settle(more, s.at)
	}
}

// alone makes a limit this process's own whose file cannot be used.
func (l *limit) alone(why error) {
	l.shared.lose(why)
	l.window, l.shared = l.shared.window, nil
}
