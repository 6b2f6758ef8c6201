package tap

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// splitter hands catalog/schema's page scanner to a walk. It is the
// fetch.Splitter of one partition.
type splitter struct {
	where   schema.RecordPath
	scanner *schema.PageScanner
	stream  *schema.StreamScanner // nil before the first long body
	pages   sync.Pool             // of *records
}

func newSplitter(r sources.Records) (*splitter, error) {
	where := schema.RecordPath{
		Steps: r.Steps, Single: r.Single, Keyed: r.Keyed,
		Columns: r.Columns, ColumnsPath: r.ColumnsPath, MissingIsEmpty: r.MissingIsEmpty,
	}
	scanner, err := schema.NewPageScanner(where)
	if err != nil {
		return nil, err
	}
	return &splitter{where: where, scanner: scanner, pages: sync.Pool{New: func() any { return new(records) }}}, nil
}

// Split proves a body and finds its records.
func (s *splitter) Split(body []byte) (fetch.Records, error) {
	page := s.pages.Get().(*records)
	err := s.scanner.Scan(body, &page.Page)
	if err == nil {
		return page, nil
	}
	s.recycle(page)
	return nil, marked(err)
}

// SplitLong proves a body that is too long for memory, and hands its records
// out in pieces.
func (s *splitter) SplitLong(body io.Reader, piece func(fetch.Records) error) (rest []byte, err error) {
	if s.stream == nil {
		if s.stream, err = schema.NewStreamScanner(s.where); err != nil {
			return nil, fmt.Errorf("%w: %w", fetch.ErrWhole, err)
		}
	}
	rest, err = s.stream.Scan(body, func(page *schema.Page) error { return piece(part{page}) })
	return rest, marked(err)
}

// marked says in fetch's words what a scanner's error means.
func marked(err error) error {
	var bad *schema.BodyError
	switch {
	case !errors.As(err, &bad):
	case bad.Kind == schema.NotJSON, bad.Kind == schema.NotUTF8:
		return fmt.Errorf("%w: %w", fetch.ErrBroken, err)
	case bad.Kind == schema.RestTooLarge:
		return fmt.Errorf("%w: %w", fetch.ErrWhole, err)
	}
	return err
}

// recycle keeps the memory of a page's records for another page.
func (s *splitter) recycle(r fetch.Records) {
	if page, ok := r.(*records); ok {
		page.Reset()
		s.pages.Put(page)
	}
}

// records are those of a scanned page.
type records struct{ schema.Page }

// Len returns how many there are.
func (r *records) Len() int { return len(r.Records) }

// part are those of a piece of a long body, which the scanner uses again.
type part struct{ *schema.Page }

// Len returns how many there are.
func (p part) Len() int { return len(p.Records) }
