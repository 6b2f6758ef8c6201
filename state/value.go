package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Order compares replication values, each the raw JSON of text or a number.
type Order struct {
	// Parse reads a time from the text of a value, or from its digits; nil, and
	// what it does not know: RFC 3339 and dates. All else is compared as what
	// it is.
	Parse func(text string) (time.Time, bool)
}

// errMixed is a comparison of things that have no common order.
var errMixed = errors.New("a time, a number and text have no common order")

// Compare returns -1, 0 or 1. The smaller precision decides: a date and a time
// on that date are equal.
func (o Order) Compare(a, b []byte) (int, error) {
	if o.Parse == nil {
		if c, ok := sameShape(a, b); ok {
			return c, nil
		}
	}
	x, err := o.value(a)
	if err != nil {
		return 0, err
	}
	y, err := o.value(b)
	if err != nil {
		return 0, err
	}
	switch {
	case x.number != nil && y.number != nil:
		return x.number.Cmp(y.number), nil
	case x.isTime && y.isTime:
		unit := max(x.unit, y.unit)
		return x.time.Truncate(unit).Compare(y.time.Truncate(unit)), nil
	case x.number == nil && y.number == nil && !x.isTime && !y.isTime:
		return strings.Compare(x.text, y.text), nil
	}
	return 0, fmt.Errorf("%s and %s: %w", clip(a), clip(b), errMixed)
}

// Instant returns the time that a value is, false if it is none.
func (o Order) Instant(raw []byte) (time.Time, bool) {
	v, err := o.value(raw)
	return v.time, err == nil && v.isTime
}

// sameShape compares the common cases without parsing: whole numbers, and
// times in UTC written alike.
func sameShape(a, b []byte) (int, bool) {
	if bytes.Equal(a, b) {
		return 0, true
	}
	if whole(a) && whole(b) {
		if len(a) != len(b) {
			return sign(len(a) - len(b)), true
		}
		return bytes.Compare(a, b), true
	}
	if len(a) != len(b) || len(a) < len(`"2006-01-02T15:04:05Z"`) || a[len(a)-2] != 'Z' {
		return 0, false
	}
	for i, c := range a {
		if d := b[i]; c != d && !(digit(c) && digit(d)) {
			return 0, false
		}
	}
	if a[5] != '-' || a[8] != '-' || a[14] != ':' || a[17] != ':' {
		return 0, false
	}
	return bytes.Compare(a, b), true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// whole reports whether raw is a number of digits alone, without leading
// zeros.
func whole(raw []byte) bool {
	if len(raw) == 0 || raw[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range raw {
		if !digit(c) {
			return false
		}
	}
	return true
}

// value is a replication value, parsed.
type value struct {
	number *big.Rat
	isTime bool
	time   time.Time
	unit   time.Duration // precision of time
	text   string
}

func (o Order) value(raw []byte) (value, error) {
	raw = bytes.TrimSpace(raw)
	text := string(raw)
	quoted := len(raw) > 0 && raw[0] == '"'
	if quoted {
		if err := json.Unmarshal(raw, &text); err != nil {
			return value{}, fmt.Errorf("%s: %w", clip(raw), err)
		}
	}
	if o.Parse != nil {
		if t, ok := o.Parse(text); ok {
			return value{isTime: true, time: t.UTC(), unit: unit(text)}, nil
		}
	}
	if !quoted {
		n, err := number(raw)
		return value{number: n}, err
	}
	if t, ok := parseTime(text); ok {
		return value{isTime: true, time: t.UTC(), unit: unit(text)}, nil
	}
	return value{text: text}, nil
}

// number reads a JSON number exactly. Exponents are bounded, since the exact
// value of 1e999999999 does not fit into a computer.
func number(raw []byte) (*big.Rat, error) {
	text := string(raw)
	if i := strings.IndexAny(text, "eE"); len(text) > 400 || i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > 3 {
		return nil, fmt.Errorf("%s: a number too large to compare", clip(raw))
	}
	if json.Valid(raw) {
		if n, ok := new(big.Rat).SetString(text); ok {
			return n, nil
		}
	}
	return nil, fmt.Errorf("%s: expected text or a number", clip(raw))
}

// layouts are the ways in which APIs write times, the common ones first. A
// fraction of the seconds is read with each of them.
var layouts = [...]string{
	time.RFC3339, time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02 15:04:05Z07",
	"2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04",
}

func parseTime(text string) (time.Time, bool) {
	if len(text) < len(time.DateOnly) || !digit(text[0]) {
		t, err := time.Parse(time.RFC1123, text) // as HTTP writes it
		return t, err == nil
	}
	text = strings.TrimSuffix(text, " UTC")
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// unit is the precision in which a time is written.
func unit(text string) time.Duration {
	if !strings.Contains(text, ":") {
		if len(text) <= len(time.DateOnly) {
			return 24 * time.Hour
		}
		return time.Second
	}
	_, fraction, found := strings.Cut(text, ".")
	if !found {
		return time.Second
	}
	u := time.Second
	for i := 0; i < len(fraction) && digit(fraction[i]) && u > 1; i++ {
		u /= 10
	}
	return u
}

func clip(raw []byte) string {
	const most = 80
	if len(raw) > most {
		return string(raw[:most]) + "…"
	}
	return string(raw)
}

// High is the highest replication value seen, in the bytes of its record.
type High struct {
	Order Order
	raw   []byte
}

// NewHigh returns a High that starts from raw, nil for none.
func NewHigh(o Order, raw json.RawMessage) *High {
	return &High{Order: o, raw: bytes.Clone(present(raw))}
}

// Observe takes note of a value. It reports whether the value is lower than
// one seen before. A null or absent value changes nothing.
func (h *High) Observe(raw []byte) (lower bool, err error) {
	if null(raw) {
		return false, nil
	}
	if h.raw == nil {
		if err := scalar(raw); err != nil {
			return false, fmt.Errorf("%s: %w", clip(raw), err)
		}
		h.raw = append(h.raw, raw...)
		return false, nil
	}
	c, err := h.Order.Compare(raw, h.raw)
	if c > 0 && err == nil {
		h.raw = append(h.raw[:0], raw...)
	}
	return c < 0, err
}

// Value returns the highest value, nil if there was none. It is a copy.
func (h *High) Value() json.RawMessage { return bytes.Clone(h.raw) }
