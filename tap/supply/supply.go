package supply

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Part is a partition that is to be read.
type Part struct {
	*plan.Reading
	Place progress.Part // what is done when its walk is over
	Known bool          // to the state: it is open, or owed
	Owed  bool
	Waits bool // it was left open: the page of a parent that leads to its context waits for it
}

// Next returns the next partition, nil after the last.
type Next func() (*Part, error)

// Options are what the partitions of a pass are made from.
type Options struct {
	Stream   *plan.Stream
	Decision *plan.Decision
	Values   expr.Value // of the config
	Secrets  plan.Seals
	// Dropped is told of a partition of the state that the stream no longer has, and why
	// where that is known; waits says that it is one a page of a parent waits for.
	Dropped func(o *state.Open, waits bool, why error)
}

// Supply makes the partitions of a pass: each is a context, and a window of its time.
type Supply struct {
	Options
	Contexts
	Fed    bool                  // its contexts are records of parents; set before the run begins
	known  *progress.Pass        // what is done, open or owed when the run begins; nil: the pass has one partition
	signed map[string]state.Open // files that are open, by the key of their partition: the listing leads to them
	cutting
}

// New returns that of a pass. Its error is one of the definition, or of the values it is
// given.
func New(o Options) (*Supply, error) {
	s := &Supply{Options: o, signed: map[string]state.Open{}}
	s.cutting = newCutting(o.Stream.Clock, o.Decision, s.vars)
	var err error
	if s.axes, err = plan.NewAxes(o.Stream.Definition, s.vars()); err != nil {
		return nil, err
	}
	if !o.Decision.Many(o.Stream) {
		return s, nil
	}
	s.known = s.Begin()
	if o.Stream.Clock.Timed() {
		_, err = s.fromStart()
		_, markErr := s.fromMark()
		if err = cmp.Or(err, markErr); err != nil {
			return nil, fmt.Errorf("stream %s: %w", o.Stream.Name, err)
		}
	}
	return s, nil
}

func (s *Supply) vars() expr.Vars { return s.Decision.Vars(s.Values) }

// Before is what is done, open or owed when the run begins.
func (s *Supply) Before() (before state.Resume) {
	s.known.Save(&before)
	return before
}

// Begin returns what is done of the pass when the run begins, and what is open
// or owed.
func (s *Supply) Begin() *progress.Pass {
	d := s.Decision
	if d.Way == plan.FromState && d.Bookmark.Resume != nil && d.Bookmark.Resume.Shape == s.Stream.Shape {
		r := *d.Bookmark.Resume
		r.Open, r.Owed = s.withoutSigned(r.Open), s.withoutSigned(r.Owed)
		return progress.Load(&r, s.KeyOf)
	}
	known := progress.New()
	for _, o := range s.OwedBefore() {
		known.Owe(s.KeyOf(&o), o, true)
	}
	return known
}

// withoutSigned returns partitions without those that the listing must lead to again:
// these are asked for by another link, from where they stood on.
func (s *Supply) withoutSigned(all []state.Open) []state.Open {
	return slices.DeleteFunc(slices.Clone(all), func(o state.Open) bool {
		if o.Signed {
			s.signed[o.Partition] = o
		}
		return o.Signed
	})
}

// OwedBefore is what the pass before owed: its bookmark may lie behind that.
func (s *Supply) OwedBefore() []state.Open {
	d := s.Decision
	switch {
	case d.Way == plan.Replay:
		return d.Recorded.Layout.Owed
	case d.Bookmark == nil || d.Bookmark.Resume == nil:
		return nil
	case d.Bookmark.Resume.Shape == s.Stream.Shape:
		return d.Bookmark.Resume.Owed
	}
	var all []state.Open
	for _, o := range d.Bookmark.Resume.Owed { // what came of it were answers to other requests
		all = append(all, state.Open{Partition: o.Partition, Context: o.Context, Window: o.Window, Next: progress.FromStart})
	}
	return all
}

// KeyOf is what of the pass a partition in the state is.
func (s *Supply) KeyOf(o *state.Open) progress.Part {
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
func (s *Supply) contextOf(o *state.Open) (plan.Context, error) {
	if o.Context == nil {
		return plan.Context{}, nil
	}
	return plan.OpenContext(o.Context, s.Secrets)
}

// isOf returns the context of a partition in the state, or why that is none of the
// stream: an account that was taken out of the config, say.
func (s *Supply) isOf(o *state.Open) (plan.Context, error) {
	ctx, err := s.contextOf(o)
	if err == nil && (s.Stream.HasContexts() != (ctx.Text != nil) || !s.axes.Has(ctx)) {
		err = ErrDropped
	}
	return ctx, err
}

// PartOf returns the partition of a context and a window. The zero window is
// all the time of the pass.
func (s *Supply) PartOf(ctx plan.Context, w state.Window) (*Part, error) {
	partition, err := s.Decision.Part(s.Stream, ctx, s.from(ctx), w, s.Values)
	if err != nil {
		return nil, err
	}
	reading := &plan.Reading{Stream: s.Stream, Pass: s.Decision, Part: partition}
	one := &Part{Reading: reading, Place: progress.Part{Key: partition.Key, Context: partition.Context.Hash, Window: w}}
	if o, ok := s.signed[partition.Key]; ok {
		if one.Start, err = plan.StandingOf(&o); err != nil {
			return nil, err
		}
		one.Known = true
	}
	return one, nil
}
