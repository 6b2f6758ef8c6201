package render

import (
	"log/slog"
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
	count   int64
	first   string // the first record of them
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

// note counts a record whose value is one of the future.
func (a *futureValues) note(record []byte, keys []string, value []byte) {
	if a.count++; a.first == "" {
		a.first = keyText(record, keys) + ": " + string(clip(value))
	}
}

// tell warns at the end of a walk.
func (a *futureValues) tell(log *slog.Logger, stream, key string) {
	if a.count > 0 {
		log.Warn("records with a replication value more than a day ahead of our clock were emitted, but the bookmark leaves them out. "+
			"If it is a number that is no time, say format: integer; if it says when something is due, take the field that says when the record changed",
			"stream", stream, "replication_key", key, "records", a.count, "first", a.first)
	}
}
