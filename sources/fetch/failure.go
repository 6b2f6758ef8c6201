package fetch

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// failures makes the errors of a walk, which hold no secrets, and keeps the
// answers that led to them.
type failures struct {
	stream   string
	secrets  *secret.Hider
	recorder *recorder
}

// answer makes the error of a request that failed for good.
func (f failures) answer(out *outgoing, ex *Exchange, e *Error) error {
	e.Stream, e.Request, e.Err = f.stream, out.Shown, hide(f.secrets, e.Err)
	if ex != nil {
		e.Status, e.RequestID = ex.Status, ex.RequestID
	}
	f.recorder.keepFailed(out, ex, e)
	return e
}

// unsent makes the error of a request that is not sent.
func (f failures) unsent(request string, err error) error {
	class := Permanent
	if errors.Is(err, secret.ErrSealed) { // who starts over needs no position
		class = SessionLost
	}
	return &Error{Class: class, Stream: f.stream, Request: f.secrets.Redact(request), Err: hide(f.secrets, err)}
}

// lost makes the error of a walk that cannot go on from where it stands.
func (f failures) lost(request string, err error) error {
	return &Error{Class: SessionLost, Stream: f.stream, Request: request, Err: hide(f.secrets, err)}
}

// excerpt is the beginning of a body. More than is shown is redacted: a secret
// must not be cut in two, of which neither half is known as one.
func (f failures) excerpt(body []byte) string {
	text := uri.Scrub(f.secrets.Redact(string(body[:min(len(body), 16*excerptSize)])))
	return strings.ToValidUTF8(text[:min(len(text), excerptSize)], "\ufffd")
}

// keepFailed keeps a request that failed for good and what was answered, if
// anything was, where people look at it: in the journal, without its secrets.
func (r *recorder) keepFailed(out *outgoing, ex *Exchange, e *Error) {
	if r.Recording == nil || r.only() {
		return
	}
	f := &journal.Failure{Stream: r.stream, Why: e.Err.Error(), Exchange: journal.Exchange{
		Key: r.key(out.n), At: time.Now(), Request: e.Request, Status: e.Status, Attempts: e.Attempts, Tries: out.tries,
	}}
	if ex != nil {
		r.describe(&f.Exchange, out, ex)
	}
	if err := r.Journal.Fail(f); err != nil && !errors.Is(err, journal.ErrFailed) {
		r.log.Warn("journal: a request that failed could not be kept to be looked at",
			"stream", r.stream, "request", e.Request, "why", err.Error())
	}
}

// describe copies what people see of an answer.
func (r *recorder) describe(e *journal.Exchange, out *outgoing, ex *Exchange) {
	hide := r.secrets.Redact
	e.At, e.Took = ex.At, ex.Took
	e.Header = http.Header{}
	for name, values := range ex.Header {
		for _, v := range values {
			e.Header.Add(name, hide(v))
		}
	}
	e.Header.Del("Content-Encoding") // the body is decoded
	e.Header.Set(recorded.SealedHeader, "1")
	e.Header.Del(recorded.URLHeader)
	if ex.url != nil && ex.url.String() != out.URL.String() {
		e.Header.Set(recorded.URLHeader, hide(out.unsigned(ex.url)))
	}
	// More than is kept is looked at: a secret must not be cut in two.
	shown := ex.Body.Text
	text := uri.Scrub(hide(string(shown[:min(len(shown), journal.MaxFailed+body.InDoubt)])))
	e.Body = []byte(text[:min(len(text), journal.MaxFailed)])
	e.LeftOut = int64(max(0, len(shown)-journal.MaxFailed))
}
