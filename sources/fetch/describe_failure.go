package fetch

import (
	"errors"
	"strings"

	"github.com/tap-rest/tap-rest/sources/secret"
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
	text := f.secrets.Redact(string(body[:min(len(body), 16*excerptSize)]))
	return strings.ToValidUTF8(text[:min(len(text), excerptSize)], "\ufffd")
}
