package times

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"
)

// Strftime writes t by a layout of Python's strftime. Beyond the directives of the C library on
// Linux it knows %f (microseconds), %:z (+01:00) and those of Airbyte's CDK: %s (Unix seconds,
// whatever the machine's zone), %ms (Unix milliseconds), %_ms (the milliseconds within the second,
// three digits), %s_as_float and %epoch_microseconds. %- before a number leaves its zeros out.
func Strftime(t time.Time, layout string) (string, error) {
	var dst []byte
	for layout != "" {
		text, directive, found := strings.Cut(layout, "%")
		dst = append(dst, text...)
		if !found {
			break
		}
		name, rest := cutDirective(directive)
		if dst = appendDirective(dst, t, name, directive[:len(directive)-len(rest)]); dst == nil {
			return "", fmt.Errorf("time layout: %%%s is unknown", Clip(name))
		}
		layout = rest
	}
	return string(dst), nil
}

// The directives of more than a letter, most of them of Airbyte's CDK.
var longDirectives = []string{"epoch_microseconds", "s_as_float", "_ms", "ms", ":z"}

// cutDirective cuts the directive that stands at the beginning of layout, after its %. A flag before
// it ('-', '_', '0') is no part of its name.
func cutDirective(layout string) (name, rest string) {
	for _, word := range longDirectives {
		if rest, ok := strings.CutPrefix(layout, word); ok {
			return word, rest
		}
	}
	if len(layout) > 1 && strings.IndexByte("-_0", layout[0]) >= 0 {
		layout = layout[1:]
	}
	n := min(1, len(layout))
	return layout[:n], layout[n:]
}

// known are the directives that timefmt writes as the C library does.
const known = "YmdeHkIlMSfjyCuwVGUWsz:zbhBaApPnt%FTXRDxcr"

// appendDirective appends what a directive stands for, which is written with
// its flag; nil if there is none.
func appendDirective(dst []byte, t time.Time, name, written string) []byte {
	switch {
	case name == "ms":
		return strconv.AppendInt(dst, t.UnixMilli(), 10)
	case name == "_ms":
		return fmt.Appendf(dst, "%03d", t.Nanosecond()/1e6)
	case name == "epoch_microseconds":
		return strconv.AppendInt(dst, t.UnixMicro(), 10)
	case name == "s_as_float":
		return appendSeconds(dst, t)
	case name == "Z":
		return append(dst, zoneName(t)...)
	case name == "" || !strings.Contains(known, name):
		return nil
	}
	return timefmt.AppendFormat(dst, t, "%"+written)
}

// composedLayout is what a directive stands for that is short for others.
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

// LayoutUnit is the precision of a layout.
func LayoutUnit(layout string) time.Duration {
	unit := day
	for layout != "" {
		_, directive, _ := strings.Cut(layout, "%")
		name, rest := cutDirective(directive)
		if composed := composedLayout(name); composed != "" {
			unit = min(unit, LayoutUnit(composed))
		}
		unit, layout = min(unit, directiveUnit(name)), rest
	}
	return unit
}

func directiveUnit(name string) time.Duration {
	switch name {
	case "f", "epoch_microseconds", "s_as_float":
		return time.Microsecond
	case "ms", "_ms":
		return time.Millisecond
	case "s", "S":
		return time.Second
	case "M":
		return time.Minute
	case "H", "I", "k", "l":
		return time.Hour
	}
	return day
}

// zoneName returns the zone of t as Python names it: UTC+01:00 where it has no name.
func zoneName(t time.Time) string {
	name, seconds := t.Zone()
	switch {
	case name != "":
		return name
	case seconds != 0:
		return "UTC" + t.Format("-07:00")
	}
	return "UTC"
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

// fromUnix returns the time that is seconds after 1970, to the microsecond.
func fromUnix(seconds float64) (time.Time, error) {
	if math.IsNaN(seconds) || seconds < -62135596800 || seconds >= 253402300800 {
		return time.Time{}, errYears
	}
	whole := math.Floor(seconds)
	micros := math.Round((seconds - whole) * 1e6)
	return time.Unix(int64(whole), int64(micros)*1e3).UTC(), nil
}
