package render

import (
	"time"

	"github.com/tap-rest/tap-rest/tap/plan"
)

// futureValues finds replication values that lie beyond our clock. A row of the year
// 2206 would make the bookmark stand at what is settled now, whatever comes in
// late; so such values are left out of it, and counted.
type futureValues struct {
	clock   plan.Clock
	limit   time.Time // zero: values are no times
	written []byte    // limit, as the first record writes times
}

// newFutureValues returns what finds the values that a pass leaves out. A pass that
// goes on days later reads what changed meanwhile.
func newFutureValues(one *plan.Reading) futureValues {
	if !one.Stream.Clock.Timed() {
		return futureValues{}
	}
	limit := time.Now()
	if one.Pass.Pass.AsOf.After(limit) {
		limit = one.Pass.Pass.AsOf
	}
	return futureValues{clock: one.Stream.Clock, limit: limit.Add(plan.ClockSkew)}
}

// has reports whether a replication value is one of the future.
func (a *futureValues) has(value []byte) bool {
	if a.limit.IsZero() || len(value) == 0 || string(value) == "null" {
		return false
	}
	if a.written == nil {
		a.written = a.clock.Order.Times.Like(a.limit, value)
	}
	c, err := a.clock.Order.CompareTimes(value, a.written)
	return err == nil && c > 0
}
