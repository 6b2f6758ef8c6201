package times

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unsafe"
)

// A Reader reads times as one place of an API writes them, and writes others
// like them.
type Reader struct {
	Layout string         // of Strptime, tried first; "": what is recognised
	Zone   *time.Location // of times that name none; nil: UTC
}

// A Time is a time that was read.
type Time struct {
	At    time.Time     // in UTC
	Unit  time.Duration // the precision in which it is written: a day, a second, less
	Again time.Duration // how much later clocks that were set back show it again; 0: they do not
	Zoned bool          // the text says which zone it is of, or need not
	// Digits is true of what is recognised in a number: a count from 1970, or a
	// date in digits.
	Digits bool
}

// Compare returns -1, 0 or 1. The smaller precision decides: a day and a time
// of that day in zone are equal.
func (t Time) Compare(u Time, zone *time.Location) int {
	unit := max(t.Unit, u.Unit)
	return cut(t.At, unit, zone).Compare(cut(u.At, unit, zone))
}

// cut rounds down to a unit, as clocks in a zone show it.
func cut(t time.Time, unit time.Duration, zone *time.Location) time.Time {
	if unit > time.Minute && zone != nil {
		t = t.Add(offsetAt(zone, t))
	}
	return t.Truncate(unit)
}

var (
	errEmpty   = errors.New("it is empty")
	errUnknown = errors.New("it is not written in a way that is recognised")
	errNoTime  = errors.New("there is no such day or time of day")
	errZero    = errors.New("0000-00-00 is no day: databases write it where there is none")
	errRange   = errors.New("the number is too large for a time")
	errYears   = errors.New("the time is outside the years 1 to 9999")
	errKind    = errors.New("it is neither text nor a number")
)

// Parse reads a time as it is recognised, in UTC where it names no zone.
func Parse(text string) (time.Time, error) {
	t, err := Reader{}.Read(text)
	return t.At, err
}

// Read reads a time from text, or from the digits of a number.
func (r Reader) Read(text string) (Time, error) {
	if r.Layout == "" {
		return r.recognise(text)
	}
	t, err := r.byLayout(text)
	if err != nil {
		if t, err := r.recognise(text); err == nil {
			return t, nil
		}
	}
	return t, err
}

// ReadJSON reads a time from JSON, text or a number. It does not allocate.
func (r Reader) ReadJSON(raw []byte) (Time, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return Time{}, errEmpty
	}
	text := unsafe.String(&raw[0], len(raw)) // what is read keeps nothing of it
	switch {
	case raw[0] != '"' && Numeric(text):
		return r.Read(text)
	case raw[0] != '"' || len(raw) == 1 || raw[len(raw)-1] != '"':
		return Time{}, errKind
	case bytes.IndexByte(raw, '\\') < 0:
		return r.Read(text[1 : len(text)-1])
	}
	return r.readEscaped(raw)
}

// readEscaped reads text that has escapes in it.
func (r Reader) readEscaped(raw []byte) (Time, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return Time{}, errKind
	}
	return r.Read(text)
}

func (r Reader) recognise(text string) (Time, error) {
	switch {
	case text == "":
		return Time{}, errEmpty
	case Numeric(text):
		return r.number(text)
	case letters(text[:1]) > 0:
		return r.header(text)
	}
	return r.iso(text)
}

// number reads a date in digits, or a count from 1970.
func (r Reader) number(text string) (Time, error) {
	t, ok := r.compact(text)
	if !ok {
		var err error
		if t, err = epoch(text); err != nil {
			return Time{}, err
		}
	}
	t.Digits = true
	return t, nil
}

// compact reads 20060102 and 20060102150405.
func (r Reader) compact(text string) (Time, bool) {
	if len(text) != 8 && len(text) != 14 || Digits(text) < len(text) {
		return Time{}, false
	}
	f, unit := digitFields(text[:8], text[8:])
	return f.time(r.Zone, unit), f.valid()
}

// iso reads what begins with a date, and 20060102T150405Z.
func (r Reader) iso(text string) (Time, error) {
	if len(text) >= 15 && text[8]|0x20 == 't' && Digits(text) == 8 && Digits(text[9:]) == 6 {
		return r.basic(text)
	}
	var f fields
	rest, err := f.cutDate(text)
	if err != nil {
		return Time{}, err
	}
	if rest == "" {
		return f.time(r.Zone, day), nil
	}
	if rest[0]|0x20 != 't' && rest[0] != ' ' {
		return Time{}, errUnknown
	}
	clock := rest[1:]
	if rest, err = f.cutClock(clock); err != nil {
		return Time{}, err
	}
	if err := f.cutZone(rest); err != nil {
		return Time{}, err
	}
	return f.time(r.Zone, fractionUnit(clock[:len(clock)-len(rest)])), nil
}

// basic reads 20060102T150405, and a zone.
func (r Reader) basic(text string) (Time, error) {
	f, unit := digitFields(text[:8], text[9:15])
	if !f.valid() {
		return Time{}, errNoTime
	}
	if err := f.cutZone(text[15:]); err != nil {
		return Time{}, err
	}
	return f.time(r.Zone, unit), nil
}

// header reads the forms of HTTP and mail.
func (r Reader) header(text string) (Time, error) {
	for _, layout := range [...]string{"%a, %d %b %Y %T", "%a, %d-%b-%y %T", "%a %b %e %T %Y"} {
		p := newTimeParser(text)
		if p.parse(layout, 0) != nil {
			continue
		}
		if !p.valid() {
			return Time{}, errNoTime
		}
		if err := p.cutZone(p.rest); err != nil {
			return Time{}, err
		}
		return p.time(r.Zone, time.Second), nil
	}
	return Time{}, errUnknown
}

// fractionUnit is the precision of a time of day: a second, or a part of it.
func fractionUnit(clock string) time.Duration {
	unit := time.Second
	if i := strings.IndexAny(clock, ".,"); i >= 0 {
		for range min(Digits(clock[i+1:]), 9) {
			unit /= 10
		}
	}
	return unit
}
