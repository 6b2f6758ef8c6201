package rowset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sort"
)

// Finder looks keys up. It holds the block in which it found the last one, and
// where it stands in there: keys that come in their order, or nearly, are read as
// by a stream. It is used from one goroutine.
type Finder struct {
	set    *Set
	buf    []byte
	block  int    // that is held; -1: none
	text   []byte // its entries
	rest   []byte // those that were not passed
	last   []byte // the key of the last one that was; nil: none
	number int64  // of the first of the rest
}

// Finder returns a finder in a set that was opened with its index.
func (s *Set) Finder() *Finder {
	return &Finder{set: s, buf: make([]byte, blockHead+s.longest), block: -1}
}

// Find returns the value of a key, which holds until the next call, and the number
// of its entry.
func (f *Finder) Find(key []byte) (value []byte, number int64, ok bool, err error) {
	if !f.holds(key) {
		s := f.set
		i := sort.Search(len(s.ends), func(i int) bool { return bytes.Compare(s.first(i), key) > 0 }) - 1
		if i < 0 {
			return nil, 0, false, nil
		}
		if err := f.read(i); err != nil {
			return nil, 0, false, err
		}
	}
	if f.last != nil && bytes.Compare(key, f.last) <= 0 {
		f.rewind()
	}
	for len(f.rest) > 0 {
		one, value, rest, whole := cutEntry(f.rest)
		if !whole {
			return nil, 0, false, errDamaged
		}
		if c := bytes.Compare(one, key); c >= 0 {
			return value, f.number, c == 0, nil
		}
		f.last, f.rest = one, rest
		f.number++
	}
	return nil, 0, false, nil
}

// holds reports whether a key is in the block that is held, if it is anywhere.
func (f *Finder) holds(key []byte) bool {
	return f.block >= 0 && bytes.Compare(f.set.first(f.block), key) <= 0 &&
		(f.block+1 == len(f.set.ends) || bytes.Compare(key, f.set.first(f.block+1)) < 0)
}

// read reads a block, and checks it again: Open did so long ago.
func (f *Finder) read(i int) error {
	f.block = -1
	n, err := f.set.file.ReadAt(f.buf, f.set.places[i])
	if n < blockHead || err != nil && err != io.EOF {
		return errDamaged
	}
	size, crc := binary.LittleEndian.Uint32(f.buf), binary.LittleEndian.Uint32(f.buf[8:])
	if uint64(size) > uint64(n-blockHead) {
		return errDamaged
	}
	text := f.buf[blockHead : blockHead+size]
	if crc32.Checksum(text, crcTable) != crc {
		return errDamaged
	}
	f.block, f.text = i, text
	f.rewind()
	return nil
}

// rewind goes back to the first entry of the block.
func (f *Finder) rewind() {
	f.rest, f.last, f.number = f.text, nil, f.set.before[f.block]
}
