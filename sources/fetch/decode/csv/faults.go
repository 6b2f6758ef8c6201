package csv

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

var (
	errStrayQuote  = errors.New("a quote stands within a field that begins with none: such a field is to be quoted as a whole and its quotes doubled; where they are text, write loose_quotes: true, and where nothing in the file is quoted, quote: none")
	errBehindQuote = errors.New("text stands behind the closing quote of a field: only a delimiter or a line end may; a quote within a quoted field is doubled")
	errLoneCR      = errors.New("a carriage return (CR) stands alone in a field without quotes: lines end in LF or CRLF")
	errNUL         = errors.New("a NUL byte stands here: the file is damaged, or no text in UTF-8; text in UTF-16 needs charset: utf-16le in the stream")
	errNotUTF8     = errors.New("the bytes here are not UTF-8: if the file is text in another charset, write that in the stream, as charset: windows-1252")
	errUTF16       = errors.New("the file begins with the byte order mark of UTF-16: write charset: utf-16le in the stream, or utf-16be")
	errUnclosed    = fmt.Errorf("the quote that opens here is not closed when the file ends: %w", io.ErrUnexpectedEOF)
	errLong        = fmt.Errorf("the record is longer than %d MiB; is a quote in it not closed?", file.MaxRecord>>20)
	errNoNames     = fmt.Errorf("the file ends before a row that names the columns: %w", io.ErrUnexpectedEOF)
	errSkipped     = fmt.Errorf("the file ends within the lines to skip: %w", io.ErrUnexpectedEOF)
)

// fail is failure for what was found at a place; what is behind it may say something
// else, where it is still to be read.
func (f *fields) fail(at int, err error) error {
	if f.err != io.EOF && at+utf8.UTFMax > f.end {
		return errMore
	}
	return f.failure(at, err)
}

// failure says that err is wrong with the row that is parsed, at a place in the block.
func (f *fields) failure(at int, err error) error {
	return &file.Error{Format: sources.FormatCSV, Row: f.rows + 1, Offset: f.base + int64(at), Err: err}
}

// failLongRow refuses a row with more fields than columns; the first too many begins
// at i.
func (r *records) failLongRow(dst []byte, i int) error {
	fields, start := len(r.columns), len(dst)
	for {
		var err error
		dst, i, err = r.field(dst[:start], i)
		if err != nil {
			return err
		}
		fields++
		if r.lineEnds(i) {
			return r.failure(r.at, fmt.Errorf("has %s; %s", counted(fields), r.wanted()))
		}
		i += len(r.delimiter)
	}
}

// failShortRow refuses a row, which ends at i, with fewer fields than columns.
func (r *records) failShortRow(i, fields int) error {
	if r.virtual && r.nextRow(i) == r.end {
		return r.failure(r.at, fmt.Errorf("has %s, and the file ends in it; %s: %w", counted(fields), r.wanted(), io.ErrUnexpectedEOF))
	}
	return r.failure(r.at, fmt.Errorf("has %s; %s (short_rows: null makes the missing ones null)", counted(fields), r.wanted()))
}

// wanted says how many fields a row has.
func (r *records) wanted() string {
	if r.given {
		return fmt.Sprintf("header: gives %d names", len(r.columns))
	}
	return fmt.Sprintf("the header has %d", len(r.columns))
}

func counted(fields int) string {
	if fields == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", fields)
}
