package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

// Order compares replication values, each the raw JSON of text or a number.
type Order struct {
	Times   times.Reader // of values that are times
	Numbers bool         // values are numbers, in text too, and never times
}

// errMixed is a comparison of things that have no common order.
var errMixed = errors.New("a time, a number and text have no common order")

// Compare returns -1, 0 or 1. The smaller precision decides: a date and a time
// on that date are equal. Digits are numbers, in text too; counts from 1970 in
// two units are compared as times.
func (o Order) Compare(a, b []byte) (int, error) { return o.compare(a, b, false) }

// CompareTimes is Compare, but values of two kinds that both say a time are
// compared too: a bookmark in text, say, and records that write seconds.
func (o Order) CompareTimes(a, b []byte) (int, error) { return o.compare(a, b, true) }

func (o Order) compare(a, b []byte, kinds bool) (int, error) {
	if o.Times.Layout == "" {
		if c, ok := o.sameShape(a, b); ok {
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
	case x.kind != y.kind && kinds && x.timed && y.timed:
	case x.kind != y.kind:
		return 0, o.mixed(a, b)
	case x.kind == isText:
		return bytes.Compare(x.text, y.text), nil
	case x.kind == isNumber && (!x.timed || !y.timed || sameScale(x.text, y.text)):
		return compareNumbers(x.text, y.text)
	}
	return x.time.Compare(y.time, o.Times.Zone), nil
}

// Greater returns the greater of two values, nil being less than all. Unlike
// Compare it has an order for any two: text, then numbers, then times, and of
// equal ones that of their bytes.
func (o Order) Greater(a, b json.RawMessage) json.RawMessage {
	if a == nil || b != nil && o.total(a, b) < 0 {
		return b
	}
	return a
}

func (o Order) total(a, b []byte) int {
	x, _ := o.value(a) // what is no value counts as empty text
	y, _ := o.value(b)
	if n := cmp.Compare(x.kind, y.kind); n != 0 {
		return n
	}
	n := 0
	switch x.kind {
	case isNumber:
		n = totalNumbers(x.text, y.text)
	case isTime:
		n = x.time.At.Compare(y.time.At)
	}
	return cmp.Or(n, bytes.Compare(a, b))
}

// totalNumbers compares numbers; those too large to compare come last.
func totalNumbers(a, b []byte) int {
	x, errX := number(string(a))
	y, errY := number(string(b))
	switch {
	case errX != nil && errY != nil:
		return 0
	case errX != nil:
		return 1
	case errY != nil:
		return -1
	}
	return x.Cmp(y)
}

// mixed says that a and b have no order, and why one that might be a time is
// none.
func (o Order) mixed(a, b []byte) error {
	for _, raw := range [][]byte{a, b} {
		if v, err := o.value(raw); err == nil && v.kind == isText && !o.Numbers {
			_, why := o.Times.ReadJSON(raw)
			return fmt.Errorf("%s and %s: %w: %s is no time: %w", clip(a), clip(b), errMixed, clip(raw), why)
		}
	}
	return fmt.Errorf("%s and %s: %w", clip(a), clip(b), errMixed)
}

// Instant returns the time that a value is, false if it is none.
func (o Order) Instant(raw []byte) (time.Time, bool) {
	t, err := o.Times.ReadJSON(raw)
	return t.At, err == nil
}

// sameShape compares the common cases without parsing: whole numbers of one
// scale, and times in UTC written alike.
func (o Order) sameShape(a, b []byte) (int, bool) {
	if bytes.Equal(a, b) {
		return 0, true
	}
	if whole(a) && whole(b) {
		return compareWhole(a, b), o.Numbers || sameScale(a, b)
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

func compareWhole(a, b []byte) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return bytes.Compare(a, b)
}

// sameScale reports whether two numbers would be counts from 1970 in one unit,
// or dates in as many digits: then they are compared as numbers.
func sameScale(a, b []byte) bool { return scale(a) == scale(b) }

func scale(number []byte) int {
	number = bytes.TrimPrefix(number, []byte("-"))
	n := len(number)
	if i := bytes.IndexAny(number, ".eE"); i >= 0 {
		n = i
	}
	switch {
	case n == 8 || n == 14:
		return n
	case n < 12: // seconds, see package times
		return 3
	}
	return n / 3
}

// value is a replication value, parsed.
type value struct {
	kind  kind
	text  []byte     // its characters
	time  times.Time // also that of a number, if it may be one
	timed bool
}

type kind int

const (
	isText kind = iota
	isNumber
	isTime
)

func (o Order) value(raw []byte) (value, error) {
	raw = bytes.TrimSpace(raw)
	text, err := unquote(raw)
	if err != nil {
		return value{}, err
	}
	at, why := o.Times.ReadJSON(raw)
	v := value{text: text, time: at, timed: why == nil && !o.Numbers}
	switch {
	case v.timed && !at.Digits:
		v.kind = isTime
	case times.Numeric(string(text)):
		v.kind = isNumber
	case len(raw) == 0 || raw[0] != '"':
		return value{}, fmt.Errorf("%s: expected text or a number", clip(raw))
	}
	return v, nil
}

// unquote returns the characters of a value.
func unquote(raw []byte) ([]byte, error) {
	switch {
	case len(raw) == 0 || raw[0] != '"':
		return raw, nil
	case len(raw) > 1 && bytes.IndexByte(raw[1:], '"') == len(raw)-2 && bytes.IndexByte(raw, '\\') < 0:
		return raw[1 : len(raw)-1], nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("%s: %w", clip(raw), err)
	}
	return []byte(text), nil
}

// compareNumbers compares numbers exactly.
func compareNumbers(a, b []byte) (int, error) {
	if whole(a) && whole(b) {
		return compareWhole(a, b), nil
	}
	x, err := number(string(a))
	if err != nil {
		return 0, err
	}
	y, err := number(string(b))
	if err != nil {
		return 0, err
	}
	return x.Cmp(y), nil
}

// number reads a number exactly. Exponents are bounded, since the exact value
// of 1e999999999 does not fit into a computer.
func number(text string) (*big.Rat, error) {
	if i := strings.IndexAny(text, "eE"); len(text) > 400 || i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > 3 {
		return nil, fmt.Errorf("%s: a number too large to compare", clip([]byte(text)))
	}
	if n, ok := new(big.Rat).SetString(text); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%s: expected a number", clip([]byte(text)))
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
