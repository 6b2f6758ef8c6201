package tap

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// part is a partition on its way through a run. Its lane makes it, a worker walks
// it, and the emitter takes what comes of it.
type part struct {
	*plan.Reading
	pass   *pass
	lane   *lane
	key    progress.Part // what is done when its walk is over
	known  bool          // to the state: it is open, or owed
	owed   bool
	worker *worker // nil: its turn has not come

	leftover *leftover // that it is one of; nil: none

	mu   sync.Mutex // of open
	open int        // pages whose children are under way
	free chan struct{}

	at    plan.Standing // the emitter's: where it stands
	steps []step        // that the emitter has not taken: it waits for children
}

// Key is the partition's.
func (p *part) Key() string { return p.key.Key }

// Owed reports whether the partition is owed from an earlier run.
func (p *part) Owed() bool { return p.owed }

// Above are the contexts that the partition belongs to: its own, that of the parent
// whose record led to it, and so on.
func (p *part) Above() (all []uint64) {
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

// step is what a page, or the end of a walk, brings a partition.
type step struct {
	at      plan.Standing
	last    bool         // the walk has ended
	lost    bool         // the API forgot the walk: it must start over
	keep    bool         // records may be missing: the bookmark stays
	date    string       // Date of the answer
	came    time.Time    // when it came, by our clock
	failure error        // no page, but the end of the walk, for this reason
	split   *lane        // no page, but the end of the walk: these partitions take its place
	halves  []*part      // that split makes
	key     *journal.Key // where the journal has the page; nil: nowhere
	page    *openPage    // its children come first; nil: it has none
}

// ends reports whether nothing more comes of the partition in this run.
func (s *step) ends() bool { return s.failure != nil || s.last || s.split != nil }

// maxOpenPages is how many pages of a parent's walk may have children that are
// under way.
const maxOpenPages = 2

// came takes note of a page whose children will come.
func (p *part) came() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
}

// leave says that the children of a page are done.
func (p *part) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	select {
	case p.free <- struct{}{}:
	default:
	}
}

// under is how many pages have children that are under way.
func (p *part) under() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// awaitChildren waits until so many pages at most have children under way, or the
// run ends. The walk holds no turn meanwhile.
func (p *part) awaitChildren(ctx context.Context, closed <-chan struct{}, t *limits.Turn, most int) {
	if len(p.pass.children) == 0 || p.under() <= most {
		return
	}
	t.LeaveForChildren()
	for p.under() > most {
		select {
		case <-p.free:
		case <-closed:
			return
		case <-ctx.Done():
			return
		}
	}
	t.Return(ctx)
}

// openPage is a page of a parent whose children are not all done. Its lanes are
// counted twice: as those whose walks are over, and by the emitter as those of
// which all is written. While the page itself is worked on, it counts as one.
type openPage struct {
	part   *part // of the parent
	mu     sync.Mutex
	walked int // lanes that are under way
	lanes  int // lanes of which not all is written: the emitter's
	closed bool
}

// openPage returns a page that is about to be worked on.
func (p *part) openPage() *openPage { return &openPage{part: p, walked: 1, lanes: 1} }

// leads takes note of a lane whose walks are about to begin.
func (p *openPage) leads() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.walked++
}

// over says that the walks of a lane are over, or the page is worked on no more.
func (p *openPage) over() {
	p.mu.Lock()
	p.walked--
	last := p.walked == 0
	p.mu.Unlock()
	if last {
		p.part.leave()
	}
}

// lane makes the partitions of one pass that come from one place, in order: from
// the state and the definition, or from a page of a parent. take is called from
// one goroutine.
type lane struct {
	pass *pass
	page *openPage // nil: the top of the run
	next func() (*part, error)

	mu        sync.Mutex
	active    int  // walks that are not over
	exhausted bool // no more parts come

	issued, finished int         // the emitter's: of the parts that came
	complete         bool        // issued is how many there are
	made             int         // by take
	leftovers        []*leftover // that it waits for, besides
	ill              []*part     // that come last: of their contexts, some failed for now
}

// entry is the lane as the run's turns see it.
func (l *lane) entry() limits.Lane {
	return limits.Lane{Group: l.pass.stream.Name, Client: l.pass.client, Depth: l.pass.depth, Single: l.complete, Next: l.start}
}

// start returns what walks the next partition, nil after the last.
func (l *lane) start() func(*limits.Turn) bool {
	p, err := l.draw()
	if err != nil {
		l.breaksOff(err)
		p = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p == nil {
		l.exhausted = true
		if err == nil && (l.pass.many || l.pass.over) {
			l.pass.run.flow.tell(&batch{track: l.pass.track, lane: l, issued: l.made})
		}
		l.overIfDone()
		return nil
	}
	l.made++
	l.active++
	return func(t *limits.Turn) bool {
		again := l.pass.run.flow.walk(p, t)
		if !again {
			l.ends()
			p.leftover.walked(1)
		}
		return again
	}
}

// draw returns the next partition of the lane. Those of contexts that failed for
// now come last.
func (l *lane) draw() (*part, error) {
	if err := l.pass.patience.End(); err != nil {
		return nil, err
	}
	for {
		p, err := l.next()
		switch {
		case err != nil:
			return nil, err
		case p != nil:
			p.lane = l
			if !l.pass.many || !l.pass.patience.Ill(p) {
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

// breaksOff says why no more partitions come of the lane.
func (l *lane) breaksOff(err error) {
	err = logs.HideError(l.pass.run.Config.Hider, err)
	if silent := (*patience.NotAsked)(nil); !errors.As(err, &silent) || l.pass.patience.News(silent) {
		l.pass.run.Log.Error(logs.Unnamed(l.pass.stream.Name, err), "stream", l.pass.stream.Name)
	}
	l.pass.run.flow.tell(&batch{track: l.pass.track, lane: l, broken: err})
	if l.page == nil {
		l.pass.supply.leftovers.release()
	}
}

// ends takes note of a walk that is over.
func (l *lane) ends() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.overIfDone()
}

// overIfDone tells the page that the lane's walks are over; mu is held.
func (l *lane) overIfDone() {
	if l.page != nil && l.exhausted && l.active == 0 {
		l.page.over()
	}
}
