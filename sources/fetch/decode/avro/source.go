//go:build !small

package avro

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// source is the file, and how far it was read.
type source struct {
	*bufio.Reader
	offset int64
}

// ReadByte is that of the Reader, and counts.
func (s *source) ReadByte() (byte, error) {
	b, err := s.Reader.ReadByte()
	if err == nil {
		s.offset++
	}
	return b, early(err)
}

// early is what an end of the file means where something has to follow.
func early(err error) error {
	if err == io.EOF {
		return fmt.Errorf("the file ends too early: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// long reads a number in zigzag coding.
func (s *source) long() (int64, error) {
	var buf [binary.MaxVarintLen64]byte
	for i := range buf {
		b, err := s.ReadByte()
		if err != nil {
			return 0, err
		}
		buf[i] = b
		if b < 0x80 {
			v, n := binary.Varint(buf[:i+1])
			if n < 0 {
				break
			}
			return v, nil
		}
	}
	return 0, errLong
}

var errLong = errors.New("a number of more than 64 bits")

// full fills buf.
func (s *source) full(buf []byte) error {
	n, err := io.ReadFull(s.Reader, buf)
	s.offset += int64(n)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return early(err)
}

// bytes reads a length and that many bytes.
func (s *source) bytes(dst []byte, most int64) ([]byte, error) {
	n, err := s.long()
	if err != nil {
		return nil, err
	}
	return s.exactly(dst, n, most)
}

// exactly appends n bytes. It takes memory as they come: n may be a lie.
func (s *source) exactly(dst []byte, n, most int64) ([]byte, error) {
	const step = 1 << 20
	if n < 0 || n > most {
		return dst, fmt.Errorf("a length of %d bytes; at least 0 and at most %d are read", n, most)
	}
	for n > 0 {
		k := int(min(n, max(step, int64(cap(dst)-len(dst)))))
		dst = slices.Grow(dst, k)
		if err := s.full(dst[len(dst) : len(dst)+k]); err != nil {
			return dst, err
		}
		dst = dst[:len(dst)+k]
		n -= int64(k)
	}
	return dst, nil
}

// skip passes over n bytes.
func (s *source) skip(n int64) error {
	if n < 0 {
		return fmt.Errorf("a length of %d bytes", n)
	}
	passed, err := io.CopyN(io.Discard, s.Reader, n)
	s.offset += passed
	return early(err)
}
