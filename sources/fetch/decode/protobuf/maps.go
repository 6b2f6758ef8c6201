//go:build !small

package protobuf

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// entry is one of a map that is being written.
type entry struct {
	at      uint64 // its span
	key     uint64 // as it is compared; of text its span
	dropped bool   // another one with its key comes behind it
}

// doubles finds entries whose keys come again. Their hash is other in each decoder: nobody
// can make keys that collide.
type doubles struct {
	table []uint32
	seed  maphash.Seed
	has   bool // the seed
}

func (t *doubles) hashOf(b []byte) uint64 {
	if !t.has {
		t.seed, t.has = maphash.MakeSeed(), true
	}
	return maphash.Bytes(t.seed, b)
}

// mapField appends a map, as an object.
func (d *decoder) mapField(dst []byte, f *field, s slot) ([]byte, error) {
	from := len(d.entries)
	if err := d.collect(f.message, s); err != nil {
		return dst, err
	}
	d.doubles.drop(d.entries[from:], f.message.field(1).kind == protoreflect.StringKind, d.buf)
	begin := len(dst)
	var err error
	for i := from; i < len(d.entries); i++ {
		e, end := d.entries[i], len(dst)
		if dst, err = d.entry(append(dst, ','), f.message, unpackSpan(e.at)); err != nil {
			return dst, err
		}
		if e.dropped { // it was read to see that it is right
			dst = dst[:end]
		}
	}
	d.entries = d.entries[:from]
	dst[begin] = '{' // in place of the first comma
	return append(dst, '}'), nil
}

// collect adds the entries of a map.
func (d *decoder) collect(m *message, s slot) error {
	all := d.valuesOf(s)
	for v, _, ok := all.next(); ok; v, _, ok = all.next() {
		if len(d.entries) == maxRuns {
			return wrong(unpackSpan(v).from, "the map has more than %d entries", maxRuns)
		}
		key, err := d.key(m, unpackSpan(v))
		if err != nil {
			return err
		}
		d.entries = append(d.entries, entry{at: v, key: key})
	}
	return nil
}

// key returns the key of an entry, as it is compared.
func (d *decoder) key(m *message, s span) (uint64, error) {
	fr, err := d.enter(m, s.from)
	if err == nil {
		err = d.scan(m, fr, s)
	}
	if err != nil {
		return 0, err
	}
	i := m.at(1)
	v := d.slots[fr.slots+i].value
	d.leave(fr)
	return normal(m.fields[i].kind, v), nil
}

// drop marks the entries of a map whose keys come again; those of texts lie in buf.
func (t *doubles) drop(all []entry, text bool, buf []byte) {
	if len(all) < 2 {
		return
	}
	size := 1 << bits.Len(uint(2*len(all)))
	if size > cap(t.table) {
		t.table = make([]uint32, size)
	}
	table := t.table[:size]
	clear(table)
	for i := range all {
		h := t.hash(text, all[i].key, buf)
		for ; ; h++ {
			place := &table[h&uint64(size-1)]
			if *place != 0 && !sameKey(text, all[*place-1].key, all[i].key, buf) {
				continue
			}
			if *place != 0 {
				all[*place-1].dropped = true
			}
			*place = uint32(i + 1)
			break
		}
	}
}

func (t *doubles) hash(text bool, key uint64, buf []byte) uint64 {
	if text {
		return t.hashOf(unpackSpan(key).of(buf))
	}
	var b [8]byte
	for i := range b {
		b[i] = byte(key >> (8 * i))
	}
	return t.hashOf(b[:])
}

func sameKey(text bool, a, b uint64, buf []byte) bool {
	if text {
		return bytes.Equal(unpackSpan(a).of(buf), unpackSpan(b).of(buf))
	}
	return a == b
}

// entry appends the key and the value of an entry.
func (d *decoder) entry(dst []byte, m *message, s span) ([]byte, error) {
	if err := d.room(dst, 0); err != nil {
		return dst, wrong(s.from, "%w", err)
	}
	fr, err := d.enter(m, s.from)
	if err == nil {
		err = d.scan(m, fr, s)
	}
	if err != nil {
		return dst, err
	}
	k, v := m.at(1), m.at(2)
	if dst, err = d.entryKey(dst, &m.fields[k], d.slots[fr.slots+k].value); err != nil {
		return dst, err
	}
	f, found := &m.fields[v], d.slots[fr.slots+v]
	dst = append(dst, ':')
	switch {
	case found.first != 0:
		dst, err = d.field(dst, f, found)
	case f.message != nil:
		dst, err = d.whole(dst, f.message, span{s.from, s.from})
	default:
		dst = append(dst, f.absent...)
	}
	d.leave(fr)
	return dst, err
}

// entryKey appends a key, which is text in JSON.
func (w *scalars) entryKey(dst []byte, f *field, v uint64) ([]byte, error) {
	if f.kind == protoreflect.StringKind {
		return w.text(dst, unpackSpan(v))
	}
	dst, err := w.scalar(append(dst, '"'), f, v)
	return append(dst, '"'), err
}
