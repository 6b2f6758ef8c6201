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
}

const (
	longTrailer  = 4 << 10
	trailerNames = 200 // of the first record
)

func (t *trailer) begin(record []byte) {
	t.head = slices.Clone(record[:bytes.IndexByte(record, ':')+1])
	gjson.ParseBytes(record).ForEach(func(key, _ gjson.Result) bool {
		t.keys = append(t.keys, key.Str)
		return len(t.keys) < trailerNames
	})
}

// follow looks at a record behind the first one.
func (t *trailer) follow(record []byte) {
	t.odd = t.odd[:0]
	if len(record) <= longTrailer && !bytes.HasPrefix(record, t.head) {
		t.odd = append(t.odd, record...)
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
