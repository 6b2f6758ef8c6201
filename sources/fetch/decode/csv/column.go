package csv

import (
	"encoding/binary"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// column is one of the file.
type column struct {
	// What stands before its value in a record, `,"name":`, filled up with zeros; with the
	// quote of a text. Most are of no more than two words.
	lead  [16]byte
	more  []uint64
	size  int   // of lead and more in bytes, without the zeros
	ender byte  // what stands behind a plain field
	types types // what its text becomes; 0: text
	told  types // that its values are of, but in odd records
}

// setColumns makes columns of their names.
func (r *records) setColumns(names []raw.Text, schema json.RawMessage) error {
	of, err := file.TypesOf(schema)
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
		c.setLead(lead)
		c.ender = r.comma
		if i == len(names)-1 {
			c.ender = '\n'
		}
		r.columns[i], r.told[i] = c, raw.Column{Key: name, Types: c.told.Words()}
		r.tail += len(lead) + 24
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

// setLead sets what stands before the column's value.
func (c *column) setLead(b []byte) {
	c.size, c.more = len(b), make([]uint64, max(0, (len(b)-9)/8))
	for i, char := range b[copy(c.lead[:], b):] {
		c.more[i/8] |= uint64(char) << (i % 8 * 8)
	}
}

// putLead puts what stands before the column's value at the beginning of to.
func (c *column) putLead(to []byte) {
	*(*[16]byte)(to) = c.lead
	if c.size > len(c.lead) {
		c.putMore(to[len(c.lead):])
	}
}

func (c *column) putMore(to []byte) {
	for i, w := range c.more {
		binary.LittleEndian.PutUint64(to[8*i:], w)
	}
}
