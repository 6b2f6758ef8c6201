//go:build !small

package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// cell is a cell of a row that has a value.
type cell struct {
	column     int
	kind       kind
	format     format // of a number
	begin, end int    // of its value in the row's memory
}

// kind is of which kind the value of a cell is.
type kind uint8

const (
	number kind = iota
	text
	boolean
	failed // an error
)

// row is a row of a sheet.
type row struct {
	n      int64 // counted from 1
	cells  []cell
	values []byte
}

func (r *row) value(c cell) []byte { return r.values[c.begin:c.end] }

// rows reads the rows of a sheet.
type rows struct {
	book    *workbook
	x       *scanner
	row     row
	inside  bool // of the element that holds the rows
	decided bool // that element was found
}

// next reads the next row that has a value; io.EOF: the sheet ended, and is whole.
func (r *rows) next() error {
	for {
		if err := r.x.next(); err != nil {
			if err == io.EOF && !r.decided {
				return errors.New("the part is no sheet of cells: it has no sheetData")
			}
			return err
		}
		switch {
		case string(r.x.name) == "sheetData":
			if !r.x.ends && r.decided {
				return errors.New("the sheet has a second sheetData")
			}
			r.decided = true
			r.inside = !r.x.ends && !r.x.empty
		case r.inside && !r.x.ends && string(r.x.name) == "row":
			if err := r.readRow(); err != nil {
				return err
			}
			if len(r.row.cells) > 0 {
				return nil
			}
		}
	}
}

// readRow reads the row that begins with the present tag.
func (r *rows) readRow() error {
	before := r.row.n
	r.row.n++
	if at := r.x.attribute("r"); at != nil {
		n, err := strconv.ParseInt(string(at), 10, 64)
		if err != nil || n <= before || n > maxRows {
			return fmt.Errorf("a row has the number %q; it stands behind row %d of at most %d", at, before, maxRows)
		}
		r.row.n = n
	}
	r.row.cells, r.row.values = r.row.cells[:0], r.row.values[:0]
	if r.x.empty {
		return nil
	}
	column := -1
	for depth := len(r.x.open); len(r.x.open) >= depth; {
		if err := r.x.next(); err != nil {
			return file.NotEOF(err)
		}
		if r.x.ends || string(r.x.name) != "c" {
			continue
		}
		at, err := r.column(column)
		if err != nil {
			return err
		}
		column = at
		if err := r.readCell(column); err != nil {
			return fmt.Errorf("column %s: %w", letters(column), err)
		}
	}
	return nil
}

// column is that of the cell that begins with the present tag, behind another.
func (r *rows) column(before int) (int, error) {
	column := before + 1
	if at := r.x.attribute("r"); at != nil {
		column = 0
		for _, c := range at {
			if c |= 0x20; c < 'a' || c > 'z' || column > maxColumns {
				break
			}
			column = column*26 + int(c-'a') + 1
		}
		column--
	}
	if column <= before || column >= maxColumns {
		return 0, fmt.Errorf("a cell has the name %q; it stands behind column %s", r.x.attribute("r"), letters(before))
	}
	return column, nil
}

// letters are the name of a column.
func letters(column int) string {
	var name []byte
	for column++; column > 0; column = (column - 1) / 26 {
		name = append([]byte{byte('A' + (column-1)%26)}, name...)
	}
	return string(name)
}

// readCell reads the cell that begins with the present tag, and adds it to the row if
// it has a value.
func (r *rows) readCell(column int) error {
	c := cell{column: column, format: r.book.styleOf(r.x.attribute("s")), begin: len(r.row.values)}
	how := kindOf(r.x.attribute("t"))
	if r.x.empty {
		return nil
	}
	valued, formula := false, false
	for depth := len(r.x.open); len(r.x.open) >= depth; {
		if err := r.x.next(); err != nil {
			return file.NotEOF(err)
		}
		var err error
		switch {
		case string(r.x.name) == "f":
			formula = true
		case string(r.x.name) == "v" && r.x.empty:
			valued = true
		case string(r.x.name) == "v" && r.x.ends:
			valued = true
			r.row.values, err = appendCharacters(r.row.values[:c.begin], r.x.text)
		case string(r.x.name) == "is" && !r.x.ends:
			valued = true
			r.row.values, err = appendRuns(r.row.values[:c.begin], r.x)
		}
		if err != nil {
			return err
		}
	}
	c.end = len(r.row.values)
	empty := c.end == c.begin && how != "str" && how != "inlineStr"
	if formula && empty {
		return errors.New("a formula has no value: the program that wrote the file computed none")
	}
	if !valued || empty {
		return nil
	}
	return r.settle(c, how)
}

// kindOf is the kind of a cell whose attribute t is text, without garbage.
func kindOf(text []byte) string {
	for _, known := range [...]string{"", "n", "s", "str", "inlineStr", "b", "e", "d"} {
		if string(text) == known {
			return known
		}
	}
	return "unknown"
}

// settle adds a cell, whose value is read as its kind wants it.
func (r *rows) settle(c cell, how string) error {
	value := r.row.value(c)
	switch how {
	case "", "n":
		if value = trim(value); !isNumberText(value) {
			return fmt.Errorf("%q is no number", shorten(value))
		}
		r.row.values = append(r.row.values[:c.begin], value...)
	case "s":
		i, err := strconv.ParseUint(string(trim(value)), 10, 32)
		if err != nil {
			return fmt.Errorf("%q is no number of a text", shorten(value))
		}
		shared, err := r.book.strings.get(i)
		if err != nil {
			return err
		}
		r.row.values = append(r.row.values[:c.begin], shared...)
		c.kind = text
	case "str", "inlineStr", "d":
		c.kind = text
	case "b":
		if string(value) != "0" && string(value) != "1" {
			return fmt.Errorf("%q is no boolean: 0 or 1 would be right", shorten(value))
		}
		c.kind = boolean
	case "e":
		c.kind = failed
	default:
		return errors.New("its kind is unknown: n, s, str, inlineStr, b, e and d are known")
	}
	if c.end = len(r.row.values); c.end > file.MaxRecord {
		return fmt.Errorf("the row is longer than %d MiB", file.MaxRecord>>20)
	}
	r.row.cells = append(r.row.cells, c)
	return nil
}

// shorten cuts a text that is too long for an error.
func shorten(text []byte) []byte { return text[:min(len(text), 40)] }

// isNumberText reports whether a text is a number of JSON.
func isNumberText(s []byte) bool {
	i := 0
	digits := func() bool {
		begin := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > begin
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if zero := i < len(s) && s[i] == '0'; zero {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
