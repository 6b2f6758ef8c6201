package schema

import (
	"slices"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// MaxRecord is the size in bytes of the largest record that is accepted.
const MaxRecord = 50 << 20

// RecordPath says where in a body the records lie: what a definition says
// under records, single, keyed, columns and on_missing.
type RecordPath struct {
	// Steps are gjson paths; "@this" or "" is the place itself. With more than
	// one, each but the last leads to an array, and the next is followed from
	// each of its elements: [data, lines] are the lines of each element of
	// data. That element is the record's parent.
	Steps []string

	// At most one of these four is set. With none of them the place holds an
	// array of objects.
	Single      bool     // it holds one record, an object
	Keyed       string   // it holds an object whose values are the records; the member's key goes into the field of this name
	Columns     []string // it holds an array of rows, arrays or bare values, under these names
	ColumnsPath string   // likewise; the names lie in the body at this gjson path: strings, or objects with "name"

	// OneOrMany takes an object for an array of one, on the way to the records
	// too; where Keyed is set, an empty array for an object without members.
	OneOrMany bool

	// ShortRows fills rows with fewer values than columns up with nulls.
	ShortRows bool

	// MissingIsEmpty makes a page without records of an answer that has
	// nothing at the path. Null there is such a page always.
	MissingIsEmpty bool
}

// PageRecord is where a record of a page and what belongs to it lie.
type PageRecord struct {
	Record        scan.Span
	Parent        scan.Span // empty where the path has one step
	Key           scan.Span // of a keyed record: the member's key as it came, in its quotes; else empty
	cuts          scan.Span // which of the page's cuts lie in it
	check.Finding           // zero where nothing was expected, and of a record that was made; its Value lies in the page
}

// Page is a proven body and its records. Its zero value is ready for use, and
// a page that is scanned into again keeps its buffers.
type Page struct {
	Body    []byte // as it was given to Scan, which keeps it
	Records []PageRecord

	// Expected is what the records were checked for; nil: nothing.
	Expected *check.Expectation

	// OneLine says that no record has a line break: they were made.
	OneLine bool

	place scan.Span   // of the records in the body; empty: not known, or all of it
	cuts  []scan.Span // what is to be cut out of the records
	made  []byte      // what lies nowhere in the body: keyed records, rows under columns, what gjson computed
}

// Record returns the i-th record: bytes of the body as they came, or for keyed
// records and columns the object that was made of them. They are good until
// the page is reset or scanned into again, and must not be changed.
func (p *Page) Record(i int) []byte { return p.bytes(p.Records[i].Record) }

// AppendRecord appends the i-th record to dst, without what is to be cut out.
func (p *Page) AppendRecord(dst []byte, i int) []byte {
	r := &p.Records[i]
	at := r.Record.Start
	for _, cut := range p.cuts[r.cuts.Start:r.cuts.End] {
		dst = append(dst, p.bytes(scan.Span{Start: at, End: cut.Start})...)
		at = cut.End
	}
	return append(dst, p.bytes(scan.Span{Start: at, End: r.Record.End})...)
}

// AppendBeside appends what stands beside the records to dst: the body with []
// or {} in their place. It returns nil where their path is not plain.
func (p *Page) AppendBeside(dst []byte) []byte {
	if p.place.End == 0 {
		return nil
	}
	dst = append(dst, p.Body[:p.place.Start]...)
	if c := p.Body[p.place.Start]; c == '[' || c == '{' {
		dst = append(dst, c, c+2) // in ASCII, for both
	} else {
		dst = append(dst, p.Body[p.place.Start:p.place.End]...)
	}
	return append(dst, p.Body[p.place.End:]...)
}

// Parent returns the i-th record's parent likewise, nil where it has none.
func (p *Page) Parent(i int) []byte {
	if parent := p.Records[i].Parent; parent.End > 0 {
		return p.bytes(parent)
	}
	return nil
}

// Value returns the value that was found in the i-th record, nil for none.
func (p *Page) Value(i int) []byte {
	if value := p.Records[i].Value; value.End > 0 {
		return p.bytes(value)
	}
	return nil
}

// Reset empties the page and keeps its buffers, but for the body.
func (p *Page) Reset() {
	p.place, p.OneLine = scan.Span{}, false
	p.Body, p.Records, p.Expected, p.cuts, p.made = nil, p.Records[:0], nil, p.cuts[:0], p.made[:0]
}

func (p *Page) bytes(s scan.Span) []byte {
	if n := len(p.Body); s.Start >= n {
		return p.made[s.Start-n : s.End-n : s.End-n]
	}
	return p.Body[s.Start:s.End:s.End]
}

// PageScanner proves bodies and finds the records in them, and checks those
// that lie in the body as they are in the same pass. It is for one goroutine at
// a time.
type PageScanner struct {
	where   RecordPath
	steps   []pageStep
	columns pageColumns
	field   []byte // where.Keyed as it begins a record: {"id":

	page  *Page
	proof scan.Proof

	expected *check.Expectation
	fast     check.Run

	at    []int           // for each step, the element that is looked at
	key   []byte          // the key that is looked at, of keyed records
	fault *scan.BodyError // how the records differ from the definition

	begin  int   // where the value of the body begins
	base   int   // where the text that is proven begins in the page's spans
	origin int64 // where in the body the value lies of which gjson made that text
	before int   // records of the body before the page, where that is a piece of it

	spill    *spill // nil: the records of a body are all in the page
	piece    int    // from how many records on they are handed out
	kept     int    // bytes of what was made that stay when records are handed out
	many     bool   // the page cannot hold the records
	windowed bool   // the body is longer than the text: a StreamScanner bounds the page
}

// NewPageScanner returns a scanner for the records that lie where p says. It
// fails where the paths make no sense, or could take nothing for something.
func NewPageScanner(p RecordPath) (*PageScanner, error) {
	p.Steps, p.Columns = slices.Clone(p.Steps), slices.Clone(p.Columns)
	s := &PageScanner{where: p, at: make([]int, len(p.Steps)), piece: pieceRecords}
	s.fast = *check.NewRun(&s.proof)
	if err := s.compile(); err != nil {
		return nil, err
	}
	return s, nil
}

// Expect makes e what the records of the bodies to come are checked for, if that
// can be told in one pass; nil: nothing.
func (s *PageScanner) Expect(e *check.Expectation) {
	if e != nil && !e.OnePass() {
		e = nil
	}
	s.expected = e
}

// Scan proves body and fills page with its records, in one pass where the
// paths are plain (dotted keys and indexes). Its error is a *BodyError; then
// the page has no records.
//
// A body that is not JSON is reported as that, whatever else is wrong with it,
// unless it holds more than MaxRecords records: then the error is ErrMany, and
// ScanMany takes it.
func (s *PageScanner) Scan(body []byte, page *Page) error {
	s.start(body, page)
	return s.finish(s.whole())
}

// whole goes through the body.
func (s *PageScanner) whole() error {
	i := s.proof.Begin()
	s.begin = i
	if i >= 0 {
		i = s.seek(i, 0)
	}
	if i >= 0 {
		s.proof.Finish(i)
	}
	if s.proof.Fault == nil && s.fault == nil && s.columns.wanted && s.spill == nil {
		s.nameRows()
	}
	switch {
	case s.many:
		return ErrMany
	case s.proof.Fault != nil:
		return s.proof.Fault
	case s.fault != nil:
		return s.fault
	}
	return nil
}

// finish leaves the page as it is, or without records where there is an error.
func (s *PageScanner) finish(err error) error {
	page := s.page
	page.cuts = s.fast.Cuts
	s.page, s.proof.Text, s.key = nil, nil, nil
	if err != nil {
		page.Records, page.made = page.Records[:0], page.made[:0]
	}
	return err
}

// start makes the scanner ready to fill a page.
func (s *PageScanner) start(body []byte, page *Page) {
	page.Reset()
	page.Body = body
	s.fast.Cuts = page.cuts
	s.look(page)
	s.page, s.base, s.fault, s.key = page, 0, nil, nil
	s.kept, s.many = 0, false
	s.proof.Text, s.proof.Depth, s.proof.Fault = body, 0, nil
}

// look makes what is expected by now what a page's records are checked for.
func (s *PageScanner) look(page *Page) {
	page.Expected = s.expected
	if s.expected != nil {
		s.fast.Use(s.expected)
	}
}

// span returns where the text's bytes [i, j) lie in the page.
func (s *PageScanner) span(i, j int) scan.Span { return scan.Span{Start: s.base + i, End: s.base + j} }
