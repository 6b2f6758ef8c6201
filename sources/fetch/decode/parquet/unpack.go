//go:build !small

package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// Codecs.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecBrotli = 4
	codecLZ4    = 5 // in the blocks of Hadoop
	codecZstd   = 6
	codecLZ4Raw = 7
)

// mostUnpacked is how many bytes one byte of a codec can become at most; a page that
// claims more is refused before there is memory for it.
var mostUnpacked = [...]int64{
	codecSnappy: 64, codecGzip: 1100, codecBrotli: 1 << 17, codecLZ4: 256, codecZstd: 1 << 16, codecLZ4Raw: 256,
}

// unpacker unpacks pages. Its readers are made where a file needs them.
type unpacker struct {
	gzip   *gzip.Reader
	brotli *brotli.Reader
	zstd   *zstd.Decoder
}

func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}

// claims reports whether n bytes can be what a page of so many bytes becomes.
func claims(codec int32, packed, n int64) error {
	switch {
	case codec < 0 || int(codec) >= len(mostUnpacked) || codec == 3:
		return fmt.Errorf("codec %d is not read; SNAPPY, GZIP, ZSTD, BROTLI, LZ4 and LZ4_RAW are", codec)
	case codec == codecNone && n != packed, codec != codecNone && n > 64+packed*mostUnpacked[codec]:
		return fmt.Errorf("%d bytes cannot become the %d that the page claims", packed, n)
	}
	return nil
}

// unpack fills dst with what src becomes, which must be as long.
func (u *unpacker) unpack(dst, src []byte, codec int32) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("unpacking a page: %v", r)
		}
	}()
	switch codec {
	case codecNone:
		return same(copy(dst, src), len(dst))
	case codecSnappy:
		return unpackSnappy(dst, src)
	case codecGzip:
		if u.gzip == nil {
			u.gzip = new(gzip.Reader)
		}
		if err := u.gzip.Reset(bytes.NewReader(src)); err != nil {
			return err
		}
		return readWhole(u.gzip, dst)
	case codecBrotli:
		if u.brotli == nil {
			u.brotli = brotli.NewReader(nil)
		}
		if err := u.brotli.Reset(bytes.NewReader(src)); err != nil {
			return err
		}
		return readWhole(u.brotli, dst)
	case codecZstd:
		return u.unpackZstd(dst, src)
	case codecLZ4:
		return unpackHadoop(dst, src)
	}
	n, err := unpackLZ4(dst, src)
	return errors.Join(err, same(n, len(dst)))
}

func same(n, want int) error {
	if n != want {
		return fmt.Errorf("a page became %d bytes; its header says %d", n, want)
	}
	return nil
}

func unpackSnappy(dst, src []byte) error {
	n, err := snappy.DecodedLen(src)
	if err != nil {
		return err
	}
	if err := same(n, len(dst)); err != nil {
		return err
	}
	_, err = snappy.Decode(dst, src)
	return err
}

func (u *unpacker) unpackZstd(dst, src []byte) (err error) {
	if u.zstd == nil {
		u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxHeld))
		if err != nil {
			return err
		}
	}
	b, err := u.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	return same(len(b), len(dst))
}

// readWhole fills dst with all that a reader has.
func readWhole(r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		if err == io.EOF && len(dst) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	var more [1]byte
	n, err := r.Read(more[:])
	if n > 0 {
		return fmt.Errorf("a page became more than the %d bytes that its header says", len(dst))
	}
	if err == io.EOF {
		err = nil
	}
	return err
}

// unpackHadoop unpacks LZ4 as Hadoop writes it, in blocks that begin with their two
// sizes; some writers leave those out.
func unpackHadoop(dst, src []byte) error {
	if hadoopBlocks(dst, src) {
		return nil
	}
	n, err := unpackLZ4(dst, src)
	return errors.Join(err, same(n, len(dst)))
}

func hadoopBlocks(dst, src []byte) bool {
	for len(src) >= 8 {
		unpacked, packed := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		src = src[8:]
		if uint64(packed) > uint64(len(src)) || uint64(unpacked) > uint64(len(dst)) {
			return false
		}
		n, err := unpackLZ4(dst[:unpacked], src[:packed])
		if err != nil || n != int(unpacked) {
			return false
		}
		dst, src = dst[unpacked:], src[packed:]
	}
	return len(src) == 0 && len(dst) == 0
}

var errLZ4 = errors.New("a block of LZ4 is broken")

// unpackLZ4 unpacks one block into dst and returns how many bytes it has.
func unpackLZ4(dst, src []byte) (n int, err error) {
	for len(src) > 0 {
		token := src[0]
		literals, rest, ok := lz4Length(int(token>>4), src[1:])
		if !ok || literals > len(rest) || literals > len(dst)-n {
			return n, errLZ4
		}
		n += copy(dst[n:], rest[:literals])
		if src = rest[literals:]; len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return n, errLZ4
		}
		back := int(binary.LittleEndian.Uint16(src))
		length, rest, ok := lz4Length(int(token&15), src[2:])
		length += 4
		if !ok || back == 0 || back > n || length > len(dst)-n {
			return n, errLZ4
		}
		for from, end := n-back, n+length; n < end; { // each copy doubles what the next one copies
			n += copy(dst[n:end], dst[from:n])
		}
		src = rest
	}
	return n, nil
}

// lz4Length reads the bytes that a length of 15 goes on with.
func lz4Length(length int, src []byte) (int, []byte, bool) {
	if length < 15 {
		return length, src, true
	}
	for i, b := range src {
		length += int(b)
		if b != 255 {
			return length, src[i+1:], true
		}
	}
	return 0, nil, false
}
