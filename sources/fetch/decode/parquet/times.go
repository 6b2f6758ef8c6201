//go:build !small

package parquet

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/tap-rest/tap-rest/sources/times"
)

const day = 24 * 60 * 60 // in seconds

// appendTime appends a date, a time of day or a timestamp.
func appendTime(dst []byte, c *leaf, v value) ([]byte, error) {
	dst = append(dst, '"')
	switch c.kind {
	case kindDate:
		dst = appendDate(dst, int64(int32(v.bits)))
	case kindTime:
		i := int64(v.bits)
		if c.physical == physicalInt32 {
			i = int64(int32(v.bits))
		}
		if i < 0 || i/c.unit.perSecond > day {
			return dst, fmt.Errorf("a time of day is %d, in units of which a second has %d: it is in no day", i, c.unit.perSecond)
		}
		dst = appendClock(dst, i, c.unit)
	case kindInt96:
		nanos := int64(binary.LittleEndian.Uint64(v.bytes))
		seconds, rest := times.Floor(nanos, units[3].perSecond)
		days, ofDay := times.Floor(seconds, day)
		const julian = 2440588 // the day of 1970-01-01
		days += int64(int32(binary.LittleEndian.Uint32(v.bytes[8:]))) - julian
		dst = append(appendDate(dst, days), 'T')
		dst = appendClock(dst, ofDay*units[3].perSecond+rest, units[3])
	default:
		days, ofDay := times.Floor(int64(v.bits), day*c.unit.perSecond)
		dst = appendClock(append(appendDate(dst, days), 'T'), ofDay, c.unit)
		if c.kind == kindInstant {
			dst = append(dst, 'Z')
		}
	}
	return append(dst, '"'), nil
}

// appendDate appends the date that is some days behind 1970-01-01, in the calendar
// that the format has for all times (proleptic Gregorian). Years outside of 0 to 9999
// have a sign, as ISO 8601 says for them.
func appendDate(dst []byte, days int64) []byte {
	// Years begin in March here, so that the day of a leap year is its last, and 400 of
	// them are an era: https://howardhinnant.github.io/date_algorithms.html.
	era, ofEra := times.Floor(days+719468, 146097)
	year := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	month := (5*ofYear + 2) / 153
	dayOfMonth := ofYear - (153*month+2)/5 + 1
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	dst = appendYear(dst, year+era*400)
	dst = appendTwo(append(dst, '-'), uint64(month))
	return appendTwo(append(dst, '-'), uint64(dayOfMonth))
}

func appendYear(dst []byte, year int64) []byte {
	switch {
	case year < 0:
		dst, year = append(dst, '-'), -year
	case year > 9999:
		dst = append(dst, '+')
	}
	if year > 9999 {
		return strconv.AppendInt(dst, year, 10)
	}
	return appendTwo(appendTwo(dst, uint64(year)/100), uint64(year)%100)
}

// appendClock appends a time of day, with as many digits as its unit has.
func appendClock(dst []byte, i int64, u unit) []byte {
	seconds := uint64(i / u.perSecond)
	dst = appendTwo(dst, seconds/3600)
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	dst = appendTwo(append(dst, ':'), seconds%60)
	return appendDigits(append(dst, '.'), uint64(i%u.perSecond), u.digits)
}

func appendTwo(dst []byte, v uint64) []byte { return append(dst, '0'+byte(v/10), '0'+byte(v%10)) }
