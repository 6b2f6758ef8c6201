package schema

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// Batched is a body whose records were made one by one, so that their borders are
// known: it can be read in batches, in place of the text that is an array of them.
type Batched interface {
	// Batched reports whether records that lie at a path of so many keys are read in
	// batches; else the body is to be read as text all the same.
	Batched(keys int) bool
	// Batch returns the next records, objects one behind another, and where each
	// ends. They are good until the next call. Its error is io.EOF behind the last.
	Batch() (text []byte, ends []int, err error)
	Skip() (n int, err error) // passes over the next records, perhaps none, and proves them if they are Proven
	Proven() bool             // the records to come are surely JSON objects, once the first were taken
	Rest() []byte             // behind the last: the text, without the records
}

// Columned is Batched for records that may be made of columns.
type Columned interface {
	// Columns returns what is known of the records of the last batch, which are proven
	// and one line each; nil: nothing. It is good until the next one.
	Columns() *raw.Rows
}

// batched returns a body that can be read in batches by a scanner of this path; nil
// for any other.
func (s *StreamScanner) batched(body io.Reader) Batched {
	in, ok := body.(Batched)
	pages := s.scan
	elements := len(pages.steps) == 1 && pages.steps[0].pipes == nil && !pages.where.Single && pages.where.Keyed == "" && !pages.columns.wanted
	if !ok || !elements || !in.Batched(len(pages.steps[0].keys)) {
		return nil
	}
	return in
}

// batches takes the records of a body batch by batch.
func (s *StreamScanner) batches(in Batched) {
	pages := s.scan
	p := &pages.proof
	for pages.at[0] = 0; !s.stuck(); p.From += int64(len(s.page.Body)) {
		if s.piece == nil && pages.before > 0 && in.Proven() {
			n, err := in.Skip()
			if err != nil {
				s.ends(in, err)
				return
			}
			pages.before += n
			continue
		}
		text, ends, err := in.Batch()
		if err != nil {
			s.ends(in, err)
			return
		}
		p.Text, p.Depth, s.page.Body = text, 1, text
		rows := rowsOf(in)
		s.page.OneLine = rows != nil
		if rows != nil && s.page.Expected != nil && s.columns.Use(rows.Columns) {
			s.batchOfRows(ends, rows)
		} else {
			s.batch(ends, in.Proven())
		}
		s.flush()
	}
}

// ends is the end of the batches, where the rest of the body is proven as a body is,
// unless err is more than that.
func (s *StreamScanner) ends(in Batched, err error) {
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
		return
	}
	s.scan.proof.From, s.scan.proof.Depth = 0, 0
	s.body = bytes.NewReader(in.Rest())
	s.whole()
}

// batch takes the records of a batch, which end there.
func (s *StreamScanner) batch(ends []int, proven bool) {
	pages, begin := s.scan, 0
	for _, end := range ends {
		if proven && s.page.Expected == nil {
			s.page.Records = append(s.page.Records, PageRecord{Record: scan.Span{Start: begin, End: end}})
		} else if got := s.oneRecord(begin); got != end {
			if got >= 0 {
				pages.proof.NotExpected(got, "the end of the record")
			}
			return
		}
		begin = end
		pages.at[0]++
	}
}

// rowsOf returns what is known of the records of the last batch, nil for nothing.
func rowsOf(in Batched) *raw.Rows {
	if c, ok := in.(Columned); ok {
		return c.Columns()
	}
	return nil
}

// batchOfRows is batch for records that are made of columns, by which the check can
// tell which fit.
func (s *StreamScanner) batchOfRows(ends []int, rows *raw.Rows) {
	pages, c := s.scan, &s.columns
	begin, values, odd := 0, rows.Values, rows.Odd
	records := slices.Grow(s.page.Records, len(ends))
	for i, end := range ends {
		switch {
		case len(odd) > 0 && odd[0] == i:
			odd = odd[1:]
			s.page.Records = records
			s.oneRecord(begin) // which is proven
			records = s.page.Records
		default:
			found, cuts := c.Row(begin, values)
			records = append(records, PageRecord{Record: scan.Span{Start: begin, End: end}, cuts: cuts, Finding: found})
		}
		begin, values = end, values[len(rows.Columns):]
		pages.at[0]++
	}
	s.page.Records = records
}
