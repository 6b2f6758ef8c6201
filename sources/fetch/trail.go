package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Trail is what became of a request of a walk, with all its attempts and waits, or of a
// request of the login that the walk needed, for whoever follows a run. It holds no secret.
type Trail struct {
	Stream   string
	Login    bool // it is a request of a login, or renews one
	Method   string
	URL      string // redacted
	Host     string // of it, with its port
	Began    time.Time
	Ended    time.Time
	Attempts int
	Status   int   // of the last answer; NoAnswer
	Bytes    int64 // of its body, as they came
	Records  int64
	Err      error // why there is no page; nil: there is one
	Steps    []Step
	Left     int // steps that are left out, since there were very many
}

// Step is what happened on the way.
type Step struct {
	At     time.Time
	What   StepKind
	Why    string
	For    time.Duration // a wait that began then, or was over then
	Status int           // of the answer that was not taken; NoAnswer
}

// StepKind says what happened.
type StepKind string

// The kinds of steps.
const (
	Waited  StepKind = "wait"  // for a limit, which is over
	Retries StepKind = "retry" // the request is made again, after a wait
	Polls   StepKind = "poll"  // a job is not done: its request is made again, after a wait
)

// mostSteps is how many steps are kept of a request: a job may be polled for a day.
const mostSteps = 100

// endLogin takes what was answered to the request of a login, in so many bytes.
func (t *Trail) endLogin(a *auth.Answer, bytes int64, err error, secrets *secret.Hider) {
	t.Ended, t.Bytes = time.Now(), bytes
	if a != nil {
		t.Status = a.Status
	}
	switch {
	case err != nil:
		t.Err = hide(secrets, err)
	case t.Status >= http.StatusBadRequest:
		t.Err = fmt.Errorf("answered %d %s", t.Status, http.StatusText(t.Status))
	}
}

// end takes what came of the request in the end. An answer that was asked for ahead began
// earlier.
func (t *Trail) end(page *Page, err error) {
	t.Ended, t.Err = time.Now(), err
	var e *Error
	switch {
	case page != nil:
		t.Attempts, t.Status, t.Bytes = page.Attempts, page.Status, page.Wire
		if page.Records != nil {
			t.Records = int64(page.Records.Len())
		}
		if began := page.At.Add(-page.Took); !page.At.IsZero() && began.Before(t.Began) {
			t.Began = began
		}
	case errors.As(err, &e):
		t.Attempts, t.Status = e.Attempts, e.Status
	}
}

// step adds a step.
func (t *Trail) step(s Step) {
	if t == nil {
		return
	}
	if len(t.Steps) >= mostSteps {
		t.Left++
		return
	}
	if s.At.IsZero() {
		s.At = time.Now()
	}
	t.Steps = append(t.Steps, s)
}

// retries adds that the request is made again.
func (t *Trail) retries(ex *Exchange, v verdict, secrets *secret.Hider) {
	if t == nil {
		return
	}
	s := Step{What: Retries, For: v.wait}
	if ex != nil {
		s.Status = ex.Status
	}
	if v.err != nil {
		s.Why = hide(secrets, v.err).Error()
	}
	t.step(s)
}

// waits adds to a trail that its request has waited for a limit.
type waits struct{ of *Trail }

// Waited adds a wait that is over.
func (w waits) Waited(why string, took time.Duration) {
	w.of.step(Step{What: Waited, Why: why, For: took})
}
