//go:build !small

package xlsx

import (
	"math"
	"strconv"
	"time"
)

// day is a day in milliseconds, which is how exact the days of workbooks are.
const day = 24 * 60 * 60 * 1000

// lastDay is 31 December 9999, counted from 1900.
const lastDay = 2_958_465

// appendSerial appends what a number of days is in a format, as JSON; false: nothing.
func appendSerial(dst []byte, text []byte, f format, from1904 bool) ([]byte, bool) {
	days, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.Abs(days) > lastDay+1 {
		return dst, false
	}
	ms := int64(math.Round(days * day))
	if f == isDuration {
		return appendDuration(dst, ms), true
	}
	if ms < 0 {
		return dst, false
	}
	if ms < day && !from1904 || ms < day && f == hasTime { // there is no day 0
		if f == hasDate {
			return dst, false
		}
		return appendTime(dst, ms, `"15:04:05`), true
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch n := ms / day; {
	case from1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case n == 60: // 29 February 1900, which Lotus 1-2-3 thought there was
		return dst, false
	case n < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	at := epoch.AddDate(0, 0, int(ms/day)).UnixMilli() + ms%day
	if at >= time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() {
		return dst, false
	}
	if f == hasDate && ms%day == 0 {
		return appendTime(dst, at, `"2006-01-02`), true
	}
	return appendTime(dst, at, `"2006-01-02T15:04:05`), true
}

// appendTime appends a time in a layout, and milliseconds if there are some.
func appendTime(dst []byte, ms int64, layout string) []byte {
	dst = time.UnixMilli(ms).UTC().AppendFormat(dst, layout)
	return append(appendFraction(dst, ms), '"')
}

// appendFraction appends the milliseconds of a second, without zeros at their end.
func appendFraction(dst []byte, ms int64) []byte {
	if ms %= 1000; ms < 0 {
		ms += 1000
	}
	if ms == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendDuration appends a duration of ISO 8601.
func appendDuration(dst []byte, ms int64) []byte {
	dst = append(dst, '"')
	if ms < 0 {
		dst = append(dst, '-')
		ms = -ms
	}
	dst = append(dst, "PT"...)
	empty := len(dst)
	if h := ms / 3_600_000; h > 0 {
		dst = append(strconv.AppendInt(dst, h, 10), 'H')
	}
	if m := ms / 60_000 % 60; m > 0 {
		dst = append(strconv.AppendInt(dst, m, 10), 'M')
	}
	if s := ms % 60_000; s > 0 || len(dst) == empty {
		dst = strconv.AppendInt(dst, s/1000, 10)
		dst = append(appendFraction(dst, s), 'S')
	}
	return append(dst, '"')
}
