package tap

import (
	"errors"
	"fmt"
	"sync"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// splitter hands catalog/schema's page scanner to a walk. It is the
// fetch.Splitter of one partition.
type splitter struct {
	scanner *schema.PageScanner
	pages   sync.Pool // of *records
}

func newSplitter(r sources.Records) (*splitter, error) {
	scanner, err := schema.NewPageScanner(schema.RecordPath{
		Steps: r.Steps, Single: r.Single, Keyed: r.Keyed,
		Columns: r.Columns, ColumnsPath: r.ColumnsPath, MissingIsEmpty: r.MissingIsEmpty,
	})
	if err != nil {
		return nil, err
	}
	return &splitter{scanner: scanner, pages: sync.Pool{New: func() any { return new(records) }}}, nil
}

// Split proves a body and finds its records.
func (s *splitter) Split(body []byte) (fetch.Records, error) {
	page := s.pages.Get().(*records)
	err := s.scanner.Scan(body, &page.Page)
	if err == nil {
		return page, nil
	}
	s.recycle(page)
	var bad *schema.BodyError
	if errors.As(err, &bad) && (bad.Kind == schema.NotJSON || bad.Kind == schema.NotUTF8) {
		return nil, fmt.Errorf("%w: %w", fetch.ErrBroken, err)
	}
	return nil, err
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
