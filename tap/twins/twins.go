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
}

// record are the hashes of a record, and the number of its page.
type record struct {
	key, content uint64
	value, page  uint32
}

// Kind is what a record is to the earlier one with its primary key.
type Kind int

const (
	None    Kind = iota // no twin; or the same, where the walk asked for it again
	Part                // one with another content, and the same replication value
	Again               // the same, on a later page
	Changed             // one with another replication value, on a later page
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

// See returns what a record is to an earlier one; its replication value is nil
// where there is none.
func (m *Memory) See(text, value []byte) Kind {
	if len(m.keys) == 0 {
		return None
	}
	if m.count++; m.seen == nil || m.count >= len(m.seen)/2 && len(m.seen) < slots {
		m.grow()
	}
	now := record{content: maphash.Bytes(m.seed, text), page: m.page}
	for _, k := range m.keys {
		now.key = now.key*31 + maphash.Bytes(m.seed, raw.Text(text).Field(k))
	}
	if now.key |= 1; value != nil {
		now.value = uint32(maphash.Bytes(m.seed, value))
	}
	slot := &m.seen[now.key>>1%uint64(len(m.seen))]
	before := *slot
	*slot = now
	later := before.page < now.page && before.page >= m.since
	switch {
	case before.key != now.key:
	case before.value == now.value && before.content != now.content:
		return Part
	case later && before.value != now.value:
		return Changed
	case later:
		return Again
	}
	return None
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
