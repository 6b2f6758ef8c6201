package fetch

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
)

// ErrReread wraps what keeps a long answer from being read again.
var ErrReread = errors.New("read the answer again")

// Long reports whether the page's body is over body.Max, or has very many
// records: they come in pieces alone, and of a body over body.Max, its text is what
// stands beside them.
func (p *Page) Long() bool {
	_, ok := p.Records.(*records.Pieces)
	return ok
}

// Count is the number of records of the whole answer.
func (p *Page) Count() int {
	if p.pieces != nil && !p.ruling.Empty {
		return p.pieces.Count
	}
	return p.Records.Len()
}

// Size is the length of the body in bytes, decoded.
func (p *Page) Size() int64 {
	if p.pieces != nil {
		return p.pieces.Size
	}
	return int64(len(p.Body.Text))
}

// reloadLong reads again what stands beside the records.
func (p *Page) reloadLong(s Splitter) error {
	in, err := p.Body.Open(nil)
	if err != nil {
		return err
	}
	defer in.Close()
	var n int
	p.Body.Text, n, err = s.ProveLong(in, nil)
	if p.pieces == nil { // it was in memory before
		p.pieces = &records.Pieces{Count: n, Size: in.N}
	}
	if err == nil && !p.ruling.Empty {
		p.Records = p.pieces
	}
	return err
}

// Pieces hands out a long page: first pieces with some of its records each,
// which are Partial, then one without any, which says where the walk goes on.
// So what the last one says holds only once all of the body was read again. A
// piece is good until f returns. Pieces may be called from another goroutine
// than the walk's, with a splitter of its own.
func (p *Page) Pieces(s Splitter, f func(*Page) error) error {
	part := &Page{Exchange: p.Exchange, pieces: p.pieces, Partial: true, lent: true, Found: paging.Found{Begins: p.Begins, Follows: p.Follows, Counting: p.Counting}}
	n := 0
	err := p.split(s, func(r Records) error {
		part.Records, part.Repeated = r, min(r.Len(), max(0, p.Repeated-n))
		n += r.Len()
		return f(part)
	})
	switch {
	case err != nil:
		return err
	case n != p.pieces.Count:
		return fmt.Errorf("%w: it has %d records, and had %d", ErrReread, n, p.pieces.Count)
	}
	end := *p
	end.Records, end.Repeated, end.lent = records.None{}, 0, true
	return f(&end)
}

// split hands out the records of a page that come in pieces.
func (p *Page) split(s Splitter, f func(Records) error) error {
	if !p.Body.Long() {
		return s.SplitMany(p.Body.Text, f)
	}
	in, err := p.Body.Open(nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrReread, err)
	}
	defer in.Close()
	if _, err = s.SplitLong(in, f); in.Err != nil {
		return fmt.Errorf("%w: %w", ErrReread, in.Err)
	}
	return err
}
