package rows

import (
	"errors"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// Of records that may be gone, an entry is the primary key as a JSON object, and it
// has no value.

// Keys are the keys of records. goesOn says that the run goes on with the pass of
// the state.
func (f *Folder) Keys(named *state.Rows, goesOn bool) (*Rows, error) {
	return f.Open(Start{Named: named, GoesOn: goesOn, Doubtful: rowset.Later})
}

// Replayed are the keys of records that a replay sends: the next run knows them as
// keys that the target may have. The state that was given stays as it is.
func (f *Folder) Replayed(named *state.Rows) (*Rows, error) {
	return f.Open(Start{Named: named, OnlyLog: true, Doubtful: rowset.Later})
}

// KeyNoter notes the keys of records. It is used from one goroutine.
type KeyNoter struct {
	Keys []string
	key  []byte
}

// Note appends the key of a record. It never reports true.
func (n *KeyNoter) Note(dst, record, _ []byte) (noted []byte, unchanged bool) {
	var ok bool
	if n.key, ok = appendKey(n.key[:0], record, n.Keys); !ok {
		return dst, false
	}
	return rowset.AppendEntry(dst, n.key, nil), false
}

// Gone are the keys that a whole pass did not read again.
type Gone struct {
	Former, Count int64 // how many keys were known, and how many of them are gone

	rows *Rows
	now  *rowset.Set
	name string
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
	sorted, err := sorter.Sort(log.UpTo(r.log.Mark()), rowset.Later)
	g := &Gone{rows: r, name: r.folder.next()}
	path := r.folder.path(g.name, setEnding)
	if err == nil {
		_, err = rowset.Build(path, r.folder.Header, sorted, nil)
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
	for all := rowset.Without(g.rows.set.Stream(), g.now.Stream()); ; {
		key, _, ok, err := all.Next()
		if err != nil || !ok {
			return err
		}
		if err := visit(key); err != nil {
			return err
		}
	}
}

// Take makes what the pass has read what is known, as states say from now on.
func (g *Gone) Take() { g.rows.named = state.Rows{Set: g.name} }

// Drop forgets the comparison: what was known before stays, and what the pass has
// read is added to it.
func (g *Gone) Drop() error { return remove(g.rows.folder.path(g.name, setEnding)) }
