package rowset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// Header says what a file is of: one that is of something else is not used.
type Header struct {
	Of    string `json:"of"`    // which keys of which stream, and what their values are
	First bool   `json:"first"` // the run that wrote the file had no state that names a set
}

const (
	setMagic, logMagic = "TAPROWS1", "TAPROWL1"
	mostHeader         = 1 << 16
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("it is damaged")

// Stream hands out entries; key and value hold until the next call. ok is false
// behind the last.
type Stream interface {
	Next() (key, value []byte, ok bool, err error)
}

// AppendEntry appends an entry.
func AppendEntry(dst, key, value []byte) []byte {
	dst = append(binary.AppendUvarint(dst, uint64(len(key))), key...)
	return append(binary.AppendUvarint(dst, uint64(len(value))), value...)
}

// cutEntry cuts the first entry off; ok is false where there is none, or it is
// not whole.
func cutEntry(from []byte) (key, value, rest []byte, ok bool) {
	if key, rest, ok = cutText(from); ok {
		value, rest, ok = cutText(rest)
	}
	return key, value, rest, ok
}

func cutText(from []byte) (text, rest []byte, ok bool) {
	if len(from) > 0 && from[0] < 0x80 { // most texts are short
		if end := 1 + int(from[0]); end <= len(from) {
			return from[1:end], from[end:], true
		}
		return nil, nil, false
	}
	n, size := binary.Uvarint(from)
	if size <= 0 || n > uint64(len(from)-size) {
		return nil, nil, false
	}
	return from[size : size+int(n)], from[size+int(n):], true
}

// fits reports whether a text is so many entries.
func fits(text []byte, count uint32) bool {
	for ; count > 0 && len(text) > 0; count-- {
		var ok bool
		if _, _, text, ok = cutEntry(text); !ok {
			return false
		}
	}
	return count == 0 && len(text) == 0
}

func appendHeader(dst []byte, magic string, h Header) []byte {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // text and a bool
	}
	dst = binary.LittleEndian.AppendUint32(append(dst, magic...), uint32(len(text)))
	return append(binary.LittleEndian.AppendUint32(dst, crc32.Checksum(text, crcTable)), text...)
}

// readHeader reads the header of a file, which must be of the given kind.
func readHeader(r io.Reader, magic string) (h Header, size int64, err error) {
	head := make([]byte, len(magic)+8)
	if _, err := io.ReadFull(r, head); err != nil {
		return h, 0, errDamaged
	}
	n, sum := binary.LittleEndian.Uint32(head[len(magic):]), binary.LittleEndian.Uint32(head[len(magic)+4:])
	if !bytes.HasPrefix(head, []byte(magic)) || n > mostHeader {
		return h, 0, errDamaged
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil || crc32.Checksum(text, crcTable) != sum || json.Unmarshal(text, &h) != nil {
		return h, 0, errDamaged
	}
	return h, int64(len(head)) + int64(n), nil
}

// match refuses a file that is of something else.
func match(got, want Header) error {
	if got.Of != want.Of {
		return fmt.Errorf("it is of %s, not of %s", got.Of, want.Of)
	}
	return nil
}

// ReadHeader returns the header of a file, of either kind.
func ReadHeader(path string) (Header, error) {
	file, err := os.Open(path)
	if err != nil {
		return Header{}, err
	}
	defer file.Close()
	h, _, err := readHeader(file, logMagic)
	if err != nil {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return h, err
		}
		h, _, err = readHeader(file, setMagic)
	}
	return h, err
}
