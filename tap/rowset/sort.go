package rowset

import (
	"bytes"
	"errors"
	"os"
	"slices"
)

const (
	// sortMemory is how many bytes of entries are sorted at a time.
	sortMemory = 4 << 20
	// mostRuns is how many sorted runs are merged at a time.
	mostRuns = 32
)

// Fold says what becomes of two values of one key, of which the first came
// earlier. It appends it to dst.
type Fold func(dst, earlier, later []byte) []byte

// Later is the fold of those that take the place of the earlier ones.
func Later(dst, _, later []byte) []byte { return append(dst, later...) }

// Sorter sorts streams, with runs on disk where they are large. Close deletes
// them.
type Sorter struct {
	Dir    string // for runs
	Memory int    // bytes that are sorted at a time; 0: 4 MiB
	runs   []*Set
}

// Close deletes the runs.
func (s *Sorter) Close() error {
	var errs []error
	for _, run := range s.runs {
		errs = append(errs, run.Close(), os.Remove(run.file.Name()))
	}
	s.runs = nil
	return errors.Join(errs...)
}

// Sort hands out the entries of a stream in order of their keys, each key once.
// It reads the stream to its end.
func (s *Sorter) Sort(from Stream, fold Fold) (Stream, error) {
	var runs []Stream
	one := &entries{memory: s.Memory}
	for {
		more, err := one.fill(from)
		if err != nil {
			return nil, err
		}
		one.sort()
		if !more {
			return Merge(fold, append(runs, one.all(fold))...), nil
		}
		run, err := s.spill(one.all(fold))
		if err != nil {
			return nil, err
		}
		if runs = append(runs, run); len(runs) == mostRuns {
			if run, err = s.spill(Merge(fold, runs...)); err != nil {
				return nil, err
			}
			runs = append(runs[:0], run)
		}
	}
}

// spill writes a sorted run.
func (s *Sorter) spill(from Stream) (Stream, error) {
	file, err := os.CreateTemp(s.Dir, "run-*.tmp")
	if err != nil {
		return nil, err
	}
	name := file.Name()
	file.Close()
	if _, err := Build(name, Header{}, from, nil); err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	run, err := Open(name, Header{}, false)
	if err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	s.runs = append(s.runs, run)
	return run.Stream(), nil
}

// entries are entries in memory.
type entries struct {
	memory int
	text   []byte
	at     []uint32 // where each begins
}

// fill takes entries up to the bound, and reports whether there may be more.
func (e *entries) fill(from Stream) (more bool, err error) {
	most := e.memory
	if most == 0 {
		most = sortMemory
	}
	for e.text, e.at = e.text[:0], e.at[:0]; len(e.text)+4*len(e.at) < most; {
		key, value, ok, err := from.Next()
		if err != nil || !ok {
			return false, err
		}
		e.at = append(e.at, uint32(len(e.text)))
		e.text = AppendEntry(e.text, key, value)
	}
	return true, nil
}

// sort sorts by the key, and those of one key in the order in which they came.
func (e *entries) sort() {
	slices.SortFunc(e.at, func(a, b uint32) int {
		x, _, _ := cutText(e.text[a:])
		y, _, _ := cutText(e.text[b:])
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
		return int(a) - int(b)
	})
}

// all hands out the entries, those of one key folded.
func (e *entries) all(fold Fold) Stream { return &folded{from: &inMemory{e: e}, fold: fold} }

type inMemory struct {
	e    *entries
	next int
}

func (m *inMemory) Next() (key, value []byte, ok bool, err error) {
	if m.next == len(m.e.at) {
		return nil, nil, false, nil
	}
	key, value, _, ok = cutEntry(m.e.text[m.e.at[m.next]:])
	m.next++
	return key, value, ok, nil
}

// folded makes the entries of one key one; they come one after the other.
type folded struct {
	from       Stream
	fold       Fold
	key, value []byte
	other      []byte
	nextKey    []byte
	nextValue  []byte
	ahead      bool // an entry has been read that comes next
	begun      bool
}

func (f *folded) read() (err error) {
	f.nextKey, f.nextValue, f.ahead, err = f.from.Next()
	return err
}

func (f *folded) Next() (key, value []byte, ok bool, err error) {
	if !f.begun {
		f.begun = true
		if err := f.read(); err != nil {
			return nil, nil, false, err
		}
	}
	if !f.ahead {
		return nil, nil, false, nil
	}
	f.key, f.value = append(f.key[:0], f.nextKey...), append(f.value[:0], f.nextValue...)
	for {
		if err := f.read(); err != nil {
			return nil, nil, false, err
		}
		if !f.ahead || !bytes.Equal(f.nextKey, f.key) {
			return f.key, f.value, true, nil
		}
		f.other = f.fold(f.other[:0], f.value, f.nextValue)
		f.value, f.other = f.other, f.value
	}
}

// Merge hands out the entries of sorted streams in order of their keys, each key
// once: of one key, those of the first stream came earlier.
func Merge(fold Fold, all ...Stream) Stream {
	m := &merged{}
	for _, s := range all {
		m.heads = append(m.heads, head{from: s})
	}
	return &folded{from: m, fold: fold}
}

// merged hands out the entries of sorted streams, in order.
type merged struct {
	heads []head
	last  int // that was handed out; its stream goes on
	begun bool
}

type head struct {
	from       Stream
	key, value []byte
	ok         bool
}

func (h *head) read() (err error) {
	h.key, h.value, h.ok, err = h.from.Next()
	return err
}

func (m *merged) Next() (key, value []byte, ok bool, err error) {
	if !m.begun {
		m.begun = true
		for i := range m.heads {
			if err := m.heads[i].read(); err != nil {
				return nil, nil, false, err
			}
		}
	} else if err := m.heads[m.last].read(); err != nil {
		return nil, nil, false, err
	}
	least := -1
	for i := range m.heads {
		if h := &m.heads[i]; h.ok && (least < 0 || bytes.Compare(h.key, m.heads[least].key) < 0) {
			least = i
		}
	}
	if least < 0 {
		return nil, nil, false, nil
	}
	m.last = least
	return m.heads[least].key, m.heads[least].value, true, nil
}

// Without hands out the entries of a sorted stream whose keys another one does
// not have.
func Without(all, gone Stream) Stream { return &without{all: all, other: head{from: gone}} }

type without struct {
	all   Stream
	other head
	begun bool
}

func (w *without) Next() (key, value []byte, ok bool, err error) {
	if !w.begun {
		w.begun = true
		if err := w.other.read(); err != nil {
			return nil, nil, false, err
		}
	}
	for {
		if key, value, ok, err = w.all.Next(); err != nil || !ok {
			return nil, nil, false, err
		}
		c := 1
		for w.other.ok {
			if c = bytes.Compare(w.other.key, key); c >= 0 {
				break
			}
			if err := w.other.read(); err != nil {
				return nil, nil, false, err
			}
		}
		if !w.other.ok || c > 0 {
			return key, value, true, nil
		}
	}
}
