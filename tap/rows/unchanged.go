package rows

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// Of records that may be unchanged, an entry is the primary key, and as its value
// the replication time in seconds and the hash of the record. A value without a
// hash says that the target may have another record under the key.
//
// The key is the values of its fields, so that what lies side by side for the API
// does so in a set: in whichever order records come, it is mostly that of their
// keys, and neighbours are found in one block. Of a long key the hash takes the
// place of what is behind its beginning.
const (
	hashSize = 16
	timeSize = 8
	mostKey  = 64
)

// Unchanged are the hashes of records.
func (f *Folder) Unchanged(named *state.Rows, since int64) (*Rows, error) {
	return f.Open(Start{Named: named, Index: true, Doubtful: doubtHash, Keep: func(value []byte) bool {
		return len(value) >= timeSize && int64(binary.LittleEndian.Uint64(value)) >= since
	}})
}

// doubtHash is what is known of a key with two values, of which one may not be in
// the target: the later of their times, and the hash only where both are the same.
func doubtHash(dst, a, b []byte) []byte {
	switch {
	case bytes.Equal(a, b):
		return append(dst, a...)
	case len(a) < timeSize:
		return append(dst, b[:min(len(b), timeSize)]...)
	case len(b) < timeSize:
		return append(dst, a[:timeSize]...)
	}
	at := max(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	return binary.LittleEndian.AppendUint64(dst, uint64(at))
}

// known is the set in which records are looked up, by all noters of a run.
type known struct {
	set     *rowset.Set
	changed []atomic.Uint32 // a bit for each entry: another record left under its key
	broken  atomic.Bool     // it can no longer be read
}

func newKnown(set *rowset.Set) *known {
	return &known{set: set, changed: make([]atomic.Uint32, set.Entries/32+1)}
}

// Broken reports whether the set could no longer be read: then all records leave.
func (r *Rows) Broken() bool { return r.known != nil && r.known.broken.Load() }

// Noter notes records. It is used from one goroutine.
type Noter struct {
	keys   []string
	known  *known // nil: nothing is left out
	finder *rowset.Finder
	second func(value []byte) int64 // of a replication value; 0: it is no time
	key    []byte
}

// Noter returns a noter of records that have these fields as their primary key.
func (r *Rows) Noter(keys []string, second func(value []byte) int64) *Noter {
	n := &Noter{keys: keys, second: second, known: r.known}
	if n.known != nil {
		n.finder = r.known.set.Finder()
	}
	return n
}

// Note appends the entry of a record that is about to leave, unless the target has
// it as it is: then it reports true.
func (n *Noter) Note(dst, record, value []byte) (noted []byte, unchanged bool) {
	var ok bool
	if n.key, ok = appendValues(n.key[:0], record, n.keys); !ok {
		return dst, false
	}
	if len(n.key) > mostKey {
		sum := sha256.Sum256(n.key)
		n.key = append(n.key[:mostKey-hashSize], sum[:hashSize]...)
	}
	content := sha256.Sum256(record)
	if n.has(n.key, content[:hashSize]) {
		return dst, true
	}
	var entry [timeSize + hashSize]byte
	binary.LittleEndian.PutUint64(entry[:], uint64(n.second(value)))
	copy(entry[timeSize:], content[:])
	return rowset.AppendEntry(dst, n.key, entry[:]), false
}

// has reports whether the target has a record as it is, since no other one left
// under its key in this run. One that did is taken note of.
func (n *Noter) has(key, content []byte) bool {
	if n.known == nil || n.known.broken.Load() {
		return false
	}
	value, number, ok, err := n.finder.Find(key)
	if err != nil {
		n.known.broken.Store(true)
	}
	if !ok || err != nil {
		return false
	}
	bit := &n.known.changed[number/32]
	if len(value) == timeSize+hashSize && bytes.Equal(value[timeSize:], content) {
		return bit.Load()&(1<<(number%32)) == 0
	}
	bit.Or(1 << (number % 32))
	return false
}
