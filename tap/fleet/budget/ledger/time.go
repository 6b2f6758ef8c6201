package ledger

import "time"

// Time is a time by the clock that all workers go by, in nanoseconds since 1970.
type Time int64

// never is later than all.
const never = Time(1<<63 - 1)

// Add returns the time so much later.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns how long after another time it is.
func (t Time) Sub(other Time) time.Duration { return time.Duration(t - other) }

// floor is the latest time that is a multiple of d and not later.
func (t Time) floor(d time.Duration) Time { return t - t%Time(d) }

// ceil is the earliest time that is a multiple of d and not earlier.
func (t Time) ceil(d time.Duration) Time { return (t + Time(d) - 1).floor(d) }

// Now is what a worker knows of the time: it is between At-Unsure and At+Unsure.
type Now struct {
	At     Time
	Unsure time.Duration
}

// first and last are the earliest and the latest time that it can be.
func (n Now) first() Time { return n.At.Add(-n.Unsure) }
func (n Now) last() Time  { return n.At.Add(n.Unsure) }
