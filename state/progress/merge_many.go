package progress

import "github.com/tap-rest/tap-rest/state"

// A Merger merges many states, each with about as many as itself: the cost grows as
// their number, times its logarithm.
type Merger struct {
	file  string // for messages
	ranks []*merged
}

// merged is what some states say together: of streams that more than one of them knows,
// their bookmarks, which the state has not.
type merged struct {
	*state.State
	bookmarks map[string]*state.Bookmark
}

// NewMerger returns a merger; file is for messages.
func NewMerger(file string) *Merger { return &Merger{file: file} }

// Add adds a state, which is the merger's from then on.
func (m *Merger) Add(s *state.State) error {
	one := &merged{State: s}
	for rank, other := range m.ranks {
		if other == nil {
			m.ranks[rank] = one
			return nil
		}
		if err := other.add(one, m.file); err != nil {
			return err
		}
		one, m.ranks[rank] = other, nil
	}
	m.ranks = append(m.ranks, one)
	return nil
}

// State is what all say together.
func (m *Merger) State() (*state.State, error) {
	all := &merged{State: &state.State{}}
	for _, one := range m.ranks {
		if one == nil {
			continue
		}
		if err := all.add(one, m.file); err != nil {
			return nil, err
		}
	}
	return all.state(), nil
}

// state is the state that has all of it.
func (m *merged) state() *state.State {
	for name, b := range m.bookmarks {
		m.Set(name, b)
	}
	return m.State
}

// add merges other states into these.
func (m *merged) add(other *merged, file string) error {
	for _, name := range other.Names() {
		_, mine := m.bookmarks[name]
		_, theirs := other.bookmarks[name]
		if !mine && !theirs && m.Take(name, other.State) {
			continue
		}
		a, err := m.bookmark(name, file)
		if err != nil {
			return err
		}
		b, err := other.bookmark(name, file)
		if err != nil {
			return err
		}
		if m.bookmarks == nil {
			m.bookmarks = map[string]*state.Bookmark{}
		}
		if one := Merge(a, b, state.Order{}); one != nil {
			m.Take(name, other.State) // where these do not know the stream, they do now
			m.bookmarks[name] = one
		}
	}
	return nil
}

// bookmark is what these states say of a stream; nil: nothing.
func (m *merged) bookmark(name, file string) (*state.Bookmark, error) {
	if b := m.bookmarks[name]; b != nil {
		return b, nil
	}
	return ours(m.State, name, file)
}
