package budget

import (
	"errors"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// clock is what a worker knows of the server's time. It reads no clock itself.
type clock struct {
	base     time.Time     // all times of this machine are counted from here
	low      time.Duration // the server's time less this machine's is between low
	high     time.Duration // and high,
	at       time.Duration // which was measured then
	jumped   time.Duration // by how much the machine's time of day and its stopwatch differed then
	measured bool
}

const (
	// drift is by how much clocks go wrong, at most.
	drift = 200e-6
	// jump is by how much the machine's time of day may differ from its stopwatch, before
	// it has slept, or was set: then nothing is known.
	jump = 100 * time.Millisecond
)

// errTime says that the server's clock was not looked at yet, or not since the machine slept.
var errTime = errors.New("the server's time is not known")

// since is how long after base a time is, by the stopwatch, and by the time of day.
func (c *clock) since(t time.Time) (watch, day time.Duration) {
	return t.Sub(c.base), t.Round(0).Sub(c.base.Round(0))
}

// sample takes note that the server's time was stamped at some moment between two of this
// machine.
func (c *clock) sample(before, after, stamped time.Time) {
	if c.base.IsZero() {
		c.base = before
	}
	first, _ := c.since(before)
	last, day := c.since(after)
	server := time.Duration(stamped.UnixNano())
	low, high := server-last, server-first
	if wide := c.wide(last); c.measured && c.holds(last, day) {
		l, h := max(low, c.low-wide), min(high, c.high+wide)
		if l <= h { // else a server has taken over whose clock says another time
			low, high = l, h
		}
	}
	c.low, c.high, c.at, c.jumped, c.measured = low, high, last, day-last, true
}

// wide is by how much less is known of the time than when it was measured.
func (c *clock) wide(at time.Duration) time.Duration {
	return time.Duration(float64(at-c.at) * drift)
}

// holds reports whether the machine has not slept since the time was measured.
func (c *clock) holds(watch, day time.Duration) bool {
	off := day - watch - c.jumped
	return off > -jump && off < jump
}

// server is the server's time; ok is false where it is not known.
func (c *clock) server(now time.Time) (at ledger.Now, ok bool) {
	watch, day := c.since(now)
	if !c.measured || !c.holds(watch, day) {
		return at, false
	}
	wide := c.wide(watch)
	low, high := c.low-wide, c.high+wide
	return ledger.Now{At: ledger.Time(watch + low + (high-low)/2), Unsure: (high - low + 1) / 2}, true
}
