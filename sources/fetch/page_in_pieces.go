package fetch

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// ErrWhole marks an answer over body.Max whose records, or what is asked of it
// besides, are known only once all of it is in memory. A [Splitter] wraps it
// around what it found.
var ErrWhole = fmt.Errorf("the answer is larger than %d MiB", body.Max>>20)

// ErrMany marks an answer in memory whose records are more than a page holds.
var ErrMany = errors.New("the answer has very many records")

// ErrReread wraps what keeps a long answer from being read again.
var ErrReread = errors.New("read the answer again")

// pieces are the records of a page of which not all are in memory at a time: a
// first pass over the body has found what the walk asks of them. Its body is
// long, or has more records than a page holds.
type pieces struct {
	count  int           // records
	tally  *repeat.Tally // of them
	size   int64         // of the body, decoded
	secret bool          // it holds one
	proven bool          // it is JSON, whatever else is wrong with it
}

// Len returns how many records there are.
func (p *pieces) Len() int { return p.count }

// Record returns the last record: no other is asked for.
func (p *pieces) Record(int) []byte { return p.tally.Last }

// Parent returns nothing: nobody asks for it.
func (p *pieces) Parent(int) []byte { return nil }

// prove proves a body in a first pass, finds what the walk asks of its records,
// and makes what stands beside those of a long one its text. Where the body
// cannot be read whole, that is why the exchange is cut.
func (j *judge) prove(ex *Exchange) (*pieces, error) {
	p := &pieces{tally: j.pager.Tally()}
	see := func(r Records) error {
		p.count += r.Len()
		p.tally.See(r)
		return nil
	}
	if !ex.Body.Long() {
		err := j.splitter.SplitMany(ex.Body.Text, see)
		p.proven, p.size = !errors.Is(err, ErrBroken), int64(len(ex.Body.Text))
		return p, err
	}
	var secrets *needle.Finder
	if j.finder != nil {
		secrets = j.finder()
	}
	in, err := ex.Body.Open(secrets)
	if err != nil {
		ex.cut = err
		return p, nil
	}
	defer in.Close()
	ex.Body.Text, err = j.splitter.SplitLong(in, see)
	if p.proven = ex.Body.Text != nil; !p.proven {
		ex.Body.Text = ex.Body.Beginning(16 * excerptSize)
	}
	if in.Err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, in.Err)
	}
	p.size, p.secret = in.N, in.Found()
	return p, err
}

// Long reports whether the page's body is over body.Max, or has very many
// records: they come in pieces alone, and of a body over body.Max, its text is what
// stands beside them.
func (p *Page) Long() bool {
	_, ok := p.Records.(*pieces)
	return ok
}

// Count is the number of records of the whole answer.
func (p *Page) Count() int {
	if p.pieces != nil && !p.ruling.Empty {
		return p.pieces.count
	}
	return p.Records.Len()
}

// Size is the length of the body in bytes, decoded.
func (p *Page) Size() int64 {
	if p.pieces != nil {
		return p.pieces.size
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
	n := 0
	p.Body.Text, err = s.SplitLong(in, func(r Records) error { n += r.Len(); return nil })
	if p.pieces == nil { // it was in memory before
		p.pieces = &pieces{count: n, size: in.N}
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
	case n != p.pieces.count:
		return fmt.Errorf("%w: it has %d records, and had %d", ErrReread, n, p.pieces.count)
	}
	end := *p
	end.Records, end.Repeated, end.lent = none{}, 0, true
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
