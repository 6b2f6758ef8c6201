package export

import (
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Stand is how a job stands, by an answer about it.
type Stand int

// The stands of a job.
const (
	Unknown Stand = iota // a template could not be evaluated
	Running
	Done
	Failed
)

// Stands is how the job stands by an answer with a status, which vars show. That of its
// submission is not asked whether the job is done. The error is that of a job that Failed,
// or why nothing is known.
func (j *Job) Stands(vars expr.Vars, status int, submission bool) (Stand, error) {
	vars[sources.VarStatus] = expr.Int(int64(status))
	defer func() { vars[sources.VarStatus] = expr.Undefined() }()
	failed, err := holds(j.Spec.Failed, vars, "export.failed", false)
	switch {
	case err != nil:
		return Unknown, err
	case failed:
		return Failed, fmt.Errorf("%w: the API says that it has failed", ErrOver)
	case submission:
		return Running, nil
	}
	done, err := holds(j.Spec.Done, vars, "export.done", status != http.StatusAccepted)
	switch {
	case err != nil:
		return Unknown, err
	case done:
		return Done, nil
	}
	return Running, nil
}

// holds evaluates a template of an export over an answer; absent is what holds where the
// definition has none.
func holds(t *expr.Template, vars expr.Vars, key string, absent bool) (bool, error) {
	if t == nil {
		return absent, nil
	}
	v, err := t.Eval(vars)
	if err != nil {
		return false, fmt.Errorf("%s: %w", key, err)
	}
	return sources.Holds(v), nil
}

// Overdue is the error of a job that runs for longer than it may.
func (j *Job) Overdue(now time.Time) error {
	if age := now.Sub(j.since).Round(time.Second); age > j.Spec.Timeout {
		return fmt.Errorf("%w: it is not done after %s, and poll.timeout is %s", ErrOver, age, j.Spec.Timeout)
	}
	return nil
}

// BeforePolls is how long to wait before the first poll of a run, while the job is
// younger than that.
func (j *Job) BeforePolls(now time.Time) time.Duration {
	if j.wait > 0 {
		return 0
	}
	j.wait = j.Spec.Every
	if left := j.Spec.Every - now.Sub(j.since); left > 0 && left <= j.Spec.Every {
		return left
	}
	return 0
}

// Later is how long to wait before the next poll, where the API does not ask for another
// wait; each is half as long again.
func (j *Job) Later(asked time.Duration) time.Duration {
	wait := j.wait
	if wait == 0 {
		wait = j.Spec.Every
	}
	j.wait = max(j.Spec.Every, min(wait+wait/2, sources.PollAtMost))
	if asked > 0 {
		return asked
	}
	return wait
}

// tellEvery is how often the log says that a job is not done.
const tellEvery = 5 * time.Minute

// Tells reports whether the log is to say now that the job is not done, and for how long
// it runs.
func (j *Job) Tells(now time.Time) (running time.Duration, tells bool) {
	if now.Sub(j.told) < tellEvery {
		return 0, false
	}
	j.told = now
	return now.Sub(j.since), true
}
