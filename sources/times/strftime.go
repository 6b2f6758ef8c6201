package times

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Strftime writes t by a layout of Python's strftime. Beyond the directives of the C library on
// Linux it knows %f (microseconds), %:z (+01:00) and those of Airbyte's CDK: %s (Unix seconds,
// whatever the machine's zone), %ms (Unix milliseconds), %_ms (the milliseconds within the second,
// three digits), %s_as_float and %epoch_microseconds. %- before a number leaves its zeros out.
func Strftime(t time.Time, layout string) (string, error) {
	dst, err := appendTime(nil, t, layout, 0)
	return string(dst), err
}

// The directives of Airbyte's CDK that are words, the longer before those that they begin with.
var cdkDirectives = []string{"epoch_microseconds", "s_as_float", "_ms", "ms"}

// cutDirective cuts the directive that stands at the beginning of layout, after its %. Its flag
// is '-', '_', '0' or 0.
func cutDirective(layout string) (name string, flag byte, rest string) {
	for _, word := range cdkDirectives {
		if rest, ok := strings.CutPrefix(layout, word); ok {
			return word, 0, rest
		}
	}
	if rest, ok := strings.CutPrefix(layout, ":z"); ok {
		return ":z", 0, rest
	}
	if len(layout) > 1 && strings.IndexByte("-_0", layout[0]) >= 0 {
		flag, layout = layout[0], layout[1:]
	}
	if layout == "" {
		return "", flag, ""
	}
	return layout[:1], flag, layout[1:]
}

// appendTime appends t. The composed directives (%F) call it again, one level deep.
func appendTime(dst []byte, t time.Time, layout string, depth int) ([]byte, error) {
	for layout != "" {
		text, directive, found := strings.Cut(layout, "%")
		dst = append(dst, text...)
		if !found {
			return dst, nil
		}
		name, flag, rest := cutDirective(directive)
		layout = rest
		if composed := composedLayout(name); composed != "" && depth == 0 {
			dst, _ = appendTime(dst, t, composed, 1)
			continue
		}
		var ok bool
		if dst, ok = appendNumeric(dst, t, name, flag); ok {
			continue
		}
		if dst, ok = appendName(dst, t, name); !ok {
			return nil, fmt.Errorf("time layout: %%%s is unknown", clip(name))
		}
	}
	return dst, nil
}

func composedLayout(name string) string {
	switch name {
	case "F":
		return "%Y-%m-%d"
	case "T", "X":
		return "%H:%M:%S"
	case "R":
		return "%H:%M"
	case "D", "x":
		return "%m/%d/%y"
	case "c":
		return "%a %b %e %H:%M:%S %Y"
	case "r":
		return "%I:%M:%S %p"
	}
	return ""
}

// appendNumeric appends the directives that are numbers of fixed width.
func appendNumeric(dst []byte, t time.Time, name string, flag byte) ([]byte, bool) {
	n, width, ok := numeric(t, name)
	if !ok {
		return dst, false
	}
	pad := byte('0')
	if name == "e" || name == "k" || name == "l" {
		pad = ' '
	}
	switch flag {
	case '-':
		width = 0
	case '_':
		pad = ' '
	case '0':
		pad = '0'
	}
	return appendPadded(dst, n, width, pad), true
}

func numeric(t time.Time, name string) (n, width int, ok bool) {
	switch name {
	case "Y":
		return t.Year(), 4, true
	case "m":
		return int(t.Month()), 2, true
	case "d", "e":
		return t.Day(), 2, true
	case "H", "k":
		return t.Hour(), 2, true
	case "I", "l":
		return (t.Hour()+11)%12 + 1, 2, true
	case "M":
		return t.Minute(), 2, true
	case "S":
		return t.Second(), 2, true
	case "f":
		return t.Nanosecond() / 1e3, 6, true
	case "_ms":
		return t.Nanosecond() / 1e6, 3, true
	case "j":
		return t.YearDay(), 3, true
	case "y":
		return t.Year() % 100, 2, true
	case "C":
		return t.Year() / 100, 2, true
	}
	return numericWeek(t, name)
}

func numericWeek(t time.Time, name string) (n, width int, ok bool) {
	isoYear, isoWeek := t.ISOWeek()
	weekday := int(t.Weekday())
	switch name {
	case "u":
		return (weekday+6)%7 + 1, 1, true
	case "w":
		return weekday, 1, true
	case "V":
		return isoWeek, 2, true
	case "G":
		return isoYear, 4, true
	case "U":
		return (t.YearDay() + 6 - weekday) / 7, 2, true
	case "W":
		return (t.YearDay() + 6 - (weekday+6)%7) / 7, 2, true
	}
	return 0, 0, false
}

// appendName appends the directives that are words, zones, or counted from 1970.
func appendName(dst []byte, t time.Time, name string) ([]byte, bool) {
	switch name {
	case "s":
		return strconv.AppendInt(dst, t.Unix(), 10), true
	case "ms":
		return strconv.AppendInt(dst, t.UnixMilli(), 10), true
	case "epoch_microseconds":
		return strconv.AppendInt(dst, t.UnixMicro(), 10), true
	case "s_as_float":
		return appendSeconds(dst, t), true
	case "z":
		return t.AppendFormat(dst, "-0700"), true
	case ":z":
		return t.AppendFormat(dst, "-07:00"), true
	case "Z":
		return append(dst, zoneName(t)...), true
	case "b", "h":
		return t.AppendFormat(dst, "Jan"), true
	case "B":
		return t.AppendFormat(dst, "January"), true
	case "a":
		return t.AppendFormat(dst, "Mon"), true
	case "A":
		return t.AppendFormat(dst, "Monday"), true
	case "p":
		return t.AppendFormat(dst, "PM"), true
	case "P":
		return t.AppendFormat(dst, "pm"), true
	case "n":
		return append(dst, '\n'), true
	case "t":
		return append(dst, '\t'), true
	case "%":
		return append(dst, '%'), true
	}
	return dst, false
}

// appendSeconds appends seconds since 1970 as Python prints a float.
func appendSeconds(dst []byte, t time.Time) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, UnixFloat(t), 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// UnixFloat returns seconds since 1970, as exact as a float is, to the microsecond.
func UnixFloat(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// FromUnix returns the time that is seconds after 1970, to the microsecond.
func FromUnix(seconds float64) (time.Time, error) {
	if math.IsNaN(seconds) || seconds < -62135596800 || seconds >= 253402300800 {
		return time.Time{}, errors.New("the time is outside the years 1 to 9999")
	}
	whole := math.Floor(seconds)
	micros := math.Round((seconds - whole) * 1e6)
	return time.Unix(int64(whole), int64(micros)*1e3).UTC(), nil
}

// zoneName returns the zone of t as Python names it: UTC+01:00 where it has no name.
func zoneName(t time.Time) string {
	name, seconds := t.Zone()
	if name == "" && seconds != 0 {
		return "UTC" + t.Format("-07:00")
	}
	if name == "" {
		return "UTC"
	}
	return name
}

// appendPadded appends n, filled up to width.
func appendPadded(dst []byte, n, width int, pad byte) []byte {
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	var buf [20]byte
	text := strconv.AppendInt(buf[:0], int64(n), 10)
	for range width - len(text) {
		dst = append(dst, pad)
	}
	return append(dst, text...)
}
