package csv

import (
	"encoding/binary"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// column is one of the file.
type column struct {
	lead  []uint64 // what stands before its text in a record, `,"name":"`, filled up with zeros
	size  int      // of lead in bytes, without those
	types types    // what its text becomes; 0: text
}

// setColumns makes columns of their names.
func (r *records) setColumns(names []raw.Text, schema json.RawMessage) error {
	of, err := columnTypes(schema)
	if err != nil {
		return err
	}
	r.columns = make([]column, len(names))
	r.tail = padSize
	for i, name := range names {
		lead := append(append([]byte{','}, name...), ':', '"')
		if i == 0 {
			lead[0] = '{'
		}
		r.columns[i] = column{lead: words(lead), size: len(lead), types: of(name.Unquote())}
		r.tail += len(lead) + 16
	}
	return nil
}

// words returns b, filled up with zeros.
func words(b []byte) []uint64 {
	list := make([]uint64, (len(b)+7)/8)
	for i, c := range b {
		list[i/8] |= uint64(c) << (i % 8 * 8)
	}
	return list
}

// appendLead appends lead, where dst has room for all of its words.
func (c *column) appendLead(dst []byte) []byte {
	to := dst[len(dst):cap(dst)]
	for i, w := range c.lead {
		binary.LittleEndian.PutUint64(to[8*i:], w)
	}
	return dst[:len(dst)+c.size]
}
