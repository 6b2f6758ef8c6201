//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Encodings.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingDelta           = 5
	encodingDeltaLength     = 6
	encodingDeltaBytes      = 7
	encodingDictionary      = 8
	encodingSplit           = 9
)

// value is one value of a column: its bits where it has at most 8 bytes of a fixed
// physical type, else its bytes. They are good until the next one is read.
type value struct {
	bits  uint64
	bytes []byte
}

// values reads the values of a page, nulls excepted, whatever its encoding.
type values struct {
	physical int32
	width    int
	encoding int32
	rest     []byte
	bit      uint   // the next one of rest[0]: plain booleans
	stride   int    // BYTE_STREAM_SPLIT: how many values the page has
	at       int    // BYTE_STREAM_SPLIT: which of them is next
	built    []byte // the last value that was put together
	indices  runs   // or booleans
	numbers  deltas // or lengths of prefixes
	lengths  deltas
	dictionary
}

// dictionary are the values that a column's pages name by their index.
type dictionary struct {
	entries []byte
	ends    []uint32 // of values of different widths
	n       uint64
}

// load reads a dictionary page with n plain values.
func (d *dictionary) load(b []byte, n int64, physical int32, width int) error {
	d.entries, d.ends, d.n = b, d.ends[:0], uint64(n)
	switch {
	case physical == physicalBoolean:
		return errors.New("booleans have a dictionary")
	case width > 0:
		if n > int64(len(b)/width) {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	at := 0
	for range n {
		if len(b)-at < 4 {
			return io.ErrUnexpectedEOF
		}
		length := binary.LittleEndian.Uint32(b[at:])
		if uint64(length) > uint64(len(b)-at-4) {
			return io.ErrUnexpectedEOF
		}
		at += 4 + int(length)
		d.ends = append(d.ends, uint32(at))
	}
	return nil
}

// get returns the bytes of the value at an index.
func (d *dictionary) get(i uint64, width int) ([]byte, error) {
	if i >= d.n {
		return nil, fmt.Errorf("index %d is not in the dictionary, which has %d values", i, d.n)
	}
	if width > 0 {
		return d.entries[int(i)*width:][:width], nil
	}
	from := uint32(0)
	if i > 0 {
		from = d.ends[i-1]
	}
	return d.entries[from+4 : d.ends[i]], nil
}

// reset begins a page.
func (v *values) reset(b []byte, encoding int32) (err error) {
	v.encoding, v.rest, v.bit = encoding, b, 0
	switch {
	case encoding == encodingPlain:
		return nil
	case encoding == encodingPlainDictionary || encoding == encodingDictionary:
		v.encoding = encodingDictionary
		return v.resetIndices(b)
	case encoding == encodingRLE && v.physical == physicalBoolean:
		return v.resetBooleans(b)
	case encoding == encodingDelta && (v.physical == physicalInt32 || v.physical == physicalInt64):
		return v.resetDeltas(&v.numbers, b)
	case encoding == encodingDeltaLength && v.physical == physicalBytes:
		if err = v.resetDeltas(&v.lengths, b); err == nil {
			v.rest, _, err = v.lengths.end()
		}
		return err
	case encoding == encodingDeltaBytes && (v.physical == physicalBytes || v.physical == physicalFixed):
		return v.resetDeltaBytes(b)
	case encoding == encodingSplit && v.width > 0:
		v.stride, v.at = len(b)/v.width, 0
		return nil
	}
	return fmt.Errorf("encoding %d is unknown for physical type %d", encoding, v.physical)
}

// resetDeltas begins a page of differences. A page without values may have no bytes.
func (v *values) resetDeltas(d *deltas, b []byte) error {
	if len(b) == 0 {
		*d = deltas{}
		return nil
	}
	return d.reset(b)
}

func (v *values) resetIndices(b []byte) error {
	if len(b) == 0 { // all are null
		v.indices.reset(nil, 0)
		return nil
	}
	if b[0] > 32 {
		return fmt.Errorf("indices of the dictionary have %d bits; they have at most 32", b[0])
	}
	v.indices.reset(b[1:], uint(b[0]))
	return nil
}

func (v *values) resetBooleans(b []byte) error {
	if len(b) < 4 {
		if len(b) == 0 {
			v.indices.reset(nil, 1)
			return nil
		}
		return io.ErrUnexpectedEOF
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return io.ErrUnexpectedEOF
	}
	v.indices.reset(b[4:4+n], 1)
	return nil
}

func (v *values) resetDeltaBytes(b []byte) error {
	v.built = v.built[:0]
	if err := v.resetDeltas(&v.numbers, b); err != nil {
		return err
	}
	b, n, err := v.numbers.end()
	if err != nil {
		return err
	}
	if err := v.resetDeltas(&v.lengths, b); err != nil {
		return err
	}
	if v.lengths.left != n {
		return fmt.Errorf("there are %d prefixes and %d suffixes", n, v.lengths.left)
	}
	v.rest, _, err = v.lengths.end()
	return err
}

func (v *values) next() (value, error) {
	switch v.encoding {
	case encodingPlain:
		return v.plain()
	case encodingDictionary:
		i, err := v.indices.next()
		if err != nil {
			return value{}, err
		}
		b, err := v.get(i, v.width)
		return v.of(b), err
	case encodingRLE:
		bits, err := v.indices.next()
		return value{bits: bits}, err
	case encodingDelta:
		bits, err := v.numbers.next()
		return value{bits: bits}, err
	case encodingDeltaLength:
		n, err := v.lengths.next()
		if err != nil {
			return value{}, err
		}
		b, err := v.take(n)
		return value{bytes: b}, err
	case encodingDeltaBytes:
		return v.suffix()
	}
	return v.split()
}

// of makes a value of its bytes in the file.
func (v *values) of(b []byte) value {
	switch {
	case v.physical == physicalInt64 || v.physical == physicalDouble:
		if len(b) == 8 {
			return value{bits: binary.LittleEndian.Uint64(b)}
		}
	case v.physical == physicalInt32 || v.physical == physicalFloat:
		if len(b) == 4 {
			return value{bits: uint64(binary.LittleEndian.Uint32(b))}
		}
	}
	return value{bytes: b}
}

func (v *values) take(n uint64) ([]byte, error) {
	if n > uint64(len(v.rest)) {
		return nil, io.ErrUnexpectedEOF
	}
	b := v.rest[:n]
	v.rest = v.rest[n:]
	return b, nil
}

func (v *values) plain() (value, error) {
	if v.width > 0 {
		b, err := v.take(uint64(v.width))
		return v.of(b), err
	}
	if v.physical == physicalBoolean {
		return v.boolean()
	}
	b, err := v.take(4)
	if err != nil {
		return value{}, err
	}
	b, err = v.take(uint64(binary.LittleEndian.Uint32(b)))
	return value{bytes: b}, err
}

func (v *values) boolean() (value, error) {
	if len(v.rest) == 0 {
		return value{}, io.ErrUnexpectedEOF
	}
	bits := uint64(v.rest[0]>>v.bit) & 1
	if v.bit++; v.bit == 8 {
		v.rest, v.bit = v.rest[1:], 0
	}
	return value{bits: bits}, nil
}

// suffix reads a value that begins as the one before it.
func (v *values) suffix() (value, error) {
	prefix, err := v.numbers.next()
	if err != nil {
		return value{}, err
	}
	n, err := v.lengths.next()
	if err != nil {
		return value{}, err
	}
	b, err := v.take(n)
	if err != nil {
		return value{}, err
	}
	if prefix > uint64(len(v.built)) {
		return value{}, fmt.Errorf("a value has %d bytes of the one before it, which has %d", prefix, len(v.built))
	}
	v.built = append(v.built[:prefix], b...)
	if v.width > 0 && len(v.built) != v.width {
		return value{}, fmt.Errorf("a value has %d bytes; each has %d", len(v.built), v.width)
	}
	return value{bytes: v.built}, nil
}

// split reads a value of BYTE_STREAM_SPLIT: first bytes of all values stand together,
// behind them all second ones, and so on.
func (v *values) split() (value, error) {
	if v.at >= v.stride {
		return value{}, io.ErrUnexpectedEOF
	}
	v.built = v.built[:0]
	for i := v.at; i < v.stride*v.width; i += v.stride {
		v.built = append(v.built, v.rest[i])
	}
	v.at++
	return v.of(v.built), nil
}
