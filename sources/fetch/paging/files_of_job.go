package paging

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
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
	Says    []Said          `json:"says,omitempty"`    // what the answer that lists the files says of what they may lack
}

// Files are those of a job, as far as is known.
type Files struct {
	Count int64
	Order string // a digest of which they are, in their order; "": not known
	Says  []Said // what the answer that lists them says of what they may lack
}

// Said is what the answer that lists the files of a job says besides: how many records
// they have, or that they are not all there is.
type Said struct {
	Key     string `json:"key"`
	Value   string `json:"value,omitempty"`   // without secrets
	Advice  string `json:"advice,omitempty"`  // what to write into the definition
	Records int64  `json:"records,omitempty"` // that all files have together; 0: it is no count of them
}

// Submitted reports whether the answer before was the one that a job was asked for by.
func (p *Position) Submitted() bool {
	return p.Export != nil && p.Export.File == 0 && p.Export.Before == p.Pages
}

// beginsLaterFile reports whether the page is the first of a file that lies behind others.
func (p *Position) beginsLaterFile() bool {
	return p.Export != nil && p.Export.File > 0 && p.Export.Before == p.Pages
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
	if len(l.answer.Files.Says) > 0 {
		own.Says = l.answer.Files.Says
	}
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

// lacking doubts that the files of a job are all there is, where the answer that lists
// them says something else.
func (l last) lacking() {
	e := l.next.Export
	if e == nil || e.File+1 < e.Files {
		return
	}
	_, records := l.next.inAll()
	for _, said := range e.Says {
		d := Doubt{Key: said.Key, Value: said.Value, Advice: said.Advice, Fault: true, Keep: true}
		if said.Records > records {
			d.Value = fmt.Sprintf("%d, but the files of the job have %s", said.Records, hint.Counted(records, "record"))
		}
		if said.Records == 0 || said.Records > records {
			l.doubt(d)
		}
	}
}

// inAll are the pages and the records of a walk up to a position, in all files.
func (p *Position) inAll() (pages, records int64) {
	if p.Export != nil {
		return p.Pages - 1, p.Records + p.Export.Records
	}
	return p.pages(), p.Records
}
