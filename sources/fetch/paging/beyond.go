package paging

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// ErrBeyond is wrapped by the error of a walk whose next page lies where the API
// lets nobody count to.
var ErrBeyond = errors.New("the next page lies beyond pagination.max_offset")

// Beyond is where a walk stands that has come to the API's limit of offsets, and
// goes on from a record: its pages are counted from there.
type Beyond struct {
	Key     json.RawMessage `json:"key"`             // of the last record before
	Records int64           `json:"records"`         // up to that record
	Total   *int64          `json:"total,omitempty"` // the API's own count before it
}

// beyond reports whether a position lies, with a page of that size, where the API
// lets nobody count to.
func (t traits) beyond(says *sources.Pagination, at Position, size int64) bool {
	if says.Limit.Records == 0 || !t.counts() {
		return false
	}
	place := *t.counter(&at) - says.Start
	if t.byPage {
		place *= size
	}
	return place+size > says.Limit.Records
}

// sized is how many records a page of the walk has.
func (p *Pager) sized() int64 {
	if size := p.Size(); size > 0 {
		return size
	}
	return max(p.memory.widest, p.pos.PerPage)
}

// mayCount is the error of a request for what lies beyond.
func (p *Pager) mayCount() error {
	if !p.way.traits().beyond(&p.stream.Pagination, p.pos, p.sized()) {
		return nil
	}
	return fmt.Errorf("%w: %d, after %s: it is not asked for. Write pagination.beyond, and the walk goes on from its last record; "+
		"or incremental.window with {{ window.end }} sent, and windows are halved as far as format can say", ErrBeyond, p.stream.Pagination.Limit.Records, hint.Counted(p.pos.Records, "record"))
}

// goBeyond makes next go on from the last record of the page, where it would lie
// beyond. A page without records is no place to go on from, and the request fails.
func (l course) goBeyond() error {
	says := &l.stream.Pagination
	field := says.Limit.Field
	size := max(l.next.size(says), l.widest, l.n)
	switch {
	case field == "" || l.n == 0:
		return nil
	case !l.beyond(says, l.next, size):
		return l.knows(field)
	}
	v := ref.At(l.answer.Records.Record(int(l.n-1)), field)
	if v.Missing() {
		return fmt.Errorf("the last record before max_offset has no %q, which pagination.beyond.field names%s", field, meant(l.answer.Records.Record(int(l.n-1)), field))
	}
	key, err := l.out.Seal(v)
	if err != nil {
		return err
	}
	total := l.next.Total
	if b := l.from.Beyond; b != nil && string(b.Key) == string(key) {
		return fmt.Errorf("the last record before max_offset is the same as the last time (%s %s): does the API take what pagination.beyond sends?", field, l.out.Quote(v.Text()))
	}
	if l.from.Beyond != nil {
		total = l.from.Beyond.Total
	}
	if total == nil && l.shared(field) {
		l.next.doubt(sharedDoubt("pagination.beyond.field", field, "max_offset"))
	}
	l.next = Position{
		Number: says.Start, Offset: says.Start, Pages: l.next.Pages, Records: l.next.Records, Session: l.next.Session, Over: Over{Again: l.next.Again},
		Doubts: l.next.Doubts, Beyond: &Beyond{Key: key, Records: l.next.Records, Total: total},
	}
	return nil
}

// knows is the error of a first page none of whose records has the field by which the
// walk is to go on: thousands of records later it would be found out too late.
func (l course) knows(field string) error {
	if !l.found.Begins || l.answer.Tally != nil {
		return nil
	}
	for i := range int(l.n) {
		if !ref.At(l.answer.Records.Record(i), field).Missing() {
			return nil
		}
	}
	return fmt.Errorf("no record of the first page has %q, which pagination.beyond.field names%s", field, meant(l.answer.Records.Record(0), field))
}

// completeBeyond checks a walk that ended against the API's count from before it
// went on from a record.
func (l audit) completeBeyond() {
	b := l.next.Beyond
	switch {
	case b == nil || b.Total == nil:
	case l.next.Records > *b.Total:
		l.exceeds("total", *b.Total, "records")
	case l.next.Records < *b.Total:
		l.doubt(Doubt{
			Key: "pagination.total", Contradicts: true,
			Value:  fmt.Sprintf("%d, but the walk ends here with %s", *b.Total, hint.Counted(l.next.Records, "record")),
			Advice: "do records come in the order of pagination.beyond.field, and does the API take what beyond sends?",
		})
	}
}

// Counted reports whether the API counts more records at a position than may be
// counted to, of a walk that cannot go on from a record.
func (p *Pager) Counted(at Position) bool {
	limit := &p.stream.Pagination.Limit
	return limit.Records > 0 && limit.Field == "" && at.Total != nil && at.Counts == "" && *at.Total > limit.Records
}
