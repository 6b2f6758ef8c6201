package times

import (
	"strings"
	"time"
)

// Parse reads a time as APIs write them: RFC 3339 with T or a space in the middle, without
// seconds, with one to nine digits of fraction, with Z, an offset (+01:00, +0100, +01) or no zone,
// which is UTC; or a date alone, which is its midnight in UTC. The result is in UTC.
func Parse(text string) (time.Time, bool) {
	var f fields
	rest, ok := f.cutDate(text)
	if !ok {
		return time.Time{}, false
	}
	if rest == "" {
		return f.time(), true
	}
	if rest[0]|0x20 != 't' && rest[0] != ' ' {
		return time.Time{}, false
	}
	if rest, ok = f.cutClock(rest[1:]); !ok {
		return time.Time{}, false
	}
	if f.offset, ok = parseOffset(strings.TrimPrefix(rest, " ")); !ok {
		return time.Time{}, false
	}
	return f.time(), true
}

// fields are the parts of a time as they are written.
type fields struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	offset               int // seconds east of UTC
}

func (f *fields) time() time.Time {
	t := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nanos, time.UTC)
	return t.Add(-time.Duration(f.offset) * time.Second)
}

// valid reports whether there is such a day and time of day. A leap second is the next one.
func (f *fields) valid() bool {
	if f.month < 1 || f.month > 12 || f.day < 1 || f.hour > 23 || f.minute > 59 || f.second > 60 {
		return false
	}
	return f.day <= 28 || f.day <= daysIn(f.year, f.month)
}

// Exists reports whether there is such a day and time of day.
func Exists(year, month, day, hour, minute, second int) bool {
	f := fields{year: year, month: month, day: day, hour: hour, minute: minute, second: second}
	return f.valid()
}

// daysIn returns how many days a month has.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// cutDate reads 2006-01-02.
func (f *fields) cutDate(text string) (rest string, ok bool) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return "", false
	}
	var year, month, day bool
	f.year, year = fixed(text[:4])
	f.month, month = fixed(text[5:7])
	f.day, day = fixed(text[8:10])
	return text[10:], year && month && day && f.valid()
}

// cutClock reads 15:04, 15:04:05 or 15:04:05.123456789.
func (f *fields) cutClock(text string) (rest string, ok bool) {
	if len(text) < 5 || text[2] != ':' {
		return "", false
	}
	var hour, minute bool
	f.hour, hour = fixed(text[:2])
	f.minute, minute = fixed(text[3:5])
	if !hour || !minute {
		return "", false
	}
	rest = text[5:]
	if len(rest) < 3 || rest[0] != ':' {
		return rest, f.valid()
	}
	if f.second, ok = fixed(rest[1:3]); !ok {
		return "", false
	}
	if rest, ok = f.cutFraction(rest[3:]); !ok {
		return "", false
	}
	return rest, f.valid()
}

func (f *fields) cutFraction(text string) (rest string, ok bool) {
	if text == "" || text[0] != '.' && text[0] != ',' {
		return text, true
	}
	n := digits(text[1:])
	if n == 0 || n > 9 {
		return "", false
	}
	f.nanos, _ = fixed(text[1 : 1+n])
	for range 9 - n {
		f.nanos *= 10
	}
	return text[1+n:], true
}

// parseOffset reads Z, +01:00, +0100, +01 or nothing: seconds east of UTC.
func parseOffset(text string) (int, bool) {
	if text == "" || text == "Z" || text == "z" {
		return 0, true
	}
	sign := 1
	switch text[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	text = text[1:]
	if len(text) == 5 && text[2] == ':' {
		return offset(sign, text[:2], text[3:])
	}
	switch len(text) {
	case 4:
		return offset(sign, text[:2], text[2:])
	case 2:
		return offset(sign, text, "00")
	}
	return 0, false
}

func offset(sign int, hours, minutes string) (int, bool) {
	h, hok := fixed(hours)
	m, mok := fixed(minutes)
	return sign * (h*60 + m) * 60, hok && mok && h < 24 && m < 60
}

// fixed reads text that is decimal digits only, nine at most.
func fixed(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}

// digits returns how many decimal digits text begins with.
func digits(text string) int {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return i
		}
	}
	return len(text)
}
