//go:build !small

package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// records are those of a sheet.
type records struct {
	rows
	sheet   io.ReadCloser
	columns []column
	skip    int64
	failed  error // Next's, for good
}

// column is a column that has a name.
type column struct {
	lead  []byte     // `"name":`
	types file.Types // that the schema has for it
}

// Open opens a sheet, and reads the row that names its columns.
func Open(in file.File, o *file.Options) (_ file.Records, err error) {
	r := &records{skip: int64(o.XLSX.SkipRows)}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is broken: %v", p)
		}
		if err != nil {
			r.Close()
			err = r.fail(err)
		}
	}()
	at, size, err := in.At()
	if err != nil {
		return nil, err
	}
	if r.book, err = openWorkbook(at, size); err != nil {
		return nil, err
	}
	if r.sheet, err = r.book.sheet(o.XLSX.Sheet); err != nil {
		return nil, err
	}
	r.x = newScanner(r.sheet)
	names := o.XLSX.Names
	if names == nil {
		if names, err = r.names(); err != nil {
			return nil, err
		}
	}
	if err := o.Lacks(func(key string) bool { return slices.Contains(names, key) }); err != nil {
		return nil, err
	}
	if err := r.setColumns(names, o.Schema); err != nil || len(names) == 0 {
		return r, err
	}
	return r.watched(&o.XLSX).Watch(r), nil
}

// watched is the header whose names are looked for in rows of records.
func (r *records) watched(o *sources.XLSX) *file.Header {
	h := &file.Header{Given: o.Names != nil, Skip: fmt.Sprintf("skip_rows: %d", o.SkipRows+1), LastRow: func() int64 { return r.row.n }}
	for _, c := range r.columns {
		h.Names = append(h.Names, c.lead[:len(c.lead)-1])
	}
	return h
}

// fail says of an error in which row it was found.
func (r *records) fail(err error) error {
	if _, said := errors.AsType[*file.Error](err); said || err == io.EOF {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("ends too early: %w", err)
	}
	return &file.Error{Format: sources.FormatXLSX, Row: r.row.n, Offset: -1, Err: err}
}

// nextRow reads the next row with a value behind those that are skipped.
func (r *records) nextRow() error {
	for {
		if err := r.rows.next(); err != nil || r.row.n > r.skip {
			return err
		}
	}
}

// names reads the row that names the columns.
func (r *records) names() ([]string, error) {
	err := r.nextRow()
	if err == io.EOF {
		return nil, nil // there are no rows
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range r.row.cells {
		if c.column != len(names) {
			return nil, fmt.Errorf("column %s has no name in the row that names the columns", letters(len(names)))
		}
		if c.kind == failed {
			return nil, fmt.Errorf("the name of column %s is the error %q", letters(c.column), r.row.value(c))
		}
		names = append(names, string(r.row.value(c)))
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	return names, nil
}

// setColumns checks the names of columns.
func (r *records) setColumns(names []string, schema []byte) error {
	wanted, err := file.TypesOf(schema)
	if err != nil {
		return err
	}
	seen := map[string]int{}
	for i, name := range names {
		if name == "" {
			return fmt.Errorf("column %s has no name in the row that names the columns", letters(i))
		}
		if j, twice := seen[name]; twice {
			return fmt.Errorf("columns %s and %s both have the name %q", letters(j), letters(i), name)
		}
		seen[name] = i
		lead, err := appendText([]byte(nil), []byte(name))
		if err != nil {
			return fmt.Errorf("the name of column %s: %w", letters(i), err)
		}
		r.columns = append(r.columns, column{append(lead, ':'), wanted(name)})
	}
	return nil
}

// Next appends the record of the next row.
func (r *records) Next(dst []byte) (_ []byte, err error) {
	if r.failed != nil {
		return dst, r.failed
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is broken: %v", p)
		}
		if err != nil {
			err = r.fail(err)
			r.failed = err
		}
	}()
	if err := r.nextRow(); err != nil {
		return dst, err
	}
	return r.record(dst)
}

func (r *records) record(dst []byte) ([]byte, error) {
	start := len(dst)
	cells := r.row.cells
	if last := cells[len(cells)-1]; last.column >= len(r.columns) {
		return dst, fmt.Errorf("column %s has a value; there are names for %d columns", letters(last.column), len(r.columns))
	}
	for i := range r.columns {
		dst = append(dst, file.Before(i))
		dst = append(dst, r.columns[i].lead...)
		if len(cells) == 0 || cells[0].column != i {
			dst = append(dst, "null"...)
			continue
		}
		var err error
		if dst, err = r.value(dst, cells[0], r.columns[i].types); err != nil {
			return dst, fmt.Errorf("column %s: %w", letters(i), err)
		}
		cells = cells[1:]
	}
	if len(dst)-start > file.MaxRecord {
		return dst, fmt.Errorf("the record is longer than %d MiB", file.MaxRecord>>20)
	}
	return append(dst, '}'), nil
}

// value appends the value of a cell as JSON.
func (r *records) value(dst []byte, c cell, t file.Types) ([]byte, error) {
	value := r.row.value(c)
	switch c.kind {
	case failed:
		return append(dst, "null"...), nil
	case boolean:
		return append(dst, [...]string{"false", "true"}[value[0]-'0']...), nil
	case text:
		if wants(t, value) {
			return append(dst, value...), nil
		}
		return appendText(dst, value)
	}
	if c.format != isNumber {
		if dst, ok := appendSerial(dst, value, c.format, r.book.days); ok {
			return dst, nil
		}
	}
	if t&file.Text != 0 && t&file.Number == 0 {
		return appendText(dst, value)
	}
	return append(dst, value...), nil
}

// Close gives back what the workbook holds.
func (r *records) Close() {
	if r.sheet != nil {
		_ = r.sheet.Close() // it was only read
		r.sheet = nil
	}
	if r.book != nil {
		r.book.strings.close()
	}
	if r.failed == nil {
		r.failed = errors.New("xlsx: the records are closed")
	}
}
