package fetch

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/secret"
)

// giveUp makes the error of a request that is not asked again.
func (w *Walk) giveUp(out *outgoing, ex *Exchange, v verdict, attempts int) error {
	e := &Error{
		Class: v.class, Stream: w.stream.Name, Request: out.Shown, Attempts: attempts, Err: w.hide(v.err), Advice: v.tip, Refused: v.about,
	}
	if v.retry && v.wait > w.longestWait() {
		e.Advice = fmt.Sprintf("the API asks to wait until %s: run again after that",
			time.Now().Add(v.wait).UTC().Format(time.RFC3339))
	}
	if ex != nil {
		e.Status, e.RequestID = ex.Status, ex.RequestID
		e.Excerpt = w.excerpt(ex.Body)
	}
	w.keepFailed(ex, e)
	if ex != nil {
		w.client.done(ex)
	}
	return e
}

// fail makes the error of a request that is not sent.
func (w *Walk) fail(request string, err error) error {
	class := Permanent
	if errors.Is(err, secret.ErrSealed) { // who starts over needs no position
		class = SessionLost
	}
	return &Error{Class: class, Stream: w.stream.Name, Request: w.client.Secrets.Redact(request), Err: w.hide(err)}
}

// failPage makes the error of a page whose answer is well, but whose place in
// the walk is not.
func (w *Walk) failPage(page *Page, err error) error {
	e := &Error{
		Class: Permanent, Stream: w.stream.Name, Request: page.Request, Status: page.Status, RequestID: page.RequestID,
		Attempts: page.Attempts, Err: w.hide(err),
	}
	w.keepFailed(&page.Exchange, e)
	return e
}

// excerpt is the beginning of a body. More than is shown is redacted: a secret
// must not be cut in two, of which neither half is known as one.
func (w *Walk) excerpt(body []byte) string {
	text := w.client.Secrets.Redact(string(body[:min(len(body), 16*excerptSize)]))
	return strings.ToValidUTF8(text[:min(len(text), excerptSize)], "�")
}

// hide takes the secrets out of what an error says.
func (w *Walk) hide(err error) error {
	text := err.Error()
	if shown := w.client.Secrets.Message(text); shown != text {
		return &hidden{shown, err}
	}
	return err
}

// hidden is an error whose text held secrets.
type hidden struct {
	text string
	err  error
}

func (e *hidden) Error() string { return e.text }
func (e *hidden) Unwrap() error { return e.err }
