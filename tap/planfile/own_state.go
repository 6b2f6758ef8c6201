package planfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
)

// State is what a run of the share begins from: the state in which the passes of the
// plan have begun, and what earlier runs of the plan have left, in file.
func (s *Share) State(file string, left *state.State) (*state.State, error) {
	begun, err := state.ParseSinger("of the plan "+s.File, s.Head.State)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Head.Shapes)) {
		mine, err := begun.Bookmark(s.File, name, "")
		if err != nil {
			return nil, err
		}
		theirs, err := left.Bookmark(file, name, "")
		if err != nil {
			return nil, err
		}
		if theirs != nil && theirs.Resume != nil && !theirs.Resume.Over && theirs.Pass != nil && mine != nil && mine.Pass != nil && theirs.Pass.ID != mine.Pass.ID {
			return nil, fmt.Errorf("state %s: it has an unfinished pass of %s that is not the plan's (%s): give the state that runs of this plan have left, or none; or make a plan from that state", file, name, s.File)
		}
	}
	return progress.MergeStates(begun, left, file)
}

// Own is what of a state concerns the partitions of the share alone: enough to read them,
// and to be merged with the state of the plan. Of a plan with a million contexts, the
// states of its partitions do not grow with it.
func (s *Share) Own(all *state.State) (*state.State, error) {
	if s.rest {
		return all, nil
	}
	own := &state.State{}
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		b, err := all.Bookmark(s.File, name, "")
		if err != nil {
			return nil, err
		}
		mine, known := s.contextsOf(name)
		if b == nil || b.Resume == nil || !known {
			own.Take(name, all)
			continue
		}
		one, left := *b, *b.Resume
		one.Contexts, left.Contexts = b.Contexts.Both(mine), left.Contexts.Both(mine)
		left.Done = slices.DeleteFunc(slices.Clone(left.Done), func(d state.Done) bool { return !mine.Has(d.Context) })
		left.Open = slices.DeleteFunc(slices.Clone(left.Open), func(o state.Open) bool { return s.begun[name][o.Partition] && !s.mine[o.Partition] })
		left.Owed = slices.DeleteFunc(slices.Clone(left.Owed), func(o state.Open) bool { return s.owed[name][o.Partition] })
		one.Resume = &left
		own.Set(name, &one)
	}
	return own, nil
}

// contextsOf are the hashes of the contexts of the share's partitions of a stream: 0 where
// it has none. known is false where secrets keep them from being known here.
func (s *Share) contextsOf(stream string) (all state.Contexts, known bool) {
	for _, p := range s.parts[stream] {
		hash := uint64(0)
		switch {
		case bytes.HasPrefix(p.Context, []byte(`"`)):
			return nil, false
		case p.Context != nil:
			hash = state.HashContext(p.Context)
		}
		all = append(all, hash)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}
