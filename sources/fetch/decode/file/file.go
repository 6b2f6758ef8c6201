// Package file is what decoders of body formats have in common: the file that they
// read, the records that they make of it, and what they say of one that is no such
// file.
//
// A format is a package beside this one with
//
//	func Open(in file.File, o *file.Options) (file.Records, error)
//
// which reads a file once, from its beginning to its end, and holds no more of it in
// memory than a record or, where the format has those, a block. It proves what it
// reads: records come to an end only where the file is whole.
package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
)

// MaxRecord is the longest record that is made, as JSON, in bytes.
const MaxRecord = 50 << 20

// File is one file, to be read from its beginning to its end or, by a format that
// needs that, at any place.
type File interface {
	io.Reader
	// At returns the whole file, before anything of it was read, and its size in
	// bytes. It is good until the records are closed.
	At() (io.ReaderAt, int64, error)
}

// Options say how a file is read.
type Options struct {
	*sources.Decode
	// Schema is the JSON Schema, draft 7, of a record, as the definition has it; nil
	// where it has none. It says of texts without types (CSV, XML) what they become.
	Schema json.RawMessage
	// Keys are fields that each record must have: a file whose columns have names must
	// have columns of these.
	Keys []string
}

// Lacks is the error of a file none of whose columns has the name of a key.
func (o *Options) Lacks(has func(name string) bool) error {
	for _, key := range o.Keys {
		if !has(key) {
			return fmt.Errorf("there is no column %q, which primary_key or replication_key names: is this the file that was asked for, and are delimiter, charset and header right?", key)
		}
	}
	return nil
}

// Records are those of one file, in its order. They are used from one goroutine.
type Records interface {
	// Next appends the next record to dst, one JSON object in one line, and returns
	// io.EOF behind the last. Its other errors are an *Error, or wrap the file's own.
	// Only the bytes it appends are its result: after an error dst is undefined.
	Next(dst []byte) ([]byte, error)
	// Close gives back what was held. It does not close the file.
	Close()
}

// Unproven are Records of which only the borders are certain: whether they are JSON is
// to be proven by who takes them.
type Unproven interface{ Unproven() }

// Skipper are Records that can be proven faster than they are made.
type Skipper interface {
	// Skip proves the next records as Next does, at least one. It returns how many
	// there were, and text that holds all the text which theirs would hold, good until
	// the next call. A record that holds the names of the columns again comes alone, as
	// Next makes it. Its errors are Next's.
	Skip() (n int, text []byte, err error)
}

// Columned are Records whose members are the columns of their file.
type Columned interface {
	// Rows appends the next records to dst and where each ends to ends, as Next makes
	// them, at least one, until dst has size bytes. It says in rows what is known of
	// them; places count from the beginning of dst. Its errors are Next's.
	Rows(dst []byte, ends []int, size int, rows *raw.Rows) ([]byte, []int, error)
}

// Schemed are Records whose file says of what types they are.
type Schemed interface {
	// Schema returns the JSON Schema, draft 7, of a record.
	Schema() json.RawMessage
}

// Error is a file that is not what the definition says, or is not whole.
type Error struct {
	Format sources.Format
	Member string // of an archive; "": the file is in none
	Row    int64  // of the record, counted from 1 with what stands before it in the file; 0: none in particular
	Offset int64  // in bytes from the beginning of the file, unpacked; -1: unknown
	Err    error  // what was found, and what would have been right
}

// Error names the place and what is wrong there.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Format))
	if e.Member != "" {
		fmt.Fprintf(&b, ", member %q", e.Member)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, ", row %d", e.Row)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, ", byte %d", e.Offset)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Cut is packed data that ends before its end. It is an [io.ErrUnexpectedEOF].
type Cut struct {
	Came     int64 // bytes
	Unpacked int64 // bytes that they became; -1: unknown
}

func (c Cut) Error() string {
	text := fmt.Sprintf("the packed data ends too early: %d bytes of it came", c.Came)
	if c.Unpacked >= 0 {
		text += fmt.Sprintf(", and became %d bytes", c.Unpacked)
	}
	return text
}

func (c Cut) Unwrap() error { return io.ErrUnexpectedEOF }

// NotEOF says of an end that it is too early.
func NotEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
