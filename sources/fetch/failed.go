package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
)

// keepFailed keeps a request that failed for good and what was answered, if
// anything was, where people look at it: in the journal, without its secrets.
func (w *Walk) keepFailed(ex *Exchange, e *Error) {
	if w.rec == nil || w.rec.Only {
		return
	}
	f := &journal.Failure{Stream: w.stream.Name, Why: e.Err.Error(), Exchange: journal.Exchange{
		Key: w.rec.key(w.pager.Position().Pages), At: time.Now(), Request: e.Request, Status: e.Status, Attempts: e.Attempts,
	}}
	if ex != nil {
		w.describe(&f.Exchange, ex)
	}
	if err := w.rec.Journal.Fail(f); err != nil && !errors.Is(err, journal.ErrFailed) {
		w.client.Log.Warn("journal: a request that failed could not be kept to be looked at",
			"stream", w.stream.Name, "request", e.Request, "why", err.Error())
	}
}

// describe copies what people see of an answer.
func (w *Walk) describe(e *journal.Exchange, ex *Exchange) {
	hide := w.client.Secrets.Redact
	e.At, e.Took = ex.At, ex.Took
	e.Header = http.Header{}
	for name, values := range ex.Header {
		for _, v := range values {
			e.Header.Add(name, hide(v))
		}
	}
	e.Header.Del("Content-Encoding") // the body is decoded
	e.Header.Set(sealedHeader, "1")
	e.Header.Del(urlHeader)
	if ex.url != nil && w.sent != nil && ex.url.String() != w.sent.URL.String() {
		e.Header.Set(urlHeader, hide(ex.url.String()))
	}
	// More than is kept is looked at: a secret must not be cut in two.
	text := hide(string(ex.Body[:min(len(ex.Body), journal.MaxFailed+inDoubt)]))
	e.Body = []byte(text[:min(len(text), journal.MaxFailed)])
	e.LeftOut = int64(max(0, len(ex.Body)-journal.MaxFailed))
}

// leftOut says what is not there of the body of a failed exchange.
func leftOut(e *journal.Exchange) string {
	if e.LeftOut == 0 {
		return ""
	}
	return fmt.Sprintf("the last %d bytes of the body are left out", e.LeftOut)
}
