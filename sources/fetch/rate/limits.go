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
	declared []*limit
	quotas   quotas
	found    map[string]*found // of each stream
	costs    map[string]*costs // likewise
	pause    time.Time
	leases   Leases // nil: the limits are this process's own
	stop     func() // ends what the leases tell
}

// New returns the limits of a client: those that its definition declares, to
// begin with. Where there are leases, they decide about those.
func New(declared []sources.RateLimit, s Sharing) *Limits {
	l := &Limits{found: map[string]*found{}, costs: map[string]*costs{}}
	for _, d := range declared {
		one := newLimit(d)
		if d.Shared && s.Dir != "" && s.Leases == nil {
			one.shared = newShared(d, one.window, s)
		}
		l.declared = append(l.declared, one)
	}
	if s.Leases != nil {
		l.lend(s.Leases)
	}
	return l
}

// Ask is a request that wants to start.
type Ask struct {
	Stream string
	Path   string       // of its URL
	Cost   sources.Cost // what it costs;
	Varies bool         // unless its answer says
	By     any          // tells the request apart where it asks again; nil: it does not
}

// Started is a request that was let through.
type Started struct {
	Ask      // its cost is what was reserved, until it is settled
	at, done time.Time
	settled  bool
	lease    Lease // nil: there is none
}

// Why is what makes a request wait.
type Why string

// What makes requests wait.
const (
	DeclaredLimit Why = "the rate_limit of the definition"
	ToldQuota     Why = "the quota that the API's headers tell of"
	FoundPace     Why = "the pace at which the API takes requests"
	AskedPause    Why = "the pause that the API asked for"
	FirstCost     Why = "the first answer that says what requests cost"
	SharedFile    Why = "the file of a shared rate_limit, which another process has locked"
	SharedBudget  Why = "the budget that all workers share"
)

// ends says what ends waits of which nobody knows how long they take.
var ends = map[Why]string{
	FirstCost:  "that answer has come",
	SharedFile: "that process gives it back, or ends",

	SharedBudget: "this worker is given its part",
}

// Hold is how long a request waits before Take is called again, and what for.
type Hold struct {
	For   time.Duration
	Why   Why
	Limit string          // which of several; "": there is one
	News  <-chan struct{} // closed when there is a reason to call Take before; nil: there is none
}

// String says what a request waits for.
func (w Hold) String() string {
	if w.Limit == "" {
		return string(w.Why)
	}
	return string(w.Why) + ": " + w.Limit
}

// brief are the causes of waits in few words.
var brief = map[Why]string{
	DeclaredLimit: "rate_limit",
	ToldQuota:     "the API's quota",
	FoundPace:     "the pace that the API takes",
	AskedPause:    "the pause that the API asked for",
	FirstCost:     "the first answer with a cost",
	SharedFile:    "another process, which has the file of rate_limit",
	SharedBudget:  "the budget that all workers share",
}

// Brief is String in fewer words.
func (w Hold) Brief() string {
	if w.Limit == "" {
		return brief[w.Why]
	}
	return brief[w.Why] + ": " + w.Limit
}

// Open reports whether nobody knows how long the request waits: it asks again soon.
func (w Hold) Open() bool { return ends[w.Why] != "" }

// Until says when the wait ends.
func (w Hold) Until(now time.Time) string {
	if w.Open() {
		return ends[w.Why]
	}
	return now.Add(w.For).UTC().Format(time.RFC3339)
}

// longer makes the wait another one, where that is longer.
func (w *Hold) longer(d time.Duration, why Why, limit string) {
	if d > w.For {
		*w = Hold{For: d, Why: why, Limit: limit}
	}
}

// Take starts a request now, and returns it; or it returns how long to wait. For
// each that it starts, Done is called once.
func (l *Limits) Take(a Ask, now time.Time) (*Started, Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cost := entryOf(l.costs, a.Stream)
	if a.Varies {
		a.Cost = cost.likely()
	}
	if wait := l.wait(a, cost, now); wait.For > 0 {
		return nil, wait
	}
	if wait := l.startShared(a, now); wait.For > 0 {
		return nil, wait
	}
	s := &Started{Ask: a, at: now}
	if l.leases != nil {
		var wait Hold
		if s.lease, wait = l.leases.Take(a, now); s.lease == nil {
			return nil, wait
		}
	}
	for _, one := range l.declared {
		if Matches(one.match, a.Path) {
			one.start(s)
		}
	}
	l.quotas.start(a.Stream)
	entryOf(l.found, a.Stream).start(now)
	cost.flying++
	return s, Hold{}
}

// wait returns how long a request waits, the other processes aside; mu is held.
func (l *Limits) wait(a Ask, cost *costs, now time.Time) (wait Hold) {
	wait.longer(l.pause.Sub(now), AskedPause, "")
	for _, one := range l.declared {
		if Matches(one.match, a.Path) {
			wait.longer(one.wait(a.Cost, now), DeclaredLimit, one.name)
		}
	}
	if a.Varies && cost.n == 0 && cost.flying > 0 {
		wait.longer(soon, FirstCost, "")
	}
	d, quota := l.quotas.wait(a.Stream, now)
	wait.longer(d, ToldQuota, quota)
	wait.longer(entryOf(l.found, a.Stream).wait(now), FoundPace, "")
	return wait
}

// startShared takes note of a request in the files of shared limits, where all of
// them let it through; mu is held.
func (l *Limits) startShared(a Ask, now time.Time) (wait Hold) {
	var open []*limit
	for _, one := range l.declared {
		if one.shared == nil || !Matches(one.match, a.Path) || wait.For > 0 {
			continue
		}
		d, err := one.shared.open(now)
		switch {
		case err != nil:
			one.alone(err)
			wait.longer(busy, DeclaredLimit, one.name)
		case d > 0:
			wait.longer(d, SharedFile, one.name)
		default:
			open = append(open, one)
			wait.longer(one.shared.wait(one.counts.of(a.Cost), now), DeclaredLimit, one.name+", which other processes share")
		}
	}
	for _, one := range open {
		if wait.For <= 0 {
			one.shared.start(one.counts.of(a.Cost), now)
			one.shared.news = true
		}
		if err := one.shared.giveBack(); err != nil {
			one.alone(err)
		}
	}
	return wait
}

// Close sees to it that other processes know what the last requests cost.
func (l *Limits) Close(now time.Time) {
	if l.stop != nil {
		l.stop()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.declared {
		if one.shared == nil || len(one.shared.owed) == 0 {
			continue
		}
		if wait, err := one.shared.open(now); err == nil && wait == 0 {
			_ = one.shared.giveBack() // nothing of this process depends on it
		}
	}
}

// Settle takes note of what a request cost, once its answer says so. It returns by
// how much that is more than was reserved. What was settled stays so.
func (l *Limits) Settle(s *Started, cost sources.Cost) (more sources.Cost) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.settled {
		return 0
	}
	more, s.settled = cost-s.Cost, true
	s.Cost = cost
	entryOf(l.costs, s.Stream).add(cost)
	if s.lease != nil {
		s.lease.Settle(more)
	}
	for _, one := range l.declared {
		if Matches(one.match, s.Path) {
			one.settle(more, s)
		}
	}
	return more
}

// Told takes note of what the answer to a request, which came then, says is left of a
// declared limit.
func (l *Limits) Told(s *Started, said Left, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.declared[said.Limit].left.told(s, said, at)
}

// Done says that a request is over: answered, failed, or not sent at all.
func (l *Limits) Done(s *Started, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.done = now
	entryOf(l.costs, s.Stream).flying--
	l.quotas.done(s.Stream)
	if s.lease != nil {
		s.lease.Done()
	}
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
	entryOf(l.found, stream).isGranted(started, now)
}

// Refused takes note that a request of a stream, which started then, was refused
// for its rate. It returns how many requests a second of that stream are sent from
// now on, 0 where that was known already. An API may take more of other streams:
// each finds its own pace. told says that the API says when it grants requests
// again, so that Rest was, or will be, called.
func (l *Limits) Refused(stream string, started, now time.Time, told bool) (perSecond float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	perSecond = entryOf(l.found, stream).isRefused(started, now, told)
	if l.leases != nil && perSecond > 0 {
		l.leases.Refused(stream, told)
	}
	return perSecond
}

// Rest lets no request start before the given time.
func (l *Limits) Rest(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !until.After(l.pause) {
		return
	}
	l.pause = until
	if l.leases != nil {
		l.leases.Rest(until)
	}
}

// entryOf returns the entry of a stream, a new one where there is none.
func entryOf[T any](all map[string]*T, stream string) *T {
	one := all[stream]
	if one == nil {
		one = new(T)
		all[stream] = one
	}
	return one
}
