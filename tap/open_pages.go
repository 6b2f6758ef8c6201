package tap

import (
	"context"

	"github.com/tap-rest/tap-rest/tap/limits"
)

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
