package ledger

import "time"

// Amount is how much of a limit something takes, in millionths of a request or a point.
type Amount int64

// One is a request, or a point.
const One Amount = 1_000_000

// Terms are what the workers of a client keep to together. They are the same for all.
type Terms struct {
	Limits []Limit
	Places int // max_in_flight; 0: there is no limit
}

// Limit is so much in any span of so long a time.
type Limit struct {
	Most   Amount
	Per    time.Duration
	Points bool // it counts what requests cost, else the requests
}

// kind is a kind of places: those of max_in_flight, each of which a request takes until it
// is over, or those of a rate limit, each of which a request takes for the limit's time.
type kind struct {
	places int
	limit  int           // -1: max_in_flight
	reach  time.Duration // how long a request takes a place; 0: until it is over
}

// counts reports whether requests of a class take such a place.
func (k kind) counts(c Class) bool { return k.limit < 0 || c.has(k.limit) }

// longestHeld is the longest time of a limit that is divided as places: those that a dead
// worker held are lost for so long.
const longestHeld = time.Minute

// held reports whether a limit is divided as places, which workers hold; else its starts
// are leased, some time before they are used.
func (l Limit) held() bool { return !l.Points && l.Per <= longestHeld && l.Most >= One }

// kinds are the kinds of places that there are.
func (t *Terms) kinds() (all []kind) {
	for i, l := range t.Limits {
		if l.held() {
			all = append(all, kind{int(l.Most / One), i, l.reach(1)})
		}
	}
	if t.Places > 0 {
		all = append(all, kind{t.Places, -1, 0})
	}
	return all
}

// leased are the limits whose starts are leased.
func (t *Terms) leased() (c Class) {
	for i, l := range t.Limits {
		if !l.held() {
			c |= 1 << i
		}
	}
	return c
}

// Class is a set of limits: the bit of each that counts a request is set.
type Class uint64

func (c Class) has(limit int) bool { return c&(1<<limit) != 0 }

const (
	// ticksPer is how many ticks the shortest limit's time has, at most.
	ticksPer = 32
	// shortestTick is how long a request that was let through may take until it is sent;
	// in longestTick, a worker that dies loses little of a long limit.
	shortestTick, longestTick = 10 * time.Millisecond, 10 * time.Second
	// shortEpoch is how long the starts of one lease last, at least.
	shortEpoch = 500 * time.Millisecond
	// eachMember is by how much an epoch grows with each worker: all of them change one
	// ledger, one after another.
	eachMember = 20 * time.Millisecond
	// pacedTick is how long a tick is that no worker can be relied on to use up, since it
	// ends before an answer has come: no tick has more than twice its part then.
	pacedTick = 250 * time.Millisecond
)

// tick is how long starts can be used.
func (t *Terms) tick() time.Duration {
	d := longestTick
	for _, l := range t.Limits {
		if !l.held() {
			d = min(d, max(l.Per/ticksPer, shortestTick))
		}
	}
	return d
}

// reach is in how long a span starts are counted together: the limit's own, and what
// arrives later than what was sent after it.
func (l Limit) reach(tick time.Duration) time.Duration {
	d := l.Per + max(min(l.Per/16, time.Second), 2*shortestTick)
	return (d + tick - 1) / tick * tick
}

// unit is how much of a limit a request takes.
func (l Limit) unit(cost Amount) Amount {
	if l.Points {
		return max(1, min(cost, l.Most))
	}
	return One
}

// paced is how much of a limit is leased for one tick; requests take so much each.
func (l Limit) paced(tick time.Duration, unit Amount) Amount {
	if tick >= pacedTick {
		return l.Most
	}
	part := float64(l.Most) * float64(tick) / float64(l.reach(tick)+tick)
	return max(unit, Amount(2*part))
}

// epoch is for how long the starts of one lease last where there are so many workers.
func (t *Terms) epoch(members int) time.Duration {
	tick := t.tick()
	d := (shortEpoch + tick - 1) / tick * tick
	for d < time.Duration(members)*eachMember {
		d *= 2
	}
	return d
}
