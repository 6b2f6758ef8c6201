package export

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	j.polls.answered = true
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

// polls are what the polls of a run said of a job that is not done.
type polls struct {
	answered bool // one of them said how it stands
	n        int
	last     [sha256.Size]byte
	varied   bool // one said something else than the one before, or failed
}

// Answered reports whether a poll said how the job stands, in this run.
func (j *Job) Answered() bool { return j.polls.answered }

// Disturbed notes a poll that did not say how the job stands.
func (j *Job) Disturbed() { j.polls.varied = true }

// Waits notes an answer, which vars show, by which the job is not done. The error is that
// of a job which runs for longer than it may: it quotes what done looks at.
func (j *Job) Waits(vars expr.Vars, status int, answer []byte, now time.Time, quote func(string) string) error {
	p, sum := &j.polls, sha256.Sum256(answer)
	p.varied = p.varied || p.n > 0 && sum != p.last
	p.n, p.last = p.n+1, sum
	age := now.Sub(j.since).Round(time.Second)
	if age <= j.Spec.Timeout {
		return nil
	}
	vars[sources.VarStatus] = expr.Int(int64(status))
	defer func() { vars[sources.VarStatus] = expr.Undefined() }()
	err := fmt.Errorf("%w: it is not done after %s, and poll.timeout is %s: %s", ErrOver, age, j.Spec.Timeout, j.looksAt(vars, answer, quote))
	if p.n < alike || p.varied {
		return err
	}
	return fmt.Errorf("%w; %w (%d polls)", err, ErrUnchanged, p.n)
}

// alike is how many answers must be the same before that means something.
const alike = 3

// ErrUnchanged says that a job was not done in time, and that no poll said anything else
// than the others: another job would likely end the same way.
var ErrUnchanged = errors.New("all answers were the same")

// looksAt says what done looks at in an answer, and what is there; where it looks at all
// of the answer, or there is no done, with what that begins.
func (j *Job) looksAt(vars expr.Vars, answer []byte, quote func(string) string) string {
	const most = 3
	var all []string
	see := func(v expr.Value, name string, keys ...string) {
		text := "not there"
		for _, key := range keys {
			v = v.Get(key)
		}
		if !v.Missing() {
			text = quote(string(v.AppendJSON(nil)))
		}
		if said := strings.Join(append([]string{name}, keys...), ".") + " is " + text; !slices.Contains(all, said) && len(all) < most {
			all = append(all, said)
		}
	}
	if done := j.Spec.Done; done != nil {
		for _, keys := range done.Reads("response") {
			if len(keys) > 0 {
				see(vars[sources.VarResponse], "response", keys...)
			}
		}
		for _, keys := range done.Reads("headers") {
			if len(keys) > 0 {
				see(vars[sources.VarHeaders], "headers", keys...)
			}
		}
		if done.Uses("status") {
			see(vars[sources.VarStatus], "status")
		}
	}
	if len(all) == 0 {
		return "the last answer begins: " + quote(string(answer))
	}
	return "in the last answer " + strings.Join(all, ", ")
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
