//go:build !small

package avro

import (
	"encoding/binary"
	"fmt"
)

// maxEmptyItems is how many values that take no bytes an array may hold at once.
const maxEmptyItems = 1 << 16

// block reads the numbers and bytes of a block, whatever they stand for.
type block struct {
	data []byte // without its packing
	at   int    // how far it was read
}

// mayHold says what is wrong with a block that claims to hold count records of at
// least so many bytes.
func (b *block) mayHold(count int64, least int) error {
	switch {
	case count == 0 && len(b.data) > 0:
		return fmt.Errorf("the block claims no records in %d bytes", len(b.data))
	case least == 0 && count > maxEmpty:
		return fmt.Errorf("the block claims %d records that take no bytes; %d are read", count, maxEmpty)
	case least > 0 && count > int64(len(b.data)/least):
		return fmt.Errorf("the block claims %d records of %d bytes or more; it has %d bytes", count, least, len(b.data))
	}
	return nil
}

// atEnd proves that the block was read to its end.
func (b *block) atEnd() error {
	if rest := len(b.data) - b.at; rest > 0 {
		return fmt.Errorf("%d bytes follow the last record of the block", rest)
	}
	return nil
}

// long reads a number in zigzag coding.
func (b *block) long() (int64, error) {
	if b.at < len(b.data) {
		if c := b.data[b.at]; c < 0x80 {
			b.at++
			return int64(c>>1) ^ -int64(c&1), nil
		}
	}
	n, size := binary.Varint(b.data[b.at:])
	if size > 0 {
		b.at += size
		return n, nil
	}
	if size < 0 {
		return 0, errLong
	}
	return 0, errEnd
}

// take returns the next n bytes.
func (b *block) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(b.data)-b.at) {
		return nil, fmt.Errorf("a value of %d bytes, where %d are left of the block", n, len(b.data)-b.at)
	}
	taken := b.data[b.at : b.at+int(n)]
	b.at += int(n)
	return taken, nil
}

// group is a part of an array or a map.
type group struct {
	count int64
	end   int // where it ends, -1 where the file does not say
}

// group reads how many items come next, of at least so many bytes each. Where the
// number is below zero, the length of the items in bytes follows it.
func (b *block) group(least int) (group, error) {
	n, err := b.long()
	if err != nil {
		return group{}, err
	}
	g := group{count: n, end: -1}
	left := int64(len(b.data) - b.at)
	if n < 0 {
		if left, err = b.long(); err != nil {
			return group{}, err
		}
		if rest := int64(len(b.data) - b.at); left < 0 || left > rest {
			return group{}, fmt.Errorf("items of %d bytes, where %d are left of the block", left, rest)
		}
		g = group{count: -n, end: b.at + int(left)}
	}
	most := int64(maxEmptyItems)
	if least > 0 {
		most = left / int64(least)
	}
	if g.count < 0 || g.count > most {
		return group{}, fmt.Errorf("%d items, where %d bytes have room for %d", uint64(g.count), left, most)
	}
	return g, nil
}
