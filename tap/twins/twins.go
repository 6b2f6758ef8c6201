// Package twins finds records that have the primary key of an earlier one, and
// says what that shows.
package twins

import (
	"hash/maphash"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// slots is how many primary keys are remembered: rows of one key lie close
// together, so that the last ones are enough to find most of them. They take
// 96 KiB, which stay in the processor's cache; there are fewer at first, since
// most partitions of a stream with many have few records.
const (
	slots      = 1 << 12
	firstSlots = 1 << 4
)

// Memory is what is remembered of the records of a pass. It is used from one
// goroutine.
type Memory struct {
	keys  []string
	seed  maphash.Seed
	seen  []record // by the hash of the key; a newer one takes the place of an older
	first int      // slots
	count int      // of records, while there may be more slots
	page  uint32   // the number of the page under way
	since uint32   // the first page that the walk has not asked for again since
	text  []byte   // the key of the last record, its values
	thread
}

// record are the hashes of a record, and the number of its page.
type record struct {
	key, content uint64
	value, page  uint32
}

// Kind is what a record is to the earlier one with its primary key.
type Kind int

const (
	None      Kind = iota // no twin; or the same, where the walk asked for it again
	Part                  // one with another content, and the same replication value
	Again                 // the same, on a later page
	Changed               // one with another replication value, on a later page
	Beside                // one with another content, in the same answer
	Elsewhere             // one with another content, in another context
)

// Moved reports whether a twin shows that rows moved in their list while its
// counted pages were read. Keys without gaps look like counted pages, and a row
// that was changed may well come again behind them; one that was not never does.
func (k Kind) Moved(c paging.Counting) bool {
	return k == Again && c != paging.Uncounted || k == Changed && c == paging.Counted
}

// New returns a memory of records with these fields as primary key; without any,
// no record is a twin. few says that there will be few records: memory grows with
// them.
func New(keys []string, few bool) Memory {
	m := Memory{keys: keys, seed: maphash.MakeSeed(), first: slots}
	if few {
		m.first = firstSlots
	}
	return m
}

// Join makes it a memory of one of many walks.
func (m *Memory) Join(all *Across, w Walk) {
	m.seed = all.hashes()
	m.thread = thread{across: all, walk: maphash.String(m.seed, w.Key), context: w.Context}
}

// Begin says that a page begins, and whether nothing of it was asked for before:
// what comes again because the walk went back shows nothing. Pieces of a page
// may begin one by one; End ends them all.
func (m *Memory) Begin(follows bool) {
	if !follows {
		m.since = m.page
	}
}

// End says that the page is over.
func (m *Memory) End() { m.page++ }

// See returns what a record is to an earlier one, and a number that stands for its
// primary key, 0 where it has none; its replication value is nil where there is
// none. Numbers up to 18 digits have their own; others that are different have the
// same one less often than once in 2^63 times.
func (m *Memory) See(text, value []byte) (kind Kind, key uint64) {
	if len(m.keys) == 0 {
		return None, 0
	}
	if m.count++; m.seen == nil || m.count >= len(m.seen)/2 && len(m.seen) < slots {
		m.grow()
	}
	now := record{content: maphash.Bytes(m.seed, text), page: m.page}
	now.key = m.key(text)
	if value != nil {
		now.value = uint32(maphash.Bytes(m.seed, value))
	}
	if key = now.key; key == 0 {
		return None, 0
	}
	slot := &m.seen[now.key>>1%uint64(len(m.seen))]
	before := *slot
	*slot = now
	elsewhere := m.see(key, now.content, value)
	later := before.page < now.page && before.page >= m.since
	switch {
	case before.key != now.key && elsewhere:
		return Elsewhere, key
	case before.key != now.key:
	case before.page == now.page && before.content != now.content:
		return Beside, key
	case before.value == now.value && before.content != now.content:
		return Part, key
	case later && before.value != now.value:
		return Changed, key
	case later:
		return Again, key
	}
	return None, key
}

// Last are the values of the last primary key that was seen, as JSON, with commas
// between them; nothing of a record without one. They hold until the next record.
func (m *Memory) Last() []byte { return m.text }

// key is the number of a record's primary key: an even one that says all of it, or
// an odd one that is a hash. 0: a field of it is missing, or its only one is null.
func (m *Memory) key(text []byte) (key uint64) {
	m.text = m.text[:0]
	for i, k := range m.keys {
		v := raw.Text(text).Field(k)
		if len(v) == 0 || v[0] == 'n' && len(m.keys) == 1 {
			m.text = m.text[:0]
			return 0
		}
		if i > 0 {
			m.text = append(m.text, ',')
		}
		m.text = append(m.text, v...)
		if n, ok := digits(v); ok && len(m.keys) == 1 {
			return (n + 1) << 1
		}
		key = key*31 + maphash.Bytes(m.seed, v)
	}
	return key | 1
}

// digits is the number that a text of few digits is.
func digits(v []byte) (n uint64, ok bool) {
	if len(v) > 18 {
		return 0, false
	}
	for _, c := range v {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	return n, true
}

// grow makes more slots.
func (m *Memory) grow() {
	more := make([]record, max(m.first, min(slots, 8*len(m.seen))))
	for _, one := range m.seen {
		if one.key != 0 {
			more[one.key>>1%uint64(len(more))] = one
		}
	}
	m.seen = more
}
