package fetch

import (
	"net/http"
	"net/url"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Exchange is one request and its final answer.
type Exchange struct {
	Request   string // method and URL, redacted
	Status    int
	Header    http.Header
	Body      *body.Body // of a long page, its text is what stands beside its records
	Wire      int64      // bytes of the body as they came
	At        time.Time
	Took      time.Duration
	RequestID string
	Attempts  int
	url       *url.URL       // that was answered, after redirects
	cut       error          // why the body is not whole
	proof     *auth.Proof    // of who asks; nil: none was sent
	started   *rate.Started  // as the limits know the request; nil: nothing was sent
	cost      sources.Cost   // what the answer says that it costs, or the definition
	proven    *records.Split // what is known of its records; nil: that is still to be found
}

// head is what the answer says about waiting.
func (ex *Exchange) head() pace.Answer {
	return pace.Answer{Status: ex.Status, Header: ex.Header, At: ex.At}
}

// well reports whether the status says yes.
func (ex *Exchange) well() bool { return ex.Status/100 == 2 }

// What tells of a body, and of its records: see package records.
type (
	Splitter = records.Splitter
	Records  = records.Records
)

// What a [Splitter] finds wrong with a body, or with the way in which it is asked to read
// one: see package records.
var (
	ErrBroken    = records.ErrBroken
	ErrNoRecords = records.ErrNoRecords
	ErrWhole     = records.ErrWhole
	ErrMany      = records.ErrMany
)

// Page is an exchange whose body is proven.
type Page struct {
	Exchange
	paging.Found // what the page says of the walk
	Records      Records
	Ruled
	ruling paging.Ruling
	// Partial says that the page is a piece of a long one: it says nothing of
	// the walk.
	Partial bool
	// Unchanged is how many records the answer has that left in the last finished
	// pass, as they are: they did not come again.
	Unchanged int
	// Recalled says that the journal had the page: no request was made for it.
	Recalled bool
	// Unrecorded is why the journal could not keep the page; nil: it has it, or
	// there is none.
	Unrecorded error
	kept       *kept           // in the journal; nil: it is not
	pieces     *records.Pieces // its records, where they come in pieces; else nil
	whole      bool            // its records cannot come in pieces
	lent       bool            // its body is another page's
	submits    bool            // it is the answer to the request for a job
	older      bool            // it came before the answer to the request before, of a run before
}

// Ruled is what a rule of the definition says of a page: why none of its records are
// taken, or that they are all the same.
type Ruled struct {
	TooMuch string // the window is to be halved
	Skipped string // there is nothing here
	Partly  bool   // the answer is a page, though it is an error, or has errors
}

// Submits reports whether the page is the answer to the request for an export's job,
// which has no records.
func (p *Page) Submits() bool { return p.submits }

// Release gives the page's memory back; nothing of it may be used afterwards.
func (p *Page) Release() {
	if !p.lent {
		p.Body.Release()
	}
}

// kept is where the journal has a page.
type kept struct {
	key   journal.Key
	place journal.Place
	under body.Layers // of the body, besides Content-Encoding
}

// requestID is what an answer calls itself, or "".
func requestID(h http.Header, secrets *secret.Hider) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return secrets.Quote(id)
		}
	}
	return ""
}
