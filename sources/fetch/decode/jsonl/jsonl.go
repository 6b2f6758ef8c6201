// Package jsonl reads records that stand behind one another in a file as JSON texts:
//
//   - one in each line (JSON lines, NDJSON); blank lines are passed over;
//   - one behind another, with white space between them or none, also over several
//     lines (concatenated JSON);
//   - each behind a record separator, 0x1E (JSON text sequences, RFC 7464).
//
// Each text is one record and must be an object. A record stays as it came; only a line
// end outside of its strings becomes a space, so that it stands in one line. A byte
// order mark at the beginning is dropped.
//
// This package finds where texts begin and end, and that they are UTF-8. Whether a
// text is JSON is proven by who takes the records: a text ends where its first brace
// is closed, and nothing that is behind it can pass for a part of it.
package jsonl

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	separator = 0x1e // RFC 7464
	firstSize = 128 << 10
)

var byteOrderMark = []byte("\ufeff")

// Open returns the records of a file.
func Open(in file.File, o *file.Options) (file.Records, error) {
	all := &records{in: in, line: 1, buf: make([]byte, 0, firstSize)}
	if o == nil || o.Decode == nil {
		return all, nil
	}
	return of(all, &o.JSONL), nil
}

type records struct {
	in       io.Reader
	buf      []byte // buf[pos:] is read and not yet used
	pos      int
	offset   int64 // of buf[0] in the file
	line     int64 // in which buf[pos] stands
	begun    bool
	sequence bool // texts have separators before them
	err      error
	whole
}

// Close gives back the buffer.
func (r *records) Close() { r.buf, r.pos = nil, 0 }

// Unproven says that the records may be no JSON.
func (r *records) Unproven() {}

// Next appends the next record to dst.
func (r *records) Next(dst []byte) ([]byte, error) {
	if err := r.findText(); err != nil {
		return dst, err
	}
	if c := r.buf[r.pos]; c != '{' {
		return dst, r.wrong(r.pos, r.noObject())
	}
	size, err := r.findEnd()
	if err != nil {
		return dst, err
	}
	text := r.buf[r.pos : r.pos+size]
	if r.sequence && bytes.IndexByte(text, separator) >= 0 {
		return dst, r.cut(text)
	}
	if !utf8.Valid(text) {
		return dst, r.wrong(r.pos+firstInvalid(text), fmt.Errorf("the record is not UTF-8 there: if the file is in another charset, write that in the stream, as charset: windows-1252"))
	}
	from := len(dst)
	dst = append(dst, text...)
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		if at := joinLines(dst[from:]); at >= 0 {
			return dst, r.wrong(r.pos+at, fmt.Errorf(`a line ends within a string; there it must be written \n`))
		}
		r.line += int64(bytes.Count(text, []byte{'\n'}))
	}
	r.pos += size
	r.see(dst[from:])
	return dst, nil
}

// findText moves to the first byte of the next text, or returns io.EOF.
func (r *records) findText() error {
	if !r.begun {
		if err := r.begin(); err != nil {
			return err
		}
	}
	for {
		for ; r.pos < len(r.buf); r.pos++ {
			switch r.buf[r.pos] {
			case '\n':
				r.line++
			case separator:
				r.sequence = true
			case ' ', '\t', '\r':
			default:
				return nil
			}
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// begin drops a byte order mark.
func (r *records) begin() error {
	for len(r.buf) < len(byteOrderMark) {
		if err := r.fill(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	r.begun = true
	if bytes.HasPrefix(r.buf, byteOrderMark) {
		r.pos = len(byteOrderMark)
	}
	return nil
}

// findEnd returns the length of the object that begins at pos, all of it in buf.
func (r *records) findEnd() (int, error) {
	if n := flatLine(r.buf[r.pos:]); n > 0 {
		return n, nil
	}
	var b border
	for seen := 0; ; {
		n, done := b.find(r.buf[r.pos+seen:])
		seen += n
		switch {
		case seen > file.MaxRecord:
			return 0, r.wrong(r.pos, fmt.Errorf("the record is longer than %d bytes", file.MaxRecord))
		case done:
			return seen, nil
		case b.depth > maxDepth:
			return 0, r.wrong(r.pos+seen, fmt.Errorf("the record is nested deeper than %d", maxDepth))
		}
		// Without this a text that is cut would take the rest of the file with it.
		if text := r.buf[r.pos:]; r.sequence && bytes.IndexByte(text, separator) >= 0 {
			return 0, r.cut(text)
		}
		if err := r.fill(); err == io.EOF {
			return 0, r.wrong(len(r.buf), fmt.Errorf("the file ends within the record that begins at byte %d: %w", r.offset+int64(r.pos), io.ErrUnexpectedEOF))
		} else if err != nil {
			return 0, err
		}
	}
}

// fill reads more behind buf, and moves what was used out of it. Its errors stay.
func (r *records) fill() error {
	if r.err != nil {
		return r.err
	}
	if len(r.buf) == cap(r.buf) {
		r.makeRoom()
	}
	for range 100 {
		n, err := r.in.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf, r.err = r.buf[:len(r.buf)+n], err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	r.err = io.ErrNoProgress
	return r.err
}

func (r *records) makeRoom() {
	rest := r.buf[r.pos:]
	to := r.buf[:0]
	if len(rest) > cap(r.buf)/2 {
		to = make([]byte, 0, 2*cap(r.buf))
	}
	r.buf = append(to, rest...)
	r.offset += int64(r.pos)
	r.pos = 0
}

// cut is a text of a sequence within which the next one begins.
func (r *records) cut(text []byte) error {
	at := bytes.IndexByte(text, separator)
	return r.wrong(r.pos+at, fmt.Errorf("the record that begins at byte %d is cut: the next separator (0x1E) comes within it: %w", r.offset+int64(r.pos), io.ErrUnexpectedEOF))
}

// noObject says what stands where an object must.
func (r *records) noObject() error {
	found := r.buf[r.pos:min(len(r.buf), r.pos+40)]
	if i := bytes.IndexAny(found, "\r\n"); i >= 0 {
		found = found[:i]
	}
	if found[0] == '[' {
		return fmt.Errorf("found an array, %q; each text must be an object. Where one array holds all records, write `decode: json`", found)
	}
	return fmt.Errorf("found %q; each text must be an object", found)
}

// wrong is an error at a place in buf.
func (r *records) wrong(at int, err error) error {
	return &file.Error{Format: sources.FormatJSONL, Row: r.line, Offset: r.offset + int64(at), Err: err}
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
