package pages

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// Splitter hands catalog/schema's page scanner to a walk. It is the
// fetch.Splitter of one partition.
type Splitter struct {
	where   schema.RecordPath
	scanner *schema.PageScanner
	stream  *schema.StreamScanner // nil before the first long body
	pages   sync.Pool             // of *schema.Page
	whole   bool

	// expected is what records are checked for while they are found. The
	// goroutine that renders sets it, while another one fetches.
	expected atomic.Pointer[check.Expectation]
}

// NewSplitter returns what finds the records of a stream's pages.
func NewSplitter(r sources.Records) (*Splitter, error) {
	where := schema.RecordPath{
		Steps: r.Steps, Single: r.Single, Keyed: r.Keyed,
		Columns: r.Columns, ColumnsPath: r.ColumnsPath, MissingIsEmpty: r.MissingIsEmpty,
		ShortRows: r.ShortRows, OneOrMany: r.OneOrMany,
	}
	scanner, err := schema.NewPageScanner(where)
	if err != nil {
		return nil, err
	}
	_, err = schema.NewStreamScanner(where)
	return &Splitter{where: where, scanner: scanner, whole: err != nil, pages: sync.Pool{New: func() any { return new(schema.Page) }}}, nil
}

// NeedsWhole reports whether the records are found only in a whole body.
func (s *Splitter) NeedsWhole() bool { return s.whole }

// Split proves a body and finds its records.
func (s *Splitter) Split(body []byte) (fetch.Records, error) {
	page := s.pages.Get().(*schema.Page)
	s.scanner.Expect(s.expected.Load())
	if err := s.scanner.Scan(body, page); err != nil {
		s.pages.Put(page)
		return nil, marked(err)
	}
	return Records{page, true}, nil
}

// SplitMany proves a body of very many records, and hands them out in pieces.
func (s *Splitter) SplitMany(body []byte, piece func(fetch.Records) error) error {
	page := s.pages.Get().(*schema.Page)
	defer s.pages.Put(page)
	s.scanner.Expect(s.expected.Load())
	err := s.scanner.ScanMany(body, page, func(page *schema.Page) error {
		err := piece(Records{page, false})
		s.scanner.Expect(s.expected.Load())
		return err
	})
	page.Reset()
	return marked(err)
}

// SplitLong proves a body that is too long for memory, and hands its records
// out in pieces.
func (s *Splitter) SplitLong(body io.Reader, piece func(fetch.Records) error) (rest []byte, err error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	s.stream.Expect(s.expected.Load())
	rest, err = s.stream.Scan(body, func(page *schema.Page) error {
		err := piece(Records{page, false})
		s.stream.Expect(s.expected.Load())
		return err
	})
	return rest, marked(err)
}

// ProveLong is SplitLong for who looks at nothing of the records but their bytes or,
// where see is nil, at no records. It returns how many there are.
func (s *Splitter) ProveLong(body io.Reader, see func(fetch.Records) error) (rest []byte, n int, err error) {
	if err := s.ready(); err != nil {
		return nil, 0, err
	}
	var piece func(*schema.Page) error
	if see != nil {
		piece = func(page *schema.Page) error { return see(Records{page, false}) }
	}
	rest, n, err = s.stream.Prove(body, piece)
	return rest, n, marked(err)
}

// ready makes the scanner of long bodies.
func (s *Splitter) ready() (err error) {
	if s.stream == nil {
		if s.stream, err = schema.NewStreamScanner(s.where); err != nil {
			err = fmt.Errorf("%w: %w", fetch.ErrWhole, err)
		}
	}
	return err
}

// Expect sets what records are checked for while they are found; nil changes
// nothing. Another goroutine may be splitting a body.
func (s *Splitter) Expect(e *check.Expectation) {
	if e != nil {
		s.expected.Store(e)
	}
}

// marked says in fetch's words what a scanner's error means.
func marked(err error) error {
	var bad *scan.BodyError
	switch {
	case errors.Is(err, schema.ErrMany):
		return fmt.Errorf("%w: %w", fetch.ErrMany, err)
	case !errors.As(err, &bad):
	case bad.Kind == scan.NotJSON, bad.Kind == scan.NotUTF8:
		return fmt.Errorf("%w: %w", fetch.ErrBroken, err)
	case bad.Kind == scan.Missing, bad.Kind == scan.NotArray:
		return fmt.Errorf("%w: %w", fetch.ErrNoRecords, err)
	case bad.Kind == scan.RestTooLarge:
		return fmt.Errorf("%w: %w", fetch.ErrWhole, err)
	}
	return err
}

// Recycle keeps the memory of a page's records for another page.
func (s *Splitter) Recycle(r fetch.Records) {
	if all, ok := r.(Records); ok && all.pooled {
		all.Reset()
		s.pages.Put(all.Page)
	}
}

// Records are those of a scanned page.
type Records struct {
	*schema.Page
	pooled bool // false: a piece of a long body, which the scanner uses again
}

// Len returns how many there are.
func (r Records) Len() int { return len(r.Records) }

// LookedFor reports whether record i was looked at while its page was proven, for
// what is expected now.
func (r Records) LookedFor(i int, expected *check.Expectation) bool {
	return r.Records[i].Looked && r.Expected == expected
}
