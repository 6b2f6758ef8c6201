package tap

import (
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/supply"
)

// newSupply returns that of a pass. Its error is one of the definition, or of the
// values it is given.
func newSupply(p *pass) (*supplied, error) {
	s := &supplied{pass: p, leftovers: leftovers{}}
	var err error
	s.Supply, err = supply.New(supply.Options{
		Stream: p.stream, Decision: p.decision, Values: p.run.Config.Values, Secrets: p.client.Secrets, Dropped: s.dropped,
	})
	return s, err
}

// top is the lane of what no page of a parent leads to.
func (s *supplied) top() *lane {
	p := s.pass
	if !p.many {
		one, n := s.first, 1
		if p.over {
			one, n = nil, 0
		}
		return &lane{pass: p, next: once(one), issued: n, complete: n > 0}
	}
	share := p.run.Share
	if p.parted.share != nil {
		return &lane{pass: p, next: s.parts(s.Shared(share))}
	}
	for _, context := range s.Waiting() {
		s.leftovers.add(context)
	}
	var more supply.Next
	switch {
	case p.parted.ofPlan:
		more = s.InPlan(share.File, share.PartitionsOf(p.stream.Name))
	case len(p.feeds) == 0 && !p.over:
		more = s.All()
	}
	return &lane{pass: p, next: s.parts(s.Top(more))}
}

// expected is how many partitions the run is to read of the pass, 0 where nobody knows.
func (s *supplied) expected() int64 {
	if share := s.pass.parted.share; share != nil {
		return int64(len(share))
	}
	return s.Expected()
}

// parts makes what is supplied parts of the run.
func (s *supplied) parts(next supply.Next) func() (*part, error) {
	return func() (*part, error) {
		one, err := next()
		if one == nil || err != nil {
			return nil, err
		}
		return s.newPart(one), nil
	}
}

// partOf returns the partition of a context and a window.
func (s *supplied) partOf(ctx plan.Context, w state.Window) (*part, error) {
	return s.parts(func() (*supply.Part, error) { return s.PartOf(ctx, w) })()
}

func once(p *part) func() (*part, error) {
	return func() (*part, error) {
		one := p
		p = nil
		return one, nil
	}
}

// only returns the one partition of a pass that has not many.
func (s *supplied) only() (*part, error) {
	p := s.pass
	reading, why, err := plan.Read(p.stream, p.decision, p.run.Config.Values)
	p.run.explain(p.stream.Name, why)
	if err != nil {
		return nil, p.run.inState(p.stream.Name, err)
	}
	return s.newPart(&supply.Part{Reading: reading, Place: progress.Part{Key: reading.Part.Key, Context: reading.Part.Context.Hash}}), nil
}

// newPart returns a partition of the pass.
func (s *supplied) newPart(one *supply.Part) *part {
	made := &part{
		Reading: one.Reading, pass: s.pass, at: one.Start, free: make(chan struct{}, 1),
		key: one.Place, known: one.Known, owed: one.Owed,
	}
	if one.Waits {
		made.leftover = s.leftovers[one.Place.Context]
	}
	return made
}

// dropped takes note of a partition of the state that the stream no longer has.
func (s *supplied) dropped(o *state.Open, waits bool, err error) {
	p := s.pass
	var among *leftover
	if waits {
		among = s.leftovers[s.KeyOf(o).Context]
	}
	p.run.flow.tell(&batch{track: p.track, gone: o, among: among})
	why := []any{"stream", p.stream.Name, "partition", o.Partition, "context", string(o.Context)}
	if err != nil {
		why = append(why, "why", err.Error())
	}
	p.run.Log.Warn(supply.ErrDropped.Error(), why...)
	among.walked(1)
}
