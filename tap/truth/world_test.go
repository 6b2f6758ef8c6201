package truth_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// row is a row of a stream, with all that it ever was.
type row struct {
	table    *table
	id       int
	account  string
	owner    *row // of a parent; nil: none
	versions []version
	gone     bool
	left     time.Time // when it went last
	back     time.Time // when it came back last
	missed   bool      // rows that it owns were left out of an answer, because it was gone
}

// version is what a row was from a time on.
type version struct {
	stamp time.Time // what it says itself, by the API's clock
	from  time.Time // by ours
	text  []byte
}

func (r *row) last() *version { return &r.versions[len(r.versions)-1] }

// place is where a record belongs.
type place struct {
	row     *row
	version int
}

// world is what there is to know: rows of streams, which change as time goes by.
type world struct {
	chance *rand.Rand
	skew   time.Duration // of the API's clock against ours
	next   time.Time     // when something changes again
	pace   time.Duration // between changes, about
	quiet  bool          // nothing changes any more
	tables []*table
}

// table has the rows of a stream.
type table struct {
	*stream
	base   int // below the first id: no two tables share one
	rows   []*row
	feeds  bool             // its rows are contexts of another
	passes []reading        // that were over in a state
	texts  map[string]place // of each record that there ever was
	refusals
	known
}

// now is the API's clock.
func (w *world) now() time.Time { return time.Now().Add(w.skew) }

// advance lets happen what happens until now.
func (w *world) advance() {
	for n := 0; !w.quiet && !w.next.After(time.Now()); w.next = w.next.Add(w.gap()) {
		if n++; n > mostAtOnce { // after a long silence
			w.next = time.Now()
		}
		for _, t := range w.tables {
			w.change(t, w.next)
		}
	}
}

// mostAtOnce is about how many changes are made up for after a silence.
const mostAtOnce = 30

// gap is how long it takes until the next change: much at once, or nothing for
// long.
func (w *world) gap() time.Duration {
	if w.chance.IntN(4) > 0 {
		return time.Duration(w.chance.Int64N(int64(10 * time.Second)))
	}
	return time.Duration(w.chance.Int64N(int64(8 * w.pace)))
}

// change changes a table at a time.
func (w *world) change(t *table, at time.Time) {
	switch n := w.chance.IntN(10); {
	case n < 5 || len(t.rows) == 0:
		w.create(t, at)
	case n < 8:
		if r := t.rows[w.chance.IntN(len(t.rows))]; !r.gone && !w.revert(t, r, at) {
			w.write(t, r, w.stamp(t, at, r.last().stamp), at)
		}
	case n == 8:
		if r := t.rows[w.chance.IntN(len(t.rows))]; !r.gone {
			r.gone, r.left = true, at
		}
	default:
		w.comeBack(t, at)
	}
}

// comeBack lets a row that is gone come back.
func (w *world) comeBack(t *table, at time.Time) {
	r := t.rows[w.chance.IntN(len(t.rows))]
	if !r.gone {
		return
	}
	r.gone, r.back = false, at
	w.write(t, r, w.stamp(t, at, r.last().stamp), at)
	for _, child := range w.tables {
		if !slices.Contains(child.parents, t) {
			continue
		}
		if r.missed || child.changedOnly { // nothing else would say that they are there again
			w.rewrite(child, at, func(one *row) bool { return one.owner == r })
		}
	}
	r.missed = false
}

// rewrite writes rows again, and those that are read for the sake of them.
func (w *world) rewrite(t *table, at time.Time, which func(*row) bool) {
	for _, r := range t.rows {
		if r.gone || !which(r) {
			continue
		}
		w.write(t, r, w.stamp(t, at, r.last().stamp), at)
		for _, child := range w.tables {
			if child.changedOnly && slices.Contains(child.parents, t) {
				w.rewrite(child, at, func(one *row) bool { return one.owner == r })
			}
		}
	}
}

// create makes a row. Where rows are asked for by position, it comes last.
func (w *world) create(t *table, at time.Time) *row {
	r := &row{table: t, id: t.base + len(t.rows) + 1, account: accounts[w.chance.IntN(len(accounts))]}
	if n := len(t.parents); n > 0 {
		r.owner = t.parents[w.chance.IntN(n)].drawn(w.chance)
	}
	t.rows = append(t.rows, r)
	w.write(t, r, w.stamp(t, at, t.start), at)
	return r
}

// accounts are those that there are.
var accounts = []string{"a", "b", "c", "d"}

// drawn is one of the rows that are there; where there is none, the first.
func (t *table) drawn(chance *rand.Rand) *row {
	there := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return r.gone })
	if len(there) == 0 {
		return t.rows[0]
	}
	return there[chance.IntN(len(there))]
}

// row is the row of an id; nil: there is none.
func (t *table) row(id string) *row {
	n, err := strconv.Atoi(id)
	if n -= t.base; err != nil || n < 1 || n > len(t.rows) {
		return nil
	}
	return t.rows[n-1]
}

// write gives a row a new version, and its owner one where that says which were
// changed.
func (w *world) write(t *table, r *row, stamp, at time.Time) {
	w.put(t, r, version{stamp: stamp, from: at, text: fmt.Appendf(nil,
		`{"id":%d,"v":%d,"updated_at":%s,"n":12345678901234567890.10}`, r.id, len(r.versions), t.stampText(stamp))})
}

// put gives a row a version.
func (w *world) put(t *table, r *row, v version) {
	if len(r.versions) > 0 && v.from.Before(r.last().from) {
		v.from = r.last().from
	}
	at := v.from
	t.texts[string(v.text)] = place{r, len(r.versions)}
	r.versions = append(r.versions, v)
	if t.changedOnly && !r.owner.gone {
		w.write(r.owner.table, r.owner, w.stamp(r.owner.table, at, r.owner.last().stamp), at)
	}
}

// stamp is what a row says that is written at a time: the API's clock, or late by
// as much as the definition promises to bear, but not before it was.
func (w *world) stamp(t *table, at, least time.Time) time.Time {
	stamp := at.Add(w.skew)
	if late := t.late(); late > 0 && w.chance.IntN(3) == 0 {
		stamp = stamp.Add(-time.Duration(w.chance.Int64N(int64(late))))
	}
	stamp = stamp.Truncate(t.grain)
	if t.moves() {
		return stamp.Add(t.grain) // behind the end of every window that is being read
	}
	if w.chance.IntN(4) == 0 { // ties, and edges of windows
		if even := stamp.Truncate(time.Hour); stamp.Sub(even) < time.Minute {
			stamp = even
		}
	}
	if stamp.Before(least) {
		return least
	}
	return stamp
}
