//go:build !small

package protobuf

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// Open begins to read a file of messages.
func Open(in file.File, o *file.Options) (file.Records, error) {
	m, err := compiled(&o.Protobuf)
	if err != nil {
		return nil, &file.Error{Format: sources.FormatProtobuf, Offset: -1, Err: err}
	}
	return &records{in: bufio.NewReaderSize(in, 64<<10), message: m}, nil
}

// records are the messages of a file.
type records struct {
	in      *bufio.Reader
	message *message
	decoder decoder
	row     int64
	offset  int64 // of what is read next
	long    []byte
}

// Schema returns what the descriptor says of records.
func (r *records) Schema() json.RawMessage { return schemaOf(r.message) }

// Close gives back what is held.
func (r *records) Close() { r.long, r.decoder = nil, decoder{} }

// Next appends the next message.
func (r *records) Next(dst []byte) (_ []byte, err error) {
	at := r.offset
	r.row++
	defer func() {
		if e := recover(); e != nil {
			err = r.wrong(at, fmt.Errorf("the message cannot be read: %v", e))
		}
	}()
	size, err := r.length()
	if err == io.EOF { //nolint:errorlint // an EOF that means anything else is wrapped
		return dst, io.EOF
	}
	if err != nil {
		return dst, r.failed(at, err)
	}
	text := r.offset
	b, err := r.bytes(size)
	if err != nil {
		return dst, r.failed(text, err)
	}
	dst, err = r.decoder.record(dst, r.message, b)
	if err != nil {
		var bad *placeError
		if errors.As(err, &bad) {
			return dst, r.wrong(text+int64(bad.at), r.hinted(bad))
		}
		return dst, r.wrong(text, r.hinted(err))
	}
	return dst, nil
}

// hinted says of the first message what may be wrong with the whole file.
func (r *records) hinted(err error) error {
	if r.row > 1 {
		return err
	}
	return fmt.Errorf("%w; the file has to hold messages of the type %s, each behind its length (as writeDelimitedTo writes them)", err, r.message.desc.FullName())
}

// wrong is an error of the file.
func (r *records) wrong(at int64, err error) error {
	return &file.Error{Format: sources.FormatProtobuf, Row: r.row, Offset: at, Err: err}
}

// failed is an error of the file, unless the file could not be read.
func (r *records) failed(at int64, err error) error {
	var bad *fileError
	if errors.As(err, &bad) {
		return r.wrong(at, bad)
	}
	return err
}

// fileError is what is wrong with how messages lie in the file.
type fileError struct {
	text string
	err  error // nil, or io.ErrUnexpectedEOF
}

func (e *fileError) Error() string { return e.text }
func (e *fileError) Unwrap() error { return e.err }

// length reads the length before a message. At the end of the file it returns io.EOF.
func (r *records) length() (int, error) {
	var n uint64
	for i := range 10 {
		c, err := r.in.ReadByte()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			if i == 0 {
				return 0, io.EOF
			}
			return 0, &fileError{"the file ends within the length before a message", io.ErrUnexpectedEOF}
		}
		if err != nil {
			return 0, err
		}
		r.offset++
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return r.fitting(n, i == 9 && c > 1)
		}
	}
	return 0, r.noLength()
}

func (r *records) fitting(n uint64, overflow bool) (int, error) {
	if overflow {
		return 0, r.noLength()
	}
	if n > file.MaxRecord {
		return 0, &fileError{text: r.hinted(fmt.Errorf("the length before a message is %d bytes: more than a record may have (%d)", n, file.MaxRecord)).Error()}
	}
	return int(n), nil
}

func (r *records) noLength() error {
	return &fileError{text: r.hinted(errors.New("no length stands before a message: ten bytes are no varint")).Error()}
}

// bytes returns the next n bytes, which are good until the next call. What is
// allocated for them grows only as they come.
func (r *records) bytes(n int) ([]byte, error) {
	if n <= r.in.Size() {
		b, err := r.in.Peek(n)
		if err != nil {
			return nil, r.short(n, len(b), err)
		}
		_, _ = r.in.Discard(n) // they are there
		r.offset += int64(n)
		return b, nil
	}
	const step = 1 << 20
	r.long = r.long[:0]
	for len(r.long) < n {
		from := len(r.long)
		r.long = grow(r.long, min(n, from+step))
		got, err := io.ReadFull(r.in, r.long[from:])
		if err != nil {
			return nil, r.short(n, from+got, err)
		}
	}
	r.offset += int64(n)
	return r.long, nil
}

// grow makes b n bytes long.
func grow(b []byte, n int) []byte {
	if n <= cap(b) {
		return b[:n]
	}
	longer := make([]byte, n, max(n, 2*cap(b)))
	copy(longer, b)
	return longer
}

// short is the error of a file that ends within a message.
func (r *records) short(want, got int, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF && got > 0 { //nolint:errorlint // those of the reader above are bare
		return &fileError{r.hinted(fmt.Errorf("the file ends within a message: it has %d bytes, and its length says %d", got, want)).Error(), io.ErrUnexpectedEOF}
	}
	return err
}
