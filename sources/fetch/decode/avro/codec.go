//go:build !small

package avro

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// codec unpacks the blocks of a file.
type codec struct {
	name   string
	unpack func(dst, packed []byte) ([]byte, error) // nil: blocks are not packed
	close  func()
}

var errLarge = fmt.Errorf("it unpacks to more than %d bytes; blocks up to that are read", maxBlock)

// newCodec returns the codec that a header names.
func newCodec(name string) (codec, error) {
	switch name {
	case "", "null":
		return codec{name: "null"}, nil
	case "deflate":
		return codec{name: name, unpack: inflater()}, nil
	case "snappy":
		return codec{name: name, unpack: unsnap}, nil
	case "bzip2":
		return codec{name: name, unpack: func(dst, packed []byte) ([]byte, error) {
			return readAll(dst, bzip2.NewReader(bytes.NewReader(packed)))
		}}, nil
	case "xz":
		return codec{name: name, unpack: unxz}, nil
	case "zstandard":
		return zstandard()
	}
	return codec{}, fmt.Errorf("avro.codec is %q; null, deflate, bzip2, snappy, xz and zstandard are read", name)
}

// safely unpacks, and makes an error of a library's panic.
func (c *codec) safely(dst, packed []byte) (_ []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("what it holds is not %s: %v", c.name, p)
		}
	}()
	dst, err = c.unpack(dst, packed)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		// The file goes on behind the block: it is the block that is wrong.
		err = fmt.Errorf("what it holds ends too early")
	}
	return dst, err
}

// readAll appends what in gives until its end.
func readAll(dst []byte, in io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, 4<<10)
		}
		n, err := in.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst) > maxBlock {
			return dst, errLarge
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// inflater unpacks deflate, by one decoder for all blocks.
func inflater() func(dst, packed []byte) ([]byte, error) {
	var in bytes.Reader
	inflate := flate.NewReader(&in)
	return func(dst, packed []byte) ([]byte, error) {
		in.Reset(packed)
		if err := inflate.(flate.Resetter).Reset(&in, nil); err != nil {
			return dst, err
		}
		return readAll(dst, inflate)
	}
}

// unsnap unpacks snappy, behind which the sum of the unpacked bytes stands.
func unsnap(dst, packed []byte) ([]byte, error) {
	if len(packed) < crc32.Size {
		return dst, io.ErrUnexpectedEOF
	}
	packed, sum := packed[:len(packed)-crc32.Size], packed[len(packed)-crc32.Size:]
	switch n, err := snappy.DecodedLen(packed); {
	case err != nil:
		return dst, err
	case n > maxBlock:
		return dst, errLarge
	}
	dst, err := snappy.Decode(dst[:cap(dst)], packed)
	if err != nil {
		return dst, err
	}
	if got, want := crc32.ChecksumIEEE(dst), binary.BigEndian.Uint32(sum); got != want {
		return dst, fmt.Errorf("the CRC32 of its bytes is %08x; the block says %08x", got, want)
	}
	return dst, nil
}

func zstandard() (codec, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		return codec{}, err
	}
	unpack := func(dst, packed []byte) ([]byte, error) {
		dst, err := d.DecodeAll(packed, dst)
		if err == zstd.ErrDecoderSizeExceeded || err == zstd.ErrWindowSizeExceeded {
			err = errLarge
		}
		return dst, err
	}
	return codec{name: "zstandard", unpack: unpack, close: d.Close}, nil
}
