package tap

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
)

// leastFailures is how many partitions must have failed for now, one after the
// other, before a run gives up what they share; where more are walked at a time,
// it is as many.
const leastFailures = 4

// failing are what failed for now since something came: contexts, or partitions.
type failing struct {
	all   map[any]bool
	again bool // one was tried again
}

// silence is what a run knows of an API that does not answer: the walks that
// ended last all failed for now, and nothing came in between. What one context
// has, its windows and what its records lead to, counts once. Its methods may be
// called from any goroutine.
type silence struct {
	client *fetch.Client
	most   int         // failures, before the API counts as silent
	some   atomic.Bool // something failed
	mu     sync.Mutex
	failed map[any]bool // since something came
	why    error        // why the last one failed
	told   atomic.Bool  // the log says that no more is asked of it
}

// came says that the API answered.
func (s *silence) came(turns *limits.Turns) {
	if !s.some.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.failed)
	s.some.Store(false)
	turns.Answers(s.client)
}

// fails takes note of a walk that failed for now.
func (s *silence) fails(p *part, of any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.some.Store(true)
	s.failed[of], s.why = true, err
	if len(s.failed) < s.most {
		return
	}
	r := p.pass.run
	if r.flow.turns.Silent(s.client) {
		r.Log.Warn("the API does not answer: no further partition is begun before everything else is done; then it is asked once more",
			"stream", p.Stream.Name, "failed", len(s.failed), "why", logs.Unnamed(p.Stream.Name, err))
	}
}

// lastFailure is why the last one failed.
func (s *silence) lastFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// asksNoMore reports whether no partition of the pass is begun any more, since
// the API does not answer.
func (p *pass) asksNoMore() bool {
	return p.many && p.run.flow.turns.GivenUp(p.client)
}

// inShort is a failure that says so, where it is one for now.
func (p *pass) inShort(err error) error {
	if !p.asksNoMore() || !saysNothing(err) {
		return err
	}
	return &notAsked{p.stream.Name, noAnswer, err}
}

const noAnswer = "the API does not answer, and no more is asked of it in this run"

// notAsked is why the API was not asked for a partition.
type notAsked struct {
	stream, what string
	err          error // that others failed with
}

// Error says what others failed with.
func (e *notAsked) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.stream, e.what, logs.Unnamed(e.stream, e.err))
}

// Unwrap returns the cause.
func (e *notAsked) Unwrap() error { return e.err }

// patience is for how long the partitions of a pass are asked for while others
// fail: those of a context that failed for now come last, and are not asked for
// where too many of it did, one after the other.
type patience struct {
	api      *silence
	mu       sync.Mutex
	contexts map[uint64]*failing // and what failed of them
	failures int                 // of walks, for whatever reason
	refusals refusals
}

// mostTold is how many failures of partitions are told of one by one.
const mostTold = 10

// news reports whether the log does not say yet that no more is asked for.
func (t *patience) news(e *notAsked) bool {
	if e.refused() {
		return !t.refusals.told.Swap(true)
	}
	return !t.api.told.Swap(true)
}

// above are the contexts that a partition belongs to: its own, that of the parent
// whose record led to it, and so on.
func (p *part) above() (all []uint64) {
	for p != nil {
		if p.key.Context != 0 {
			all = append(all, p.key.Context)
		}
		if p.lane == nil || p.lane.page == nil {
			break
		}
		p = p.lane.page.part
	}
	return all
}

// fails takes note of a walk that failed for now.
func (t *patience) fails(p *part, err error) {
	var one any = p.Stream.Name + " " + p.key.Key
	t.mu.Lock()
	for _, hash := range p.above() {
		of := t.contexts[hash]
		if of == nil {
			of = &failing{all: map[any]bool{}}
			t.contexts[hash] = of
		}
		of.all[one] = true
		one = hash
	}
	t.mu.Unlock()
	t.api.fails(p, one, err)
}

// came says that the API answered for a partition.
func (t *patience) came(p *part) {
	if !t.api.some.Load() && !t.ill(p) {
		return
	}
	t.mu.Lock()
	for _, hash := range p.above() {
		delete(t.contexts, hash)
	}
	t.mu.Unlock()
	t.api.came(p.pass.run.flow.turns)
}

// ill reports whether a context of a partition failed for now.
func (t *patience) ill(p *part) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.contexts) == 0 {
		return false
	}
	for _, hash := range p.above() {
		if t.contexts[hash] != nil {
			return true
		}
	}
	return false
}

// over reports whether a partition is not asked for, since too many of a context
// failed for now. One of them is tried again.
func (t *patience) over(p *part, again bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, hash := range p.above() {
		of := t.contexts[hash]
		switch {
		case of == nil || len(of.all) < t.api.most:
		case !again || of.again:
			return true
		default:
			of.again = true
		}
	}
	return false
}

// tells counts a failure, and reports whether it is told of.
func (p *pass) tells() bool {
	p.patience.mu.Lock()
	defer p.patience.mu.Unlock()
	p.patience.failures++
	if p.asksNoMore() { // which is told of once
		return !p.patience.api.told.Swap(true)
	}
	return !p.many || p.patience.failures <= mostTold
}

// tellRest says how many failures were not told of.
func (p *pass) tellRest() {
	p.patience.mu.Lock()
	defer p.patience.mu.Unlock()
	if n := p.patience.failures - mostTold; p.many && n > 0 {
		p.run.Log.Warn("further partitions of the stream failed, besides those that the log tells of: the next run asks for them again", "stream", p.stream.Name, "partitions", n)
	}
}

// saysNothing reports whether a failure means that the API may not answer others,
// either. A full disk, and an answer that contradicts those before, do not.
func saysNothing(err error) bool {
	var e *fetch.Error
	var disk *body.DiskError
	var dns *net.DNSError
	if !errors.As(err, &e) || e.Attempts == 0 || errors.As(err, &disk) || errors.Is(err, paging.ErrFallen) {
		return false
	}
	return e.Class == fetch.Transient || errors.As(err, &dns)
}

// fails takes note of how a walk failed.
func (w *worker) fails(err error) {
	var e *fetch.Error
	switch {
	case saysNothing(err):
		w.pass.patience.fails(w.part, err)
	case errors.As(err, &e) && e.Status != 0:
		w.pass.patience.came(w.part)
	}
	if w.refusesAll(err) {
		w.pass.patience.refusals.refused(w.part, err)
	}
}

// draw returns the next partition of the lane. Those of contexts that failed for
// now come last.
func (l *lane) draw() (*part, error) {
	if l.pass.asksNoMore() {
		return nil, &notAsked{l.pass.stream.Name, noAnswer, l.pass.patience.api.lastFailure()}
	}
	if err := l.pass.patience.refusals.end(l.pass.stream.Name, false); err != nil {
		return nil, err
	}
	for {
		p, err := l.next()
		switch {
		case err != nil:
			return nil, err
		case p != nil:
			p.lane = l
			if !l.pass.many || !l.pass.patience.ill(p) {
				return p, nil
			}
			l.ill = append(l.ill, p)
		case len(l.ill) > 0:
			p, l.ill = l.ill[0], l.ill[1:]
			return p, nil
		default:
			return nil, nil
		}
	}
}

// skips tells the emitter that a partition failed as others did, where it is not
// asked for. The failures of others were told.
func (r *run) skips(p *part, t *limits.Turn) bool {
	if !p.pass.many {
		return false
	}
	again, of := p.worker != nil, &p.pass.patience
	e := &notAsked{stream: p.Stream.Name, err: of.api.lastFailure()}
	switch {
	case again && t.GivenUp():
		e.what = noAnswer
	case errors.As(of.refusals.end(p.Stream.Name, p.owed), &e):
	case of.over(p, again):
		e.what = "others of its context failed for now, and it is left to the next run"
	default:
		return false
	}
	at := p.Start
	if again {
		at.Restarts, at.Refused = p.worker.walker.at.Restarts, p.worker.walker.at.Refused
		e.err = p.worker.walker.putOff
	}
	p.pass.tells()
	r.tell(&batch{track: p.pass.track, part: p, step: step{at: at, failure: logs.HideError(r.Config.Hider, e)}})
	return true
}
