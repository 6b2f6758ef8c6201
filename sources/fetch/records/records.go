package records

import (
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// Splitter proves a body and finds its records. A walk calls it from one
// goroutine at a time. An error that wraps [ErrBroken] means that
// the body is no whole JSON text; any other means that it is not what the
// definition says.
//
// An error that wraps [ErrMany] means that a page cannot hold the records:
// SplitMany proves such a body, and hands the records out in pieces, each good
// until piece returns. Its error is piece's, or as Split's.
//
// A body over body.Max is given to SplitLong, as often as it takes: it hands the
// records out in pieces, each good until piece returns, and returns the body
// without them: nil where that is no JSON, else whatever the error is. Its error
// is piece's, body's, or as Split's; one that wraps [ErrWhole] means that the
// body must be smaller. ProveLong is the same for who looks at nothing of the records
// but their bytes or, where piece is nil, at none of them: it returns how many there
// are.
type Splitter interface {
	Split(body []byte) (Records, error)
	SplitMany(body []byte, piece func(Records) error) error
	SplitLong(body io.Reader, piece func(Records) error) (rest []byte, err error)
	ProveLong(body io.Reader, piece func(Records) error) (rest []byte, n int, err error)
}

// Records are the records of a page, in the order of the body. They are read
// after Split and until the page is released.
type Records interface {
	Len() int
	Record(i int) []byte // bytes as they came, or as the definition rearranges them
	Parent(i int) []byte // the element that holds the record, nil if there is none
}

// Besides are Records that know what stands beside them in the body: the body
// with nothing in their place. They return nil where they do not.
type Besides interface{ AppendBeside(dst []byte) []byte }

// Split is what a splitter found in a body.
type Split struct {
	Records Records
	Pieces  *Pieces // the records, where they come in pieces
	Err     error
}

// None is the empty page that a skip or next rule makes of an answer.
type None struct{}

func (None) Len() int          { return 0 }
func (None) Record(int) []byte { return nil }
func (None) Parent(int) []byte { return nil }

// Pieces are the records of a page of which not all are in memory at a time: a
// first pass over the body has found what the walk asks of them. Its body is
// long, or has more records than a page holds.
type Pieces struct {
	Count  int           // records
	Tally  *repeat.Tally // of them
	Size   int64         // of the body, decoded
	Secret bool          // it holds one
	Proven bool          // it is JSON, whatever else is wrong with it
}

// Len returns how many records there are.
func (p *Pieces) Len() int { return p.Count }

// Record returns the last record: no other is asked for.
func (p *Pieces) Record(int) []byte { return p.Tally.Last }

// Parent returns nothing: nobody asks for it.
func (p *Pieces) Parent(int) []byte { return nil }

// Unchanged are the records of an answer that did not change: only their number is
// known. Each text is of the request alone, so that no two pages look the same.
type Unchanged struct {
	Count int
	Of    [16]byte // digest of the request
}

func (u *Unchanged) Len() int          { return u.Count }
func (u *Unchanged) Record(int) []byte { return u.Of[:] }
func (u *Unchanged) Parent(int) []byte { return nil }

// ErrWhole marks an answer over body.Max whose records, or what is asked of it
// besides, are known only once all of it is in memory. A [Splitter] wraps it
// around what it found.
var ErrWhole = fmt.Errorf("the answer is larger than %d MiB", body.Max>>20)

// ErrMany marks an answer in memory whose records are more than a page holds.
var ErrMany = errors.New("the answer has very many records")

// ErrBroken marks an answer that is no whole JSON text. A [Splitter] wraps it
// around what it found: such an answer is asked for again, as after a
// connection that broke.
var ErrBroken = errors.New("broken answer")

// ErrNoRecords marks an answer in which the definition's place of records holds
// nothing, or something else than records. A [Splitter] wraps it around what it
// found.
var ErrNoRecords = errors.New("the records are not where the definition says")
