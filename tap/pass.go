package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/findings"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// pass is a pass of a stream that is under way in this run: what its partitions
// share.
type pass struct {
	run       *run
	stream    *plan.Stream
	decision  *plan.Decision
	client    *fetch.Client
	schema    *render.Schema
	findings  findings.Stream
	patience  *patience.Patience
	track     *track
	many      bool // it has windows or contexts
	supply    supplied
	splitters splitters // that no walk uses
	recorded  string    // its id in the journal; "": there is none
	kept      kept
	parted    parted
	family
}

// parted is what of a pass runs read that read together, by a plan.
type parted struct {
	share     []planfile.Planned // the partitions that alone are read; nil: all are
	handedOut bool               // its partitions are planned, for others to read
	ofPlan    bool               // its partitions stand in a plan: no parent is read for them
}

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
	if p.supply.first, err = p.only(); err == nil {
		p.track.begins(p.supply.first.Start)
	}
	return p, err
}

// vars are what the templates of the stream's requests may use.
func (p *pass) vars() expr.Vars { return p.decision.Vars(p.run.Config.Values) }

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

// splitters are pairs that walks of a stream have used, for the next ones: they
// are large.
type splitters chan [2]*pages.Splitter

// take returns a pair: one for pages as they come, one for those that are read
// again.
func (all splitters) take(s *plan.Stream) (pair [2]*pages.Splitter, err error) {
	select {
	case pair = <-all:
		return pair, nil
	default:
	}
	for i := range pair {
		if pair[i], err = pages.NewSplitter(s.Definition.Records); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

// keep keeps a pair for another walk.
func (all splitters) keep(pair [2]*pages.Splitter) {
	select {
	case all <- pair:
	default:
	}
}
