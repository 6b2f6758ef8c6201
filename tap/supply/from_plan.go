package supply

import (
	"fmt"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// Shared makes the partitions of a share: as the state left them open, else as
// the plan has them.
func (s *Supply) Shared(share *planfile.Share) Next {
	before := s.Before()
	var open []state.Open
	for _, o := range before.Open { // by an earlier run of the share, or, of its own, when the plan was made
		if share.Mine(o.Partition) || !share.WasOpen(s.Stream.Name, o.Partition) {
			open = append(open, o)
		}
	}
	var all []Next
	for i := range before.Owed { // by an earlier run of the share, not when the plan was made
		if !share.WasOwed(s.Stream.Name, before.Owed[i].Partition) {
			all = append(all, s.owes(&before.Owed[i]))
		}
	}
	lines := share.Parts(s.Stream.Name)
	next := func() (*planfile.Planned, error) {
		if len(lines) == 0 {
			return nil, nil
		}
		one := &lines[0]
		lines = lines[1:]
		return one, nil
	}
	return oneAfterTheOther(append(all, s.each(open, false), s.InPlan(share.File, next)))
}

// InPlan makes the partitions that lines of a plan are; file names it in messages.
func (s *Supply) InPlan(file string, next func() (*planfile.Planned, error)) Next {
	var pieces []*Part
	return func() (*Part, error) {
		for len(pieces) == 0 {
			line, err := next()
			if line == nil || err != nil {
				return nil, err
			}
			if pieces, err = s.piecesOf(file, line); err != nil {
				return nil, err
			}
		}
		one := pieces[0]
		pieces = pieces[1:]
		return one, nil
	}
}

// piecesOf are what of a planned partition is neither done nor open.
func (s *Supply) piecesOf(file string, line *planfile.Planned) (all []*Part, err error) {
	o := state.Open{Partition: line.Partition, Context: line.Context, Window: line.Window}
	ctx, err := s.isOf(&o)
	if err != nil {
		return nil, fmt.Errorf("plan %s: the partition %s has a context that the stream does not have: %w", file, line.Partition, err)
	}
	var w state.Window
	if line.Window != nil {
		w = *line.Window
	}
	for _, piece := range s.known.Need(ctx.Hash, w) {
		one, err := s.PartOf(ctx, piece)
		if err != nil {
			return nil, err
		}
		if piece == w && one.Part.Key != line.Partition {
			return nil, fmt.Errorf("plan %s: the partition %s is not what the definition makes of its context and window: make another plan", file, line.Partition)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		s.rests(ctx)
	}
	return all, nil
}
