package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// TooLong is a file of more bytes than are taken.
type TooLong struct{ Most int64 }

func (e TooLong) Error() string { return fmt.Sprintf("larger than %d GiB", e.Most>>30) }

// Source is a File that is read from in; where that cannot be read at any place, At
// makes a copy of it on disk.
type Source struct {
	io.Reader
	origin io.Reader // what Reader reads, where nothing but a buffer lies between; else nil
	most   int64     // bytes that are copied
	copied *Temp     // nil: no copy
	err    error     // why the copy is not whole
}

// NewSource returns the File that in reads. origin is in itself, or what in buffers, if
// that may be read at any place; nil, if not. A copy has at most so many bytes.
func NewSource(in, origin io.Reader, most int64) *Source {
	return &Source{Reader: in, origin: origin, most: most}
}

// At returns the source to be read at any place, until it is closed, and its size.
// One that is neither in memory nor in a file is copied to a file.
func (s *Source) At() (io.ReaderAt, int64, error) {
	if at, ok := s.origin.(interface {
		io.ReaderAt
		Size() int64
	}); ok {
		s.Reader = eof{}
		return at, at.Size(), nil
	}
	if s.copied != nil {
		return s.copied, s.copied.Size(), s.err
	}
	copied, err := NewTemp()
	if err != nil {
		return nil, 0, err
	}
	s.copied = copied
	n, err := io.Copy(copied, io.LimitReader(s.Reader, s.most+1))
	if err == nil && n > s.most {
		err = TooLong{s.most}
	}
	s.Reader, s.err = eof{}, err
	return copied, n, err
}

// Copied reports whether a copy was made.
func (s *Source) Copied() bool { return s.copied != nil }

// Close deletes the copy.
func (s *Source) Close() {
	if s.copied != nil {
		s.copied.Discard()
	}
}

// eof is what is left of a source of which everything was read.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// Peek returns the first bytes of a source of which nothing was read, at most so many;
// they are read all the same.
func (s *Source) Peek(n int) ([]byte, error) {
	in := bufio.NewReaderSize(s.Reader, n)
	begins, err := in.Peek(n)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	s.Reader = in
	return begins, err
}
