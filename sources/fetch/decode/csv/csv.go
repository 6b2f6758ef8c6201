package csv

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// errMore says that a row goes on behind the block's end. It never leaves the
// package.
var errMore = errors.New("csv: the row goes on behind the block")

// records are those of one file.
type records struct {
	block
	dialect
	columns []column
	given   bool  // the definition names the columns
	rows    int64 // those that were passed, names, comments and blank lines too
	tail    int   // what a record needs at most beside its fields
	limit   int   // how long dst may become by the record that is made
	nulls   nulls
	scratch bytes.Buffer // for fields that hold JSON
	text    []byte       // likewise
	open    int          // where the last quoted field begins, counted from the row's beginning
	failed  error        // Next's, for good
	skip    struct {     // what Skip knows
		made  []byte // the last record that it made; nil: none yet
		names []byte // the row that names the columns, without its line end
		to    int64  // where the rows of the block end in the file that it looked at
		bare  bool   // no quotes, carriage returns or NUL bytes stand in them
	}
	told   []raw.Column // of the columns
	values []int32      // for where the values of the record end that is made; empty: nobody asks
	odd    bool         // one of them is not as its column is told to be
}

// Open reads in up to its first record.
func Open(in file.File, o *file.Options) (file.Records, error) {
	d, err := newDialect(o.CSV)
	if err != nil {
		return nil, &file.Error{Format: sources.FormatCSV, Offset: -1, Err: err}
	}
	r := &records{block: block{in: in}, dialect: d, nulls: newNulls(o.CSV.NullValues), tail: padSize, limit: file.MaxRecord}
	names, row, err := r.names(o.CSV)
	if err != nil {
		return nil, err
	}
	if err := o.Lacks(func(key string) bool {
		return slices.ContainsFunc(names, func(n raw.Text) bool { return n.Unquote() == key })
	}); err != nil {
		return nil, &file.Error{Format: sources.FormatCSV, Offset: -1, Err: err}
	}
	if err := r.setColumns(names, o.Schema); err != nil {
		return nil, &file.Error{Format: sources.FormatCSV, Offset: -1, Err: err}
	}
	r.skip.names = row
	return r.watched(names, &o.CSV).Watch(r), nil
}

func (r *records) Close() {
	*r = records{failed: errors.New("csv: the records are closed")}
}

// Next appends the record of the next row. The row that goes on behind the block is
// parsed from its beginning again, once more of it was read.
func (r *records) Next(dst []byte) ([]byte, error) {
	if r.failed != nil {
		return dst, r.failed
	}
	start := len(dst)
	var err error
	if !r.begins() {
		err = r.pass(len(r.columns))
	}
	for err == nil {
		var end int
		dst, end, err = r.record(dst[:start])
		if err == nil {
			r.at, r.rows = end, r.rows+1
			return dst, nil
		}
		if err == errMore {
			err = r.readOn()
		}
	}
	r.failed = err
	return dst, err
}

// Rows is Next for many records, and says what is known of them.
func (r *records) Rows(dst []byte, ends []int, size int, rows *raw.Rows) ([]byte, []int, error) {
	rows.Columns, rows.Values, rows.Odd = r.told, rows.Values[:0], rows.Odd[:0]
	before, err := len(ends), r.failed
	for err == nil && len(dst) < size {
		n := len(rows.Values)
		rows.Values = slices.Grow(rows.Values, len(r.columns))[:n+len(r.columns)]
		r.values = rows.Values[n:]
		out, failed := r.Next(dst)
		if err = failed; err != nil {
			rows.Values = rows.Values[:n]
			break
		}
		if r.odd {
			rows.Odd = append(rows.Odd, len(ends)-before)
		}
		dst, ends = out, append(ends, len(out))
	}
	r.values = nil
	if len(ends) > before {
		err = nil // comes again
	}
	return dst, ends, err
}

// readOn reads more of the row that begins at r.at.
func (r *records) readOn() error {
	if r.end-r.at > file.MaxRecord {
		return r.failure(r.at, errLong)
	}
	err := r.more()
	if err == io.EOF {
		return r.failure(r.at+r.open, errUnclosed)
	}
	return err
}

// begins reports whether a row surely begins here: most do with no line end, and far
// from the block's end.
func (r *records) begins() bool {
	return r.end-r.at >= utf8.UTFMax && r.b[r.at] > '\r' && r.comment == ""
}

// pass goes to the next row: over comments and, where there is not exactly one
// column, over blank lines. It returns io.EOF where there is no further row.
func (r *records) pass(columns int) error {
	for {
		if r.end-r.at < utf8.UTFMax {
			if err := r.need(utf8.UTFMax); err != nil {
				return err
			}
		}
		blank := columns != 1 && (r.b[r.at] == '\n' || r.b[r.at] == '\r' && r.b[r.at+1] == '\n')
		if !blank && !r.is(r.at, r.comment) {
			return nil
		}
		if err := r.skipLine(); err != nil {
			return err
		}
		r.rows++
	}
}

// is reports whether mark stands at i; no mark stands nowhere.
func (r *records) is(i int, mark string) bool {
	return mark != "" && r.b[i] == mark[0] && (len(mark) == 1 || bytes.HasPrefix(r.b[i:r.end], []byte(mark)))
}
