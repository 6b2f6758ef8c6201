package jsonl

import (
	"bytes"
	"slices"

	"github.com/tidwall/gjson"
)

// trailer finds a last object that is no record like the others, but says something of
// the whole file: that there is more, or that something went wrong.
type trailer struct {
	head []byte   // the first record up to its first colon
	keys []string // its members
	odd  []byte   // the record under way, where it begins otherwise and is short
	kind []byte   // the first such record up to its first colon: a further one is of a kind with it
}

const (
	longTrailer  = 4 << 10
	trailerNames = 200 // of the first record
)

func (t *trailer) begin(record []byte) {
	t.head = headOf(record)
	gjson.ParseBytes(record).ForEach(func(key, _ gjson.Result) bool {
		t.keys = append(t.keys, key.Str)
		return len(t.keys) < trailerNames
	})
}

// headOf is a record up to its first colon.
func headOf(record []byte) []byte { return slices.Clone(record[:bytes.IndexByte(record, ':')+1]) }

// follow looks at a record behind the first one.
func (t *trailer) follow(record []byte) {
	t.odd = t.odd[:0]
	if len(record) > longTrailer || bytes.HasPrefix(record, t.head) || len(t.kind) > 0 && bytes.HasPrefix(record, t.kind) {
		return
	}
	if t.odd = append(t.odd, record...); len(t.kind) == 0 {
		t.kind = headOf(record)
	}
}

// Trailer is the last object of a file that was read to its end, where it has no member
// that the first one has; nil where it is a record like that.
func (t *trailer) Trailer() (last []byte) {
	if len(t.odd) == 0 || len(t.keys) == 0 {
		return nil
	}
	last = slices.Clone(t.odd)
	gjson.ParseBytes(last).ForEach(func(key, _ gjson.Result) bool {
		if slices.Contains(t.keys, key.Str) {
			last = nil
		}
		return last != nil
	})
	return last
}
