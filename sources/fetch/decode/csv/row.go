package csv

import (
	"encoding/binary"
	"math/bits"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// record appends the record of the row at r.at to dst, and returns where the next row
// begins.
//
// dst has room for all of the block that is still to be parsed, and for r.tail:
// whatever copies a byte of a field for a byte of the block needs not ask.
func (r *records) record(dst []byte) ([]byte, int, error) {
	r.limit, r.odd = len(dst)+file.MaxRecord, false
	dst = r.room(dst, r.at)
	for i, c := r.at, 0; ; {
		if r.simple {
			from := i
			if dst, i, c = r.plainFields(dst, i, c); i > r.proven {
				if err := r.proveRows(from, i); err != nil {
					return dst, 0, err
				}
			}
			if c == len(r.columns) && r.lineEnds(i-1) {
				return r.finishPlain(dst, i-1)
			}
		}
		if c == len(r.columns) {
			return dst, 0, r.failLongRow(dst, i)
		}
		var err error
		if dst, i, err = r.anyField(dst, i, c); err != nil {
			return dst, 0, err
		}
		if c++; r.lineEnds(i) {
			return r.finish(dst, i, c)
		}
		i += len(r.delimiter)
	}
}

// plainFields appends the fields from i on, which are those of the columns from c on, up
// to one that is not plain, and returns where that begins, or what is behind the row. A
// field is plain that ends as its column's do, has neither quotes nor escapes and is
// surely a value of its column as it stands. Whether it is UTF-8 is still to be proven.
//
// Most of the time is spent here. The inner loop is copyText, and nothing is called: what
// is kept across a call would take the registers that this loop needs.
func (r *records) plainFields(dst []byte, i, c int) (out []byte, end, column int) {
	b, to, n := r.b, dst[:cap(dst)], len(dst)
	columns, values, delimiters := r.columns, r.values, r.delimiters
	for ; c < len(columns); c++ {
		column := &columns[c]
		column.putLead(to[n:])
		m, from := n+column.size, i
		var hit uint64
		for {
			w := binary.LittleEndian.Uint64(b[i : i+8])
			binary.LittleEndian.PutUint64(to[m:m+8], w)
			x, y, q := w^delimiters, w^('\\'*low), w^2*low
			hit = ((x-low)&^x | (y-low)&^y | (q-0x21*low)&^q) & high
			if hit != 0 {
				break
			}
			i, m = i+8, m+8
		}
		k := bits.TrailingZeros64(hit) / 8
		i, m = i+k, m+k
		size := uint(i - from)
		if b[i] != column.ender || r.nulls.sizes>>min(size, 63)&1 != 0 {
			return dst[:n], from, c
		}
		switch w := binary.LittleEndian.Uint64(b[from : from+8]); {
		case column.types == 0:
			to[m] = '"'
			m++
		case column.types&typeNumber != 0 && size-1 < 8 && plainNumber(w, size)&^column.told == 0:
		case column.types&typeBoolean != 0 && plainBoolean(w, size):
		default:
			return dst[:n], from, c
		}
		if n = m; c < len(values) {
			values[c] = int32(n)
		}
		i++
	}
	return dst[:n], i, c
}

// anyField appends the field of a column, whatever it holds, that begins at i, and
// returns the place of the delimiter or the line end behind it.
func (r *records) anyField(dst []byte, i, c int) ([]byte, int, error) {
	column := &r.columns[c]
	column.putLead(dst[len(dst):cap(dst)])
	mark := len(dst) + column.size
	dst, end, err := r.field(dst[:mark], i)
	if err != nil {
		return dst, end, err
	}
	if column.types == 0 && r.nulls.sizes == 0 {
		dst = append(dst, '"')
	} else {
		dst = dst[:r.settle(dst[:cap(dst)], mark, len(dst), column, r.is(i, r.quote))]
	}
	if c < len(r.values) {
		r.values[c] = int32(len(dst))
	}
	return dst, end, nil
}

// finishPlain ends the record of a row whose last field, a plain one, ends at i.
func (r *records) finishPlain(dst []byte, i int) ([]byte, int, error) {
	switch {
	case r.b[i] == '\n' && i < r.end && len(dst) < r.limit:
		return append(dst, '}'), i + 1, nil
	case i >= r.end:
		return dst, 0, errMore
	case r.b[i] == '\r' && !r.ends(i):
		return dst, 0, r.fail(i, errLoneCR)
	}
	return r.finish(dst, i, len(r.columns))
}

// finish ends the record of a row that had so many fields, the last of which ends at i.
func (r *records) finish(dst []byte, i, fields int) ([]byte, int, error) {
	if fields < len(r.columns) {
		if !r.short {
			return dst, 0, r.failShortRow(i, fields)
		}
		for c := fields; c < len(r.columns); c++ {
			dst = r.appendNull(dst, c)
		}
	}
	dst = append(dst, '}')
	if len(dst) > r.limit {
		return dst, 0, r.failure(r.at, errLong)
	}
	r.columns[len(r.columns)-1].ender = r.b[i] // as of the next rows, probably
	return dst, r.nextRow(i), nil
}

// appendNull appends a column that a short row lacks.
func (r *records) appendNull(dst []byte, c int) []byte {
	column := &r.columns[c]
	column.putLead(dst[len(dst):cap(dst)])
	dst = dst[:len(dst)+column.size]
	if column.types == 0 {
		dst = dst[:len(dst)-1]
	}
	dst = append(dst, "null"...)
	if c < len(r.values) {
		r.values[c] = int32(len(dst))
	}
	r.odd = r.odd || column.told&typeNull == 0
	return dst
}
