package tap

import (
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// newDisplay returns what shows people how far the run is.
func (r *run) newDisplay(passes []*pass) *report.Display {
	d := &report.Display{Account: report.Account{Started: r.now}, Watch: r.Watch, Log: r.Log}
	for _, p := range passes {
		p.track.account = &report.Stream{
			Name: p.stream.Name, Quarantine: r.work.Quarantine(p.stream.Name), Counters: &p.track.counters, Feed: p.feed, Came: p.decision.Bookmark.Came(), Listing: p.stream.Definition.Loaded.Hidden,
			Certificate: certificate.Stream{Fields: p.stream.Keys},
			Course:      r.course(p),
		}
		if d := p.track.parts.inherited(); d != nil {
			p.track.account.Certificate.Doubt(*d)
			r.Log.Warn("the stream may not be complete: "+d.String(), "stream", p.stream.Name)
		}
		d.Account.Streams = append(d.Account.Streams, p.track.account)
	}
	for _, t := range r.notRead {
		t.account = &report.Stream{Name: t.stream.Name, Done: t.decision.Way == plan.Complete, LeftOut: t.decision.Backfill, Failures: report.Failures{Why: t.refused}, Counters: &t.counters}
		d.Account.Streams = append(d.Account.Streams, t.account)
	}
	if m, ok := r.Protocol.(meter); ok {
		d.Metric = m.Metric
	}
	return d
}

// course is how far a pass is when the run begins.
func (r *run) course(p *pass) (c report.Course) {
	switch {
	case p.over || r.Watch == nil:
	case p.many:
		c.All = p.supply.expected()
	default:
		c.Reached, c.Total = p.supply.first.Start.Next.Share()
		c.Began = c.Reached
	}
	return c
}
