package tap

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// supply makes the partitions of a pass: each is a context, and a window of its
// time.
type supply struct {
	pass      *pass
	first     *part                     // of a pass that has not many
	contexts  contexts                  // its own
	leftovers leftovers                 // that pages of parents wait for
	known     *progress.Pass            // what is done, open or owed when the run begins; of one that has many
	signed    map[string]state.Open     // files that are open, by the key of their partition: the listing leads to them
	fromStart func() (*plan.Cut, error) // how the time of a context is cut that was not read yet,
	fromMark  func() (*plan.Cut, error) // and of one that was
}

// newSupply returns that of a pass. Its error is one of the definition, or of the
// values it is given.
func newSupply(p *pass) (*supply, error) {
	s := &supply{pass: p, leftovers: leftovers{}, signed: map[string]state.Open{}}
	s.fromStart, s.fromMark = s.cutsFrom(nil), s.cutsFrom(p.decision.From)
	var err error
	if s.contexts.axes, err = plan.NewAxes(p.stream.Definition, p.vars()); err != nil {
		return nil, inputError(err)
	}
	if !p.many {
		return s, nil
	}
	s.known = s.begin()
	if p.stream.Clock.Timed() {
		_, err = s.fromStart()
		_, markErr := s.fromMark()
		if err = cmp.Or(err, markErr); err != nil {
			return nil, fmt.Errorf("stream %s: %w", p.stream.Name, err)
		}
	}
	return s, nil
}

// begin returns what is done of the pass when the run begins, and what is open
// or owed.
func (s *supply) begin() *progress.Pass {
	d := s.pass.decision
	if d.Way == plan.FromState && d.Bookmark.Resume != nil && d.Bookmark.Resume.Shape == s.pass.stream.Shape {
		r := *d.Bookmark.Resume
		r.Open, r.Owed = s.withoutSigned(r.Open), s.withoutSigned(r.Owed)
		return progress.Load(&r, s.keyOf)
	}
	known := progress.New()
	for _, o := range s.owedBefore() {
		known.Owe(s.keyOf(&o), o, true)
	}
	return known
}

// withoutSigned returns partitions without those that the listing must lead to again:
// these are asked for by another link, from where they stood on.
func (s *supply) withoutSigned(all []state.Open) []state.Open {
	return slices.DeleteFunc(slices.Clone(all), func(o state.Open) bool {
		if o.Signed {
			s.signed[o.Partition] = o
		}
		return o.Signed
	})
}

// owedBefore is what the pass before owed: its bookmark may lie behind that.
func (s *supply) owedBefore() []state.Open {
	d := s.pass.decision
	switch {
	case d.Way == plan.Replay:
		return d.Recorded.Layout.Owed
	case d.Bookmark == nil || d.Bookmark.Resume == nil:
		return nil
	case d.Bookmark.Resume.Shape == s.pass.stream.Shape:
		return d.Bookmark.Resume.Owed
	}
	var all []state.Open
	for _, o := range d.Bookmark.Resume.Owed { // what came of it were answers to other requests
		all = append(all, state.Open{Partition: o.Partition, Context: o.Context, Window: o.Window, Next: progress.FromStart})
	}
	return all
}

func (s *supply) keyOf(o *state.Open) progress.Part {
	one := progress.Part{Key: o.Partition}
	if ctx, err := s.contextOf(o); err == nil {
		one.Context = ctx.Hash
	}
	if o.Window != nil {
		one.Window = *o.Window
	}
	return one
}

// contextOf returns the context of a partition in the state.
func (s *supply) contextOf(o *state.Open) (plan.Context, error) {
	if o.Context == nil {
		return plan.Context{}, nil
	}
	return plan.OpenContext(o.Context, s.pass.client.Secrets)
}

// isOf returns the context of a partition in the state, or why that is none of the
// stream: an account that was taken out of the config, say.
func (s *supply) isOf(o *state.Open) (plan.Context, error) {
	ctx, err := s.contextOf(o)
	if err == nil && (s.pass.stream.HasContexts() != (ctx.Text != nil) || !s.contexts.axes.Has(ctx)) {
		err = errDropped
	}
	return ctx, err
}

// from is the bookmark that a context is read from: none, where it was not read
// yet.
func (s *supply) from(ctx plan.Context) json.RawMessage {
	d := s.pass.decision
	if ctx.Text != nil && (d.Bookmark == nil || !d.Bookmark.Contexts.Has(ctx.Hash)) {
		return nil
	}
	return d.From
}

// partOf returns the partition of a context and a window. The zero window is
// all the time of the pass.
func (s *supply) partOf(ctx plan.Context, w state.Window) (*part, error) {
	partition, err := s.pass.decision.Part(s.pass.stream, ctx, s.from(ctx), w, s.pass.run.Config.Values)
	if err != nil {
		return nil, err
	}
	reading := &plan.Reading{Stream: s.pass.stream, Pass: s.pass.decision, Part: partition}
	one := s.newPart(reading, w)
	if o, ok := s.signed[partition.Key]; ok {
		if one.Start, err = plan.StandingOf(&o); err != nil {
			return nil, err
		}
		one.at, one.known = one.Start, true
	}
	return one, nil
}

// cut cuts the time of a context: nil where time is no measure.
func (s *supply) cut(ctx plan.Context) (*plan.Cut, error) {
	if !s.pass.stream.Clock.Timed() {
		return nil, nil
	}
	if s.from(ctx) == nil {
		return s.fromStart()
	}
	return s.fromMark()
}

// cutsFrom returns what cuts the time from a bookmark on, once.
func (s *supply) cutsFrom(from json.RawMessage) func() (*plan.Cut, error) {
	return sync.OnceValues(func() (*plan.Cut, error) {
		d := s.pass.decision
		cut, err := s.pass.stream.Clock.Cut(from, d.Lookback, d.Length, d.Pass.AsOf, s.pass.vars())
		return &cut, err
	})
}

// only returns the one partition of a pass that has not many.
func (s *supply) only() (*part, error) {
	reading, why, err := plan.Read(s.pass.stream, s.pass.decision, s.pass.run.Config.Values)
	s.pass.run.explain(s.pass.stream.Name, why)
	if err != nil {
		return nil, s.pass.run.inState(s.pass.stream.Name, err)
	}
	return s.newPart(reading, state.Window{}), nil
}

// newPart returns a partition of the pass, of so much of its time.
func (s *supply) newPart(reading *plan.Reading, w state.Window) *part {
	return &part{
		Reading: reading, pass: s.pass, at: reading.Start, free: make(chan struct{}, 1),
		key: progress.Part{Key: reading.Part.Key, Context: reading.Part.Context.Hash, Window: w},
	}
}
