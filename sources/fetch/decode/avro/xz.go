//go:build !small

package avro

import (
	"bufio"
	"bytes"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/xz"
)

// unxz unpacks a block as xz, which has a dictionary for each: writers of Avro give it
// many MiB for blocks of some KiB, and it is not larger here than what comes out.
func unxz(dst, packed []byte) ([]byte, error) {
	size, err := xz.Size(packed)
	if err != nil {
		return dst, err
	}
	if size > maxBlock {
		return dst, errLarge
	}
	in, err := xz.Open(bufio.NewReader(bytes.NewReader(packed)), size)
	if err != nil {
		return dst, err
	}
	return readAll(dst, in)
}
