package times

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// A Span is a length of time: calendar months, whose length depends on where they are laid, and
// nanoseconds.
type Span struct {
	Months int32
	Nanos  time.Duration
}

// ParseDuration reads a length of time that is always the same. One with months or years is
// refused by its name.
func ParseDuration(text string) (time.Duration, error) {
	s, err := ParseSpan(text)
	switch {
	case err != nil:
		return 0, err
	case s.Months != 0:
		return 0, errCalendar
	}
	return s.Nanos, nil
}

// errCalendar is a duration of the calendar where only a fixed one has a meaning.
var errCalendar = errors.New("months and years have no fixed length: want weeks, days or less, as 4w or 30d")

// Clip shortens text for an error message.
func Clip(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}

// ParseSpan reads Go's durations with the units d (24 hours), w (7 days), mo and y (months and years
// of the calendar) added, as in "1d12h", "90s" or "1mo", and those of ISO 8601, as in "P1M" or
// "P1DT12H".
func ParseSpan(text string) (Span, error) {
	body, negative := strings.CutPrefix(text, "-")
	if !negative {
		body = strings.TrimPrefix(body, "+")
	}
	var s Span
	var err error
	if iso, ok := strings.CutPrefix(body, "P"); ok {
		s, err = parseISO(iso)
	} else {
		s, err = parseUnits(body)
	}
	if negative {
		s = s.Negate()
	}
	return s, err
}

// Negate returns the opposite.
func (s Span) Negate() Span { return Span{Months: -s.Months, Nanos: -s.Nanos} }

// An amount is a decimal number of units: whole and billionths.
type amount struct {
	whole, billionths uint64
}

var errDuration = errors.New("want a number and a unit, as in 90s, 3d or P1DT2H")

// cutAmount reads the number that text begins with.
func cutAmount(text string) (amount, string, error) {
	n := Digits(text)
	whole, err := strconv.ParseUint("0"+text[:n], 10, 64)
	if err != nil {
		return amount{}, "", errors.New("too long")
	}
	a, rest := amount{whole: whole}, text[n:]
	if rest == "" || rest[0] != '.' && rest[0] != ',' {
		if n == 0 {
			return amount{}, "", errDuration
		}
		return a, rest, nil
	}
	fraction := rest[1 : 1+Digits(rest[1:])]
	if n == 0 && fraction == "" {
		return amount{}, "", errDuration
	}
	rest = rest[1+len(fraction):]
	for i, scale := 0, uint64(1e8); i < len(fraction) && scale > 0; i, scale = i+1, scale/10 {
		a.billionths += uint64(fraction[i]-'0') * scale
	}
	return a, rest, nil
}

// add adds that many units to s.
func (s *Span) add(a amount, unit time.Duration) error {
	high, whole := bits.Mul64(a.whole, uint64(unit))
	fractionHigh, fractionLow := bits.Mul64(a.billionths, uint64(unit))
	fraction, _ := bits.Div64(fractionHigh, fractionLow, 1e9)
	sum, carry := bits.Add64(whole, fraction, 0)
	if high != 0 || carry != 0 || sum > math.MaxInt64-uint64(s.Nanos) {
		return errors.New("longer than 292 years")
	}
	s.Nanos += time.Duration(sum)
	return nil
}

// addMonths adds that many times the months to s.
func (s *Span) addMonths(a amount, months int32) error {
	const most = 12 * 10_000
	if a.billionths != 0 {
		return errors.New("fractions of months and years are not supported")
	}
	if s.Months += int32(min(a.whole, most+1)) * months; s.Months > most {
		return errors.New("longer than 10,000 years")
	}
	return nil
}

func parseUnits(text string) (Span, error) {
	if text == "0" {
		return Span{}, nil
	}
	var s Span
	if text == "" {
		return s, errDuration
	}
	for text != "" {
		a, rest, err := cutAmount(text)
		if err != nil {
			return Span{}, err
		}
		end := strings.IndexAny(rest, "0123456789.,")
		if end < 0 {
			end = len(rest)
		}
		if err := s.addNamed(a, rest[:end]); err != nil {
			return Span{}, err
		}
		text = rest[end:]
	}
	return s, nil
}

// units are those of a fixed length. Micro is written by two letters that look alike.
var units = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": week,
}

// addNamed adds that many units of a name to s.
func (s *Span) addNamed(a amount, name string) error {
	switch name {
	case "mo":
		return s.addMonths(a, 1)
	case "y":
		return s.addMonths(a, 12)
	}
	unit, ok := units[name]
	if !ok {
		return errDuration
	}
	return s.add(a, unit)
}

// parseISO reads an ISO 8601 duration after its P. Its units stand in order, each once.
func parseISO(text string) (Span, error) {
	var s Span
	dates, clock, timed := strings.Cut(text, "T")
	if dates == "" && clock == "" || timed && clock == "" {
		return s, errDuration
	}
	if err := s.addISO(dates, "YMWD", "mo"); err != nil {
		return Span{}, err
	}
	if err := s.addISO(clock, "HMS", "m"); err != nil {
		return Span{}, err
	}
	return s, nil
}

// addISO adds amounts of the units, of which M has the name m.
func (s *Span) addISO(text, units, m string) error {
	for text != "" {
		a, rest, err := cutAmount(text)
		if err != nil {
			return err
		}
		if rest == "" {
			return errDuration
		}
		place := strings.IndexByte(units, rest[0])
		if place < 0 {
			return errDuration
		}
		name := m
		if rest[0] != 'M' {
			name = strings.ToLower(rest[:1])
		}
		if err := s.addNamed(a, name); err != nil {
			return err
		}
		units, text = units[place+1:], rest[1:]
	}
	return nil
}

// AddTo returns the time that lies s after t. A day that the month does not have is its last.
func (s Span) AddTo(t time.Time) (time.Time, error) {
	if s.Months != 0 {
		year, month, dayOfMonth := t.Date()
		first := time.Date(year, month, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		first = first.AddDate(0, int(s.Months), 0)
		last := first.AddDate(0, 1, -1).Day()
		t = first.AddDate(0, 0, min(dayOfMonth, last)-1)
	}
	return checked(t.Add(s.Nanos))
}

// String is s as [ParseSpan] reads it: as Go writes it, or as ISO 8601 does where it has months.
func (s Span) String() string {
	if s.Months == 0 {
		return s.Nanos.String()
	}
	return string(s.AppendISO(nil))
}

// AppendISO appends s as ISO 8601 writes it: P1M2DT3H. Where months and nanoseconds differ in
// sign, each unit has its own: P1M-2DT-3H.
func (s Span) AppendISO(dst []byte) []byte {
	if s.Months <= 0 && s.Nanos <= 0 && s != (Span{}) {
		dst = append(dst, '-')
		s = s.Negate()
	}
	dst = append(dst, 'P')
	start := len(dst)
	dst = appendUnit(dst, int64(s.Months)/12, 'Y')
	dst = appendUnit(dst, int64(s.Months)%12, 'M')
	dst = appendUnit(dst, int64(s.Nanos/day), 'D')
	clock := s.Nanos % day
	if clock == 0 && len(dst) > start {
		return dst
	}
	dst = append(dst, 'T')
	dst = appendUnit(dst, int64(clock/time.Hour), 'H')
	dst = appendUnit(dst, int64(clock/time.Minute%60), 'M')
	if clock %= time.Minute; clock == 0 && dst[len(dst)-1] != 'T' {
		return dst
	}
	if clock < 0 {
		dst = append(dst, '-')
		clock = -clock
	}
	dst = strconv.AppendInt(dst, int64(clock/time.Second), 10)
	if fraction := clock % time.Second; fraction != 0 {
		dst = fmt.Appendf(dst, ".%09d", fraction)
		dst = bytes.TrimRight(dst, "0")
	}
	return append(dst, 'S')
}

func appendUnit(dst []byte, n int64, unit byte) []byte {
	if n == 0 {
		return dst
	}
	return append(strconv.AppendInt(dst, n, 10), unit)
}

// AppendPython appends s as Python's timedelta prints: "1 day, 2:03:04".
func (s Span) AppendPython(dst []byte) []byte {
	if s.Months != 0 {
		dst = strconv.AppendInt(dst, int64(s.Months), 10)
		dst = append(dst, " months, "...)
	}
	days, rest := Floor(s.Nanos, day)
	if days != 0 {
		dst = strconv.AppendInt(dst, int64(days), 10)
		dst = append(dst, " days, "...)
		if days == 1 || days == -1 {
			dst = append(dst[:len(dst)-len("s, ")], ", "...)
		}
	}
	dst = strconv.AppendInt(dst, int64(rest/time.Hour), 10)
	dst = fmt.Appendf(dst, ":%02d", rest/time.Minute%60)
	dst = fmt.Appendf(dst, ":%02d", rest/time.Second%60)
	if micros := rest % time.Second / time.Microsecond; micros != 0 {
		dst = fmt.Appendf(dst, ".%06d", micros)
	}
	return dst
}

// Floor divides such that the rest is not below zero.
func Floor[T ~int64](n, by T) (quotient, rest T) {
	quotient, rest = n/by, n%by
	if rest < 0 {
		return quotient - 1, rest + by
	}
	return quotient, rest
}
