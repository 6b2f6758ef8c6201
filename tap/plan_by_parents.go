package tap

import (
	"context"
	"sync"

	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
)

// PlanByParents hands out what a run would read, and reads the parents for that:
// of streams that have children, the partitions of the children come as the
// records of a page are known. It asks the API for nothing else, within the
// budget of a run. What it reads is kept in the journal, as the beginning of the
// passes that the next run goes on with, which asks for none of it again; no pass
// of the journal is set aside for it. Where something keeps parents from being
// read to their end, the streams whose partitions are not all known are named
// last. The error is that of a run, or visit's.
func PlanByParents(stop context.Context, o Options, visit func(planfile.Planned) error) error {
	r := newRun(o)
	r.listing = true
	defer r.close()
	var err error
	if r.journal, err = r.journals().open(); err != nil {
		return err
	}
	if r.journal == nil {
		r.Log.Warn("there is no journal: the run that follows asks the API again for the parents that the plan reads")
	}
	passes, err := planner{r}.plan()
	if err == nil {
		err = r.begin(withRelatives(passes))
	}
	if err != nil {
		return err
	}
	passes = inTurn(passes)
	l := &lister{run: r, misled: map[*pass]bool{}, listed: map[*pass]bool{}, account: &r.newDisplay(passes).Account, visit: visit}
	l.read(stop, passes)
	for _, p := range passes {
		switch {
		case l.failure != nil:
		case l.lacks(p):
			l.failure = visit(p.ofParents("children"))
		case leadsNowhere(p) && !l.listed[p]:
			tellPassed(p, func(string) {})
			l.failure = visit(p.ofParents("none"))
		}
	}
	switch {
	case l.failure != nil:
		return l.failure
	case stop.Err() != nil:
		return context.Cause(stop)
	case r.journal.Failure() != nil:
		return &JournalError{Err: r.journal.Failure()}
	}
	if why := r.gate.Why(); why != "" {
		r.Log.Warn("the plan is not complete: its parents were not read to their end", "why", why)
	}
	return failuresOf(l.account)
}

// withRelatives returns those of the passes that have parents or children. The
// others are nothing that the journal must know of before a run reads them.
func withRelatives(passes []*pass) (all []*pass) {
	for _, p := range passes {
		if len(p.feeds)+len(p.children) > 0 {
			p.decision.Aside = nil
			all = append(all, p)
		}
	}
	return all
}

// lister lists partitions while parents are read.
type lister struct {
	run     *run
	account *report.Account // which passes failed
	misled  map[*pass]bool  // of whose parents a record leads nowhere

	mu      sync.Mutex
	visit   func(planfile.Planned) error
	failure error // visit's
	listed  map[*pass]bool
}

// read walks the parents, and lists.
func (l *lister) read(stop context.Context, passes []*pass) {
	r := l.run
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	batches, endWalks := r.startWalks(ctx, stop, cancel, passes, l.list)
	defer endWalks()
	for b := range batches {
		for _, a := range b.astray {
			l.misled[a.child] = true
			a.child.track.account.Fail(a.err)
		}
		if b.step.failure != nil {
			b.track.account.Fail(b.step.failure)
		}
		if b.broken != nil {
			b.track.account.Fail(b.broken)
		}
	}
}

// list hands out a partition, and reports whether it is one of a parent, which is
// walked.
func (l *lister) list(p *part) bool {
	parent := len(p.pass.children) > 0
	line := p.planned()
	if parent && l.run.journal != nil {
		line.Calls, line.Cost = 0, 0
		if !p.owed { // it may fail again
			line.Way = "read"
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listed[p.pass] = true
	if l.failure == nil {
		l.failure = l.visit(line)
	}
	if l.failure != nil {
		l.run.gate.Shut("the plan cannot be written")
	}
	return parent && l.failure == nil
}

// lacks reports whether a pass may have partitions that are not known, since
// something of its parents was not read.
func (l *lister) lacks(p *pass) bool {
	if l.misled[p] {
		return true
	}
	for _, f := range p.feeds {
		if !p.over && (f.track.account.Failures.Why != nil || l.run.gate.Why() != "") || l.lacks(f) {
			return true
		}
	}
	return false
}
