package csv

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxColumns is how many columns a file may have.
const maxColumns = 1 << 16

// names reads up to the first record, and returns the names of the columns, and how a
// row holds them.
func (r *records) names(o sources.CSV) (names []raw.Text, row []byte, err error) {
	if err := r.begin(o.SkipLines); err != nil {
		return nil, nil, err
	}
	if o.Names != nil {
		r.given = true
		names := make([]raw.Text, len(o.Names))
		for i, name := range o.Names {
			names[i] = raw.Quote(name)
		}
		return names, []byte(strings.Join(o.Names, r.delimiter)), r.checkNames(names)
	}
	if err := r.pass(0); err == io.EOF {
		return nil, nil, r.failure(r.at, errNoNames)
	} else if err != nil {
		return nil, nil, err
	}
	for {
		names, end, err := r.header()
		if err == nil {
			err = r.checkNames(names)
			row = bytes.TrimRight(bytes.Clone(r.b[r.at:end]), "\r\n")
			r.at, r.rows = end, r.rows+1
			return names, row, err
		}
		if err == errMore {
			err = r.readOn()
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// watched is the header whose names are looked for in rows of records.
func (r *records) watched(names []raw.Text, row []byte, o *sources.CSV) *file.Header {
	h := &file.Header{Given: r.given, Text: row, Skip: fmt.Sprintf("skip_lines: %d", o.SkipLines+1), LastRow: func() int64 { return r.rows }}
	for _, name := range names {
		h.Names = append(h.Names, name)
	}
	return h
}

// begin passes over the byte order mark and the lines to skip.
func (r *records) begin(lines int) error {
	if err := r.need(3); err != nil && err != io.EOF {
		return err
	}
	switch start := r.b[r.at:r.end]; {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		r.at += 3
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return r.failure(r.at, errUTF16)
	}
	for range lines {
		if err := r.skipLine(); err == io.EOF {
			return r.failure(r.at, errSkipped)
		} else if err != nil {
			return err
		}
		r.rows++
	}
	return nil
}

// header parses the row at r.at as the names of columns, and returns where the next
// row begins.
func (r *records) header() ([]raw.Text, int, error) {
	var names []raw.Text
	dst := r.room(nil, r.at)
	for i := r.at; ; i += len(r.delimiter) {
		var err error
		dst, i, err = r.field(append(dst[:0], '"'), i)
		if err != nil {
			return nil, 0, err
		}
		if len(names) == maxColumns {
			return nil, 0, r.failure(r.at, fmt.Errorf("has more than %d fields: is it the row that names the columns?", maxColumns))
		}
		names = append(names, append(bytes.Clone(dst), '"'))
		if r.lineEnds(i) {
			return names, r.nextRow(i), nil
		}
	}
}

// checkNames refuses columns without a name and two of one name.
func (r *records) checkNames(names []raw.Text) error {
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
		return nil
	case len(faults) > 3:
		faults = append(faults[:3], fmt.Sprintf("and %d faults more", len(faults)-3))
	}
	advice := "header: [names] gives all columns names, and skip_lines: 1 then passes over this row"
	if r.given {
		advice = "correct header: [names]"
	}
	return r.failure(r.at, fmt.Errorf("%s; %s", strings.Join(faults, ", "), advice))
}
