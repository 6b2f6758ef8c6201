package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// Of records that may be gone, an entry is the primary key as a JSON object, and its
// value is when the last pass began that read the record: eight bytes, or none in
// what former versions wrote.

// Keys are the keys of records. goesOn says that the run goes on with the pass of
// the state; asOf is when its pass began.
func (f *Folder) Keys(named *state.Rows, goesOn bool, asOf time.Time) (*Rows, error) {
	return f.Open(Start{Named: named, GoesOn: goesOn, AsOf: asOf, Doubtful: latest})
}

// Replayed are the keys of records that a replay sends: the next run knows them as
// keys that the target may have. The state that was given stays as it is.
func (f *Folder) Replayed(named *state.Rows, asOf time.Time) (*Rows, error) {
	return f.Open(Start{Named: named, OnlyLog: true, AsOf: asOf, Doubtful: latest})
}

// latest is the fold of times.
func latest(dst, earlier, later []byte) []byte {
	if bytes.Compare(earlier, later) > 0 {
		later = earlier
	}
	return append(dst, later...)
}

// since is how a time stands in an entry.
func since(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano())) }

// KeyNoter notes the keys of records. It is used from one goroutine.
type KeyNoter struct {
	Keys []string
	pass []byte
	key  []byte
}

// KeyNoter returns a noter of the records that the run's pass reads, which have these
// primary keys.
func (r *Rows) KeyNoter(keys []string) *KeyNoter { return &KeyNoter{Keys: keys, pass: r.asOf} }

// Note appends the key of a record. It never reports true.
func (n *KeyNoter) Note(dst, record, _ []byte) (noted []byte, unchanged bool) {
	var ok bool
	if n.key, ok = appendKey(n.key[:0], record, n.Keys); !ok {
		return dst, false
	}
	return rowset.AppendEntry(dst, n.key, n.pass), false
}

// Gone are the keys that a whole pass did not read again.
type Gone struct {
	Former, Count int64 // how many keys were known, and how many of them are gone

	rows   *Rows
	now    *rowset.Set
	before string // the file of the keys that are gone
	name   string
}

// after are the entries of passes that began after a time.
type after struct {
	rowset.Stream
	asOf []byte
}

func (a *after) Next() (key, value []byte, ok bool, err error) {
	for {
		key, value, ok, err = a.Stream.Next()
		if !ok || err != nil || bytes.Compare(value, a.asOf) > 0 {
			return key, value, ok, err
		}
	}
}

// Gone makes a set of what the pass has read, and compares what was known before
// with it. Nothing has changed then.
func (r *Rows) Gone() (*Gone, error) {
	if err := r.Flush(); err != nil {
		return nil, err
	}
	log, err := r.openLog(r.named.Log)
	if err != nil {
		return nil, err
	}
	sorter := &rowset.Sorter{Dir: r.folder.Dir}
	all, err := sorter.Sort(log.UpTo(r.log.Mark()), latest)
	g := &Gone{rows: r, before: r.folder.next(), name: r.folder.next()}
	path := r.folder.path(g.name, setEnding)
	if err == nil && r.set != nil { // what a later pass has read is not gone by this one
		all = rowset.Merge(latest, all, &after{r.set.Stream(), r.asOf})
	}
	if err == nil {
		_, err = rowset.Build(path, r.folder.Header, all, nil)
	}
	if err = errors.Join(err, sorter.Close()); err == nil {
		g.now, err = rowset.Open(path, r.folder.Header, false)
	}
	if err != nil {
		return nil, err
	}
	r.close = append(r.close, g.now.Close)
	if r.set == nil {
		return g, nil
	}
	g.Former = r.set.Entries
	return g, g.Each(func([]byte) error { g.Count++; return nil })
}

// Each hands out the keys that are gone, in order.
func (g *Gone) Each(visit func(key []byte) error) error {
	if g.rows.set == nil {
		return nil
	}
	for all := g.stream(); ; {
		key, _, ok, err := all.Next()
		if err != nil || !ok {
			return err
		}
		if err := visit(key); err != nil {
			return err
		}
	}
}

// Take makes what the pass has read what is known, as states say from now on, and
// keeps what is gone for targets that come back with an older state.
func (g *Gone) Take() error {
	g.rows.named = state.Rows{Set: g.name}
	if g.Count == 0 {
		return nil
	}
	f := g.rows.folder
	_, err := rowset.Build(f.path(g.before, goneEnding), f.Header, g.stream(), nil)
	return errors.Join(err, f.joinGone())
}

// mostGone is how many files of keys that are gone are kept: of the oldest, two become
// one.
const mostGone = 16

func (f *Folder) joinGone() error {
	var all []file
	for _, one := range f.files {
		if one.ending == goneEnding {
			all = append(all, one)
		}
	}
	if len(all) < mostGone {
		return nil
	}
	var sets []*rowset.Set
	for _, one := range all[:2] {
		set, err := rowset.Open(f.pathOf(one), f.Header, false)
		if err != nil {
			return remove(f.pathOf(one)) // it is of no use
		}
		defer set.Close()
		sets = append(sets, set)
	}
	from := since(f.Now.Add(-keepOthers))
	both := file{id: id{all[1].id.line, all[1].id.seq, chance()}, ending: goneEnding}
	_, err := rowset.Build(f.pathOf(both), f.Header, rowset.Merge(latest, sets[0].Stream(), sets[1].Stream()), func(_, value []byte) bool { return bytes.Compare(value, from) > 0 })
	if err == nil {
		err = errors.Join(os.Chtimes(f.pathOf(both), f.Now, all[1].at), sets[0].Close(), sets[1].Close(), remove(f.pathOf(all[0])), remove(f.pathOf(all[1])))
	}
	return err
}

// stream hands out what is gone, in order.
func (g *Gone) stream() rowset.Stream { return rowset.Without(g.rows.set.Stream(), g.now.Stream()) }

// Drop forgets the comparison: what was known before stays, and what the pass has
// read is added to it.
func (g *Gone) Drop() error { return remove(g.rows.folder.path(g.name, setEnding)) }
