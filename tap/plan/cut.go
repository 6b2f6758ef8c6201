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
// that lie side by side. Where they may begin is a grid that is the same in every
// pass: days and weeks begin at midnight of the stream's time zone, weeks on
// Monday, months and years on their first day; several of them count from 1970,
// and so do lengths that do not divide a day. Those that do count from each
// midnight. Where windows need not be whole, the first one and the last may be
// shorter, and hours and minutes count from the start.
type Cut struct {
	start, end time.Time // a zero start has no bound: there is one window
	length     times.Span
	zone       *time.Location
	whole      bool // hours and minutes lie on the grid too
}

// Cut cuts the time of a pass at asOf that goes on from a bookmark, nil for none,
// into windows of a length: one, where that is 0.
func (c Clock) Cut(from json.RawMessage, lookback, length times.Span, asOf time.Time, vars expr.Vars) (Cut, error) {
	start, known, err := c.startTime(from, lookback, vars)
	if err != nil {
		return Cut{}, err
	}
	k := Cut{length: length, zone: c.Windows.Timezone, whole: c.Windows.Whole}
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
	k.start, k.end = k.floor(k.start), k.floor(k.end)
	if k.end.Before(k.start) {
		k.end = k.start
	}
	return k, nil
}

// Range cuts a range of time into windows of a length.
func (c Clock) Range(w state.Window, length times.Span) Cut {
	return Cut{start: w.Start, end: w.End, length: length, zone: c.Windows.Timezone, whole: c.Windows.Whole}
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
	switch at := t.In(k.zone); {
	case k.length == (times.Span{}):
		return t, false
	case k.byMonths():
		return next(t, func(n int) time.Time { return k.months(at, n) }), true
	case k.byDays():
		return next(t, func(n int) time.Time { return k.days(at, n) }), true
	case k.whole && day%k.length.Nanos == 0:
		begin := k.floor(t)
		return next(t, func(n int) time.Time { return k.inDay(begin, n) }), true
	case k.whole:
		t = k.floor(t)
	}
	end, err := k.length.AddTo(t.In(k.zone))
	return end, err == nil
}

// next returns the first beginning of a window after t, of those that lie n
// lengths after the one that t is in. A zone that changes its date skips a day,
// and one whose clocks are set back over midnight shows one twice.
func next(t time.Time, begins func(n int) time.Time) time.Time {
	for n := 1; ; n++ {
		if end := begins(n); end.After(t) {
			return end
		}
	}
}

// inDay returns the beginning of a window that lies n lengths after another one,
// of windows that divide a day: the last one of a day ends at midnight, however
// many hours the day has.
func (k Cut) inDay(at time.Time, n int) time.Time {
	for ; n > 0; n-- {
		next := at.Add(k.length.Nanos)
		if midnight := k.date(at.Year(), at.Month(), at.Day()+1); midnight.After(at) && midnight.Before(next) {
			next = midnight
		}
		at = next.In(k.zone)
	}
	return at
}

// floor returns where the window of the grid begins that holds t.
func (k Cut) floor(t time.Time) time.Time {
	at, nanos := t.In(k.zone), k.length.Nanos
	switch {
	case k.byMonths():
		return k.months(at, 0)
	case k.length.Months != 0:
		return t
	case k.byDays():
		return k.days(at, 0)
	case day%nanos == 0:
		midnight := times.Midnight(t, k.zone)
		return midnight.Add(t.Sub(midnight) / nanos * nanos)
	}
	since := t.Sub(k.date(1970, 1, 1))
	return at.Add(-((since%nanos + nanos) % nanos))
}

func (k Cut) byMonths() bool { return k.length.Months != 0 && k.length.Nanos == 0 }

func (k Cut) byDays() bool { return k.length.Months == 0 && k.length.Nanos%day == 0 }

// months returns where the window of months begins that lies n lengths after the
// one that holds a time.
func (k Cut) months(at time.Time, n int) time.Time {
	length := int(k.length.Months)
	since := at.Year()*12 + int(at.Month()) - 1
	return k.date(0, time.Month(since-since%length+n*length+1), 1)
}

// days returns where the window of days begins that lies n lengths after the one
// that holds a time: of weeks on a Monday.
func (k Cut) days(at time.Time, n int) time.Time {
	const thursday = 3 // the weekday of the first day of 1970
	length, shift := int(k.length.Nanos/day), 0
	if length%7 == 0 {
		shift = thursday
	}
	since := shift + int(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Unix()/int64(day/time.Second))
	return k.date(1970, 1, 1-shift+since-(since%length+length)%length+n*length)
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
