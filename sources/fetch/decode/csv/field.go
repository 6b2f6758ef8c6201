package csv

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// fields reads the fields of a file one by one, wherever they stand in it: what one of
// them is for is not its business.
type fields struct {
	block
	dialect
	rows  int64 // those that were passed, names, comments and blank lines too
	tail  int   // what a record needs at most beside its fields
	limit int   // how long dst may become by the record that is made
	open  int   // where the last quoted field begins, counted from the row's beginning
}

// readOn reads more of the row that begins at f.at.
func (f *fields) readOn() error {
	if f.end-f.at > file.MaxRecord {
		return f.failure(f.at, errLong)
	}
	err := f.more()
	if err == io.EOF {
		return f.failure(f.at+f.open, errUnclosed)
	}
	return err
}

// begins reports whether a row surely begins here: most do with no line end, and far
// from the block's end.
func (f *fields) begins() bool {
	return f.end-f.at >= utf8.UTFMax && f.b[f.at] > '\r' && f.comment == ""
}

// pass goes to the next row: over comments and, where there is not exactly one
// column, over blank lines. It returns io.EOF where there is no further row.
func (f *fields) pass(columns int) error {
	for {
		if f.end-f.at < utf8.UTFMax {
			if err := f.need(utf8.UTFMax); err != nil {
				return err
			}
		}
		blank := columns != 1 && (f.b[f.at] == '\n' || f.b[f.at] == '\r' && f.b[f.at+1] == '\n')
		if !blank && !f.is(f.at, f.comment) {
			return nil
		}
		if err := f.skipLine(); err != nil {
			return err
		}
		f.rows++
	}
}

// is reports whether mark stands at i; no mark stands nowhere.
func (f *fields) is(i int, mark string) bool {
	return mark != "" && f.b[i] == mark[0] && (len(mark) == 1 || bytes.HasPrefix(f.b[i:f.end], []byte(mark)))
}

// field appends the text of the field that begins at i, as it stands between the
// quotes of a JSON string, and returns the place of the delimiter or the line end
// behind it.
func (f *fields) field(dst []byte, i int) ([]byte, int, error) {
	if f.is(i, f.quote) {
		return f.quoted(dst, i)
	}
	return f.plain(dst, i)
}

// plain is field for one without quotes.
func (f *fields) plain(dst []byte, i int) ([]byte, int, error) {
	from := i
	var all uint64
	for {
		n, seen := copyText(dst[len(dst):cap(dst)], f.b[i:], f.delimiters)
		dst, i, all = dst[:len(dst)+n], i+n, all|seen
		switch {
		case f.wary && bytes.Contains(f.b[i-n:i], []byte(f.quote)):
			return dst, i, f.fail(i-n+bytes.Index(f.b[i-n:i], []byte(f.quote)), errStrayQuote)
		case f.ends(i):
			return dst, i, f.proveText(from, i, all)
		case !f.loose && f.is(i, f.quote):
			return dst, i, f.fail(i, errStrayQuote)
		case f.b[i] == '\r':
			return dst, i, f.fail(i, errLoneCR)
		}
		var err error
		if dst, err = f.escape(dst, i); err != nil {
			return dst, i, err
		}
		i++
	}
}

// quoted is field for one that opens with a quote at i.
func (f *fields) quoted(dst []byte, i int) ([]byte, int, error) {
	f.open = i - f.at
	i += len(f.quote)
	from := i
	var all uint64
	for {
		n, seen := copyText(dst[len(dst):cap(dst)], f.b[i:], f.quotes)
		dst, i, all = dst[:len(dst)+n], i+n, all|seen
		if !f.is(i, f.quote) {
			var err error
			if dst, err = f.escape(dst, i); err != nil {
				return dst, i, err
			}
			i++
			continue
		}
		behind := i + len(f.quote)
		if !f.is(behind, f.quote) {
			if !f.ends(behind) {
				return dst, i, f.fail(behind, errBehindQuote)
			}
			return dst, behind, f.proveText(from, i, all)
		}
		for _, c := range []byte(f.quote) {
			dst = appendEscaped(dst, c)
		}
		dst = f.room(dst, behind)
		i = behind + len(f.quote)
	}
}

// ends reports whether a field ends at i: by a delimiter or a line end.
func (f *fields) ends(i int) bool {
	c := f.b[i]
	return c == f.delimiter[0] && f.is(i, f.delimiter) || c == '\n' && i < f.end || c == '\r' && f.b[i+1] == '\n' && i+1 < f.end
}

// lineEnds reports whether a line ends at i, where a field ends.
func (f *fields) lineEnds(i int) bool { return f.b[i] == '\n' || f.b[i] == '\r' }

// nextRow returns where the next row begins, if one ends at i.
func (f *fields) nextRow(i int) int {
	if f.b[i] == '\r' {
		i++
	}
	return i + 1
}

// proveRows refuses the fields between from and to unless they are UTF-8. It looks at
// the rest of the block, so that each block is looked at once.
func (f *fields) proveRows(from, to int) error {
	if f.proven = from + textSize(f.b[from:f.end]); f.proven < min(to, f.end) {
		return f.fail(f.proven, errNotUTF8)
	}
	return nil
}

// proveText refuses the text between from and to unless it is UTF-8. Where no byte
// of all has its highest bit set, it is ASCII.
func (f *fields) proveText(from, to int, all uint64) error {
	if all&high == 0 {
		return nil
	}
	if from += textSize(f.b[from:to]); from < to {
		return f.fail(from, errNotUTF8)
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
func (f *fields) escape(dst []byte, i int) ([]byte, error) {
	switch {
	case i >= f.end:
		return dst, errMore
	case f.b[i] == 0:
		return dst, f.fail(i, errNUL)
	case len(dst) > f.limit:
		return dst, f.failure(f.at, errLong)
	}
	return f.room(appendEscaped(dst, f.b[i]), i), nil
}

// room gives dst the room that record speaks of.
func (f *fields) room(dst []byte, i int) []byte {
	return slices.Grow(dst, f.end-i+f.tail)
}
