package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// Skip proves the next rows as Next does, at least one, and makes no records of them
// where it can do without. It returns how many there were and text that holds all that
// their records would, good until the next call: the rows as they stand, or the record
// of one whose text stands in the file otherwise than in a record.
func (r *records) Skip() (n int, text []byte, err error) {
	from := r.at
	if r.failed == nil && r.skip.made != nil { // the first record shows the names of columns
		if n = r.skipBare(); n > 0 {
			r.rows += int64(n)
			return n, r.b[from:r.at], nil
		}
		for end := r.plainRow(from); end >= 0; end = r.plainRow(end) {
			r.at, n = end, n+1
		}
	}
	if n > 0 {
		r.rows += int64(n)
		return n, r.b[from:r.at], nil
	}
	r.skip.made, err = r.Next(r.skip.made[:0])
	return 1, r.skip.made, err
}

// skipBare passes over rows in the block, where they are bare, and returns how many
// there were. It stops before a row that is not surely right, or holds the names.
func (r *records) skipBare() (n int) {
	end := bytes.LastIndexByte(r.b[r.at:r.end], '\n') + 1 + r.at
	if to := r.base + int64(end); r.skip.to != to {
		r.skip.to, r.skip.bare = to, r.areBare(r.b[r.at:end])
	}
	comma := []byte{r.comma}
	for r.skip.bare && r.at < end && !r.is(r.at, r.comment) {
		row := r.b[r.at:end]
		row = row[:indexLineFeed(row)]
		if bytes.Count(row, comma)+1 != len(r.columns) || r.tail+6*len(row) > file.MaxRecord || bytes.Equal(row, r.skip.names) {
			break
		}
		r.at, n = r.at+len(row)+1, n+1
	}
	return n
}

// areBare reports whether rows need not be looked at byte by byte: no quote, carriage
// return or NUL byte stands in any of them.
func (f *fields) areBare(rows []byte) bool {
	return f.comma < utf8.RuneSelf && len(f.quote) <= 1 && (f.quote == "" || bytes.IndexByte(rows, f.opening) < 0) &&
		bytes.IndexByte(rows, '\r') < 0 && bytes.IndexByte(rows, 0) < 0 && utf8.Valid(rows)
}

// plainRow returns where the row that begins at i ends, behind its line end. It is -1
// where the row is not surely whole and right, has doubled quotes, or holds the names of
// the columns again: Next knows more.
func (r *records) plainRow(i int) int {
	if r.comma >= utf8.RuneSelf || len(r.quote) > 1 || r.is(i, r.comment) {
		return -1
	}
	start, fields, seen := i, 1, uint64(0)
	for {
		w := binary.LittleEndian.Uint64(r.b[i:])
		seen |= w
		x, y := w^r.delimiters, w^r.quotes
		commas := ^((x&^high + (high - low)) | x | (high - low)) & high // exactly those
		q := w ^ 2*low                                                  // as in copyText
		stop := ((y-low)&^y&^commas | (q-0x21*low)&^q) & high
		if stop == 0 {
			fields += bits.OnesCount64(commas)
			i += 8
			continue
		}
		at := bits.TrailingZeros64(stop) &^ 7
		fields += bits.OnesCount64(commas & (1<<at - 1))
		i += at / 8
		switch c := r.b[i]; {
		case r.lineEnds(i):
			text := r.b[start:i]
			if fields != len(r.columns) || !r.ends(i) || seen&high != 0 && !utf8.Valid(text) || r.tail+6*len(text) > file.MaxRecord || bytes.Equal(text, r.skip.names) {
				return -1
			}
			return r.nextRow(i)
		case c == r.comma:
			fields++
			i++
		case c == 0:
			return -1
		case r.quote != "" && c == r.quote[0]:
			begins := i == start || r.b[i-1] == r.comma
			if !begins && r.loose {
				i++
				continue
			}
			if i = r.behindQuoted(i + 1); i < 0 || !begins {
				return -1
			}
			seen = high
		default:
			i++
		}
	}
}

// behindQuoted returns the place behind the closing quote of a field whose text begins
// at i; -1 where the field is not plain.
func (f *fields) behindQuoted(i int) int {
	n := bytes.IndexByte(f.b[i:f.end], f.quote[0])
	if n < 0 || bytes.IndexByte(f.b[i:i+n], 0) >= 0 || !f.ends(i+n+1) {
		return -1
	}
	return i + n + 1
}
