package patience

import (
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// mostRefused is how many contexts of a stream may refuse who asks before one took
// it: behind that no more is asked for, with credentials that are the same for all.
// Those that are owed from the run before count apart, since they come first: they
// keep no others from being read.
const mostRefused = 10

// refusals are the contexts that refused who asks, before one did not.
type refusals struct {
	mu    sync.Mutex
	owed  map[any]bool // that were owed; of a stream without contexts, windows
	fresh map[any]bool // others
	taken bool         // one took it
	login bool         // the login failed for good: nobody can be asked
	why   error        // the last refusal
	told  atomic.Bool  // the log says that no more is asked for
}

// refused takes note that the context of a partition refused who asks.
func (f *refusals) refused(p Partition, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owed == nil {
		f.owed, f.fresh = map[any]bool{}, map[any]bool{}
	}
	f.why = err
	of := f.fresh
	if p.Owed() {
		of = f.owed
	}
	var one any = p.Key()
	if above := p.Above(); len(above) > 0 { // what one account refuses says nothing of others
		one = above[len(above)-1]
	}
	of[one] = true
	f.login = f.login || fetch.LoginFailed(err)
}

// accepted takes note that a context took it.
func (f *refusals) accepted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taken = true
}

// end returns why no more is asked for of what is owed, or of the rest; nil where
// it is.
func (f *refusals) end(stream string, owed bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := f.fresh
	if owed {
		of = f.owed
	}
	switch {
	case f.login:
		return &NotAsked{stream, noTicket, f.why}
	case len(of) < mostRefused || f.taken:
		return nil
	}
	return &NotAsked{stream, noEntry, f.why}
}
