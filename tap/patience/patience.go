package patience

import (
	"errors"
	"net/http"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// Partition is what patience asks of a partition.
type Partition interface {
	// Key is the partition's own.
	Key() string
	// Owed reports whether an earlier run could not read the partition.
	Owed() bool
	// Above are the contexts that the partition belongs to: its own, that of the
	// parent whose record led to it, and so on.
	Above() []uint64
}

// failing are what failed for now since something came: contexts, or partitions.
type failing struct {
	all   map[any]bool
	again bool // one was tried again
}

// Patience is for how long the partitions of a pass are asked for while others
// fail: those of a context that failed for now come last, and are not asked for
// where too many of it did, one after the other. Its methods may be called from any
// goroutine.
type Patience struct {
	stream   string
	many     bool // the pass has windows or contexts
	differs  bool // contexts may prove who asks in different ways
	api      *API
	mu       sync.Mutex
	contexts map[uint64]*failing // and what failed of them
	failures int                 // of walks, for whatever reason
	refusals refusals
}

// New returns the patience with a pass of a stream; many says that it has windows
// or contexts.
func New(s *sources.Stream, many bool, api *API) *Patience {
	return &Patience{stream: s.Name, many: many, differs: s.Client.Auth.Differs(), api: api, contexts: map[uint64]*failing{}}
}

// asksNoMore reports whether no partition of the pass is begun any more, since
// the API does not answer.
func (t *Patience) asksNoMore() bool {
	return t.many && t.api.turns.GivenUp(t.api.client)
}

// InShort is a failure that says so, where it is one for now.
func (t *Patience) InShort(err error) error {
	if !t.asksNoMore() || !saysNothing(err) {
		return err
	}
	return &NotAsked{t.stream, noAnswer, err}
}

// mostTold is how many failures of partitions are told of one by one.
const mostTold = 10

// News reports whether the log does not say yet that no more is asked for.
func (t *Patience) News(e *NotAsked) bool {
	if e.Refused() {
		return !t.refusals.told.Swap(true)
	}
	return !t.api.told.Swap(true)
}

// Failed takes note of how a walk failed.
func (t *Patience) Failed(p Partition, err error) {
	var e *fetch.Error
	switch {
	case saysNothing(err):
		t.fails(p, err)
	case errors.As(err, &e) && e.Status != 0:
		t.came(p)
	}
	if t.refusesAll(err) {
		t.refusals.refused(p, err)
	}
}

// refusesAll reports whether a failure may be that of all partitions of a stream,
// since the API does not take who asks.
func (t *Patience) refusesAll(err error) bool {
	var e *fetch.Error
	if !t.many || !errors.As(err, &e) {
		return false
	}
	return fetch.LoginFailed(err) || e.Status == http.StatusUnauthorized && !t.differs
}

// fails takes note of a walk that failed for now.
func (t *Patience) fails(p Partition, err error) {
	var one any = t.stream + " " + p.Key()
	t.mu.Lock()
	for _, hash := range p.Above() {
		of := t.contexts[hash]
		if of == nil {
			of = &failing{all: map[any]bool{}}
			t.contexts[hash] = of
		}
		of.all[one] = true
		one = hash
	}
	t.mu.Unlock()
	t.api.fails(t.stream, one, err)
}

// Answered takes note of a page of a partition.
func (t *Patience) Answered(p Partition) {
	t.came(p)
	t.refusals.accepted()
}

// came says that the API answered for a partition.
func (t *Patience) came(p Partition) {
	if !t.api.some.Load() && !t.Ill(p) {
		return
	}
	t.mu.Lock()
	for _, hash := range p.Above() {
		delete(t.contexts, hash)
	}
	t.mu.Unlock()
	t.api.came()
}

// End returns why no further partition of the pass is asked for; nil where one is.
func (t *Patience) End() error {
	if t.asksNoMore() {
		return &NotAsked{t.stream, noAnswer, t.api.lastFailure()}
	}
	return t.Refused()
}

// Refused returns that no more is asked for, since the first partitions refused who
// asks; nil where more is.
func (t *Patience) Refused() error { return t.refusals.end(t.stream, false) }

// Skips returns why a partition is not asked for, as others failed; nil where it is.
// putOff is how it failed before, nil where it is asked for the first time; givenUp
// says that its API is asked no more.
func (t *Patience) Skips(p Partition, putOff *fetch.Error, givenUp bool) error {
	if !t.many {
		return nil
	}
	again := putOff != nil
	e := &NotAsked{stream: t.stream, err: t.api.lastFailure()}
	switch {
	case again && givenUp:
		e.what = noAnswer
	case errors.As(t.refusals.end(t.stream, p.Owed()), &e):
	case t.over(p, again):
		e.what = illContext
	default:
		return nil
	}
	if again {
		e.err = putOff
	}
	t.Tells() // counted: the failures of others were told
	return e
}

// Ill reports whether a context of a partition failed for now.
func (t *Patience) Ill(p Partition) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.contexts) == 0 {
		return false
	}
	for _, hash := range p.Above() {
		if t.contexts[hash] != nil {
			return true
		}
	}
	return false
}

// over reports whether a partition is not asked for, since too many of a context
// failed for now. One of them is tried again.
func (t *Patience) over(p Partition, again bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, hash := range p.Above() {
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

// Tells counts a failure, and reports whether it is told of.
func (t *Patience) Tells() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures++
	if t.asksNoMore() { // which is told of once
		return !t.api.told.Swap(true)
	}
	return !t.many || t.failures <= mostTold
}

// TellRest says how many failures were not told of.
func (t *Patience) TellRest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.failures - mostTold; t.many && n > 0 {
		t.api.log.Warn("further partitions of the stream failed, besides those that the log tells of: the next run asks for them again", "stream", t.stream, "partitions", n)
	}
}
