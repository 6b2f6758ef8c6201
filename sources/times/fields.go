package times

import "time"

// fields are the parts of a time as they are written.
type fields struct {
	year, month, day     int
	hour, minute, second int
	nanos                int
	offset               int  // seconds east of UTC
	zoned                bool // offset was written
}

// time returns the time, which is of zone where the text named none.
func (f *fields) time(zone *time.Location, unit time.Duration) Time {
	wall := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nanos, time.UTC)
	if f.zoned {
		return Time{At: wall.Add(-time.Duration(f.offset) * time.Second), Unit: unit, Zoned: true}
	}
	at, again := in(zone, wall)
	return Time{At: at, Unit: unit, Again: again}
}

// Exists reports whether there is such a day and time of day.
func Exists(year, month, day, hour, minute, second int) bool {
	f := fields{year: year, month: month, day: day, hour: hour, minute: minute, second: second}
	return f.valid()
}

// valid reports whether there is such a day and time of day. A leap second is the next one.
func (f *fields) valid() bool {
	if f.year < 1 || f.month < 1 || f.month > 12 || f.day < 1 || f.hour > 23 || f.minute > 59 || f.second > 60 {
		return false
	}
	return f.day <= 28 || f.day <= daysIn(f.year, f.month)
}

// daysIn returns how many days a month has.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// digitFields reads 20060102, and 150405 where there is a clock, out of text that is digits.
func digitFields(date, clock string) (f fields, unit time.Duration) {
	f.year, _ = fixed(date[:4])
	f.month, _ = fixed(date[4:6])
	f.day, _ = fixed(date[6:8])
	if clock == "" {
		return f, day
	}
	f.hour, _ = fixed(clock[:2])
	f.minute, _ = fixed(clock[2:4])
	f.second, _ = fixed(clock[4:6])
	return f, time.Second
}

// cutDate reads 2006-01-02.
func (f *fields) cutDate(text string) (rest string, err error) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return "", errUnknown
	}
	var year, month, day bool
	f.year, year = fixed(text[:4])
	f.month, month = fixed(text[5:7])
	f.day, day = fixed(text[8:10])
	switch {
	case !year || !month || !day:
		return "", errUnknown
	case text[:10] == "0000-00-00":
		return "", errZero
	case !f.valid():
		return "", errNoTime
	}
	return text[10:], nil
}

// cutClock reads 15:04, 15:04:05 or 15:04:05.123456789.
func (f *fields) cutClock(text string) (rest string, err error) {
	if len(text) < 5 || text[2] != ':' {
		return "", errUnknown
	}
	var hour, minute bool
	f.hour, hour = fixed(text[:2])
	f.minute, minute = fixed(text[3:5])
	if !hour || !minute {
		return "", errUnknown
	}
	rest = text[5:]
	if len(rest) >= 3 && rest[0] == ':' {
		ok := false
		if f.second, ok = fixed(rest[1:3]); !ok {
			return "", errUnknown
		}
		if rest, ok = f.cutFraction(rest[3:]); !ok {
			return "", errUnknown
		}
	}
	if !f.valid() {
		return "", errNoTime
	}
	return rest, nil
}

// cutFraction reads the fraction of a second, if there is one. Digits beyond
// the ninth are read over.
func (f *fields) cutFraction(text string) (rest string, ok bool) {
	if text == "" || text[0] != '.' && text[0] != ',' {
		return text, true
	}
	n := Digits(text[1:])
	if n == 0 {
		return "", false
	}
	f.nanos = int(billionths(text[1 : 1+n]))
	return text[1+n:], true
}

// billionths is a fraction, of which text has the digits.
func billionths(text string) int64 {
	n, _ := fixed(text[:min(len(text), 9)])
	for range 9 - len(text) {
		n *= 10
	}
	return int64(n)
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

// Digits returns how many decimal digits text begins with.
func Digits(text string) int {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return i
		}
	}
	return len(text)
}
