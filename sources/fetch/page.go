package fetch

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
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
// A body over MaxBody is given to SplitLong, as often as it takes: it hands the
// records out in pieces, each good until piece returns, and returns the body
// without them: nil where that is no JSON, else whatever the error is. Its error
// is piece's, body's, or as Split's; one that wraps [ErrWhole] means that the
// body must be smaller.
type Splitter interface {
	Split(body []byte) (Records, error)
	SplitMany(body []byte, piece func(Records) error) error
	SplitLong(body io.Reader, piece func(Records) error) (rest []byte, err error)
}

// Records are the records of a page, in the order of the body. They are read
// after Split and until the page is released.
type Records interface {
	Len() int
	Record(i int) []byte // bytes as they came, or as the definition rearranges them
	Parent(i int) []byte // the element that holds the record, nil if there is none
}

// besides are Records that know what stands beside them in the body: the body
// with nothing in their place. They return nil where they do not.
type besides interface{ AppendBeside(dst []byte) []byte }

// Exchange is one request and its final answer.
type Exchange struct {
	Request   string // method and URL, redacted
	Status    int
	Header    http.Header
	Body      []byte // decoded; valid until the page is released; of a long page what stands beside its records
	Wire      int64  // bytes of the body as they came
	At        time.Time
	Took      time.Duration
	RequestID string
	Attempts  int
	url       *url.URL    // that was answered, after redirects
	text      []string    // layers between the body and its JSON, besides Content-Encoding
	wire      []byte      // the body as it came off the wire; Body itself where it was not encoded
	cut       error       // why the body is not whole
	long      *long       // the body, where it is too long for memory; else nil
	share     *share      // of the client's room
	proof     *auth.Proof // of who asks; nil: none was sent
}

// Page is an exchange whose body is proven.
type Page struct {
	Exchange
	paging.Found // what the page says of the walk
	Records      Records
	Skipped      string // why a rule said that there is nothing here, "" if none did
	ruling       paging.Ruling
	// Partial says that the page is a piece of a long one: it says nothing of
	// the walk.
	Partial bool
	// Recalled says that the journal had the page: no request was made for it.
	Recalled bool
	// Unrecorded is why the journal could not keep the page; nil: it has it, or
	// there is none.
	Unrecorded error
	key        journal.Key
	place      journal.Place // in the journal, where recorded
	recorded   bool
	whole      bool // its records cannot come in pieces
	release    func()
}

// Release gives the page's memory back; nothing of it may be used afterwards.
func (p *Page) Release() {
	if p.release != nil {
		p.release()
		p.release, p.Body, p.wire = nil, nil, nil
	}
}

// none is the empty page that a skip or next rule makes of an answer.
type none struct{}

func (none) Len() int          { return 0 }
func (none) Record(int) []byte { return nil }
func (none) Parent(int) []byte { return nil }
