package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/identity"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// Final is an error of a transport that the caller gave. Where Final is true, the same
// request has no answer later either, and is not made again.
type Final interface {
	error
	Final() bool
}

// judgeError decides about a request without an answer.
func judgeError(err error) verdict {
	var astray *request.Astray
	var unproven errUnproven
	var encoding body.ErrEncoding
	var charset body.ErrCharset
	var disk *body.DiskError
	var login *auth.Failure
	var uncounted *pace.Uncounted
	if final, ok := errors.AsType[Final](err); ok && final.Final() {
		return refuse(Permanent, err)
	}
	switch {
	case errors.As(err, &uncounted):
		return refuse(Permanent, err).advise(uncounted.Advice)
	case errors.As(err, &login) && login.Later:
		return again(login.Wait, err)
	case errors.As(err, &login):
		return refuse(Permanent, err).advise(login.Advice)
	case errors.As(err, &disk), errors.Is(err, ErrJournal):
		return verdict{class: Transient, err: err}
	case errors.Is(err, body.ErrTooLarge), tooLong(err):
		return refuse(Permanent, err).advise(smaller)
	case errors.As(err, &astray), errors.As(err, &unproven), errors.As(err, &encoding):
		return refuse(Permanent, err)
	case errors.As(err, &charset):
		return refuse(Permanent, err).advise("write in charset what the API sends, and leave charset out where that is UTF-8")
	}
	if cut, ok := errors.AsType[file.Cut](err); ok && cut.Unpacked != 0 {
		return again(-1, err).onlyOnce("the file is likely cut where the API has it: none of its records are taken, and the next run asks for it again")
	}
	if bad := (*file.Error)(nil); errors.As(err, &bad) { // what came whole would come again
		return again(-1, err).onlyOnce("is the file what decode says?")
	}
	if tip := identity.Advise(err); tip != "" {
		return refuse(Permanent, err).advise(tip)
	}
	if noSuchHost(err) {
		return again(-1, err).onlyOnce("is base_url right? no host bears this name")
	}
	return again(-1, err)
}

// judgeCut decides about an answer whose body is not whole. No rule is asked:
// what they would see is not what the API said.
func judgeCut(ex *Exchange) verdict {
	if ex.head().Throttles() {
		return again(ex.head().RetryAfter(), ex.cut)
	}
	return judgeError(ex.cut)
}

// status decides about a status that says no.
func (j *judge) status(out *outgoing, ex *Exchange) verdict {
	err := &statusError{ex.Status, http.StatusText(ex.Status)}
	v := refuse(Permanent, err)
	switch {
	case ex.head().Throttles():
		return again(ex.head().RetryAfter(), err)
	case ex.Status == http.StatusUnauthorized:
		v.tip = cmp.Or(clockAdvice(ex), j.login.adviseProof(out, ex))
	case ex.Status/100 == 4 && j.pager.Named():
		v = refuse(SessionLost, err).advise(j.advice().Token(out.Method, ex.Status))
		v.about = ex.Status != http.StatusGone
	case ex.Status == http.StatusForbidden:
		v.tip = cmp.Or(clockAdvice(ex), j.login.adviseProof(out, ex))
	default:
		v.tip = j.adviseRequest(out, ex)
	}
	switch {
	case ex.Status == http.StatusBadRequest: // so AWS refuses a signature of another time
		v.tip = cmp.Or(clockAdvice(ex), also(adviseSigned(out), v.tip))
	case ex.Status != http.StatusUnauthorized && ex.Status != http.StatusForbidden:
		v.tip = also(v.tip, j.login.signedClock(ex))
	}
	v.proof = ex.proof != nil && (ex.Status == http.StatusUnauthorized || ex.Status == http.StatusForbidden)
	return v
}

// noSuchHost reports whether a name server knows for certain that there is no
// such host.
func noSuchHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound && !dns.IsTemporary && !dns.IsTimeout
}

// judgePartial decides about an answer whose status is well, but says that its
// body is not all that was asked for; false where it is.
//
// A 206 in another unit than bytes is a page: APIs count their rows in
// Content-Range (PostgREST does), and how a walk ends is not its status's to say.
func judgePartial(out *outgoing, ex *Exchange) (verdict, bool) {
	switch {
	case ex.Status == http.StatusAccepted:
		return again(ex.head().RetryAfter(), errNotYet).advise(`a rule can say how often to ask: {status: 202, do: retry, wait: 30s}`), true
	case ex.Status == http.StatusPartialContent && (partOfBytes(ex.Header) || out.File()): // a file has no rows
		return again(-1, errPart).advise("a cache or proxy between may answer so: it must pass the whole body on"), true
	}
	return verdict{}, false
}

var (
	errNotYet = errors.New("answered 202 Accepted: the API has taken the request, but its answer is not ready")
	errPart   = errors.New("answered 206 Partial Content: these are some bytes of a body, and no Range was asked for")
)

// partOfBytes reports whether a 206 holds bytes out of the middle of a body.
func partOfBytes(h http.Header) bool {
	unit, _, _ := strings.Cut(strings.TrimSpace(h.Get("Content-Range")), " ")
	return strings.EqualFold(unit, "bytes") || strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "multipart/byteranges")
}

// adviseRequest says what of a request that the API refuses is likely wrong.
func (j *judge) adviseRequest(out *outgoing, ex *Exchange) string {
	a := j.advice()
	switch {
	case out.role != forPage:
		return j.jobs.adviseExport(out, ex.Status)
	case strings.HasPrefix(out.aside, openAside):
		return a.Opening(ex.Status)
	case out.aside != "":
		return ""
	case ex.Status/100 != 4:
		return a.Refused(out.Request, ex.Status, ex.Body.Text)
	}
	return also(a.Refused(out.Request, ex.Status, ex.Body.Text), a.Session())
}

// errStrange is a whole answer that is something else than JSON.
type errStrange struct{ what string }

func (e errStrange) Error() string { return "the answer is " + e.what }
func (errStrange) Unwrap() error   { return ErrBroken }

// broken decides about an answer that is no whole JSON text. One that may
// have begun as JSON may have been cut, and comes whole another time; one that
// is something else comes again as it is.
func (j *judge) broken(ex *Exchange, broken error) verdict {
	if word, ok := body.BareNaN(ex.Body.Text); ok && !j.stream.Text.NullNaN {
		return again(-1, errStrange{"no JSON, since it has " + word + " for a number"}).onlyOnce("write nan: null, and it is read as null")
	}
	what, tip := advice.Kind(ex.Body.Text, ex.Header, func(text string) string { return j.secrets.Quote(oneLine(text)) })
	if what == "" {
		return again(-1, broken).advise("is base_url right, and does the API answer in JSON?")
	}
	return again(-1, errStrange{what}).onlyOnce(tip)
}

// graphQLErrors refuses an answer with errors.
func (j *judge) graphQLErrors(page *Page) verdict {
	return refuse(Permanent, fmt.Errorf("GraphQL errors: %s", j.secrets.Quote(gjson.GetBytes(page.Body.Text, "errors").Raw)))
}
