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

// proveRows refuses the fields between from and to unless they are UTF-8. It looks at
// the rest of the block, so that each block is looked at once.
func (r *records) proveRows(from, to int) error {
	if r.proven = from + textSize(r.b[from:r.end]); r.proven < min(to, r.end) {
		return r.fail(r.proven, errNotUTF8)
	}
	return nil
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

// lineEnds reports whether a line ends at i, where a field ends.
func (r *records) lineEnds(i int) bool { return r.b[i] == '\n' || r.b[i] == '\r' }

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
	if all&high == 0 {
		return nil
	}
	if from += textSize(r.b[from:to]); from < to {
		return r.fail(from, errNotUTF8)
	}
	return nil
}

// textSize returns how many bytes at the beginning of b are whole characters in UTF-8.
func textSize(b []byte) (n int) {
	whole := len(b)
	for whole > 0 && len(b)-whole < utf8.UTFMax && !utf8.RuneStart(b[whole-1]) {
		whole--
	}
	if whole > 0 && !utf8.FullRune(b[whole-1:]) {
		whole--
	} else {
		whole = len(b)
	}
	if utf8.Valid(b[:whole]) {
		return whole
	}
	for {
		c, size := utf8.DecodeRune(b[n:])
		if c == utf8.RuneError && size <= 1 {
			return n
		}
		n += size
	}
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
