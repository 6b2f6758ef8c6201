package fetch

import (
	"hash/maphash"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/partial"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/state/journal"
)

// outgoing is a request of a walk, as often as it is sent.
type outgoing struct {
	*request.Request
	vars   expr.Vars   // what proofs see
	digest [16]byte    // of all but proofs, where the walk is recorded
	under  body.Layers // of the answer's body
	jar    *request.Cookies
	n      int64 // of the page in its walk: how many came before
	aboutJob
	spec    *sources.Request // of a request for no page: what it was made of
	aside   string           // of a request for no page: its place in the journal, beside the walk's
	tag     *Tag             // of the answer of before, which is not sent where it did not change; nil: there is none
	mark    marks            // of a request that must not be sent twice
	passage pace.Passage
	attempts
	signed func() string // what its proof signs, without secrets; nil: the definition does not say
	longAnswer
}

// attempts are those at a request.
type attempts struct {
	sent  time.Time     // the last one, before any redirect; zero: it was not sent
	tries []journal.Try // those that are over
	trail *Trail        // nil: nobody follows the request
}

// followed makes a trail that of the request; nil: nobody follows it.
func (o *outgoing) followed(t *Trail) {
	if o.trail = t; t != nil {
		o.passage.Follower = waits{t}
	}
}

// aboutJob is what a request is in an export.
type aboutJob struct {
	role   role
	files  paging.Files // of the job, as far as is known
	asksBy [16]byte     // of one that asks for a job: digest of all but its key
}

// role is what a request of an export is for.
type role int

const (
	forPage   role = iota // it is for a page, or for no export
	forSubmit             // it asks for the job
	forPoll               // it asks how the job stands
	forFile               // it downloads a file
	forResult             // it asks how the job stands, and the answer of one that is done is the file
)

// about reports whether the answer says something of a job, and holds no records.
func (r role) about() bool { return r == forSubmit || r == forPoll }

// unsigned is the URL that answered a request, as it is kept: the link to a file may be
// signed, and lead to a URL that is.
func (o *outgoing) unsigned(at *url.URL) string {
	if o.role == forFile || o.role == forResult || o.File() {
		at = uri.Unsigned(at)
	}
	return at.String()
}

// longAnswer is where an answer goes that is too long for memory.
type longAnswer struct {
	// file begins a file for it, lasting one with which a later run may go on.
	file, lasting func(http.Header) (body.File, error)
	part          *partial.Part // that came of the answer before; nil: it is asked for as a whole, always
}

// layers are those of an answer's body. What asks how a job stands may be answered with
// the file, or in JSON.
func (o *outgoing) layers(status int, h http.Header) body.Layers {
	under := o.under
	if o.role == forResult && isJSON(h) {
		under = under.Plain()
	}
	return under.Answering(status, h)
}

func isJSON(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// hashSeed is that of all hashes of requests in this process.
var hashSeed = maphash.MakeSeed()

// hash is the hash of a request, but for what proves who asks.
func (o *outgoing) hash() uint64 {
	sum := maphash.String(hashSeed, o.Method+" "+o.URL.String()) + maphash.Bytes(hashSeed, o.Body)
	for name, values := range o.Header {
		for _, v := range values {
			if name != "Authorization" {
				sum += maphash.String(hashSeed, name+": "+v)
			}
		}
	}
	return sum
}

// marks see to it that a request is not sent twice, in another run either.
type marks struct {
	before func() error // called before it is sent
	undo   func()       // called where it was refused, and the server did nothing
	// failed is called after an attempt that came to no page.
	failed func(*Exchange, error, verdict)
}

func (m *marks) send() error {
	if m.before == nil {
		return nil
	}
	return m.before()
}

func (m *marks) takeBack() {
	if m.undo != nil {
		m.undo()
	}
}

// begin begins the file of a long answer to a request.
func (o *outgoing) begin(status int, h http.Header) (body.File, error) {
	if !o.part.Lasts(o.Method, status, h) {
		return o.file(h)
	}
	return o.lasting(partial.OfBody(h))
}

func (m *marks) noPage(ex *Exchange, err error, v verdict) {
	if m.failed != nil {
		m.failed(ex, err, v)
	}
}
