package times

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// scales are the units of counts from 1970, each with the least count that is
// beyond it. That of seconds lies in the year 5138; so do the others', in
// their units.
var scales = [...]struct {
	below int64
	unit  time.Duration
}{
	{1e11, time.Second}, {1e14, time.Millisecond}, {1e17, time.Microsecond}, {math.MaxInt64, time.Nanosecond},
}

// scaleOf is the unit of a count from 1970, by its size.
func scaleOf(count int64) time.Duration {
	for _, s := range scales {
		if count < s.below && count > -s.below {
			return s.unit
		}
	}
	return time.Nanosecond
}

// fromCount returns the time that a count from 1970 is, by its size, with
// billionths of its unit, which go the same way.
func fromCount(count, fraction int64) (time.Time, time.Duration) {
	unit := scaleOf(count)
	perSecond := int64(time.Second / unit)
	nanos := count%perSecond*int64(unit) + fraction*int64(unit)/1e9
	return time.Unix(count/perSecond, nanos).UTC(), unit
}

// FromFloat returns the time that a count from 1970 is, by its size, to the
// microsecond.
func FromFloat(count float64) (time.Time, error) {
	if !(math.Abs(count) < math.MaxInt64) { // NaN too
		return time.Time{}, errRange
	}
	whole := math.Floor(count)
	if scaleOf(int64(whole)) != time.Second {
		t, _ := fromCount(int64(whole), 0)
		return t, nil
	}
	return fromUnix(count)
}

// checked refuses what lies outside the years 1 to 9999: no other has a form
// in ISO 8601.
func checked(t time.Time) (time.Time, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errYears
	}
	return t, nil
}

// Numeric reports whether text is a number as JSON writes them.
func Numeric(text string) bool {
	body := strings.TrimPrefix(text, "-")
	n := Digits(body)
	if n == 0 {
		return false
	}
	body = body[n:]
	if strings.HasPrefix(body, ".") {
		n = Digits(body[1:])
		if n == 0 {
			return false
		}
		body = body[1+n:]
	}
	if body == "" {
		return true
	}
	if body[0]|0x20 != 'e' {
		return false
	}
	if body = body[1:]; body != "" && (body[0] == '+' || body[0] == '-') {
		body = body[1:]
	}
	return body != "" && Digits(body) == len(body)
}

// epoch reads a count from 1970.
func epoch(text string) (Time, error) {
	if strings.IndexByte(text, 'e') >= 0 || strings.IndexByte(text, 'E') >= 0 {
		return epochFloat(text)
	}
	whole, decimals, _ := strings.Cut(text, ".")
	count, ok := count(whole)
	if !ok {
		return Time{}, errRange
	}
	fraction := billionths(decimals)
	if text[0] == '-' {
		fraction = -fraction
	}
	at, unit := fromCount(count, fraction)
	if unit == time.Second {
		for range min(len(decimals), 9) {
			unit /= 10
		}
	}
	at, err := checked(at)
	return Time{At: at, Unit: unit, Zoned: true}, err
}

// count reads a whole number, which strconv cannot read without keeping its
// text for the error.
func count(text string) (n int64, ok bool) {
	body := strings.TrimPrefix(text, "-")
	if len(body) > 19 {
		return 0, false
	}
	var sum uint64
	for i := range len(body) {
		sum = sum*10 + uint64(body[i]-'0')
	}
	if sum > math.MaxInt64 {
		return 0, false
	}
	if n = int64(sum); len(body) < len(text) {
		n = -n
	}
	return n, true
}

func epochFloat(text string) (Time, error) {
	f, err := strconv.ParseFloat(strings.Clone(text), 64)
	if err != nil {
		return Time{}, errRange
	}
	at, err := FromFloat(f)
	if err != nil {
		return Time{}, err
	}
	unit := scaleOf(int64(f))
	if unit == time.Second {
		unit = time.Microsecond // its fraction is not counted out
	}
	return Time{At: at, Unit: unit, Zoned: true}, nil
}
