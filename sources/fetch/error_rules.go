package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// rules are what the definition says of answers that are no pages, or only in part.
type rules struct {
	stream  *sources.Stream
	pager   *paging.Pager
	secrets *secret.Hider
	view    *view
	login   *loginSigns
	partly  bool // it was said that an answer with errors is taken for a page
}

// decide decides about an answer as the first of the definition's rules says that
// is for it; false where none is.
func (r *rules) decide(page *Page) (v verdict, ruled bool) {
	for i := range r.stream.Call.Errors {
		rule := &r.stream.Call.Errors[i]
		match, err := r.matches(rule, page.Status)
		if err != nil {
			return refuse(Permanent, err), true
		}
		if match && rule.Do == sources.DoPage {
			r.takePart(page)
			return verdict{}, false
		}
		if match {
			return r.apply(rule, page), true
		}
	}
	return verdict{}, false
}

// takePart takes an answer for a page of which something may be missing, and says so once
// in a walk.
func (r *rules) takePart(page *Page) {
	page.Partly = true
	if !r.partly {
		r.partly = true
		page.Remarks = append(page.Remarks, "an answer is an error, or has errors beside its data, and a rule with do: page takes it for a page: what the errors are about is missing, and nothing else is said of it")
	}
}

// matches reports whether an answer is one that the rule is for.
func (r *rules) matches(rule *sources.ErrorRule, status int) (bool, error) {
	in := len(rule.Status) == 0
	for _, of := range rule.Status {
		in = in || of.Holds(status)
	}
	if !in || rule.When == nil {
		return in, nil
	}
	v, err := rule.When.Eval(r.view.vars)
	if err != nil {
		return false, fmt.Errorf("errors.when: %w", err)
	}
	return sources.Holds(v), nil
}

// tooMuch decides about the lack of an answer as a rule says that asks for a smaller
// page; false where none does.
func (r *rules) tooMuch(err error) (v verdict, ruled bool) {
	status := 0
	var late errNoByte
	var slow errTooSlow
	switch {
	case errors.As(err, &late), errors.As(err, &slow):
		status = sources.StatusTimeout
	case errors.Is(err, body.ErrTooLarge), tooLong(err), errors.Is(err, ErrWhole):
		status = sources.StatusTooLarge
	default:
		return verdict{}, false
	}
	for _, rule := range r.stream.Call.Errors {
		for _, of := range rule.Status {
			if of.Holds(status) {
				return verdict{smaller: true, class: Permanent, err: err}, true
			}
		}
	}
	return verdict{}, false
}

// tooLong reports whether a body, or a file in it, is longer than any that is taken.
func tooLong(err error) bool {
	_, is := errors.AsType[file.TooLong](err)
	return is
}

// apply does what a rule says.
func (r *rules) apply(rule *sources.ErrorRule, page *Page) verdict {
	err := error(&statusError{page.Status, http.StatusText(page.Status)})
	if rule.Message != nil {
		text, e := rule.Message.Text(r.view.vars)
		if e != nil {
			return refuse(Permanent, fmt.Errorf("errors.message: %w", e))
		}
		err = &statusError{page.Status, r.secrets.Redact(text)}
	}
	switch rule.Do {
	case sources.DoRetry:
		wait, e := r.ruleWait(rule, page)
		if e != nil {
			return refuse(Permanent, e)
		}
		v := again(wait, err)
		if rule.Wait != nil {
			_, constant := rule.Wait.Const()
			v.told = v.told && !constant
		}
		return v
	case sources.DoCoolDown:
		wait, e := r.ruleWait(rule, page)
		if e != nil {
			return refuse(Permanent, e)
		}
		return verdict{retry: true, rest: true, wait: wait, class: Transient, err: err}
	case sources.DoRestart:
		return refuse(SessionLost, err)
	case sources.DoLogin:
		v := refuse(Permanent, err).advise("a rule says login: check the credentials, and whether the rule is for too many answers")
		v.proof, v.expired = page.proof != nil, true
		return v
	case sources.DoNext:
		if r.view.vars[sources.VarResponse].Missing() && !r.pager.Counts() && !r.stream.Pagination.NextInHeader() {
			return refuse(Permanent, fmt.Errorf("%w: a rule says next, but the answer is not JSON", err))
		}
		page.ruling = paging.Ruling{Passed: true, Empty: true}
		return accept(page)
	case sources.DoEnd:
		page.ruling = paging.Ruling{Over: true, Empty: true}
		return accept(page)
	case sources.DoSplit:
		page.TooMuch, page.ruling = hide(r.secrets, err).Error(), paging.Ruling{Skipped: true, Empty: true}
		return accept(page)
	case sources.DoSmallerPage:
		return verdict{smaller: true, class: Permanent, err: err}
	case sources.DoSkip:
		if !r.pager.Position().First() {
			return refuse(Permanent, fmt.Errorf("%w: %w", err, ErrNotFirst))
		}
		page.Skipped, page.ruling = hide(r.secrets, err).Error(), paging.Ruling{Skipped: true, Empty: true}
		return accept(page)
	}
	return refuse(Permanent, err).advise(r.login.signedClock(&page.Exchange))
}

// ruleWait is how long a rule's wait says, negative if it does not.
func (r *rules) ruleWait(rule *sources.ErrorRule, page *Page) (time.Duration, error) {
	if rule.Wait == nil {
		return page.head().RetryAfter(), nil
	}
	v, err := rule.Wait.Eval(r.view.vars)
	if err != nil {
		return 0, fmt.Errorf("errors.wait: %w", err)
	}
	if v.Missing() {
		return -1, nil
	}
	d, ok := pace.WaitOf(v, page.head().ServerTime())
	if !ok {
		return 0, fmt.Errorf("errors.wait: %s is no duration, seconds, epoch or date", r.secrets.Quote(v.Text()))
	}
	return d, nil
}
