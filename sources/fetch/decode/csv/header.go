package csv

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxColumns is how many columns a file may have.
const maxColumns = 1 << 16

// header is the beginning of a file, up to its first record: marks, lines to skip, and the
// names of the columns.
type header struct {
	*fields
	given bool // the definition names the columns
}

// read reads up to the first record, and returns the names of the columns, and how a
// row holds them.
func (h *header) read(o sources.CSV) (names []raw.Text, row []byte, err error) {
	if err := h.begin(o); err != nil {
		return nil, nil, err
	}
	if h.given {
		names := make([]raw.Text, len(o.Names))
		for i, name := range o.Names {
			names[i] = raw.Quote(name)
		}
		return names, []byte(strings.Join(o.Names, h.delimiter)), h.checkNames(names)
	}
	if err := h.pass(0); err == io.EOF {
		return nil, nil, h.failure(h.at, errNoNames)
	} else if err != nil {
		return nil, nil, err
	}
	for {
		names, end, err := h.parse()
		if err == nil {
			err = h.checkNames(names)
			row = bytes.TrimRight(bytes.Clone(h.b[h.at:end]), "\r\n")
			h.at, h.rows = end, h.rows+1
			return names, row, err
		}
		if err == errMore {
			err = h.readOn()
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// watched is the header whose names are looked for in rows of records.
func (h *header) watched(names []raw.Text, o *sources.CSV) *file.Header {
	f := h.fields
	w := &file.Header{Given: h.given, Skip: fmt.Sprintf("skip_lines: %d", o.SkipLines+1), LastRow: func() int64 { return f.rows }}
	for _, name := range names {
		w.Names = append(w.Names, name)
	}
	return w
}

// begin passes over the byte order mark, a line for Excel and the lines to skip, of which
// that line is one.
func (h *header) begin(o sources.CSV) error {
	if err := h.need(len(longestMark)); err != nil && err != io.EOF {
		return err
	}
	switch start := h.b[h.at:h.end]; {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		h.at += 3
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return h.failure(h.at, errUTF16)
	}
	lines := o.SkipLines
	if said := h.separator(); said != 0 {
		lines = max(lines, 1)
		if o.Delimiter == 0 {
			var err error
			o.Delimiter = said
			if h.dialect, err = newDialect(o); err != nil {
				return h.failure(h.at, err)
			}
		}
	}
	for range lines {
		if err := h.skipLine(); err == io.EOF {
			return h.failure(h.at, errSkipped)
		} else if err != nil {
			return err
		}
		h.rows++
	}
	return nil
}

// longestMark is the longest text that may stand before the first row.
const longestMark = "\ufeff\"sep=\u2028\"\r\n"

// separator is the delimiter by the line that says it to Excel: sep=; say. 0: the file
// has no such line.
func (h *header) separator() rune {
	line, _, _ := bytes.Cut(h.b[h.at:min(h.end, h.at+len(longestMark))], []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if n := len(line); n > 1 && line[0] == '"' && line[n-1] == '"' {
		line = line[1 : n-1]
	}
	const says = "sep="
	if len(line) <= len(says) || !strings.EqualFold(string(line[:len(says)]), says) {
		return 0
	}
	c, size := utf8.DecodeRune(line[len(says):])
	if size < len(line)-len(says) {
		return 0
	}
	return c
}

// parse parses the row at h.at as the names of columns, and returns where the next
// row begins.
func (h *header) parse() ([]raw.Text, int, error) {
	var names []raw.Text
	dst := h.room(nil, h.at)
	for i := h.at; ; i += len(h.delimiter) {
		var err error
		dst, i, err = h.field(append(dst[:0], '"'), i)
		if err != nil {
			return nil, 0, err
		}
		if len(names) == maxColumns {
			return nil, 0, h.failure(h.at, fmt.Errorf("has more than %d fields: is it the row that names the columns?", maxColumns))
		}
		names = append(names, append(bytes.Clone(dst), '"'))
		if h.lineEnds(i) {
			return names, h.nextRow(i), nil
		}
	}
}

// checkDelimiter refuses a row of one name in which another delimiter stands.
func (h *header) checkDelimiter(names []raw.Text) error {
	if len(names) != 1 || h.given || h.is(h.at, h.quote) {
		return nil
	}
	name, other, most := names[0].Unquote(), "", 0
	for _, d := range []string{";", "\t", "|", ","} {
		if n := strings.Count(name, d); n > most && d != h.delimiter {
			other, most = d, n
		}
	}
	if most == 0 {
		return nil
	}
	return h.failure(h.at, fmt.Errorf("the row that names the columns is one name, %q: write delimiter: %q, which stands in it; if the column is called so, write header: [%[1]q] and skip_lines: %[3]d", name, other, h.rows+1))
}

// checkNames refuses columns without a name, two of one name, and one whose name seems to
// be several.
func (h *header) checkNames(names []raw.Text) error {
	var faults []string
	first := make(map[string]int, len(names))
	for i, quoted := range names {
		name := quoted.Unquote()
		if before := first[name]; name == "" {
			faults = append(faults, fmt.Sprintf("column %d has no name", i+1))
		} else if before != 0 {
			faults = append(faults, fmt.Sprintf("columns %d and %d are both named %q", before, i+1, name))
		} else {
			first[name] = i + 1
		}
	}
	switch {
	case len(names) == 0:
		faults = []string{"there is no column"}
	case len(faults) == 0:
		return h.checkDelimiter(names)
	case len(faults) > 3:
		faults = append(faults[:3], fmt.Sprintf("and %d faults more", len(faults)-3))
	}
	advice := "header: [names] gives all columns names, and skip_lines: 1 then passes over this row"
	if h.given {
		advice = "correct header: [names]"
	}
	return h.failure(h.at, fmt.Errorf("%s; %s", strings.Join(faults, ", "), advice))
}
