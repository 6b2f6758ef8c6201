package csv

import (
	"encoding/binary"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// column is one of the file.
type column struct {
	lead  []byte // what stands before its text in a record: `,"name":"`, and then up to seven bytes more
	size  int    // of lead without those
	types types  // what its text becomes; 0: text
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
		size := len(lead)
		for len(lead)%8 != 0 {
			lead = append(lead, ' ')
		}
		r.columns[i] = column{lead: lead, size: size, types: of(name.Unquote())}
		r.tail += len(lead) + 8
	}
	return nil
}

// appendLead appends the first size bytes of lead, whose length is a multiple of
// eight, where dst has room for all of it.
func appendLead(dst, lead []byte, size int) []byte {
	j := len(dst)
	to := dst[j : j+len(lead)]
	for len(lead) >= 8 && len(to) >= 8 {
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(lead))
		lead, to = lead[8:], to[8:]
	}
	return dst[:j+size]
}
