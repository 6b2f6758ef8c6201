package progress

import "github.com/tap-rest/tap-rest/state"

// A Merger merges many states, each with about as many as itself: the cost grows as
// their number, times its logarithm.
type Merger struct {
	file  string // for messages
	ranks []*state.State
}

// NewMerger returns a merger; file is for messages.
func NewMerger(file string) *Merger { return &Merger{file: file} }

// Add adds a state, which is the merger's from then on.
func (m *Merger) Add(s *state.State) (err error) {
	for rank := range m.ranks {
		if m.ranks[rank] == nil {
			m.ranks[rank] = s
			return nil
		}
		if s, err = MergeStates(m.ranks[rank], s, m.file); err != nil {
			return err
		}
		m.ranks[rank] = nil
	}
	m.ranks = append(m.ranks, s)
	return nil
}

// State is what all say together.
func (m *Merger) State() (*state.State, error) {
	all := &state.State{}
	for _, s := range m.ranks {
		if s == nil {
			continue
		}
		var err error
		if all, err = MergeStates(all, s, m.file); err != nil {
			return nil, err
		}
	}
	return all, nil
}
