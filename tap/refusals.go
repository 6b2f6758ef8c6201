package tap

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// mostRefused is how many contexts of a stream may refuse who asks before one took
// it: behind that no more is asked for, with credentials that are the same for all.
// Those that are owed from the run before count apart, since they come first: they
// keep no others from being read.
const mostRefused = 10

// noEntry is what is said then.
const noEntry = "the API refused who asks for the first partitions of the stream, and no more of them is asked for in this run; where others may be read, leave these out by errors: [{status: 401, do: skip}]"

// noTicket is what is said where no login is to be had.
const noTicket = "the login failed, and no more of the stream is asked for in this run; the next one goes on from here"

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
func (f *refusals) refused(p *part, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owed == nil {
		f.owed, f.fresh = map[any]bool{}, map[any]bool{}
	}
	f.why = err
	of := f.fresh
	if p.owed {
		of = f.owed
	}
	var one any = p.key.Key
	if above := p.above(); len(above) > 0 { // what one account refuses says nothing of others
		one = above[len(above)-1]
	}
	of[one] = true
	f.login = f.login || fetch.LoginFailed(err)
}

// refusesAll reports whether a failure may be that of all partitions of a stream,
// since the API does not take who asks.
func (w *worker) refusesAll(err error) bool {
	var e *fetch.Error
	if !w.pass.many || !errors.As(err, &e) {
		return false
	}
	return fetch.LoginFailed(err) || e.Status == http.StatusUnauthorized && !w.stream.Definition.Client.Auth.Differs()
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
		return &notAsked{stream, noTicket, f.why}
	case len(of) < mostRefused || f.taken:
		return nil
	}
	return &notAsked{stream, noEntry, f.why}
}

// servesNobody reports whether a pass is read for children alone none of which
// asks for anything any more. It says of each why: no lane of theirs may come that
// does.
func (p *pass) servesNobody() bool {
	if !p.feed {
		return false
	}
	why := make([]error, len(p.children))
	for i, c := range p.children {
		if why[i] = c.pass.patience.refusals.end(c.pass.stream.Name, false); why[i] == nil {
			return false
		}
	}
	for i, c := range p.children {
		(&lane{pass: c.pass}).breaksOff(why[i])
	}
	return true
}

// refused reports whether e says that the API refused who asks.
func (e *notAsked) refused() bool { return e.what == noEntry || e.what == noTicket }
