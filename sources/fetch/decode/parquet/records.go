//go:build !small

package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxColumns bounds what the readers of columns need in memory.
const maxColumns = 1 << 14

// records puts the columns of one row group after the other together to records.
type records struct {
	pages
	footer  *footer
	root    *node
	columns []column
	group   int   // row groups that were begun
	left    int64 // rows of this one
	row     int64 // records that came so far
	broken  error
	// Scratch of values.
	digits []byte
}

// Open reads the footer of a file and returns the records of its row groups.
func Open(in file.File, _ *file.Options) (file.Records, error) {
	at, size, err := in.At()
	if err != nil {
		return nil, err
	}
	f, err := readFooter(at, size)
	if err != nil {
		return nil, failed(0, -1, err)
	}
	r := &records{footer: f, pages: pages{in: at, end: f.at}}
	if err := r.load(); err != nil {
		return nil, failed(0, -1, err)
	}
	return r, nil
}

// failed returns the error of a file that is broken, or that could not be read.
func failed(row, offset int64, err error) error {
	var reading *readError
	if errors.As(err, &reading) {
		return reading
	}
	return &file.Error{Format: sources.FormatParquet, Row: row, Offset: offset, Err: err}
}

func (r *records) load() error {
	root, leaves, err := loadSchema(r.footer.schema)
	if err != nil {
		return err
	}
	if len(leaves) > maxColumns {
		return fmt.Errorf("the schema has %d columns; at most %d are read", len(leaves), maxColumns)
	}
	var rows int64
	for i, g := range r.footer.groups {
		if len(g.chunks) != len(leaves) {
			return fmt.Errorf("row group %d has %d columns; the schema has %d", i+1, len(g.chunks), len(leaves))
		}
		if rows += g.rows; g.rows < 0 || rows < 0 {
			return fmt.Errorf("row group %d claims %d rows", i+1, g.rows)
		}
		if g.rows > 0 && len(leaves) == 0 {
			return fmt.Errorf("row group %d claims %d rows; the schema has no columns", i+1, g.rows)
		}
	}
	if rows != r.footer.rows {
		return fmt.Errorf("the file claims %d rows; its row groups have %d", r.footer.rows, rows)
	}
	r.root = root
	r.columns = make([]column, len(leaves))
	for i := range r.columns {
		c := &r.columns[i]
		c.leaf, c.pages = leaves[i], &r.pages
		c.values.physical, c.values.width = c.physical, c.width
	}
	return nil
}

// Close gives back what unpacks pages.
func (r *records) Close() {
	r.unpacker.close()
	r.broken = io.EOF
}

// Schema returns the JSON Schema of a record.
func (r *records) Schema() json.RawMessage { return r.schemaOf(nil, r.root) }

// Next appends the next record.
func (r *records) Next(dst []byte) ([]byte, error) {
	if r.broken == nil {
		r.broken = r.nextGroup()
	}
	if r.broken != nil {
		return dst, r.broken
	}
	r.row++
	start := len(dst)
	dst, err := r.write(dst, r.root)
	if err == nil && len(dst)-start > file.MaxRecord {
		err = errLong
	}
	if err != nil {
		r.broken = located(r.row, err)
	}
	r.left--
	return dst, r.broken
}

var errLong = fmt.Errorf("the record has more than %d MiB as JSON", file.MaxRecord>>20)

// located adds the row, and where the page of a column is.
func located(row int64, err error) error {
	var at *columnError
	if errors.As(err, &at) {
		return failed(row, at.offset, err)
	}
	return failed(row, -1, err)
}

// columnError is an error of one column, in the page that begins at an offset.
type columnError struct {
	path   string
	offset int64
	err    error
}

func (e *columnError) Error() string { return fmt.Sprintf("column %q: %v", e.path, e.err) }
func (e *columnError) Unwrap() error { return e.err }

func (c *column) failed(err error) error { return &columnError{c.path, c.place.began, err} }

// nextGroup begins the next row group that has rows, if no rows of this one are left.
func (r *records) nextGroup() error {
	for r.left == 0 {
		if err := r.endGroup(); err != nil {
			return located(r.row, err)
		}
		if r.group == len(r.footer.groups) {
			return io.EOF
		}
		g := &r.footer.groups[r.group]
		r.group++
		r.left = g.rows
		if g.rows == 0 {
			continue // without pages, some say no place where they are
		}
		for i := range r.columns {
			if err := r.columns[i].begin(&g.chunks[i], g.rows); err != nil {
				return located(r.row+1, r.columns[i].failed(err))
			}
		}
	}
	return nil
}

// endGroup proves that all values of a row group became part of its rows.
func (r *records) endGroup() error {
	for i := range r.columns {
		if c := &r.columns[i]; c.has {
			return c.failed(errors.New("has more values than its row group has rows"))
		}
	}
	return nil
}
