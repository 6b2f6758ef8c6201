package fetch

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// vigil is what shows of a client's login that it still held when walks ended: some
// APIs answer one that has expired with 200 and an empty list, which looks like an
// end. A later answer with records proves it; where neither the login nor the
// definition says when it ends, nothing else does.
type vigil struct {
	mu      sync.Mutex
	refuses bool // the API has refused a login that had held, or a rule or auth.expired said so: it says so when one has expired
	ends    []emptyEnd
}

// emptyEnd are walks that ended with answers without records, and nothing shows yet
// that the login held.
type emptyEnd struct {
	proof auth.Proof
	at    time.Time // of the last answer
	of    *Counters
	walks int64

	stream, request string
	blind           *advice.Missing // what auth.expired looks for and the answer does not have; nil: there is no auth.expired
}

// mostEnds is how many ends are remembered apart.
const mostEnds = 1000

// ended takes note of such a walk.
func (v *vigil) ended(e emptyEnd) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses {
		return
	}
	e.of.Unwitnessed.Add(e.walks)
	if n := len(v.ends) - 1; n >= mostEnds && v.ends[n].of == e.of && v.ends[n].proof == e.proof {
		v.ends[n].at, v.ends[n].walks = e.at, v.ends[n].walks+e.walks
		return
	}
	v.ends = append(v.ends, e)
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

// NotWitnessed is what a walk may mean that ended with an answer without records where
// nothing shows that the login still held, and what to write.
const NotWitnessed = "an API that answers a login which has expired with an empty list looks the same. " +
	"If this one does, write auth: {expired: …}, a template that is true of such an answer and looks at what each answer has, or ttl; if it answers 401, say so by expired: \"{{ false }}\""

// tell warns of the ends of which nothing shows that the login held.
func (v *vigil) tell(log *slog.Logger, expired *expr.Template) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.ends) == 0 {
		return
	}
	var streams []string
	var walks int64
	for _, e := range v.ends {
		if walks += e.walks; !slices.Contains(streams, e.stream) {
			streams = append(streams, e.stream)
		}
	}
	first := v.ends[0]
	args := []any{"streams", strings.Join(streams, ", "), "walks", walks, "request", first.request}
	text := "nothing shows that the login still held when walks ended with an answer without records: " + NotWitnessed
	if first.blind != nil {
		text = "nothing shows that the login still held when walks ended with an answer without records: auth.expired looks at what the answer does not have, so that it is not true of one for a login that has expired"
		args = append(args, "auth.expired", expired.Source(), "came", first.blind.Came, "write", writeExpired(first.blind))
	}
	log.Warn(text, args...)
}

// writeExpired is what to write in place of a template that looks at what answers do
// not have.
func writeExpired(m *advice.Missing) string {
	if m.Mended != "" {
		return fmt.Sprintf("auth.expired: %q", m.Mended)
	}
	return "auth.expired: with a place that each answer has; or ttl, how long a login holds"
}

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
	w.client.requester.vigil.ended(emptyEnd{
		proof: *page.proof, at: page.At, of: w.counters, walks: 1, stream: w.stream.Name, request: page.Request, blind: blind,
	})
}

// sawRecords takes note of an answer with records: the login held.
func (r *requester) sawRecords(page *Page) {
	if page.proof != nil && page.Records.Len() > 0 {
		r.vigil.alive(*page.proof, page.At.Add(-page.Took))
	}
}

// sawRefusal takes note of an answer that refuses a proof which had held: by its status,
// by auth.expired or by a rule.
func (r *requester) sawRefusal(ex *Exchange, v verdict) {
	if l := r.login(); l != nil && !errors.Is(v.err, paging.ErrFallen) && l.Held(*ex.proof) {
		r.vigil.refused()
	}
}

// adviseExpired says what to write where an answer without records that contradicts
// the definition may be that of a login which has expired; "" elsewhere.
func (w *Walk) adviseExpired(page *Page, err error) string {
	l, blind := w.client.requester.login(), w.judge.login.blind
	switch {
	case l == nil || page.Records.Len() > 0 || !errors.Is(err, paging.ErrDoubtful):
		return ""
	case blind != nil:
		return fmt.Sprintf("auth.expired does not say whether the login has expired: %s. Write %s", blind.Came, writeExpired(blind))
	case l.Expired() != nil:
		return ""
	}
	return "if the API answers so where the login has expired, write auth: {expired: …}, a template that is true of such an answer"
}
