//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"io"
)

var errLevels = errors.New("runs of levels, indices or booleans are broken")

// runs reads the RLE encoding: runs of one value, and of values packed bit by bit.
// Levels, indices of a dictionary and booleans are written so.
type runs struct {
	rest   []byte
	width  uint // of a value, in bits
	same   uint64
	value  uint64 // that comes same times more
	groups uint64 // of 8 packed values that are still to be unpacked
	buffer [64]uint64
	at, n  int // what is left of buffer
}

func (r *runs) reset(b []byte, width uint) {
	r.rest, r.width, r.same, r.groups, r.at, r.n = b, width, 0, 0, 0, 0
}

func (r *runs) next() (uint64, error) {
	if r.same > 0 {
		r.same--
		return r.value, nil
	}
	if r.at == r.n {
		return r.refill()
	}
	r.at++
	return r.buffer[(r.at-1)&63], nil
}

func (r *runs) refill() (uint64, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	return r.next()
}

// fill begins another run, or unpacks more of one.
func (r *runs) fill() error {
	for r.groups == 0 {
		head, n := binary.Uvarint(r.rest)
		if n <= 0 {
			return io.ErrUnexpectedEOF
		}
		r.rest = r.rest[n:]
		if head&1 == 1 {
			r.groups = head >> 1
			continue
		}
		if r.same = head >> 1; r.same > 0 {
			return r.repeat()
		}
	}
	return r.unpack()
}

func (r *runs) repeat() error {
	n := int(r.width+7) / 8
	if len(r.rest) < n {
		r.same = 0
		return io.ErrUnexpectedEOF
	}
	r.value = 0
	for i := range n {
		r.value |= uint64(r.rest[i]) << (8 * i)
	}
	r.rest = r.rest[n:]
	if r.value>>r.width != 0 {
		return errLevels
	}
	return nil
}

// unpack unpacks up to 8 groups. Some writers leave out the bytes that fill the last.
func (r *runs) unpack() error {
	groups := min(r.groups, 8)
	r.groups -= groups
	r.at, r.n = 0, int(groups)*8
	bytes := int(groups) * int(r.width)
	if bytes > len(r.rest) {
		bytes = len(r.rest)
		r.n, r.groups = bytes*8/int(r.width), 0
		if r.n == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	unpack(r.buffer[:r.n], r.rest[:bytes], r.width)
	r.rest = r.rest[bytes:]
	return nil
}

// unpack unpacks values of a width in bits from at most 256 bytes.
func unpack(dst []uint64, b []byte, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	var padded [256 + 16]byte
	copy(padded[:256], b)
	mask := ^uint64(0) >> (64 - width)
	position := uint(0)
	for i := range dst {
		from := position / 8 % 256
		v := binary.LittleEndian.Uint64(padded[from:]) >> (position % 8)
		if position%8+width > 64 {
			v |= uint64(padded[from+8]) << (64 - position%8)
		}
		dst[i] = v & mask
		position += width
	}
}
