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
		d = min(d, max(l.Per/ticksPer, shortestTick))
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
