package expr

import (
	"math"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds of values.
const (
	KindUndefined Kind = iota // a name, key or index that is not there
	KindNull
	KindBool
	KindInt      // an integer that was computed or written in a template
	KindFloat    // likewise, with a fraction
	KindNumber   // a number out of JSON, or an integer beyond 64 bits: its decimal text
	KindString   // UTF-8 text
	KindList     // of values; out of JSON: its bytes
	KindDict     // keys in order, each with a value; out of JSON: its bytes
	KindTime     // an instant with a zone; or a day
	KindDuration // nanoseconds and calendar months
	kindPattern  // a compiled regular expression: an argument only, never a result
)

// String returns the kind as error messages name it, with its article.
func (k Kind) String() string {
	return [...]string{
		"undefined", "null", "a boolean", "an integer", "a float", "a number", "a string",
		"a list", "a dict", "a time", "a duration", "a regular expression",
	}[k]
}

type flags uint8

const (
	flagSafe    flags = 1 << iota // marked by the filter safe
	flagEscaped                   // String: text is a JSON string, quotes and escapes included
	flagTuple                     // List: prints in parentheses
	flagDate                      // Time: a day, without a time of day
	flagAbsent                    // Undefined: an argument that was left out
)

// Value is one value of an expression: immutable, cheap to copy, safe to share. The zero Value
// is undefined.
//
// Values out of JSON refer to the bytes they were made from.
type Value struct {
	kind  Kind
	flags flags
	part  int32  // Time: nanoseconds within the second. Duration: months
	num   int64  // Bool: 0 or 1. Int. Float: its bits. Time: Unix seconds. Duration: nanoseconds
	text  string // String, Number; List and Dict out of JSON
	ref   any    // List: *list. Dict: *dict. Time: *time.Location. Pattern: *pattern
}

// A list is what a List that does not come out of JSON holds.
type list struct {
	items  []Value
	weight int
}

// A dict is what a Dict that does not come out of JSON holds.
type dict struct {
	keys   []string
	values []Value
	weight int
}

// Undefined returns the value of what is not there.
func Undefined() Value { return Value{} }

// Null returns JSON's null.
func Null() Value { return Value{kind: KindNull} }

// Bool returns a boolean.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, num: 1}
	}
	return Value{kind: KindBool}
}

// Int returns an integer.
func Int(i int64) Value { return Value{kind: KindInt, num: i} }

// Float returns a floating-point number.
func Float(f float64) Value { return Value{kind: KindFloat, num: int64(math.Float64bits(f))} }

// String returns a string.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Time returns an instant; it prints in the zone of t.
func Time(t time.Time) Value {
	return Value{kind: KindTime, num: t.Unix(), part: int32(t.Nanosecond()), ref: t.Location()}
}

// date returns the day of t in the zone of t.
func date(t time.Time) Value {
	v := Time(times.Midnight(t, t.Location()))
	v.flags |= flagDate
	return v
}

// Duration returns a length of time.
func Duration(d time.Duration) Value { return spanValue(times.Span{Nanos: d}) }

// List returns a list of the items, which must not change afterwards.
func List(items []Value) Value {
	l := &list{items: items, weight: 1}
	for _, item := range items {
		l.weight = saturate(l.weight, item.weight())
	}
	return Value{kind: KindList, ref: l}
}

// tuple returns a list that prints as a Python tuple.
func tuple(items ...Value) Value {
	v := List(items)
	v.flags |= flagTuple
	return v
}

// Dict returns a mapping of keys[i] to values[i], in that order. Neither may change afterwards.
// Of a key that occurs twice, the last value counts. It panics when there are fewer
// values than keys.
func Dict(keys []string, values []Value) Value {
	d := &dict{keys: keys, values: values[:len(keys):len(keys)], weight: 1}
	for i, item := range d.values {
		d.weight = saturate(d.weight, weightOf(keys[i])+item.weight())
	}
	return Value{kind: KindDict, ref: d}
}

// Kind returns what v is.
func (v Value) Kind() Kind { return v.kind }

// Missing reports whether v is undefined or null.
func (v Value) Missing() bool { return v.kind <= KindNull }

// Safe reports whether v was marked by the filter safe: it goes into a URL as it is.
func (v Value) Safe() bool { return v.flags&flagSafe != 0 }

// Truth reports whether v counts as true. "", 0, [], {}, null, undefined and a duration of
// nothing do not.
func (v Value) Truth() bool {
	switch v.kind {
	case KindUndefined, KindNull:
		return false
	case KindBool, KindInt:
		return v.num != 0
	case KindFloat, KindNumber:
		n, _ := v.number()
		return n.compare(number{}) != equal
	case KindString:
		return v.text != "" // an escaped string holds a character at least
	case KindList, KindDict:
		return !v.empty()
	case KindDuration:
		return v.num != 0 || v.part != 0
	}
	return true
}

// Int64 returns v as an integer: a whole number, or a string that holds one.
func (v Value) Int64() (int64, bool) {
	n, ok := v.numeric()
	if !ok || n.big {
		return 0, false
	}
	if !n.float {
		return n.i, true
	}
	if math.Trunc(n.f) != n.f || n.f < -1<<63 || n.f >= 1<<63 {
		return 0, false
	}
	return int64(n.f), true
}

// Float64 returns v as a floating-point number: a number, or a string that holds one.
func (v Value) Float64() (float64, bool) {
	n, ok := v.numeric()
	return n.float64(), ok
}

// numeric returns the number that v is or, being a string, holds.
func (v Value) numeric() (number, bool) {
	switch v.kind {
	case KindInt, KindFloat, KindNumber:
		return v.number()
	case KindString:
		return parseNumber(v.str())
	}
	return number{}, false
}

// Instant returns v as a time: a time, or a string that [times.Parse] reads.
func (v Value) Instant() (time.Time, bool) {
	switch v.kind {
	case KindTime:
		return v.time(), true
	case KindString:
		t, err := times.Parse(v.str())
		return t, err == nil
	}
	return time.Time{}, false
}

// Duration returns v as a length of time: a duration without months, or a string that
// [times.ParseDuration] reads.
func (v Value) Duration() (time.Duration, bool) {
	switch {
	case v.kind == KindDuration && v.part == 0:
		return time.Duration(v.num), true
	case v.kind == KindString:
		d, err := times.ParseDuration(v.str())
		return d, err == nil
	}
	return 0, false
}

func (v Value) float() float64 { return math.Float64frombits(uint64(v.num)) }

// spanValue returns a length of time that may have months.
func spanValue(s times.Span) Value {
	return Value{kind: KindDuration, part: s.Months, num: int64(s.Nanos)}
}

func (v Value) span() times.Span { return times.Span{Months: v.part, Nanos: time.Duration(v.num)} }

// time returns the instant of a Time.
func (v Value) time() time.Time {
	return time.Unix(v.num, int64(v.part)).In(v.ref.(*time.Location))
}

// str returns the characters of a String.
func (v Value) str() string {
	if v.flags&flagEscaped != 0 {
		escaped, _ := raw.Of(v.text).Plain()
		return raw.Text(raw.AppendUnescaped(make([]byte, 0, len(escaped)), escaped)).String()
	}
	return v.text
}

// weight says how much work there is in going through v, everything inside it included.
func (v Value) weight() int {
	switch ref := v.ref.(type) {
	case *list:
		return ref.weight
	case *dict:
		return ref.weight
	}
	if v.kind == KindList || v.kind == KindDict {
		return 1 + len(v.text)/4 // [1,2,3]: an item may have no more than two bytes
	}
	return weightOf(v.text)
}

// weightOf is the weight of a text that is only read through: 64 bytes of it are about as fast as
// one value.
func weightOf(text string) int { return 1 + len(text)/64 }

// saturate adds two weights, which may have been added up from shared parts, without wrapping.
func saturate(a, b int) int {
	if a > math.MaxInt32 || b > math.MaxInt32 {
		return math.MaxInt32
	}
	return a + b
}

// rounded returns a number as the nearest integer, if that has 64 bits.
func (v Value) rounded() (int64, bool) {
	if v.kind == KindFloat {
		v = Float(math.RoundToEven(v.float()))
	}
	return v.Int64()
}
