package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

const (
	// MaxRest bounds what stands beside the records of a streamed body, in
	// bytes: it is kept, and so is each key and value of it on its way there.
	MaxRest = 8 << 20
	// streamWindow is how much of a body is looked at once. It grows for a
	// record that is longer.
	streamWindow = 128 << 10
)

// What a body cannot be streamed for: its records are known only once all of
// it is.
var (
	errStreamPath    = errors.New("records: a path with queries or modifiers is asked of the whole body")
	errStreamColumns = errors.New("records: names of columns that lie in the body are asked of the whole body")
)

// StreamScanner proves bodies that are too long for memory, and hands their
// records out in pieces. It takes and refuses what a [PageScanner] does, but
// for the size of what stands beside the records, and of the elements in which
// the records of a path with several steps lie: the one is bound by MaxRest,
// each of the others by MaxRecord. It is for one goroutine at a time.
//
// What is needed of a body at one time lies in a window over it: a record, or
// a member of what stands beside them. Where the window ends in the middle of
// such a thing, it moves on and the thing is proven again from its beginning.
type StreamScanner struct {
	scan   *PageScanner // of what lies in the window
	page   Page         // the piece: records in the window
	size   int          // of the window, unless a record needs more
	record int          // MaxRecord
	most   int          // MaxRest

	body    io.Reader
	piece   func(*Page) error
	spill   spill            // for records of one parent
	columns check.ColumnsRun // on records that come in batches
	memory  []byte           // that the window lies in
	window  []byte           // of the body, as far as it is read
	i       int              // what is looked at next in it
	ended   bool             // the body ends with the window
	err     error            // of reading, or of piece
	long    bool             // something is too long to be proven: it is the fault
	rows    *scan.BodyError
	rest    []byte // the body without its records

	// What is proven in one go, made once.
	takeKey, takeValue, takeRecord, takeMember func(i int) int
	at                                         scan.Span // what takeKey or takeValue found
}

// NewStreamScanner returns a scanner for the records that lie where p says. It
// fails where a PageScanner does, and where the place is one that only a whole
// body shows.
func NewStreamScanner(p RecordPath) (*StreamScanner, error) {
	pages, err := NewPageScanner(p)
	switch {
	case err != nil:
		return nil, err
	case pages.steps[0].pipes != nil:
		return nil, fmt.Errorf("%w: %q", errStreamPath, pages.steps[0].path)
	case p.ColumnsPath != "":
		return nil, fmt.Errorf("%w: %q", errStreamColumns, p.ColumnsPath)
	}
	s := &StreamScanner{scan: pages, size: streamWindow, record: MaxRecord, most: MaxRest}
	s.columns = check.NewColumnsRun(&pages.fast)
	s.takeKey, s.takeValue = s.oneKey, s.oneValue
	s.takeRecord, s.takeMember = s.oneRecord, s.oneMember
	pages.windowed = true
	return s, nil
}

// Expect is [PageScanner.Expect]. Called by piece, it holds for the pieces to
// come.
func (s *StreamScanner) Expect(e *check.Expectation) { s.scan.Expect(e) }

// Scan proves a body in one pass, and hands its records to piece, some at a
// time, in their order. A piece and its records are good until piece returns.
// What stands before a place at which the body turns out to be broken was
// handed out by then: who must not have it scans twice.
//
// rest is the body without its records: "[]" or "{}" stands in their place, and
// white space is missing. It is nil where the body is not proven. The error is a
// *BodyError, or what body or piece returned.
func (s *StreamScanner) Scan(body io.Reader, piece func(*Page) error) (rest []byte, err error) {
	rest, _, err = s.read(body, piece)
	return rest, err
}

// Prove is Scan for who looks at no records, or, where piece is not nil, at nothing of
// them but their bytes. It returns how many there are.
func (s *StreamScanner) Prove(body io.Reader, piece func(*Page) error) (rest []byte, records int, err error) {
	s.Expect(nil)
	return s.read(body, piece)
}

func (s *StreamScanner) read(body io.Reader, piece func(*Page) error) (rest []byte, records int, err error) {
	s.reset(body, piece)
	if in := s.batched(body); in != nil {
		s.batches(in)
	} else {
		s.whole()
	}
	s.flush()
	if err = s.err; err == nil {
		err = s.fault()
	}
	if !s.stuck() {
		rest = s.rest
	}
	records = s.scan.before
	s.reset(nil, nil)
	return rest, records, err
}

func (s *StreamScanner) reset(body io.Reader, piece func(*Page) error) {
	s.body, s.piece = body, piece
	s.window, s.i, s.rest = s.memory[:0], 0, nil
	s.ended, s.long, s.err, s.rows = false, false, nil, nil
	pages := s.scan
	pages.start(nil, &s.page)
	pages.before, pages.proof.From = 0, 0
	clear(pages.at)
}

// fault is how the body is not what it should be: that it cannot be read goes
// before all else.
func (s *StreamScanner) fault() error {
	for _, fault := range []*scan.BodyError{s.scan.proof.Fault, s.scan.fault, s.rows} {
		if fault != nil {
			return fault
		}
	}
	return nil
}

// stuck reports whether there is no use in going on.
func (s *StreamScanner) stuck() bool {
	return s.err != nil || s.long || s.scan.proof.Fault != nil
}

// flush hands the records in the window out.
func (s *StreamScanner) flush() {
	n := len(s.page.Records)
	if n == 0 {
		return
	}
	if !s.stuck() && s.scan.fault == nil {
		if s.scan.columns.wanted {
			s.nameRows()
		}
		if s.rows == nil {
			s.page.cuts = s.scan.fast.Cuts
			s.err = s.hand()
		}
	}
	s.scan.fast.Cuts = s.scan.fast.Cuts[:0]
	s.scan.look(&s.page)
	s.scan.before += n
	s.page.Records, s.page.made = s.page.Records[:0], s.page.made[:0]
}

// hand hands out the piece, where anybody takes it.
func (s *StreamScanner) hand() error {
	if s.piece == nil {
		return nil
	}
	return s.piece(&s.page)
}

// nameRows makes records of the rows in the window. A row that is none is a
// fault that any other goes before.
func (s *StreamScanner) nameRows() {
	p := &s.scan.proof
	text, depth := p.Text, p.Depth
	s.scan.nameRows()
	p.Text, p.Depth = text, depth
	if s.rows == nil {
		s.rows = s.scan.fault
	}
	s.scan.fault = nil
}

// more moves the window on to what is looked at, and reads what follows. It
// reports false where nothing does.
func (s *StreamScanner) more() bool {
	if s.flush(); s.stuck() || s.ended {
		return false
	}
	kept := s.window[s.i:]
	s.makeRoom(kept)
	s.scan.proof.From += int64(s.i)
	n, err := io.ReadFull(s.body, s.memory[len(kept):])
	s.ended = errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF
	if err != nil && !s.ended {
		s.err = err
	}
	s.window, s.i = s.memory[:len(kept)+n], 0
	s.scan.proof.Text, s.page.Body = s.window, s.window
	return s.err == nil
}

// makeRoom makes memory begin with what is kept, with as much room behind it
// as it takes itself.
func (s *StreamScanner) makeRoom(kept []byte) {
	size := s.size
	for size < 2*len(kept) {
		size *= 2
	}
	size = min(size, max(s.record, s.most)+s.size)
	if have := len(s.memory); have < size || have > 8*size {
		s.memory = append(make([]byte, 0, size), kept...)[:size]
		return
	}
	copy(s.memory, kept)
}

// ahead goes on to the next byte that is not white space, and returns it: 0 at
// the end of the body.
func (s *StreamScanner) ahead() byte {
	for {
		s.i = scan.Space(s.window, s.i)
		if s.i < len(s.window) {
			return s.window[s.i]
		}
		if !s.more() {
			return 0
		}
	}
}

// take proves what begins here, with one of the methods that return where it
// ends, and goes on behind it. It reports whether that went well.
func (s *StreamScanner) take(most int, what func(i int) int) bool {
	p, records, made, cuts := &s.scan.proof, len(s.page.Records), len(s.page.made), len(s.scan.fast.Cuts)
	depth, fault := p.Depth, s.scan.fault
	for !s.stuck() {
		end := what(s.i)
		if s.ended || end >= 0 && end < len(s.window) || end < 0 && p.Fault.Offset < p.At(len(s.window)) {
			if end < 0 {
				return false
			}
			s.i = end
			return true
		}
		// The window ends in the middle of it.
		s.page.Records, s.page.made, s.scan.fast.Cuts = s.page.Records[:records], s.page.made[:made], s.scan.fast.Cuts[:cuts]
		p.Depth, p.Fault, s.scan.fault = depth, nil, fault
		if len(s.window)-s.i > most {
			s.long = true
			return false
		}
		s.more()
		records, made, cuts = 0, 0, 0 // the window's
	}
	return false
}

// put appends to what stands beside the records.
func (s *StreamScanner) put(text []byte) {
	if len(s.rest)+len(text) > s.most {
		s.restTooLong()
		return
	}
	s.rest = append(s.rest, text...)
}

func (s *StreamScanner) restTooLong() {
	s.long = true
	if s.scan.fault == nil {
		s.scan.fault = &scan.BodyError{Kind: scan.RestTooLarge, Offset: s.scan.proof.At(s.i), Path: "@this",
			Msg: fmt.Sprintf("what stands beside the records is larger than %d bytes", s.most) + scan.Excerpt(s.window, s.i)}
	}
}

// isBOM reports whether a body begins with a byte order mark.
func isBOM(window []byte) bool { return bytes.HasPrefix(window, scan.BOM) }
