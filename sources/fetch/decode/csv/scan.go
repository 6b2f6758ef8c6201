package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

func spread(b byte) uint64 { return uint64(b) * low }

func indexLineFeed(b []byte) int { return bytes.IndexByte(b, '\n') }

// copyText copies src to dst up to the first byte that is a's or that JSON strings
// hold escaped only, and returns how many bytes stand before it and, in seen,
// the bits of all bytes it looked at. Such a byte must be there. It looks at eight
// bytes at a time: zeros in w^a are found by the borrow that they cause, and what a
// borrow marks wrongly lies behind a true find.
func copyText(dst, src []byte, a uint64) (n int, seen uint64) {
	for {
		w := binary.LittleEndian.Uint64(src[n:])
		binary.LittleEndian.PutUint64(dst[n:], w)
		seen |= w
		x, y := w^a, w^('\\'*low)
		q := w ^ 2*low // the double quote and the control characters, and only they, become less than 0x21
		hit := ((x-low)&^x | (y-low)&^y | (q-0x21*low)&^q) & high
		if hit != 0 {
			return n + bits.TrailingZeros64(hit)/8, seen
		}
		n += 8
	}
}

// appendEscaped appends a byte of ASCII as it stands in a JSON string.
func appendEscaped(dst []byte, c byte) []byte {
	switch {
	case file.Plain(c):
		return append(dst, c)
	case c == '\b':
		return append(dst, '\\', 'b')
	case c == '\f':
		return append(dst, '\\', 'f')
	}
	return file.AppendEscape(dst, c)
}
