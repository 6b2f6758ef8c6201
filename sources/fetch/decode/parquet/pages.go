//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// maxHeld is how many bytes the pages and dictionaries that are open at once, one of
	// each column, may have.
	maxHeld = 512 << 20
	// maxHeader is how many bytes the header of a page may have, with its statistics.
	maxHeader = 16 << 20
)

// Types of pages.
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3
)

type pageHeader struct {
	kind                          int32
	unpacked, packed              int32
	crc                           int32
	checked                       bool // has a CRC
	values                        int32
	encoding                      int32
	levels                        [2]int32 // encodings of definition and repetition levels
	definitions, repetitions      int32    // bytes of levels: version 2
	notPacked                     bool
	hasData, hasDictionary, hasV2 bool
}

// pages reads pages of all columns of a file. A page that is packed lies in a buffer
// that all columns share while it becomes one of the column's own.
type pages struct {
	in     io.ReaderAt
	end    int64 // of the values in the file
	packed []byte
	held   int // bytes of buffers of columns
	unpacker
}

// grow returns a buffer of n bytes, b itself if that has room for them.
func (p *pages) grow(b []byte, n int) ([]byte, error) {
	if n <= cap(b) {
		return b[:n], nil
	}
	room := n + n/8 // pages of a column have about the same size
	if p.held += room - cap(b); p.held > maxHeld {
		return nil, fmt.Errorf("pages that must be in memory at once, one of each column, have more than %d MiB: ask for a file with smaller pages or row groups", maxHeld>>20)
	}
	return make([]byte, n, room), nil
}

// header reads the header of the page at an offset, and returns where its bytes begin.
func (p *pages) header(offset, end int64) (h pageHeader, body int64, err error) {
	for n := int64(256); ; n *= 8 {
		n = min(n, end-offset, maxHeader)
		if n <= 0 {
			return h, 0, io.ErrUnexpectedEOF
		}
		if int64(cap(p.packed)) < n {
			p.packed = make([]byte, n)
		}
		b := p.packed[:n]
		if err := readFull(p.in, b, offset); err != nil {
			return h, 0, err
		}
		c := compact{rest: b}
		h = readPageHeader(&c)
		if c.err == nil {
			return h, offset + n - int64(len(c.rest)), h.check()
		}
		if !errors.Is(c.err, io.ErrUnexpectedEOF) || n == end-offset || n == maxHeader {
			return h, 0, fmt.Errorf("header of a page: %w", c.err)
		}
	}
}

func readPageHeader(c *compact) pageHeader {
	h := pageHeader{kind: -1, unpacked: -1, packed: -1, values: -1}
	c.structure(func(key field) bool {
		switch key {
		case at(1, typeInt32):
			h.kind = c.int32()
		case at(2, typeInt32):
			h.unpacked = c.int32()
		case at(3, typeInt32):
			h.packed = c.int32()
		case at(4, typeInt32):
			h.crc, h.checked = c.int32(), true
		case at(5, typeStruct):
			h.hasData = true
			c.structure(func(key field) bool { return h.data(c, key) })
		case at(7, typeStruct):
			h.hasDictionary = true
			c.structure(func(key field) bool { return h.data(c, key) })
		case at(8, typeStruct):
			h.hasV2 = true
			c.structure(func(key field) bool { return h.dataV2(c, key) })
		default:
			return false
		}
		return true
	})
	return h
}

func (h *pageHeader) data(c *compact, key field) bool {
	switch key {
	case at(1, typeInt32):
		h.values = c.int32()
	case at(2, typeInt32):
		h.encoding = c.int32()
	case at(3, typeInt32):
		h.levels[0] = c.int32()
	case at(4, typeInt32):
		h.levels[1] = c.int32()
	default:
		return false
	}
	return true
}

func (h *pageHeader) dataV2(c *compact, key field) bool {
	switch key {
	case at(1, typeInt32):
		h.values = c.int32()
	case at(4, typeInt32):
		h.encoding = c.int32()
	case at(5, typeInt32):
		h.definitions = c.int32()
	case at(6, typeInt32):
		h.repetitions = c.int32()
	default:
		h.notPacked = h.notPacked || key == at(7, typeFalse)
		return false
	}
	return true
}

func (h *pageHeader) check() error {
	switch {
	case h.kind == pageIndex:
	case h.kind == pageData && h.hasData, h.kind == pageDictionary && h.hasDictionary, h.kind == pageDataV2 && h.hasV2:
		if h.values < 0 {
			return fmt.Errorf("a page claims %d values", h.values)
		}
	default:
		return fmt.Errorf("a page of the unknown type %d", h.kind)
	}
	if h.packed < 0 || h.unpacked < 0 {
		return fmt.Errorf("a page claims %d bytes, %d unpacked", h.packed, h.unpacked)
	}
	if h.definitions < 0 || h.repetitions < 0 || int64(h.definitions)+int64(h.repetitions) > int64(min(h.packed, h.unpacked)) {
		return fmt.Errorf("a page of %d bytes claims that %d and %d of them are levels", h.packed, h.definitions, h.repetitions)
	}
	return nil
}

// body reads a page into a buffer and unpacks it there; the first bytes of a page of
// version 2, its levels, are never packed.
func (p *pages) body(into []byte, h *pageHeader, offset, end int64, codec int32) ([]byte, error) {
	if int64(h.packed) > end-offset {
		return nil, fmt.Errorf("a page claims %d bytes; its column has %d more: %w", h.packed, end-offset, io.ErrUnexpectedEOF)
	}
	plain := int(h.definitions + h.repetitions)
	if h.notPacked {
		codec = codecNone
	}
	if err := claims(codec, int64(h.packed)-int64(plain), int64(h.unpacked)-int64(plain)); err != nil {
		return nil, err
	}
	if h.packed > maxHeld {
		return nil, fmt.Errorf("a page claims %d bytes; at most %d are read", h.packed, maxHeld)
	}
	if cap(p.packed) < int(h.packed) {
		p.packed = make([]byte, h.packed)
	}
	packed := p.packed[:h.packed]
	if err := readFull(p.in, packed, offset); err != nil {
		return nil, err
	}
	if sum := crc32.ChecksumIEEE(packed); h.checked && sum != uint32(h.crc) {
		return nil, fmt.Errorf("the CRC of a page is %08x; its header says %08x: the file was changed on its way", sum, uint32(h.crc))
	}
	into, err := p.grow(into, int(h.unpacked))
	if err != nil {
		return nil, err
	}
	copy(into, packed[:plain])
	return into, p.unpack(into[plain:], packed[plain:], codec)
}

// splitLevels cuts the two kinds of levels off a page of version 1, where the bytes of
// each begin with their number, or of version 2, whose header has it.
func (h *pageHeader) splitLevels(page []byte, c *leaf) (repetitions, definitions, rest []byte, err error) {
	if h.kind == pageDataV2 {
		d := h.repetitions + h.definitions
		return page[:h.repetitions], page[h.repetitions:d], page[d:], nil
	}
	rest = page
	if c.maxRepetition > 0 {
		if repetitions, rest, err = cutLevels(rest, h.levels[1]); err != nil {
			return nil, nil, nil, err
		}
	}
	if c.maxDefinition > 0 {
		definitions, rest, err = cutLevels(rest, h.levels[0])
	}
	return repetitions, definitions, rest, err
}

func cutLevels(b []byte, encoding int32) (levels, rest []byte, err error) {
	if encoding != encodingRLE {
		return nil, nil, fmt.Errorf("levels have the encoding %d; only RLE (3) is read", encoding)
	}
	if len(b) < 4 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	return b[4 : 4+n], b[4+n:], nil
}
