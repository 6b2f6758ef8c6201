package csv

import (
	"bytes"
	"errors"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// errMore says that a row goes on behind the block's end. It never leaves the
// package.
var errMore = errors.New("csv: the row goes on behind the block")

// records are those of one file.
type records struct {
	fields
	columns []column
	given   bool // the definition names the columns
	nulls   nulls
	scratch bytes.Buffer // for fields that hold JSON
	text    []byte       // likewise
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
	given := o.CSV.Names != nil
	r := &records{fields: fields{block: block{in: in}, dialect: d, tail: padSize, limit: file.MaxRecord}, given: given, nulls: newNulls(o.CSV.NullValues)}
	h := header{fields: &r.fields, given: given}
	names, row, err := h.read(o.CSV)
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
	return h.watched(names, &o.CSV).Watch(r), nil
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
