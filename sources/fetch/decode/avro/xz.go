//go:build !small

package avro

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

var (
	errXZ   = errors.New("it is no xz stream of one block")
	xzTable = crc64.MakeTable(crc64.ECMA)
)

// unxz unpacks an xz stream of one LZMA2 block, as writers of Avro make them. The
// library's reader of streams takes as much memory as a header claims, up to 4 GiB
// for each block; here a dictionary is never larger than what it unpacks to.
func unxz(dst, packed []byte) ([]byte, error) {
	const header, footer = 12, 12
	if len(packed) < header+footer || string(packed[:6]) != "\xfd7zXZ\x00" || string(packed[len(packed)-2:]) != "YZ" {
		return dst, errXZ
	}
	index := 4 * (1 + int64(binary.LittleEndian.Uint32(packed[len(packed)-8:])))
	body := packed[header : len(packed)-footer]
	if index > int64(len(body)) {
		return dst, errXZ
	}
	block, table := body[:int64(len(body))-index], body[int64(len(body))-index:]
	size, err := xzSize(table)
	if err != nil || size == 0 {
		return dst, err
	}
	start, err := xzHeader(block)
	if err != nil {
		return dst, err
	}
	in := bytes.NewReader(block[start:])
	lz, err := lzma.Reader2Config{DictCap: max(size, lzma.MinDictCap)}.NewReader2(in)
	if err != nil {
		return dst, err
	}
	if dst, err = readAll(dst, lz); err != nil {
		return dst, err
	}
	if len(dst) != size {
		return dst, fmt.Errorf("its index says %d bytes; it unpacks to %d", size, len(dst))
	}
	padding := (4 - (len(block)-in.Len())%4) % 4
	return dst, xzCheck(packed[7], dst, block[len(block)-max(in.Len()-padding, 0):])
}

// xzSize returns how many bytes the one block of an index unpacks to.
func xzSize(table []byte) (int, error) {
	count, n := binary.Uvarint(table[1:])
	if table[0] != 0 || n <= 0 || count > 1 {
		return 0, errXZ
	}
	if count == 0 {
		return 0, nil
	}
	rest := table[1+n:]
	if _, n = binary.Uvarint(rest); n <= 0 {
		return 0, errXZ
	}
	size, n := binary.Uvarint(rest[n:])
	if n <= 0 {
		return 0, errXZ
	}
	if size > maxBlock {
		return 0, errLarge
	}
	return int(size), nil
}

// xzHeader returns where the LZMA2 chunks of a block begin.
func xzHeader(block []byte) (int, error) {
	const sizes, filters, lzma2 = 0xC0, 0x3F, 0x21
	if len(block) == 0 || block[0] == 0 || len(block) < 4*(int(block[0])+1) {
		return 0, errXZ
	}
	end := 4 * (int(block[0]) + 1)
	if crc32.ChecksumIEEE(block[:end-4]) != binary.LittleEndian.Uint32(block[end-4:]) {
		return 0, errors.New("the CRC32 of its xz header is wrong")
	}
	at := 2
	for flags := block[1] & sizes; flags != 0; flags &= flags - 1 { // the sizes, which are in the index as well
		_, n := binary.Uvarint(block[at : end-4])
		if n <= 0 {
			return 0, errXZ
		}
		at += n
	}
	if block[1]&filters != 0 || at >= end-4 || block[at] != lzma2 {
		return 0, errors.New("its xz stream has filters beside LZMA2, which no writer of Avro uses")
	}
	return end, nil
}

// xzCheck proves the bytes of a block by the sum behind them.
func xzCheck(kind byte, data, sum []byte) error {
	var want []byte
	switch kind {
	case 0:
	case 1:
		want = binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(data))
	case 4:
		want = binary.LittleEndian.AppendUint64(nil, crc64.Checksum(data, xzTable))
	case 10:
		hash := sha256.Sum256(data)
		want = hash[:]
	default:
		return fmt.Errorf("its xz stream has a check of kind %d, which is unknown", kind)
	}
	if len(sum) < len(want) {
		return io.ErrUnexpectedEOF
	}
	if !bytes.Equal(sum, want) {
		return fmt.Errorf("its xz stream says %x for the check of its bytes, which is %x", sum, want)
	}
	return nil
}
