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
	id       int
	context  string // the account or the parent that it belongs to; "": none
	versions []version
	gone     bool
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
	rows    []*row
	shut    string           // a context that is refused; "": none
	refused string           // one that was, once
	feeds   bool             // its rows are contexts of another
	texts   map[string]place // of each record that there ever was
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
		if r := t.rows[w.chance.IntN(len(t.rows))]; !r.gone {
			w.write(t, r, w.stamp(t, at, r.last().stamp), at)
		}
	case n == 8:
		t.rows[w.chance.IntN(len(t.rows))].gone = true
	}
}

// create makes a row. Where rows are asked for by position, it comes last.
func (w *world) create(t *table, at time.Time) *row {
	r := &row{id: len(t.rows) + 1}
	if t.parent != nil {
		r.context = strconv.Itoa(t.parent.drawn(w.chance).id)
	}
	if n := len(t.contexts); n > 0 {
		r.context = t.contexts[w.chance.IntN(n)]
	}
	t.rows = append(t.rows, r)
	w.write(t, r, w.stamp(t, at, t.start), at)
	return r
}

// drawn is one of the rows that are there; where there is none, the first.
func (t *table) drawn(chance *rand.Rand) *row {
	there := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return r.gone })
	if len(there) == 0 {
		return t.rows[0]
	}
	return there[chance.IntN(len(there))]
}

// lost reports whether the row of that id is gone.
func (t *table) lost(id string) bool {
	n, err := strconv.Atoi(id)
	return err != nil || n < 1 || n > len(t.rows) || t.rows[n-1].gone
}

// write gives a row a new version.
func (w *world) write(t *table, r *row, stamp, at time.Time) {
	v := version{stamp: stamp, from: at}
	v.text = fmt.Appendf(nil, `{"id":%d,"v":%d,"context":%s,"updated_at":%s,"n":12345678901234567890.10}`,
		r.id, len(r.versions), strconv.Quote(r.context), t.stampText(stamp))
	t.texts[string(v.text)] = place{r, len(r.versions)}
	r.versions = append(r.versions, v)
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
