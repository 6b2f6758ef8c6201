package rate

import (
	"net/http"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// Limits are all that bounds how fast the requests of a client may follow each
// other. Their methods may be called from any goroutine.
type Limits struct {
	mu       sync.Mutex
	declared []window
	quotas   quotas
	found    map[string]*found // of each stream
	pause    time.Time
}

// New returns the limits of a client: those that its definition declares, to
// begin with.
func New(declared []sources.RateLimit) *Limits {
	l := &Limits{found: map[string]*found{}}
	for _, d := range declared {
		l.declared = append(l.declared, window{most: d.Requests, per: d.Per, match: d.Match})
	}
	return l
}

// Why is what makes a request wait.
type Why string

// What makes requests wait.
const (
	DeclaredLimit Why = "the rate_limit of the definition"
	ToldQuota     Why = "the quota that the API's headers tell of"
	FoundPace     Why = "the pace at which the API takes requests"
	AskedPause    Why = "the pause that the API asked for"
)

// Take starts a request of a stream for a path now, and returns 0; or it returns how long to
// wait before it is called again, and what for. For each that it starts, Done is
// called once.
func (l *Limits) Take(stream, path string, now time.Time) (wait time.Duration, why Why) {
	l.mu.Lock()
	defer l.mu.Unlock()
	longer := func(d time.Duration, reason Why) {
		if d > wait {
			wait, why = d, reason
		}
	}
	longer(l.pause.Sub(now), AskedPause)
	for i := range l.declared {
		if matches(l.declared[i].match, path) {
			longer(l.declared[i].wait(now), DeclaredLimit)
		}
	}
	longer(l.quotas.wait(stream, now), ToldQuota)
	pace := l.paceOf(stream)
	longer(pace.wait(now), FoundPace)
	if wait > 0 {
		return wait, why
	}
	for i := range l.declared {
		if matches(l.declared[i].match, path) {
			l.declared[i].start(now)
		}
	}
	l.quotas.start(stream)
	pace.start(now)
	return 0, ""
}

// Done says that a request of a stream is over: answered, failed, or not sent at
// all.
func (l *Limits) Done(stream string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quotas.done(stream)
}

// Answered takes note of what an answer says of quotas, before Done. The server's
// time is that of the answer.
func (l *Limits) Answered(stream string, h http.Header, server, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quotas.answered(stream, h, server, now)
}

// Granted takes note of an answer that was no refusal, to a request of a stream
// which started then: its pace may rise.
func (l *Limits) Granted(stream string, started, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paceOf(stream).isGranted(started, now)
}

// Refused takes note that a request of a stream, which started then, was refused
// for its rate. It returns how many requests a second of that stream are sent from
// now on, 0 where that was known already. An API may take more of other streams:
// each finds its own pace.
func (l *Limits) Refused(stream string, started, now time.Time) (perSecond float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paceOf(stream).isRefused(started, now)
}

// paceOf returns the pace of a stream; mu is held.
func (l *Limits) paceOf(stream string) *found {
	f := l.found[stream]
	if f == nil {
		f = &found{}
		l.found[stream] = f
	}
	return f
}

// Rest lets no request start before the given time.
func (l *Limits) Rest(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.pause) {
		l.pause = until
	}
}
