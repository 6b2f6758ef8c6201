package fetch

import (
	"errors"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// vigil is what shows of a client's login that it still held when walks ended: some
// APIs answer one that has expired with 200 and an empty list, which looks like an
// end. A later answer with records proves it; where neither the login nor the
// definition says when it ends, nothing else does.
type vigil struct {
	mu      sync.Mutex
	refuses bool // the API has refused a login that had held: it says so when one has expired
	ends    []emptyEnd
}

// emptyEnd are walks that ended with answers without records, and nothing shows yet
// that the login held.
type emptyEnd struct {
	proof auth.Proof
	at    time.Time // of the last answer
	of    *Counters
	walks int64
}

// mostEnds is how many ends are remembered apart.
const mostEnds = 1000

// ended takes note of such a walk.
func (v *vigil) ended(p auth.Proof, at time.Time, of *Counters) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses {
		return
	}
	of.Unwitnessed.Add(1)
	if n := len(v.ends) - 1; n >= mostEnds && v.ends[n].of == of && v.ends[n].proof == p {
		v.ends[n].at, v.ends[n].walks = at, v.ends[n].walks+1
		return
	}
	v.ends = append(v.ends, emptyEnd{p, at, of, 1})
}

// alive takes note of an answer with records to a request that was sent at a time.
func (v *vigil) alive(p auth.Proof, sent time.Time) {
	v.clear(func(e emptyEnd) bool { return e.proof == p && !e.at.After(sent) })
}

// refused takes note that the API says by itself when a login has expired.
func (v *vigil) refused() {
	v.clear(func(emptyEnd) bool { return true })
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refuses = true
}

// clear forgets ends that are proven.
func (v *vigil) clear(proven func(emptyEnd) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	left := v.ends[:0]
	for _, e := range v.ends {
		if proven(e) {
			e.of.Unwitnessed.Add(-e.walks)
		} else {
			left = append(left, e)
		}
	}
	v.ends = left
}

// witness takes note of the last page of a walk whose end hangs on whether the login
// held.
func (w *Walk) witness(page *Page) {
	l := w.client.requester.login()
	if l == nil || l.Expired() != nil || l.Lasts() || page.proof == nil || page.Recalled || page.Skipped != "" || page.Records.Len() > 0 {
		return
	}
	p := &page.Proof
	switch p.By {
	case paging.EndRule, paging.EndStop, paging.EndRepeat, paging.EndRefused:
		return
	}
	for _, held := range p.Held {
		if p.Records > 0 && (held == paging.CheckTotal || held == paging.CheckPages) {
			return
		}
	}
	w.client.requester.vigil.ended(*page.proof, page.At, w.counters)
}

// sawRecords takes note of an answer with records: the login held.
func (r *requester) sawRecords(page *Page) {
	if page.proof != nil && page.Records.Len() > 0 {
		r.vigil.alive(*page.proof, page.At.Add(-page.Took))
	}
}

// sawRefusal takes note of an answer that refuses a proof which had held.
func (r *requester) sawRefusal(ex *Exchange, v verdict) {
	if l := r.login(); l != nil && !v.expired && l.Held(*ex.proof) {
		r.vigil.refused()
	}
}

// loginSigns are what a walk makes of answers by which the login may have expired.
type loginSigns struct {
	there  bool           // the client logs in
	spent  *expr.Template // that says that the login holds no longer; nil: none does
	fell   bool           // another login was tried since an answer counts fewer records than were read
	lapsed bool           // with it the list went on
}

// lapsed is told of a walk that went on with another login.
const lapsed = "the login had expired, and the API answered with an empty list that counts fewer records than had been read; with another login the list went on. " +
	"An empty list without such a count would be taken for the end: write auth: {expired: …}, a template that is true of such an answer"

// fallen decides about an answer without records which counts fewer than were read:
// another login shows, once for each page, whether the former one had expired.
func (j *judge) fallen(page *Page, err error) verdict {
	v := again(-1, err)
	if j.login.there && !j.login.fell && page.proof != nil {
		j.login.fell, v.proof, v.expired = true, true, true
	}
	return v
}

// adviseExpired says what to write where an answer without records that contradicts
// the definition may be that of a login which has expired; "" elsewhere.
func (w *Walk) adviseExpired(page *Page, err error) string {
	l := w.client.requester.login()
	if l == nil || l.Expired() != nil || page.Records.Len() > 0 || !errors.Is(err, paging.ErrDoubtful) {
		return ""
	}
	return "if the API answers so where the login has expired, write auth: {expired: …}, a template that is true of such an answer"
}
