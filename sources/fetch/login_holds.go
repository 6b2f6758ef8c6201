package fetch

import (
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/vigil"
)

// witness takes note of the last page of a walk whose end hangs on whether the login
// held.
func (w *Walk) witness(page *Page) {
	l, blind := w.client.requester.login(), w.judge.login.blind
	if l == nil || l.Expired() != nil && blind == nil || l.Lasts() || page.proof == nil || page.Recalled || page.Skipped != "" || page.Records.Len() > 0 {
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
	w.client.requester.vigil.Ended(vigil.End{
		Stream: w.stream.Name, Request: page.Request, Proof: *page.proof, At: page.At, Walks: 1, Count: &w.counters.Unwitnessed, Blind: blind,
	})
}

// sawRecords takes note of an answer with records: the login held.
func (r *requester) sawRecords(page *Page) {
	if page.proof != nil && page.Records.Len() > 0 {
		r.vigil.Alive(*page.proof, page.At.Add(-page.Took))
	}
}

// sawRefusal takes note of an answer that refuses a proof which had held: by its status,
// by auth.expired or by a rule.
func (r *requester) sawRefusal(ex *Exchange, v verdict) {
	if l := r.login(); l != nil && !errors.Is(v.err, paging.ErrFallen) && l.Held(*ex.proof) {
		r.vigil.Refused()
	}
}
