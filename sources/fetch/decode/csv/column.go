package csv

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// column is one of the file.
type column struct {
	lead  []uint64 // what stands before its value in a record, `,"name":`, filled up with zeros; with the quote of a text
	size  int      // of lead in bytes, without those
	types types    // what its text becomes; 0: text
	told  types    // that its values are of, but in odd records
}

// setColumns makes columns of their names.
func (r *records) setColumns(names []raw.Text, schema json.RawMessage) error {
	of, err := columnTypes(schema)
	if err != nil {
		return err
	}
	r.columns, r.told = make([]column, len(names)), make([]raw.Column, len(names))
	r.tail = padSize
	for i, name := range names {
		c := r.column(of(name.Unquote()))
		lead := append(append([]byte{','}, name...), ':')
		if i == 0 {
			lead[0] = '{'
		}
		if c.types == 0 {
			lead = append(lead, '"')
		}
		c.lead, c.size = words(lead), len(lead)
		r.columns[i], r.told[i] = c, raw.Column{Key: name, Types: c.told.words()}
		r.tail += len(lead) + 16
	}
	return nil
}

// column returns one into which a schema lets these types: text, wherever it lets
// that in, or nothing.
func (r *records) column(let types) column {
	if let&typeText == 0 && let != 0 {
		return column{types: let, told: let & scalars}
	}
	c := column{told: typeText}
	if r.nulls.sizes != 0 || r.short {
		c.told |= let & typeNull
	}
	return c
}

// words returns b, filled up with zeros.
func words(b []byte) []uint64 {
	list := make([]uint64, (len(b)+7)/8)
	for i, c := range b {
		list[i/8] |= uint64(c) << (i % 8 * 8)
	}
	return list
}
