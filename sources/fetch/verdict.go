package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// verdict is what becomes of an attempt.
type verdict struct {
	page  *Page         // taken; nil: refused
	retry bool          // ask again,
	once  bool          // but once only: what came would come again
	wait  time.Duration // after this long; negative: as the stream's retry says
	told  bool          // wait is what the API asked for
	rest  bool          // a rule says cool_down
	class Class         // of the failure, unless it is asked again
	err   error         // why it was refused
	tip   string        // advice
	about bool          // the refusal may be about the request
	proof bool          // the refusal is of who asks: another proof may help
}

func accept(page *Page) verdict             { return verdict{page: page} }
func refuse(class Class, err error) verdict { return verdict{class: class, err: err} }
func again(wait time.Duration, err error) verdict {
	return verdict{retry: true, wait: wait, told: wait >= 0, class: Transient, err: err}
}

func (v verdict) advise(tip string) verdict {
	v.tip = tip
	return v
}

// judge decides about an attempt: the definition's rules first, then what is
// built in.
func (w *Walk) judge(ex *Exchange, err error) verdict {
	if err != nil {
		return judgeError(err)
	}
	if ex.long != nil && ex.cut == nil {
		if err := w.needsWhole(); err != nil {
			return refuse(Permanent, err).advise(smaller)
		}
	}
	var records Records
	var splitErr error
	if ex.cut == nil {
		records, splitErr = w.split(ex)
	}
	if ex.cut != nil {
		return judgeCut(ex)
	}
	page := &Page{Exchange: *ex, Records: none{}, whole: w.whole}
	w.answer, w.seen = page, ex.Body
	if r, ok := records.(besides); ok && w.apart && splitErr == nil {
		w.see(r)
	}
	w.vars[sources.VarHeaders] = HeaderValue(ex.Header)
	w.vars[sources.VarResponse] = expr.Undefined()
	if !errors.Is(splitErr, ErrBroken) && (ex.long == nil || ex.long.proven) {
		w.vars[sources.VarResponse] = expr.JSONBytes(w.seen)
	}
	for i := range w.stream.Call.Errors {
		rule := &w.stream.Call.Errors[i]
		match, err := w.matches(rule, ex.Status)
		if err != nil {
			return refuse(Permanent, err)
		}
		if match {
			return w.apply(rule, page)
		}
	}
	if w.pager.Refuses(ex.Status) {
		page.ruling = paging.Ruling{Refused: true, Over: true, Empty: true}
		return accept(page)
	}
	if ex.Status < 200 || ex.Status > 299 {
		v := w.judgeStatus(ex)
		v.proof = ex.proof != nil && !v.retry && (ex.Status == http.StatusUnauthorized || ex.Status == http.StatusForbidden)
		return v
	}
	if v, partial := judgePartial(ex); partial {
		return v
	}
	switch {
	case errors.Is(splitErr, ErrBroken):
		return w.judgeBroken(ex, splitErr)
	case errors.Is(splitErr, errNoContent):
		return refuse(Permanent, splitErr).advise("where that means no records, say on_missing: empty")
	case errors.Is(splitErr, ErrWhole):
		return refuse(Permanent, splitErr).advise(smaller)
	case w.graphQLErrors():
		return refuse(Permanent, fmt.Errorf("GraphQL errors: %s", w.quote(gjson.GetBytes(ex.Body, "errors").Raw)))
	case errors.Is(splitErr, ErrNoRecords):
		return refuse(Permanent, splitErr).advise(w.adviseRecords(ex))
	case splitErr != nil:
		return refuse(Permanent, splitErr)
	}
	if records.Len() == 0 {
		if err := w.pager.Fallen(); err != nil {
			return again(-1, err)
		}
	}
	page.Records = records
	page.ruling.Empty = ex.Status == http.StatusNoContent
	return accept(page)
}

// see makes the keys of the definition see what stands beside the records: they
// look at nothing else, and need not pass over the records to find it.
func (w *Walk) see(r besides) {
	if beside := r.AppendBeside(w.beside[:0]); beside != nil {
		w.beside, w.seen = beside, beside
	}
}

// smaller is the advice for answers that are too long.
const smaller = "ask for smaller pages"

// errNoContent is a 204 where records are expected.
var errNoContent = errors.New("answered 204 No Content, without a place for records")

// split proves a body. One with a status that says no need not hold records;
// it is proven only so that rules can read it.
func (w *Walk) split(ex *Exchange) (Records, error) {
	if ex.Status == http.StatusNoContent {
		if w.stream.Records.MissingIsEmpty {
			return none{}, nil
		}
		return none{}, errNoContent
	}
	if ex.long != nil {
		return w.prove(ex)
	}
	records, err := w.splitter.Split(ex.Body)
	if errors.Is(err, ErrMany) {
		ex.long = &long{many: true}
		return w.prove(ex)
	}
	return records, err
}

// graphQLErrors reports whether a GraphQL answer has errors: an empty list is
// none, though the specification would leave it out.
func (w *Walk) graphQLErrors() bool {
	return w.sent.GraphQL && w.vars[sources.VarResponse].Get("errors").Truth()
}

// judgeError decides about a request without an answer.
func judgeError(err error) verdict {
	var astray *request.Astray
	var unproven errUnproven
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var encoding errEncoding
	var charset errCharset
	var disk *diskError
	switch {
	case errors.As(err, &disk):
		return verdict{class: Transient, err: err}
	case errors.Is(err, errTooLarge), errors.Is(err, errTooLong):
		return refuse(Permanent, err).advise(smaller)
	case errors.As(err, &astray), errors.As(err, &unproven), errors.As(err, &encoding):
		return refuse(Permanent, err)
	case errors.As(err, &charset):
		return refuse(Permanent, err).advise("is the definition's charset right?")
	case errors.As(err, &cert), errors.As(err, &authority), errors.As(err, &record):
		return refuse(Permanent, err).advise("is the scheme of base_url right, and its certificate known here?")
	}
	if noSuchHost(err) {
		return again(-1, err).onlyOnce("is base_url right? no host bears this name")
	}
	return again(-1, err)
}

// judgeCut decides about an answer whose body is not whole. No rule is asked:
// what they would see is not what the API said.
func judgeCut(ex *Exchange) verdict {
	if throttles(ex) {
		return again(retryAfter(ex), ex.cut)
	}
	return judgeError(ex.cut)
}

// throttles reports whether a status says to come again later. A 403 may be a
// rate limit in disguise, as GitHub's is.
func throttles(ex *Exchange) bool {
	switch ex.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		529, 598, 599: // the site is overloaded; a proxy waited too long for bytes, or for the connection
		return true
	case 520, 521, 522, 523, 524, 525, 526, 527: // Cloudflare got no answer from the API
		return true
	case http.StatusForbidden:
		return ex.Header.Get("Retry-After") != "" || exhausted(ex.Header)
	}
	return false
}

// judgeStatus decides about a status that says no.
func (w *Walk) judgeStatus(ex *Exchange) verdict {
	err := &statusError{ex.Status, http.StatusText(ex.Status)}
	if throttles(ex) {
		return again(retryAfter(ex), err)
	}
	if ex.Status == http.StatusUnauthorized {
		return refuse(Permanent, err).advise("check the credentials")
	}
	if ex.Status/100 == 4 && w.pager.Named() {
		v := refuse(SessionLost, err).advise("the API no longer takes the page token: if that happens again and again, ask for less at a time")
		v.about = ex.Status != http.StatusGone
		return v
	}
	if ex.Status == http.StatusForbidden {
		return refuse(Permanent, err).advise("may these credentials read it?")
	}
	return refuse(Permanent, err)
}

// matches reports whether an answer is one that the rule is for.
func (w *Walk) matches(rule *sources.ErrorRule, status int) (bool, error) {
	in := len(rule.Status) == 0
	for _, r := range rule.Status {
		in = in || r.From <= status && status <= r.To
	}
	if !in || rule.When == nil {
		return in, nil
	}
	v, err := rule.When.Eval(w.vars)
	if err != nil {
		return false, fmt.Errorf("errors.when: %w", err)
	}
	return sources.Holds(v), nil
}

// apply does what a rule says.
func (w *Walk) apply(rule *sources.ErrorRule, page *Page) verdict {
	err := error(&statusError{page.Status, http.StatusText(page.Status)})
	if rule.Message != nil {
		text, e := rule.Message.Text(w.vars)
		if e != nil {
			return refuse(Permanent, fmt.Errorf("errors.message: %w", e))
		}
		err = &statusError{page.Status, w.client.Secrets.Redact(text)}
	}
	switch rule.Do {
	case sources.DoRetry:
		wait, e := w.ruleWait(rule, page)
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
		wait, e := w.ruleWait(rule, page)
		if e != nil {
			return refuse(Permanent, e)
		}
		return verdict{retry: true, rest: true, wait: wait, class: Transient, err: err}
	case sources.DoRestart:
		return refuse(SessionLost, err)
	case sources.DoNext:
		if w.vars[sources.VarResponse].Missing() && !w.pager.Counts() {
			return refuse(Permanent, fmt.Errorf("%w: a rule says next, but the answer is not JSON", err))
		}
		page.ruling = paging.Ruling{Passed: true, Empty: true}
		return accept(page)
	case sources.DoEnd:
		page.ruling = paging.Ruling{Over: true, Empty: true}
		return accept(page)
	case sources.DoSkip:
		if !w.pager.Position().First() {
			return refuse(Permanent, fmt.Errorf("%w: a rule says skip, but pages of this walk came before", err))
		}
		page.Skipped, page.ruling = w.hide(err).Error(), paging.Ruling{Skipped: true, Empty: true}
		return accept(page)
	}
	return refuse(Permanent, err)
}
