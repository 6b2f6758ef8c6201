package rowset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

const (
	blockSize = 1 << 10 // of entries: a lookup out of order reads one
	blockHead = 12
)

// writer writes a set: keys ascend.
type writer struct {
	out    *bufio.Writer
	block  []byte
	count  uint32
	blocks uint32
	sum    uint32
}

func newWriter(out io.Writer, h Header) *writer {
	w := &writer{out: bufio.NewWriterSize(out, 1<<16)}
	_, _ = w.out.Write(appendHeader(nil, setMagic, h)) // an error stays until end
	return w
}

func (w *writer) add(key, value []byte) {
	w.block = AppendEntry(w.block, key, value)
	if w.count++; len(w.block) >= blockSize {
		w.write()
	}
}

func (w *writer) write() {
	crc := crc32.Checksum(w.block, crcTable)
	w.head(uint32(len(w.block)), w.count, crc)
	_, _ = w.out.Write(w.block)
	w.blocks++
	w.sum = addCRC(w.sum, crc)
	w.block, w.count = w.block[:0], 0
}

func (w *writer) head(size, count, crc uint32) {
	var head [blockHead]byte
	binary.LittleEndian.PutUint32(head[:], size)
	binary.LittleEndian.PutUint32(head[4:], count)
	binary.LittleEndian.PutUint32(head[8:], crc)
	_, _ = w.out.Write(head[:])
}

func addCRC(sum, crc uint32) uint32 {
	return crc32.Update(sum, crcTable, binary.LittleEndian.AppendUint32(nil, crc))
}

func (w *writer) end() error {
	if w.count > 0 {
		w.write()
	}
	w.head(0, w.blocks, w.sum)
	return w.out.Flush()
}

// Build writes a set of what a stream of ascending keys hands out, and keep wants;
// nil: all. It returns how many entries the set has. Nothing is there after an
// error.
func Build(path string, h Header, from Stream, keep func(key, value []byte) bool) (entries int64, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "set-*.tmp")
	if err != nil {
		return 0, err
	}
	w := newWriter(file, h)
	for {
		key, value, ok, err := from.Next()
		if err != nil {
			file.Close()
			os.Remove(file.Name())
			return 0, err
		}
		if !ok {
			break
		}
		if keep == nil || keep(key, value) {
			w.add(key, value)
			entries++
		}
	}
	return entries, put(file, path, w.end())
}

// put makes a file last that was written whole, under its name.
func put(file *os.File, path string, err error) error {
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return err
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil { // not every system can
		_ = dir.Sync()
		dir.Close()
	}
	return nil
}

// Set has each key once. Its methods may be called from any goroutine.
type Set struct {
	Header  Header
	Entries int64
	file    *os.File
	start   int64  // of the first block
	firsts  []byte // the first key of each block, one behind the other
	ends    []uint32
	places  []int64 // of each block
	before  []int64 // entries before it
	longest uint32
}

// Open opens a set, once all of it is checked. With index, keys can be looked up.
func Open(path string, h Header, index bool) (*Set, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &Set{file: file}
	if s.Header, s.start, err = readHeader(file, setMagic); err == nil {
		err = match(s.Header, h)
	}
	if err == nil {
		err = s.check(index)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// check reads all blocks.
func (s *Set) check(index bool) error {
	b, at := s.blocks(), s.start
	var last []byte
	for {
		ok, err := b.read()
		if err != nil || !ok {
			return err
		}
		first, _, rest, whole := cutEntry(b.text)
		if !whole || s.Entries > 0 && bytes.Compare(last, first) >= 0 {
			return errDamaged
		}
		last = append(last[:0], first...)
		for n := uint32(1); n < b.count; n++ {
			var key []byte
			if key, _, rest, whole = cutEntry(rest); !whole || bytes.Compare(last, key) >= 0 {
				return errDamaged
			}
			last = append(last[:0], key...)
		}
		if len(rest) > 0 {
			return errDamaged
		}
		if index {
			s.firsts = append(s.firsts, first...)
			s.ends = append(s.ends, uint32(len(s.firsts)))
			s.places, s.before = append(s.places, at), append(s.before, s.Entries)
			s.longest = max(s.longest, uint32(len(b.text)))
		}
		at += blockHead + int64(len(b.text))
		s.Entries += int64(b.count)
	}
}

// Close closes the file.
func (s *Set) Close() error { return s.file.Close() }

// Stream hands out the entries, in order of their keys.
func (s *Set) Stream() Stream { return s.blocks() }

func (s *Set) blocks() *blocks {
	return &blocks{reader: bufio.NewReaderSize(io.NewSectionReader(s.file, s.start, 1<<62), 1<<16)}
}

// blocks reads a set from its start.
type blocks struct {
	reader *bufio.Reader
	text   []byte
	count  uint32
	rest   []byte
	seen   uint32
	sum    uint32
}

// read reads the next block; false: that was the last, and all came.
func (b *blocks) read() (bool, error) {
	var head [blockHead]byte
	if _, err := io.ReadFull(b.reader, head[:]); err != nil {
		return false, errDamaged
	}
	size, count, crc := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[8:])
	if size == 0 {
		if count != b.seen || crc != b.sum {
			return false, errDamaged
		}
		return false, nil
	}
	var ok bool
	if b.text, ok = readText(b.reader, b.text, int(min(size, mostFrame))); !ok || count == 0 || crc32.Checksum(b.text, crcTable) != crc {
		return false, errDamaged
	}
	b.count, b.rest, b.seen, b.sum = count, b.text, b.seen+1, addCRC(b.sum, crc)
	return true, nil
}

// Next hands out the next entry.
func (b *blocks) Next() (key, value []byte, ok bool, err error) {
	if len(b.rest) == 0 {
		if ok, err := b.read(); !ok || err != nil {
			return nil, nil, false, err
		}
	}
	if key, value, b.rest, ok = cutEntry(b.rest); !ok {
		return nil, nil, false, errDamaged
	}
	return key, value, true, nil
}

// first is the first key of a block.
func (s *Set) first(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.firsts[start:s.ends[i]]
}
