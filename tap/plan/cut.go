package plan

import (
	"encoding/json"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

const day = 24 * time.Hour

// Cut is how the time of a context is cut into windows: [start, end), in windows
// that lie side by side. Days and weeks begin at midnight of the stream's time
// zone, weeks on Monday, months and years on their first day; other lengths
// count from the start. The first window and the last may be shorter.
type Cut struct {
	start, end time.Time // a zero start has no bound: there is one window
	length     times.Span
	zone       *time.Location
}

// Cut cuts the time of a pass at asOf that goes on from a bookmark, nil for none,
// into windows of a length: one, where that is 0.
func (c Clock) Cut(from json.RawMessage, lookback, length times.Span, asOf time.Time, vars expr.Vars) (Cut, error) {
	start, known, err := c.startTime(from, lookback, vars)
	if err != nil {
		return Cut{}, err
	}
	k := Cut{length: length, zone: c.Windows.Timezone}
	if k.end, err = c.endTime(asOf, vars); err != nil {
		return k, err
	}
	if known {
		k.start = c.cut(start)
	}
	if !c.Windows.Whole || !known || length == (times.Span{}) {
		return k, nil
	}
	if settled := asOf.Add(-c.Settle); settled.Before(k.end) {
		k.end = settled
	}
	k.start = k.floor(k.start)
	last := k.start
	for end, ok := k.after(last); ok && !end.After(k.end); end, ok = k.after(last) {
		last = end
	}
	k.end = last
	return k, nil
}

// Range cuts a range of time into windows of a length.
func (c Clock) Range(w state.Window, length times.Span) Cut {
	return Cut{start: w.Start, end: w.End, length: length, zone: c.Windows.Timezone}
}

// End is where the last window ends.
func (k Cut) End() time.Time { return k.end }

// First returns the first window, false where there is none.
func (k Cut) First() (start, end time.Time, ok bool) {
	if k.start.IsZero() {
		return k.start, k.end, true
	}
	return k.After(k.start)
}

// After returns the window that begins at t, which is where another one ends.
func (k Cut) After(t time.Time) (start, end time.Time, ok bool) {
	if k.start.IsZero() || !t.Before(k.end) {
		return t, t, false
	}
	if end, ok = k.after(t); !ok || end.After(k.end) {
		end = k.end
	}
	return t, end, true
}

// after returns where the window ends that holds t, false where nothing cuts it.
func (k Cut) after(t time.Time) (time.Time, bool) {
	months, days := int(k.length.Months), int(k.length.Nanos/day)
	switch {
	case k.length == (times.Span{}):
		return t, false
	case months != 0 && k.length.Nanos == 0:
		return k.ends(t, func(at time.Time, n int) time.Time { return k.date(at.Year(), at.Month()+time.Month(n*months), 1) }), true
	case months == 0 && k.length.Nanos%day == 0:
		return k.ends(t, func(at time.Time, n int) time.Time { return k.date(at.Year(), at.Month(), at.Day()+n*days) }), true
	}
	end, err := k.length.AddTo(t.In(k.zone))
	return end, err == nil
}

// ends returns the first beginning of a window after t, of those that lie n
// lengths after the one that t is in. A zone that changes its date skips a day,
// and one whose clocks are set back over midnight shows one twice.
func (k Cut) ends(t time.Time, begins func(at time.Time, n int) time.Time) time.Time {
	at := k.floor(t)
	for n := 1; ; n++ {
		if end := begins(at, n); end.After(t) {
			return end
		}
	}
}

// floor returns where the window begins that holds t.
func (k Cut) floor(t time.Time) time.Time {
	at := t.In(k.zone)
	months, nanos := int(k.length.Months), k.length.Nanos
	switch {
	case months != 0 && nanos == 0:
		n := at.Year()*12 + int(at.Month()) - 1
		n -= n % months
		return k.date(n/12, time.Month(n%12+1), 1)
	case months != 0:
		return t
	case nanos%(7*day) == 0: // weeks begin on Monday
		return k.date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+6)%7)
	case nanos%day == 0:
		return times.Midnight(t, k.zone)
	case nanos > day:
		return t
	}
	midnight := times.Midnight(t, k.zone)
	return midnight.Add(t.Sub(midnight) / nanos * nanos)
}

// date is the midnight at which a day begins.
func (k Cut) date(year int, month time.Month, date int) time.Time {
	noon := time.Date(year, month, date, 12, 0, 0, 0, k.zone)
	return times.Midnight(noon, k.zone)
}

// WindowOf returns a window as requests write it; like is how records write the
// bookmark. A zero start has no bound.
func (c Clock) WindowOf(w state.Window, like json.RawMessage) (Window, error) {
	one := Window{Start: expr.Undefined(), From: w.Start, Until: w.End}
	var err error
	if one.End, err = c.write(w.End, c.Windows.EndInclusive && c.unit() == day); err != nil || w.Start.IsZero() {
		return one, err
	}
	if one.Start, err = c.write(w.Start, c.Windows.StartExclusive); err != nil {
		return one, err
	}
	one.Floor = c.Order.Times.Like(w.Start, like)
	return one, nil
}

// Halve returns where a window is parted into two, false where it is as short as
// requests can say.
func (c Clock) Halve(w state.Window) (middle time.Time, ok bool) {
	if w.Start.IsZero() || w.End.IsZero() {
		return middle, false
	}
	middle = c.cut(w.Start.Add(w.End.Sub(w.Start) / 2))
	if !middle.After(w.Start) && c.unit() == day { // of two days, the first has 25 hours
		middle = c.cut(w.Start.Add(day + day/2))
	}
	return middle, c.apart(w.Start, middle) && c.apart(middle, w.End)
}

// apart reports whether one time lies before another, and requests write it
// otherwise: text may lack the day, or the zone that tells an hour from the next.
func (c Clock) apart(a, b time.Time) bool {
	x, err1 := c.write(a, false)
	y, err2 := c.write(b, false)
	return a.Before(b) && (err1 != nil || err2 != nil || x.Text() != y.Text())
}
