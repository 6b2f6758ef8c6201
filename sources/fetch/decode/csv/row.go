package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"

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
	i, b, n, to := r.at, r.b, len(dst), dst[:cap(dst)]
	for c := range r.columns {
		column := &r.columns[c]
		column.putLead(to[n:])
		n += column.size
		mark, from, direct := n, i, false
		if b[i] != r.opening {
			direct = true
			var seen uint64
			for { // copyText, and most fields are done
				w := binary.LittleEndian.Uint64(b[i:])
				binary.LittleEndian.PutUint64(to[n:], w)
				seen |= w
				x, y, q := w^r.delimiters, w^('\\'*low), w^2*low
				if hit := ((x-low)&^x | (y-low)&^y | (q-0x21*low)&^q) & high; hit != 0 {
					k := bits.TrailingZeros64(hit) / 8
					i, n = i+k, n+k
					break
				}
				i, n = i+8, n+8
			}
			direct = r.direct(i) && (seen&high == 0 || utf8.Valid(b[from:i]))
		}
		if !direct {
			var err error
			if dst, i, err = r.field(to[:mark], from); err != nil {
				return dst, 0, err
			}
			n, to = len(dst), dst[:cap(dst)]
		}
		switch {
		case column.types == 0 && r.nulls.sizes == 0:
			to[n] = '"'
			n++
		case r.nulls.sizes == 0 && column.isPlain(to, mark, n):
		default:
			n = r.settle(to, mark, n, column, r.is(from, r.quote))
		}
		if c < len(r.values) {
			r.values[c] = int32(n)
		}
		if b[i] == '\n' || b[i] == '\r' {
			return r.finish(to[:n], i, c+1)
		}
		i += len(r.delimiter)
	}
	return r.finish(to[:n], i, len(r.columns)+1)
}

// direct reports whether a field without quotes and escapes, which is most of them,
// ends at i.
func (r *records) direct(i int) bool {
	switch c := r.b[i]; {
	case r.wary:
		return false
	case c == '\n':
		return i < r.end
	case c == '\r':
		return r.b[i+1] == '\n' && i+1 < r.end
	default:
		return c == r.comma
	}
}

// lineEnds reports whether a line ends at i, where a field ends.
func (r *records) lineEnds(i int) bool { return r.b[i] == '\n' || r.b[i] == '\r' }

// finish ends the record of a row that had so many fields, the last of which ends
// or, where there are too many, begins at i.
func (r *records) finish(dst []byte, i, fields int) ([]byte, int, error) {
	switch {
	case fields > len(r.columns):
		return dst, 0, r.failLongRow(dst, i)
	case fields < len(r.columns) && !r.short:
		return dst, 0, r.failShortRow(i, fields)
	}
	for c := fields; c < len(r.columns); c++ {
		dst = r.appendNull(dst, c)
	}
	dst = append(dst, '}')
	if len(dst) > r.limit {
		return dst, 0, r.failure(r.at, errLong)
	}
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

// nextRow returns where the next row begins, if one ends at i.
func (r *records) nextRow(i int) int {
	if r.b[i] == '\r' {
		i++
	}
	return i + 1
}

// field appends the text of the field that begins at i, as it stands between the
// quotes of a JSON string, and returns the place of the delimiter or the line end
// behind it.
func (r *records) field(dst []byte, i int) ([]byte, int, error) {
	if r.is(i, r.quote) {
		return r.quoted(dst, i)
	}
	return r.plain(dst, i)
}

// plain is field for one without quotes.
func (r *records) plain(dst []byte, i int) ([]byte, int, error) {
	from := i
	var all uint64
	for {
		n, seen := copyText(dst[len(dst):cap(dst)], r.b[i:], r.delimiters)
		dst, i, all = dst[:len(dst)+n], i+n, all|seen
		switch {
		case r.wary && bytes.Contains(r.b[i-n:i], []byte(r.quote)):
			return dst, i, r.fail(i-n+bytes.Index(r.b[i-n:i], []byte(r.quote)), errStrayQuote)
		case r.ends(i):
			return dst, i, r.proveText(from, i, all)
		case !r.loose && r.is(i, r.quote):
			return dst, i, r.fail(i, errStrayQuote)
		case r.b[i] == '\r':
			return dst, i, r.fail(i, errLoneCR)
		}
		var err error
		if dst, err = r.escape(dst, i); err != nil {
			return dst, i, err
		}
		i++
	}
}

// quoted is field for one that opens with a quote at i.
func (r *records) quoted(dst []byte, i int) ([]byte, int, error) {
	r.open = i - r.at
	i += len(r.quote)
	from := i
	var all uint64
	for {
		n, seen := copyText(dst[len(dst):cap(dst)], r.b[i:], r.quotes)
		dst, i, all = dst[:len(dst)+n], i+n, all|seen
		if !r.is(i, r.quote) {
			var err error
			if dst, err = r.escape(dst, i); err != nil {
				return dst, i, err
			}
			i++
			continue
		}
		behind := i + len(r.quote)
		if !r.is(behind, r.quote) {
			if !r.ends(behind) {
				return dst, i, r.fail(behind, errBehindQuote)
			}
			return dst, behind, r.proveText(from, i, all)
		}
		for _, c := range []byte(r.quote) {
			dst = appendEscaped(dst, c)
		}
		dst = r.room(dst, behind)
		i = behind + len(r.quote)
	}
}

// ends reports whether a field ends at i: by a delimiter or a line end.
func (r *records) ends(i int) bool {
	c := r.b[i]
	return c == r.delimiter[0] && r.is(i, r.delimiter) || c == '\n' && i < r.end || c == '\r' && r.b[i+1] == '\n' && i+1 < r.end
}

// proveText refuses the text between from and to unless it is UTF-8. Where no byte
// of all has its highest bit set, it is ASCII.
func (r *records) proveText(from, to int, all uint64) error {
	if all&high == 0 || utf8.Valid(r.b[from:to]) {
		return nil
	}
	for from < to {
		c, n := utf8.DecodeRune(r.b[from:to])
		if c == utf8.RuneError && n == 1 {
			break
		}
		from += n
	}
	return r.fail(from, errNotUTF8)
}

// escape appends the byte at i, which stopped copyText.
func (r *records) escape(dst []byte, i int) ([]byte, error) {
	switch {
	case i >= r.end:
		return dst, errMore
	case r.b[i] == 0:
		return dst, r.fail(i, errNUL)
	case len(dst) > r.limit:
		return dst, r.failure(r.at, errLong)
	}
	return r.room(appendEscaped(dst, r.b[i]), i), nil
}

// room gives dst the room that record speaks of.
func (r *records) room(dst []byte, i int) []byte {
	return slices.Grow(dst, r.end-i+r.tail)
}
