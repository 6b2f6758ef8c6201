package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
	"github.com/tap-rest/tap-rest/sources/needle"
	"github.com/tap-rest/tap-rest/state/journal"
)

// MaxResponse is the longest body that a walk takes, in bytes, as it comes and
// decoded.
const MaxResponse = 4 << 30

// ErrWhole marks an answer over MaxBody whose records, or what is asked of it
// besides, are known only once all of it is in memory. A [Splitter] wraps it
// around what it found.
var ErrWhole = fmt.Errorf("the answer is larger than %d MiB", MaxBody>>20)

// ErrMany marks an answer in memory whose records are more than a page holds.
var ErrMany = errors.New("the answer has very many records")

// ErrReread wraps what keeps a long answer from being read again.
var ErrReread = errors.New("read the answer again")

// long is a body that is too long for memory: it lies on the wire's side of
// its decoder, in memory, in a file or in the journal, and is read as often as
// it takes. It stands in for the records of its page, but for those that a walk
// asks for.
//
// A body that is in memory, but has more records than a page holds, is long too:
// it is the exchange's.
type long struct {
	many    bool                          // the body is in memory
	short   bool                          // the body would be, if there were room
	wire    func() (io.ReadCloser, error) // from the first byte
	encoded []string                      // what lies over its JSON, see layers
	most    int64                         // bytes, decoded
	file    overflow                      // nil: none
	draft   *journal.Draft                // file, where the journal can keep it; nil: not

	// What the first pass found.
	count  int           // records
	tally  *repeat.Tally // of them
	size   int64         // of the body, decoded
	secret bool          // it holds one
	proven bool          // it is JSON, whatever else is wrong with it
}

// Len returns how many records there are.
func (l *long) Len() int { return l.count }

// Record returns the last record: no other is asked for.
func (l *long) Record(int) []byte { return l.tally.Last }

// Parent returns nothing: nobody asks for it.
func (l *long) Parent(int) []byte { return nil }

// fromMemory is a body that came off the wire short, and is decoded long.
func (c *Client) fromMemory(wire []byte, encoded []string) *long {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(wire)), nil }
	return &long{wire: open, encoded: encoded, most: c.most}
}

// inFile is a body that goes to a file.
func (c *Client) inFile(file overflow, encoded []string) *long {
	draft, _ := file.(*journal.Draft)
	return &long{wire: file.Open, encoded: encoded, most: c.most, file: file, draft: draft}
}

// fromJournal is a body that is recorded.
func (c *Client) fromJournal(j *journal.Journal, place journal.Place, encoded []string) *long {
	l := &long{encoded: encoded, most: c.most}
	l.recorded(j, place)
	return l
}

// recorded makes the journal the place where the body lies.
func (l *long) recorded(j *journal.Journal, place journal.Place) {
	l.file, l.draft = nil, nil
	l.wire = func() (io.ReadCloser, error) {
		_, body, err := j.Stream(place)
		if err != nil {
			return nil, err
		}
		return body, nil
	}
}

// discard gives back where the body lies, unless that is the journal.
func (l *long) discard() {
	if l.file != nil {
		l.file.Discard()
	}
}

// longReader reads a long body decoded.
type longReader struct {
	in      *decoder
	wire    io.Closer
	needles *needle.Reader
	n, most int64
	err     error // other than io.EOF
}

// open begins to read the body, and looks for secrets in it.
func (l *long) open(secrets *needle.Finder) (*longReader, error) {
	wire, err := l.wire()
	if err != nil {
		return nil, err
	}
	in, err := newDecoder(bufio.NewReaderSize(wire, 64<<10), l.encoded)
	if err != nil {
		_ = wire.Close() // it was only read
		return nil, err
	}
	return &longReader{in: in, wire: wire, needles: needle.NewReader(in, secrets), most: l.most}, nil
}

func (r *longReader) Read(p []byte) (int, error) {
	n, err := r.needles.Read(p)
	if r.n += int64(n); r.n > r.most {
		err = errTooLong
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// Close ends reading.
func (r *longReader) Close() error {
	r.in.close()
	return r.wire.Close()
}

// prove proves a long body in a first pass, finds what the walk asks of its
// records, and makes what stands beside them the exchange's body. Where the
// body cannot be read whole, that is why the exchange is cut.
func (w *Walk) prove(ex *Exchange) (Records, error) {
	l := ex.long
	if l.many {
		return l, w.proveMany(ex)
	}
	var secrets *needle.Finder
	if w.rec != nil {
		secrets = w.client.Secrets.Finder()
	}
	body, err := l.open(secrets)
	if err != nil {
		ex.cut = err
		return none{}, nil
	}
	defer body.Close()
	see := w.tally(l)
	ex.Body, err = w.splitter.SplitLong(body, see)
	if l.proven = ex.Body != nil; !l.proven {
		ex.Body = l.beginning()
	}
	if body.err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, body.err)
	}
	l.size, l.secret = body.n, body.needles.Found
	return l, err
}

// proveMany proves a body in memory of very many records.
func (w *Walk) proveMany(ex *Exchange) error {
	l := ex.long
	see := w.tally(l)
	err := w.splitter.SplitMany(ex.Body, see)
	l.proven = !errors.Is(err, ErrBroken)
	l.size = int64(len(ex.Body))
	return err
}

// tally returns what finds out what a walk asks of the records of a long body,
// piece by piece.
func (w *Walk) tally(l *long) func(Records) error {
	l.count, l.tally = 0, w.pager.Tally()
	return func(r Records) error {
		l.count += r.Len()
		l.tally.See(r)
		return nil
	}
}

// beginning is what errors show of the body.
func (l *long) beginning() []byte {
	r, err := l.open(nil)
	if err != nil {
		return nil
	}
	defer r.Close()
	begins, _ := io.ReadAll(io.LimitReader(r, 16*excerptSize)) // as far as it can be read
	return begins
}

// needsWhole says what keeps a long answer from being read in pieces, or nil.
func (w *Walk) needsWhole() error {
	if key := w.stream.LooksAtRecords(); key != "" {
		return fmt.Errorf("%w, and %s may look at its records, which are not in memory then", ErrWhole, key)
	}
	return nil
}

// Long reports whether the page's body is over MaxBody, or has very many
// records: they come in pieces alone, and of a body over MaxBody, Body is what
// stands beside them.
func (p *Page) Long() bool {
	_, ok := p.Records.(*long)
	return ok
}

// Count is the number of records of the whole answer.
func (p *Page) Count() int {
	if p.long != nil && !p.ruling.Empty {
		return p.long.count
	}
	return p.Records.Len()
}

// Size is the length of the body in bytes, decoded.
func (p *Page) Size() int64 {
	if p.long != nil {
		return p.long.size
	}
	return int64(len(p.Body))
}

// reloadLong reads again what stands beside the records.
func (p *Page) reloadLong(s Splitter) error {
	body, err := p.long.open(nil)
	if err != nil {
		return err
	}
	defer body.Close()
	n := 0
	if p.Body, err = s.SplitLong(body, func(r Records) error { n += r.Len(); return nil }); err == nil && !p.ruling.Empty {
		p.Records = p.long
	}
	if p.long.size == 0 { // it was in memory before
		p.long.count, p.long.size = n, body.n
	}
	return err
}

// Pieces hands out a long page: first pieces with some of its records each,
// which are Partial, then one without any, which says where the walk goes on.
// So what the last one says holds only once all of the body was read again. A
// piece is good until f returns. Pieces may be called from another goroutine
// than the walk's, with a splitter of its own.
func (p *Page) Pieces(s Splitter, f func(*Page) error) error {
	part := &Page{Exchange: p.Exchange, Partial: true, Found: paging.Found{Follows: p.Follows, Counting: p.Counting}}
	n := 0
	err := p.pieces(s, func(r Records) error {
		part.Records, part.Repeated = r, min(r.Len(), max(0, p.Repeated-n))
		n += r.Len()
		return f(part)
	})
	switch {
	case err != nil:
		return err
	case n != p.long.count:
		return fmt.Errorf("%w: it has %d records, and had %d", ErrReread, n, p.long.count)
	}
	end := *p
	end.Records, end.Repeated, end.release = none{}, 0, nil
	return f(&end)
}

// pieces hands out the records of a long page.
func (p *Page) pieces(s Splitter, f func(Records) error) error {
	if p.long.many {
		return s.SplitMany(p.Body, f)
	}
	body, err := p.long.open(nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrReread, err)
	}
	defer body.Close()
	if _, err = s.SplitLong(body, f); body.err != nil {
		return fmt.Errorf("%w: %w", ErrReread, body.err)
	}
	return err
}

// needsWhole reports whether a walk cannot do with pieces of an answer.
func needsWhole(stream *sources.Stream, s Splitter) bool {
	split, ok := s.(interface{ NeedsWhole() bool })
	return stream.LooksAtRecords() != "" || ok && split.NeedsWhole()
}
