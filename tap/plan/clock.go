package plan

import (
	"encoding/json"
	"math/big"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// Clock is how a stream's incremental section reads and writes time. That of a
// full table is zero.
type Clock struct {
	*sources.Incremental
	// Order is that of replication values: as times, or as numbers where they are none.
	Order state.Order
}

// NewClock returns the clock of an incremental section.
func NewClock(i *sources.Incremental) Clock {
	return Clock{Incremental: i, Order: state.Order{
		Times:   times.Reader{Layout: i.RecordTimes.Format, Zone: i.RecordTimes.Timezone},
		Numbers: i.Windows.Format == "integer",
	}}
}

// Timed reports whether replication values and bookmarks are times.
func (c Clock) Timed() bool {
	return c.Incremental != nil && c.Windows.Format != "integer" && c.Bookmark.IsZero()
}

// Ascends reports whether the definition promises ascending replication values
// within a walk.
func (c Clock) Ascends() bool { return c.Incremental != nil && c.Sorted && c.Bookmark.IsZero() }

// Mark is where an answer says where to go on, the zero Ref where none does.
func (c Clock) Mark() sources.Ref {
	if c.Incremental == nil {
		return sources.Ref{}
	}
	return c.Bookmark
}

// Before reports whether a replication value surely lies before another. A time
// that clocks show twice may be the later one; and a number that is the larger
// one may be no time, but an id.
func (c Clock) Before(value, other json.RawMessage) bool {
	if n, err := c.Order.CompareTimes(value, other); err != nil || n >= 0 {
		return false
	}
	x, err1 := c.Order.Times.ReadJSON(value)
	y, err2 := c.Order.Times.ReadJSON(other)
	if c.Order.Numbers || err1 != nil || err2 != nil {
		return true
	}
	if x.Digits && y.Digits && x.Unit < y.Unit {
		n, err := state.Order{Numbers: true}.Compare(value, other)
		return err == nil && n < 0
	}
	x.At = x.At.Add(x.Again)
	return x.Compare(y, c.RecordTimes.Timezone) < 0
}

// Earlier is a replication value, or the earlier of what it says in the zone
// that was and in that of the clock.
func (c Clock) Earlier(raw json.RawMessage, was *time.Location) json.RawMessage {
	now, err := c.Order.Times.ReadJSON(raw)
	if err != nil || now.Zoned {
		return raw
	}
	then, err := times.Reader{Layout: c.RecordTimes.Format, Zone: was}.ReadJSON(raw)
	if err != nil {
		return raw
	}
	if then.At.Before(now.At) {
		now = then
	}
	return times.Reader{}.Like(now.At, nil)
}

// WholeNumber reads a whole number of any length, as JSON or as text in JSON.
func WholeNumber(raw json.RawMessage) (*big.Int, bool) {
	text := strings.TrimSpace(strings.Trim(strings.TrimSpace(string(raw)), `"`))
	text, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > mostDigits || strings.Trim(digits, "0123456789") != "" || strings.Trim(fraction, "0") != "" {
		return nil, false
	}
	return new(big.Int).SetString(text, 10)
}

// mostDigits is how long a whole number may be.
const mostDigits = 400
