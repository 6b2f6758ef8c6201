package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
)

// newPass makes what is read of a stream: every input is checked here, before
// the first request.
func (r planner) newPass(s *plan.Stream, d *plan.Decision) (*pass, error) {
	p := &pass{run: r.run, stream: s, decision: d, many: d.Many(s)}
	inStream := func(err error) error { return fmt.Errorf("stream %s: %w", s.Name, err) }
	var err error
	if p.schema, err = render.NewSchema(s); err != nil {
		return nil, err
	}
	p.splitters = make(splitters, r.Config.Run.Concurrency)
	one, err := p.splitters.take(s)
	if err != nil {
		return nil, inStream(err)
	}
	p.splitters.keep(one)
	p.client = r.clients.of(s, p.vars())
	p.patience = patience.New(s.Definition, p.many, r.clients.apis[p.client])
	if err := p.client.Check(p.vars()); err != nil {
		return nil, inStream(err)
	}
	if p.supply, err = newSupply(p); err != nil {
		return nil, err
	}
	p.track = newTrack(p)
	if p.many {
		p.track.parts = newPartitions(p)
		return p, nil
	}
	if p.supply.first, err = p.supply.only(); err == nil {
		p.track.begins(p.supply.first.Start)
	}
	return p, err
}

// layout says how the requests of a pass are laid out.
func (p *pass) layout() plan.Layout {
	l := plan.Layout{Lookback: p.decision.Lookback.String(), Feed: p.feed, Range: p.stream.Range.String()}
	if p.decision.Recorded != nil {
		l.Certificate = p.decision.Recorded.Layout.Certificate
	}
	if !p.many {
		l.Partition = p.supply.first.Part.Key
		return l
	}
	if d := p.decision; d.From != nil && d.Bookmark != nil {
		l.Contexts = d.Bookmark.Contexts
	}
	if p.decision.Recorded != nil {
		l.Owed = p.decision.Recorded.Layout.Owed
	} else {
		l.Owed = p.supply.OwedBefore()
	}
	if p.decision.Length != (times.Span{}) {
		l.Window = p.decision.Length.String()
	}
	for _, f := range p.feeds {
		if l.Feeds == nil {
			l.Feeds = map[string]plan.Fed{}
		}
		fed := plan.Fed{Pass: f.decision.Pass.ID, From: f.decision.FedFrom(f.stream)}
		if files := p.filesOf(f); files != nil {
			fed.Contexts, fed.Files = files.Contexts, files.Known
		}
		l.Feeds[f.stream.Name] = fed
	}
	return l
}
