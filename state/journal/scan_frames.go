package journal

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// scanBuffer is read at once. A frame's head must fit, or the buffer grows.
const scanBuffer = 1 << 20

// span is a part of a segment: a frame, or bytes that are none.
type span struct {
	kind  kind // 0: bytes that are no frame
	place Place
	head  []byte // until the next call
	body  []byte // until the next call; nil unless the scanner keeps bodies
	whole bool   // the body is what was written
}

// scanner reads a segment from its first frame to its end.
type scanner struct {
	file    io.ReaderAt
	size    int64
	segment uint32
	tag     [tagSize]byte
	bodies  func(kind, int64) bool // whether to keep the body of a frame, by its length

	off  int64  // of what is next in buf
	buf  []byte // read, and not yet used
	mem  []byte // that buf lies in
	head []byte
	body []byte
}

// fill makes n bytes the next in buf, or as many as the file has.
func (s *scanner) fill(n int) error {
	n = int(min(int64(n), s.size-s.off))
	if len(s.buf) >= n {
		return nil
	}
	if cap(s.mem) < n {
		s.mem = make([]byte, max(int64(n), min(scanBuffer, s.size)))
	}
	s.mem = s.mem[:cap(s.mem)]
	have := copy(s.mem, s.buf)
	want := int(min(int64(len(s.mem)), s.size-s.off))
	s.buf = s.mem[:want]
	return readAll(s.file, s.buf[have:], s.off+int64(have))
}

func (s *scanner) skip(n int) {
	s.buf, s.off = s.buf[n:], s.off+int64(n)
}

// next finds the next frame, or bytes that are none up to the next frame or the
// end. It returns io.EOF at the end; other errors are the file's.
func (s *scanner) next() (span, error) {
	if s.off >= s.size {
		return span{}, io.EOF
	}
	fixed, ok, err := s.peek()
	if err != nil {
		return span{}, err
	}
	if !ok {
		at := Place{segment: s.segment, offset: s.off}
		err := s.resync()
		at.body = s.off - at.offset
		return span{place: at}, err
	}
	size := preludeSize + int(fixed.head)
	f := span{
		kind:  fixed.kind,
		place: Place{s.segment, uint32(size), s.off, int64(fixed.body)},
	}
	s.head = append(s.head[:0], s.buf[preludeSize:size]...)
	f.head = s.head
	s.skip(size)
	f.body, f.whole, err = s.readBody(fixed)
	return f, err
}

// peek reads the prelude of a frame and fills buf with its head, if a whole one
// is next.
func (s *scanner) peek() (fixed prelude, ok bool, err error) {
	if err := s.fill(preludeSize); err != nil {
		return fixed, false, err
	}
	if len(s.buf) < preludeSize || !bytes.HasPrefix(s.buf, s.tag[:]) {
		return fixed, false, nil
	}
	fixed = parsePrelude(s.buf)
	size := preludeSize + int64(fixed.head)
	if fixed.head > maxHead || size > s.size-s.off {
		return fixed, false, nil
	}
	if err := s.fill(int(size)); err != nil {
		return fixed, false, err
	}
	// A body is longer than the file where a write was cut off.
	const longest = 1 << 62
	return fixed, headWhole(s.buf[:size]) && fixed.body < longest, nil
}

// readBody reads over a body, and says whether it is whole.
func (s *scanner) readBody(fixed prelude) (body []byte, whole bool, err error) {
	left := min(int64(fixed.body), s.size-s.off)
	whole = left == int64(fixed.body)
	keep := s.bodies(fixed.kind, left)
	if keep {
		s.body = slices.Grow(s.body[:0], int(left))
	}
	sum := uint32(0)
	for left > 0 {
		if err := s.fill(1); err != nil {
			return nil, false, err
		}
		n := int(min(left, int64(len(s.buf))))
		sum = update(sum, s.buf[:n])
		if keep {
			s.body = append(s.body, s.buf[:n]...)
		}
		s.skip(n)
		left -= int64(n)
	}
	if keep {
		body = s.body
	}
	return body, whole && sum == fixed.bodySum, nil
}

// resync goes on to the next frame behind the place where none is.
func (s *scanner) resync() error {
	for s.skip(1); ; s.skip(1) {
		found, err := s.seek()
		if !found || err != nil {
			return err
		}
		_, ok, err := s.peek()
		if ok || err != nil {
			return err
		}
	}
}

// seek goes on to the next tag, or to the end of the file.
func (s *scanner) seek() (found bool, err error) {
	for {
		if err := s.fill(preludeSize); err != nil {
			return false, err
		}
		if len(s.buf) < preludeSize {
			s.skip(len(s.buf))
			return false, nil
		}
		if at := bytes.Index(s.buf, s.tag[:]); at >= 0 {
			s.skip(at)
			return true, nil
		}
		s.skip(len(s.buf) - tagSize + 1)
	}
}

// readAll reads len(b) bytes. A file that is shorter is damaged.
func readAll(f io.ReaderAt, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return errDamaged
	}
	return err
}
