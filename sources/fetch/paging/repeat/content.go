package repeat

import (
	"hash/maphash"
	"math/bits"

	"github.com/tidwall/gjson"
)

// seed is that of all hashes of this process.
var seed = maphash.MakeSeed()

// Content is the hash by which a page is known again: that of its records, since
// envelopes hold times and ids of requests, or of a body without any. The records
// may be in a tally.
func Content(r Records, body []byte, t *Tally) uint64 {
	switch {
	case r.Len() == 0:
		return maphash.Bytes(seed, body)
	case t != nil:
		return t.content
	}
	return mix(0, r)
}

// Ends is the hash of the keys of the first and the last of several records, by which
// a page is known whose records say of themselves when they were read; 0 where there
// is no key, or none in the records.
func Ends(r Records, keys []string) (sum uint64) {
	if len(keys) == 0 || r.Len() < 2 {
		return 0
	}
	for _, i := range []int{0, r.Len() - 1} {
		for _, name := range keys {
			v := gjson.GetBytes(r.Record(i), gjson.Escape(name))
			if !v.Exists() {
				return 0
			}
			sum = bits.RotateLeft64(sum, 7)*0x9e3779b97f4a7c15 + maphash.String(seed, v.Raw)
		}
	}
	return sum | 1
}

// mix adds records to the hash of those before them. Each is hashed where it
// lies: a maphash.Hash would copy them, which takes five times as long.
func mix(sum uint64, r Records) uint64 {
	for i := range r.Len() {
		sum = bits.RotateLeft64(sum, 7)*0x9e3779b97f4a7c15 + maphash.Bytes(seed, r.Record(i))
	}
	return sum
}

// Tally takes note of the records of a page that come in pieces: what is asked of
// them once they are gone.
type Tally struct {
	Watch   *Watch // nil: nobody looks
	Last    []byte // the last record, where Keeps says so
	Keeps   bool   // the last record is asked for
	Counts  bool   // nothing is asked for but how many there are
	content uint64
}

// See takes note of a piece.
func (t *Tally) See(r Records) {
	t.content = mix(t.content, r)
	t.Watch.See(r)
	if n := r.Len(); t.Keeps && n > 0 {
		t.Last = append(t.Last[:0], r.Record(n-1)...)
	}
}
