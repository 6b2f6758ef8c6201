package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/runjournal"
)

// bookmarks moves the bookmarks to where the lines are that were written, and finds
// out what has ended with them: partitions, the pages of parents whose children they
// are, lanes and passes. Only the emitter's goroutine uses it.
type bookmarks struct {
	journal *runjournal.Journal // nil: none
	lost    []string            // passes whose walk the API has lost since the last STATE
	over    []*track            // that ended since then
}

// move moves the bookmarks by a batch that was written.
func (all *bookmarks) move(b *batch) {
	if b.part != nil {
		b.part.pass.tellChildren()
	}
	for _, one := range b.listed {
		one.Take()
	}
	switch {
	case b.gone != nil:
		b.track.forget(b.track.pass.supply.KeyOf(b.gone))
		all.lessLeft(b.among, 1)
	case b.handed != nil:
		b.track.account.Planned++
		all.isOver(b.handed, 1)
	case b.lane != nil:
		all.allMade(b)
	case b.lines.Partial:
	default:
		b.part.steps = append(b.part.steps, b.step)
		all.drain(b.part)
	}
	if page := b.step.page; page != nil && !b.lines.Partial {
		all.closePage(page) // it is worked on no more
	}
}

// allMade notes how many partitions a lane has.
func (all *bookmarks) allMade(b *batch) {
	l := b.lane
	if b.broken != nil {
		b.track.account.Fail(b.broken)
		if why := (*patience.NotAsked)(nil); errors.As(b.broken, &why) && why.Refused() {
			b.track.account.Failures.Why = b.broken // instead of one of those that it is for
		}
		b.track.fails(b.broken)
		return
	}
	l.issued, l.complete = b.issued, true
	all.awaitLeftovers(l)
	all.close(l)
}

// drain takes the steps of a partition, up to a page whose children are not done.
func (all *bookmarks) drain(p *part) {
	for len(p.steps) > 0 && (p.steps[0].page == nil || p.steps[0].page.closed) {
		s := p.steps[0]
		p.steps = p.steps[1:]
		p.pass.track.take(p, s)
		p.pass.touch()
		all.journal.Written(s.key)
		if s.lost && p.pass.track.parts == nil {
			all.lost = append(all.lost, p.pass.recorded)
		}
		if s.failure != nil {
			p.pass.track.fails(s.failure)
		}
		if s.ends() {
			if s.last && p.pass.many {
				p.pass.track.account.Partitions++
			}
			all.isOver(p, 1-len(s.halves))
		}
	}
}

// isOver takes note that nothing more comes of a partition in this run, and that so many
// less are left of what it was among.
func (all *bookmarks) isOver(p *part, less int) {
	p.lane.finished++
	all.close(p.lane)
	all.lessLeft(p.leftover, less)
}

// open takes note of a lane that is about to make partitions.
func (all *bookmarks) open(l *lane) {
	if l.page != nil {
		l.page.lanes++
	} else {
		l.pass.track.sources++
	}
}

// close takes note of a lane whose partitions are done, and of what is done with
// it: the page that led to them, or the pass.
func (all *bookmarks) close(l *lane) {
	switch {
	case !l.complete || l.finished < l.issued:
	case l.page == nil:
		all.lessOf(l.pass)
	default:
		all.closePage(l.page)
	}
}

// closePage takes note of one thing less that keeps a page open.
func (all *bookmarks) closePage(page *openPage) {
	if page.lanes--; page.lanes == 0 {
		page.closed = true
		all.drain(page.part)
	}
}

// lessOf takes note that one thing less may lead to partitions of a pass: with
// the last, it has ended in this run, and so may those of its children.
func (all *bookmarks) lessOf(p *pass) {
	if p.track.sources--; p.track.sources > 0 {
		return
	}
	p.track.ended = true
	p.track.suspectNothing()
	p.track.dropOrphans()
	p.touch()
	all.over = append(all.over, p.track)
	for _, c := range p.children {
		if p.track.failure != nil {
			c.pass.track.failsWith(p)
		}
		all.lessOf(c.pass)
	}
}

// awaitLeftovers makes a lane wait for partitions that have not ended.
func (all *bookmarks) awaitLeftovers(l *lane) {
	for _, o := range l.leftovers {
		if o.parts > 0 {
			o.lanes = append(o.lanes, l)
			l.issued++
		}
	}
}

// lessLeft takes note of partitions that have ended, less than none where others
// take their place.
func (all *bookmarks) lessLeft(o *leftover, n int) {
	if o == nil {
		return
	}
	if o.parts -= n; o.parts > 0 {
		return
	}
	for _, l := range o.lanes {
		l.finished++
		all.close(l)
	}
	o.lanes = nil
}
