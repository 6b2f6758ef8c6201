package file

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Header is what names the columns of a file of rows.
type Header struct {
	Names   [][]byte     // of the columns, as JSON
	Given   bool         // by the definition, and not by a row
	Skip    string       // the line of the definition that passes over the first row of records, too
	LastRow func() int64 // the number of the row that was read last
}

// Watch returns records that find rows among theirs which hold the names of the columns
// once more. These rows are records all the same: nobody knows whether they are data.
func (h *Header) Watch(of Records) Records {
	w := watched{Records: of, header: h}
	for i, name := range h.Names {
		w.again = append(append(append(append(w.again, Before(i)), name...), ':'), name...)
	}
	w.again = append(w.again, '}')
	s, skips := of.(Skipper)
	c, columned := of.(Columned)
	switch {
	case skips && columned:
		return &watchedColumned{watchedSkipper{w, s}, c}
	case skips:
		return &watchedSkipper{w, s}
	}
	return &w
}

// watched are records among which rows of names are looked for.
type watched struct {
	Records
	header *Header
	again  []byte // the record that such a row becomes
	n      int64  // records
	found  int64  // of those that are such rows
	row    int64  // of the first one
	first  bool   // the first record of all is such a row, in whatever case
	some   string // the names that the first record of all has in their places, where it has not all; "": none
}

// Next appends the next record.
func (w *watched) Next(dst []byte) ([]byte, error) {
	from := len(dst)
	dst, err := w.Records.Next(dst)
	if err == nil {
		w.see(dst[from:], 0)
	}
	return dst, err
}

// see looks at a record, behind which so many rows were read already.
func (w *watched) see(record []byte, behind int) {
	if w.n++; w.n == 1 || len(record) == len(w.again) {
		w.compare(record, behind)
	}
}

// compare looks at the first record, or at one that is as long as one of names.
func (w *watched) compare(record []byte, behind int) {
	switch {
	case w.n == 1 && w.header.Given:
		if w.first = bytes.EqualFold(record, w.again); !w.first {
			w.some = w.matching(record)
		}
	case bytes.Equal(record, w.again):
		if w.found++; w.found == 1 {
			w.row = w.header.LastRow() - int64(behind)
		}
	}
}

// matching are the names that a record has in their own columns, where those are so many
// that it is likely a row of names. A value may be the name of its column by chance.
func (w *watched) matching(record []byte) string {
	var same []string
	i := 0
	gjson.ParseBytes(record).ForEach(func(name, value gjson.Result) bool {
		if i++; value.Type == gjson.String && strings.EqualFold(name.Str, value.Str) {
			same = append(same, name.Str)
		}
		return true
	})
	if len(same) < 2 && len(same)*2 < i {
		return ""
	}
	return strings.Join(same[:min(len(same), mostNames)], ", ")
}

// mostNames is how many names a remark says.
const mostNames = 10

// Remarks say of the rows of names that they were taken for records.
func (w *watched) Remarks() (all []Remark) {
	if w.first {
		all = append(all, Remark{About: "decode.header", Text: "decode.header gives the columns names, and the first row of the file holds them, too: it was taken for a record. Write header: true, or " + w.header.Skip})
	}
	if w.some != "" {
		all = append(all, Remark{About: "decode.header", Text: fmt.Sprintf("decode.header gives the columns names, and the first row of the file holds some of them (%s): it likely names the columns, otherwise than the definition does, and was taken for a record. Write header: true to use the file's names, or %s to keep those of the definition", w.some, w.header.Skip)})
	}
	if w.n == 0 && len(w.header.Names) == 1 && !w.header.Given {
		all = append(all, Remark{About: "a name and no rows", Text: fmt.Sprintf("the file is one name, %s, and no row: if it is a message, and no empty table, a primary_key or replication_key that names a column makes it an error", w.header.Names[0])})
	}
	if w.found == 0 {
		return all
	}
	what := "holds nothing but the names of the columns, as where files were put one behind another, and was taken for a record: if it is no data"
	which := fmt.Sprintf("row %d of the file", w.row)
	if w.found > 1 {
		which += fmt.Sprintf(" and %d more", w.found-1)
		what = "hold nothing but the names of the columns, as where files were put one behind another, and were taken for records: if they are no data"
	}
	keep := fmt.Sprintf("keep: '{{ record[%s] != %[1]s }}'", w.header.Names[0])
	return append(all, Remark{About: "rows of names", Text: fmt.Sprintf("%s %s, write %s", which, what, keep)})
}

// watchedSkipper are those that can be proven faster than they are made.
type watchedSkipper struct {
	watched
	of Skipper
}

// Skip proves the next records.
func (w *watchedSkipper) Skip() (n int, text []byte, err error) {
	if w.n == 0 && w.header.Given { // the first record is looked at
		text, err = w.Next(nil)
		if err != nil {
			return 0, nil, err
		}
		return 1, text, nil
	}
	n, text, err = w.of.Skip()
	if err != nil {
		return n, text, err
	}
	if n == 1 && len(text) > 0 && text[0] == '{' { // a record, unless it is a row that begins so
		w.see(text, 0)
		return n, text, nil
	}
	w.n += int64(n)
	return n, text, nil
}

// watchedColumned are those that come many at a time, too.
type watchedColumned struct {
	watchedSkipper
	in Columned
}

// Rows appends many records.
func (w *watchedColumned) Rows(dst []byte, ends []int, size int, rows *raw.Rows) ([]byte, []int, error) {
	from, before := len(dst), len(ends)
	dst, ends, err := w.in.Rows(dst, ends, size, rows)
	for i, end := range ends[before:] {
		w.see(dst[from:end], len(ends)-before-1-i)
		from = end
	}
	return dst, ends, err
}
