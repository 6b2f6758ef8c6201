//go:build !small

package parquet

import (
	"encoding/binary"
	"errors"
	"io"
)

var errDelta = errors.New("a header of DELTA_BINARY_PACKED is broken")

// deltas reads the encoding DELTA_BINARY_PACKED: blocks of differences, each cut into
// miniblocks that have a width of their own.
type deltas struct {
	rest     []byte
	left     uint64 // values to come
	value    uint64
	started  bool
	perMini  uint64
	minis    uint64 // per block
	smallest uint64 // difference in this block
	widths   []byte // of the miniblocks of this block that are to come
	width    uint
	inMini   uint64 // differences of this miniblock that are to be unpacked
	buffer   [32]uint64
	at, n    int
}

func (d *deltas) reset(b []byte) error {
	*d = deltas{rest: b}
	block := d.uvarint()
	d.minis = d.uvarint()
	d.left = d.uvarint()
	d.value = d.zigzag()
	if d.rest == nil {
		return io.ErrUnexpectedEOF
	}
	if block == 0 || d.minis == 0 || block > 1<<30 || block%d.minis != 0 || block/d.minis%32 != 0 {
		return errDelta
	}
	d.perMini = block / d.minis
	return nil
}

// uvarint reads a number; after the first that is broken, nothing is left.
func (d *deltas) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.rest = nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *deltas) zigzag() uint64 {
	v := d.uvarint()
	return v>>1 ^ -(v & 1)
}

func (d *deltas) next() (uint64, error) {
	if d.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	d.left--
	if !d.started {
		d.started = true
		return d.value, nil
	}
	if d.at == d.n {
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
	d.value += d.smallest + d.buffer[d.at&31]
	d.at++
	return d.value, nil
}

// fill unpacks 32 differences more.
func (d *deltas) fill() error {
	if d.inMini == 0 {
		if err := d.mini(); err != nil {
			return err
		}
	}
	n := int(d.width) * 4
	if n > len(d.rest) {
		return io.ErrUnexpectedEOF
	}
	unpack(d.buffer[:], d.rest[:n], d.width)
	d.rest = d.rest[n:]
	d.inMini -= 32
	d.at, d.n = 0, 32
	return nil
}

// mini begins another miniblock.
func (d *deltas) mini() error {
	if len(d.widths) == 0 {
		d.smallest = d.zigzag()
		if uint64(len(d.rest)) < d.minis {
			return io.ErrUnexpectedEOF
		}
		d.widths, d.rest = d.rest[:d.minis], d.rest[d.minis:]
	}
	if d.width = uint(d.widths[0]); d.width > 64 {
		return errDelta
	}
	d.widths = d.widths[1:]
	d.inMini = d.perMini
	return nil
}

// end returns what is behind the values, none of which has been read, and how many
// they are.
func (d deltas) end() (rest []byte, n uint64, err error) {
	n = d.left
	for left := n; left > 1; left -= min(left-1, d.perMini) {
		if err := d.mini(); err != nil {
			return nil, 0, err
		}
		size := uint64(d.width) * (d.perMini / 8)
		if size > uint64(len(d.rest)) {
			return nil, 0, io.ErrUnexpectedEOF
		}
		d.rest = d.rest[size:]
	}
	return d.rest, n, nil
}
