package tap

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
)

// pass is a pass of a stream that is under way in this run: what its partitions
// share.
type pass struct {
	run       *run
	stream    *plan.Stream
	decision  *plan.Decision
	client    *fetch.Client
	schema    *render.Schema
	findings  render.Findings
	track     *track
	depth     int                       // of its stream below those without a parent
	feed      bool                      // its records are contexts, and do not leave
	over      bool                      // it was read for children, and to its end, in an earlier run
	many      bool                      // it has windows or contexts
	contexts  contexts                  // its own
	known     *progress.Pass            // what is done, open or owed when the run begins; of one that has many
	feeds     []*pass                   // whose records are its contexts
	children  []*child                  // whose contexts its records are
	fromStart func() (*plan.Cut, error) // how the time of a context is cut that was not read yet,
	fromMark  func() (*plan.Cut, error) // and of one that was
	splitters splitters                 // that no walk uses
	recorded  string                    // its id in the journal; "": there is none
	first     *part                     // of one that has not many
}

// newPass makes what is read of a stream: every input is checked here, before
// the first request.
func (r *run) newPass(s *plan.Stream, d *plan.Decision) (*pass, error) {
	p := &pass{run: r, stream: s, decision: d, many: d.Many(s)}
	inStream := func(err error) error { return fmt.Errorf("stream %s: %w", s.Name, err) }
	var err error
	if p.schema, err = render.NewSchema(s); err != nil {
		return nil, err
	}
	p.fromStart, p.fromMark = p.cutsFrom(nil), p.cutsFrom(d.From)
	p.splitters = make(splitters, r.Config.Run.Concurrency)
	one, err := p.splitters.take(s)
	if err != nil {
		return nil, inStream(err)
	}
	p.splitters.keep(one)
	p.client = r.client(s, d.Vars(r.Config.Values))
	if err := p.client.Check(d.Vars(r.Config.Values)); err != nil {
		return nil, inStream(err)
	}
	if p.contexts.axes, err = plan.NewAxes(s.Definition, d.Vars(r.Config.Values)); err != nil {
		return nil, inputError(err)
	}
	p.track = newTrack(p)
	if p.many {
		p.known = p.begin()
		p.track.parts = newPartitions(p)
		if p.stream.Clock.Timed() {
			_, err = p.fromStart()
			_, markErr := p.fromMark()
			if err = cmp.Or(err, markErr); err != nil {
				return nil, inStream(err)
			}
		}
		return p, nil
	}
	if p.first, err = p.only(); err == nil {
		p.track.begins(p.first.Start)
	}
	return p, err
}

// only returns the one partition of a pass that has not many.
func (p *pass) only() (*part, error) {
	reading, why, err := plan.Read(p.stream, p.decision, p.run.Config.Values)
	p.run.explain(p.stream.Name, why)
	if err != nil {
		return nil, p.run.inState(p.stream.Name, err)
	}
	return p.newPart(reading, state.Window{}), nil
}

// newPart returns a partition of the pass, of so much of its time.
func (p *pass) newPart(reading *plan.Reading, w state.Window) *part {
	return &part{
		Reading: reading, pass: p, at: reading.Start, free: make(chan struct{}, 1),
		key: progress.Part{Key: reading.Part.Key, Context: reading.Part.Context.Hash, Window: w},
	}
}

// begin returns what is done of the pass when the run begins, and what is open
// or owed.
func (p *pass) begin() *progress.Pass {
	b := p.decision.Bookmark
	switch {
	case b == nil || b.Resume == nil:
		return progress.New()
	case p.decision.Way == plan.FromState && b.Resume.Shape == p.stream.Shape:
		return progress.Load(b.Resume, p.keyOf)
	}
	known := progress.New() // of the pass before, there is what it owed: its bookmark may lie behind that
	for _, o := range b.Resume.Owed {
		if b.Resume.Shape != p.stream.Shape { // what came of it were answers to other requests
			o = state.Open{Partition: o.Partition, Context: o.Context, Window: o.Window, Next: progress.FromStart}
		}
		known.Owe(p.keyOf(&o), o)
	}
	return known
}

func (p *pass) keyOf(o *state.Open) progress.Part {
	one := progress.Part{Key: o.Partition}
	if ctx, err := p.contextOf(o); err == nil {
		one.Context = ctx.Hash
	}
	if o.Window != nil {
		one.Window = *o.Window
	}
	return one
}

// contextOf returns the context of a partition in the state.
func (p *pass) contextOf(o *state.Open) (plan.Context, error) {
	if o.Context == nil {
		return plan.Context{}, nil
	}
	return plan.OpenContext(o.Context, p.client.Secrets)
}

// from is the bookmark that a context is read from: none, where it was not read
// yet.
func (p *pass) from(ctx plan.Context) json.RawMessage {
	d := p.decision
	if ctx.Text != nil && (d.Bookmark == nil || !d.Bookmark.Contexts.Has(ctx.Hash)) {
		return nil
	}
	return d.From
}

// errDropped says that a partition of the state is no longer one of the stream.
var errDropped = errors.New("the state left a partition open that the stream no longer has: what the state says of that partition is dropped")

// left returns a partition that the state left open, or owes.
func (p *pass) left(o *state.Open) (*part, error) {
	ctx, err := p.contextOf(o)
	if err != nil {
		return nil, err
	}
	var w state.Window
	if o.Window != nil {
		w = *o.Window
	}
	one, err := p.partOf(ctx, w)
	if err != nil {
		return nil, err
	}
	if one.Part.Key != o.Partition {
		return nil, errDropped
	}
	if one.Start, err = plan.StandingOf(o); err != nil {
		return nil, err
	}
	one.at, one.known = one.Start, true
	return one, nil
}

// partOf returns the partition of a context and a window. The zero window is
// all the time of the pass.
func (p *pass) partOf(ctx plan.Context, w state.Window) (*part, error) {
	partition, err := p.decision.Part(p.stream, ctx, p.from(ctx), w, p.run.Config.Values)
	if err != nil {
		return nil, err
	}
	reading := &plan.Reading{Stream: p.stream, Pass: p.decision, Part: partition}
	return p.newPart(reading, w), nil
}

// owes returns the partitions that are owed, of a range of time its windows.
func (p *pass) owes(o *state.Open) func() (*part, error) {
	var next func() (*part, error)
	if o.Window == nil || !p.stream.Clock.Timed() {
		next = p.each([]state.Open{*o})
	} else {
		next = p.windowsOf(o)
	}
	return func() (*part, error) {
		one, err := next()
		if one != nil {
			one.owed = true
		}
		return one, err
	}
}

// windowsOf returns the windows of a range of time that is owed.
func (p *pass) windowsOf(o *state.Open) func() (*part, error) {
	cut := p.stream.Clock.Range(*o.Window, p.decision.Length)
	ctx, err := p.contextOf(o)
	start, end, ok := cut.First()
	return func() (*part, error) {
		if !ok || err != nil {
			return nil, err
		}
		w := state.Window{Start: start, End: end}
		start, end, ok = cut.After(end)
		if w == *o.Window {
			if one, err := p.left(o); err == nil {
				return one, nil
			}
		}
		return p.partOf(ctx, w)
	}
}

// cut cuts the time of a context: nil where time is no measure.
func (p *pass) cut(ctx plan.Context) (*plan.Cut, error) {
	if !p.stream.Clock.Timed() {
		return nil, nil
	}
	if p.from(ctx) == nil {
		return p.fromStart()
	}
	return p.fromMark()
}

// cutsFrom returns what cuts the time from a bookmark on, once.
func (p *pass) cutsFrom(from json.RawMessage) func() (*plan.Cut, error) {
	return sync.OnceValues(func() (*plan.Cut, error) {
		d := p.decision
		cut, err := p.stream.Clock.Cut(from, d.Lookback, d.Length, d.Pass.AsOf, d.Vars(p.run.Config.Values))
		return &cut, err
	})
}

// parts makes the partitions of contexts: of one context after the other the
// windows, in their order.
type parts struct {
	pass     *pass
	contexts func() (plan.Context, bool)
	ctx      plan.Context
	within   bool // ctx is under way
	cut      *plan.Cut
	at       time.Time      // up to where its windows came
	pieces   []state.Window // of a window: what is neither done nor open
}

func (e *parts) next() (*part, error) {
	for {
		switch {
		case len(e.pieces) > 0:
			w := e.pieces[0]
			e.pieces = e.pieces[1:]
			return e.pass.partOf(e.ctx, w)
		case e.within:
			e.nextWindow()
			continue
		}
		ctx, ok := e.contexts()
		if !ok {
			return nil, nil
		}
		if e.pass.known.Is(ctx.Hash) || len(e.pass.feeds) > 0 && e.pass.contexts.begins(ctx) {
			continue
		}
		if err := e.begin(ctx); err != nil {
			return nil, err
		}
	}
}

// begin begins with a context.
func (e *parts) begin(ctx plan.Context) (err error) {
	e.ctx = ctx
	if e.cut, err = e.pass.cut(ctx); err != nil {
		return err
	}
	if e.cut == nil {
		e.pieces = e.pass.known.Need(ctx.Hash, state.Window{})
		return nil
	}
	start, end, ok := e.cut.First()
	e.take(start, end, ok)
	return nil
}

func (e *parts) nextWindow() { e.take(e.cut.After(e.at)) }

func (e *parts) take(start, end time.Time, ok bool) {
	e.within, e.at = ok, end
	if ok {
		e.pieces = e.pass.known.Need(e.ctx.Hash, state.Window{Start: start, End: end})
	}
}

// splitters are pairs that walks of a stream have used, for the next ones: they
// are large.
type splitters chan [2]*render.Splitter

// take returns a pair: one for pages as they come, one for those that are read
// again.
func (all splitters) take(s *plan.Stream) (pair [2]*render.Splitter, err error) {
	select {
	case pair = <-all:
		return pair, nil
	default:
	}
	for i := range pair {
		if pair[i], err = render.NewSplitter(s.Definition.Records); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

// keep keeps a pair for another walk.
func (all splitters) keep(pair [2]*render.Splitter) {
	select {
	case all <- pair:
	default:
	}
}
