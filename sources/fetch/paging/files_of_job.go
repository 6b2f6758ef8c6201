package paging

import (
	"cmp"
	"encoding/json"
)

// Export is where a walk stands over the files of a job. Its first page is the answer
// to the request that asked for the job, and has no records.
type Export struct {
	Job     json.RawMessage `json:"job"`               // what that answer was, sealed
	File    int64           `json:"file"`              // that comes next, from 0
	Files   int64           `json:"files,omitempty"`   // how many there are; 0: not known yet
	Order   string          `json:"order,omitempty"`   // a digest of which they are, in their order; "": not known
	Before  int64           `json:"before"`            // pages before that file
	Records int64           `json:"records,omitempty"` // in the files before
}

// Files are those of a job, as far as is known.
type Files struct {
	Count int64
	Order string // a digest of which they are, in their order; "": not known
}

// Submitted reports whether the answer before was the one that a job was asked for by.
func (p *Position) Submitted() bool {
	return p.Export != nil && p.Export.File == 0 && p.Export.Before == p.Pages
}

// submitted makes the first file of a job the next.
func submitted(l *leg) {
	start, pages := l.stream.Pagination.Start, l.from.Pages+1
	l.next = Position{Number: start, Offset: start, Pages: pages, Export: &Export{Job: l.answer.Job, Before: pages}}
	l.found.Begins, l.found.Next = false, l.next
}

// nextFile makes the next file of a job the next page, where one file is over and was
// not the last. Its error is why the walk over the file is not complete.
func (l last) nextFile(end ending) (bool, error) {
	e := l.next.Export
	if e == nil {
		return false, nil
	}
	own := *e
	own.Files, own.Order = max(own.Files, l.answer.Files.Count), cmp.Or(l.answer.Files.Order, own.Order)
	l.next.Export = &own
	if own.File+1 >= own.Files {
		return false, nil
	}
	if err := l.over(end, ""); err != nil {
		return false, err
	}
	start := l.stream.Pagination.Start
	next := Position{Number: start, Offset: start, Pages: l.next.Pages, Doubts: l.found.Proof.Doubts}
	own.File, own.Before, own.Records = own.File+1, next.Pages, own.Records+l.next.Records
	next.Export = &own
	l.leg.next = next
	l.found.Last, l.found.Proof, l.found.Left = false, Proof{}, Position{}
	return true, nil
}

// inAll are the pages and the records of a walk up to a position, in all files.
func (p *Position) inAll() (pages, records int64) {
	if p.Export != nil {
		return p.Pages - 1, p.Records + p.Export.Records
	}
	return p.pages(), p.Records
}
