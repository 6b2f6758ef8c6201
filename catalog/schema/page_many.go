package schema

import (
	"errors"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

const (
	// MaxRecords is how many records a page holds at most: what is known of each
	// takes memory, which of the smallest records would be many times the body.
	MaxRecords = 1 << 15
	// maxMade bounds the bytes that are made for a page likewise.
	maxMade = 16 << 20
	// pieceRecords and pieceMade are from where on a piece is handed out.
	pieceRecords = 1 << 12
	pieceMade    = 1 << 20
	// maxMadeOfMany bounds all that is made of one body: short rows under long
	// names would make a terabyte of 8 MiB.
	maxMadeOfMany = 1 << 30
)

// ErrMany is a body that holds more records than a page does: they come in
// pieces.
var ErrMany = errors.New("more records than a page holds")

// spill hands out the records of a body in pieces, while it is scanned.
type spill struct {
	hand   func() error // hands out the page's records
	err    error        // of hand
	parent scan.Span    // of the records to come
	named  bool         // the names of the columns are known
	made   int          // bytes that were made and handed out
}

// ScanMany is Scan for a body of any number of records: it hands them to piece,
// some at a time, in page. A piece and its records are good until piece returns.
// What stands before a place at which the body turns out to be broken was handed
// out by then: who must not have it scans twice. The error is a *BodyError, or
// what piece returned.
func (s *PageScanner) ScanMany(body []byte, page *Page, piece func(*Page) error) error {
	s.start(body, page)
	if s.where.ColumnsPath != "" { // the names may stand behind the rows
		if err := scan.Prove(body); err != nil {
			return s.finish(err)
		}
	}
	sp := &spill{hand: func() error { return piece(page) }, named: s.where.ColumnsPath == ""}
	s.spill = sp
	err := s.whole()
	s.handOut()
	s.spill, s.before = nil, 0
	if err == nil {
		err = sp.err
	}
	page.Records = page.Records[:0]
	return s.finish(err)
}

// add adds a record to the page: it lies in the body, or at the end of what
// was made.
func (s *PageScanner) add(r PageRecord) {
	switch {
	case s.spill != nil:
		r.Parent = s.spill.parent
		s.page.Records = append(s.page.Records, r)
		if s.columns.wanted {
			s.nameLast()
		}
		if len(s.page.Records) >= s.piece || len(s.page.made)-s.kept >= pieceMade {
			s.handOut()
		}
	case s.windowed || len(s.page.Records) < MaxRecords && len(s.page.made)-s.kept <= maxMade:
		s.page.Records = append(s.page.Records, r)
	default:
		s.many = true
		s.fast.Cuts = s.fast.Cuts[:min(r.cuts.Start, len(s.fast.Cuts))]
		s.page.made = s.page.made[:max(s.kept, min(r.Record.Start-len(s.page.Body), len(s.page.made)))]
	}
}

// handOut hands out the records so far.
func (s *PageScanner) handOut() {
	page, sp := s.page, s.spill
	n := len(page.Records)
	if n > 0 && sp.err == nil && s.fault == nil && s.proof.Fault == nil {
		page.cuts = s.fast.Cuts
		sp.err = sp.hand()
	}
	s.before += n
	sp.made += len(page.made) - s.kept
	page.Records, page.made, s.fast.Cuts = page.Records[:0], page.made[:s.kept], s.fast.Cuts[:0]
	s.look(page)
}

// nameLast makes a record of the last row.
func (s *PageScanner) nameLast() {
	if s.fault != nil || s.proof.Fault != nil {
		return
	}
	if !s.spill.named {
		if !s.readNames() {
			return
		}
		s.spill.named = true
	}
	text, depth := s.proof.Text, s.proof.Depth
	s.nameRow(len(s.page.Records) - 1)
	s.proof.Text, s.proof.Depth = text, depth
}

// adopted proves the element at i and makes it the parent of the records to
// come.
func (s *PageScanner) adopted(i int) (end int) {
	depth := s.proof.Depth
	if end = s.proof.Value(i); end >= 0 {
		s.spill.parent = s.span(i, end)
	}
	s.proof.Depth = depth
	return end
}

// keepMade makes what was made so far stay when records are handed out, and
// returns how much stayed before.
func (s *PageScanner) keepMade() (before int) {
	before, s.kept = s.kept, len(s.page.made)
	return before
}
