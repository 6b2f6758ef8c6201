package expr

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

const day = 24 * time.Hour

func nowUTC(r *run, _ []Value) (Value, error) { return Time(r.now().UTC()), nil }

func todayUTC(r *run, _ []Value) (Value, error) { return date(r.now().UTC()), nil }

// todayIn returns the day that it is in a zone of the IANA's database.
func todayIn(r *run, a []Value) (Value, error) {
	zone, err := times.Zone(a[0].text)
	if err != nil {
		return Value{}, err
	}
	return date(r.now().In(zone)), nil
}

// dayDelta writes the time that is a number of days from now: num_days, format.
func dayDelta(r *run, a []Value) (Value, error) {
	days := int(a[0].num)
	if days < -4e6 || days > 4e6 {
		return Value{}, errors.New("too many days")
	}
	return r.strftime(r.now().UTC().AddDate(0, 0, days), a[1].text)
}

func (r *run) strftime(t time.Time, layout string) (Value, error) {
	if len(layout) > maxText/64 { // a directive makes less than 64 bytes
		return Value{}, errText
	}
	s, err := times.Strftime(t, layout)
	if err != nil {
		return Value{}, err
	}
	return r.string(s)
}

// formatDatetime takes dt, format and input_format.
func formatDatetime(r *run, a []Value) (Value, error) {
	t, err := r.readTime(a[0], a[2])
	if err != nil {
		return Value{}, err
	}
	if a[1].kind != KindString {
		return Value{}, fmt.Errorf("the format is %s, not a string", a[1].kind)
	}
	return r.strftime(t, a[1].str())
}

// strftimeOf takes dt and format.
func strftimeOf(r *run, a []Value) (Value, error) {
	return formatDatetime(r, []Value{a[0], a[1], Undefined()})
}

func strToDatetime(r *run, a []Value) (Value, error) {
	t, err := r.readTime(a[0], Undefined())
	if err != nil {
		return Value{}, err
	}
	return Time(t), nil
}

// readTime returns the time that v is, or that it says: a text by the layout, or, as numbers, as
// package times recognises it.
func (r *run) readTime(v, layout Value) (time.Time, error) {
	switch {
	case v.kind == KindTime:
		return v.time(), nil
	case layout.kind == KindString:
		text, err := r.text(v)
		if err != nil {
			return time.Time{}, err
		}
		t, err := times.Strptime(layout.str(), text)
		if err != nil {
			return time.Time{}, fmt.Errorf("by the format %q: %w", times.Clip(layout.str()), err)
		}
		return t, nil
	}
	switch v.kind {
	case KindInt, KindNumber, KindString:
		t, err := times.Parse(v.Text())
		if err != nil {
			return time.Time{}, fmt.Errorf("the value is no time: %w; format_datetime's input_format says how it is written", err)
		}
		return t, nil
	case KindFloat:
		return times.FromFloat(v.float())
	}
	return time.Time{}, fmt.Errorf("want a time, got %s", v.kind)
}

// timestamp returns seconds since 1970: of a number that is one without its fraction; of a time,
// or a text that is one, as a float.
func timestamp(r *run, a []Value) (Value, error) {
	switch a[0].kind {
	case KindInt, KindFloat, KindNumber:
		if n, ok := readInt(a[0], 10); ok {
			return n.value(), nil
		}
	}
	t, err := r.readTime(a[0], Undefined())
	if err != nil {
		return Value{}, err
	}
	return Float(times.UnixFloat(t)), nil
}

func parseDuration(r *run, a []Value) (Value, error) {
	if a[0].kind == KindDuration {
		return a[0], nil
	}
	text, err := r.text(a[0])
	if err != nil {
		return Value{}, err
	}
	s, err := times.ParseSpan(text)
	if err != nil {
		return Value{}, err
	}
	return spanValue(s), nil
}

func totalSeconds(_ *run, a []Value) (Value, error) {
	s := a[0].span()
	if s.Months != 0 {
		return Value{}, errors.New("months and years have no fixed length")
	}
	return Float(s.Nanos.Seconds()), nil
}

func dateMethod(_ *run, a []Value) (Value, error) { return date(a[0].time()), nil }

func weekday(_ *run, a []Value) (Value, error) {
	return Int(int64(a[0].time().Weekday()+6) % 7), nil
}

func isoWeekday(_ *run, a []Value) (Value, error) {
	return Int(int64(a[0].time().Weekday()+6)%7 + 1), nil
}

// isoFormat is Python's: 2024-03-05T01:02:03+00:00.
func isoFormat(_ *run, a []Value) (Value, error) {
	return String(string(a[0].appendPythonTime(nil, 'T'))), nil
}

// partNames are the parts of a time, as its keys and the method replace name them.
var partNames = []string{"year", "month", "day", "hour", "minute", "second", "microsecond"}

// parts returns them.
func parts(t time.Time) [7]int {
	return [...]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1e3}
}

// replaceParts returns a time with other parts, where they are given.
func replaceParts(v Value, others []Value) (Value, error) {
	t := v.time()
	given := parts(t)
	for i, part := range others {
		if !part.Missing() {
			given[i] = int(part.num)
		}
	}
	year, hour, minute, second, micros := given[0], given[3], given[4], given[5], given[6]
	if year < 1 || year > 9999 || minute < 0 || hour < 0 || second < 0 || second > 59 ||
		micros < 0 || micros > 999999 || !times.Exists(year, given[1], given[2], hour, minute, second) {
		return Value{}, errors.New("there is no such time")
	}
	changed := time.Date(year, time.Month(given[1]), given[2], hour, minute, second, micros*1e3, t.Location())
	if v.flags&flagDate != 0 {
		return date(changed), nil
	}
	return Time(changed), nil
}

// timePart returns a part of a time, undefined where it has no such part.
func timePart(t time.Time, name string) Value {
	if i := slices.Index(partNames, name); i >= 0 {
		return Int(int64(parts(t)[i]))
	}
	return Undefined()
}

// durationPart returns a part of a duration, as Python divides it: whole days, and the seconds of
// the rest, which is not negative.
func durationPart(s times.Span, name string) Value {
	days, rest := times.Floor(s.Nanos, day)
	switch name {
	case "days":
		return Int(int64(days))
	case "seconds":
		return Int(int64(rest / time.Second))
	case "microseconds":
		return Int(int64(rest % time.Second / time.Microsecond))
	}
	return Undefined()
}
