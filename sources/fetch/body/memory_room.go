package body

import (
	"context"
	"sync"
)

// Room is memory that the bodies of a run take together, apart from the first
// InDoubt bytes of each: a body for which there is none stays on disk and is
// read in pieces, as one is that is too long for memory. One body always finds
// room. It is used from any goroutine; nil is room without end.
type Room struct {
	most int64 // bytes

	mu      sync.Mutex
	taken   int64
	waiting int           // those come first
	given   chan struct{} // closed when some is given back
}

// NewRoom returns room of so many bytes.
func NewRoom(most int64) *Room { return &Room{most: most, given: make(chan struct{})} }

// Share is what a body took of a room; nil is nothing.
type Share struct {
	room *Room
	n    int64
}

// Try takes room, or returns nil where there is none.
func (r *Room) Try(n int64) *Share {
	if r == nil {
		return &Share{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting > 0 {
		return nil
	}
	return r.take(n)
}

// take is Try for who came first.
func (r *Room) take(n int64) *Share {
	if r.taken > 0 && r.taken+n > r.most {
		return nil
	}
	r.taken += n
	return &Share{r, n}
}

// Wait takes room as soon as there is some, or at once when closed ends: what
// came in by then is still to be emitted. It returns nil when ctx ends.
func (r *Room) Wait(ctx context.Context, closed <-chan struct{}, n int64) *Share {
	if r == nil {
		return &Share{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting++
	defer func() { r.waiting-- }()
	for {
		if s := r.take(n); s != nil {
			return s
		}
		given := r.given
		r.mu.Unlock()
		select {
		case <-given:
			r.mu.Lock()
		case <-closed:
			r.mu.Lock()
			r.taken += n
			return &Share{r, n}
		case <-ctx.Done():
			r.mu.Lock()
			return nil
		}
	}
}

// trim gives back what is more than n bytes.
func (s *Share) trim(n int64) {
	if s == nil || s.room == nil || n >= s.n {
		return
	}
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= s.n - n
	s.n = n
	close(r.given)
	r.given = make(chan struct{})
}

// Give gives all of it back. Again, it does nothing.
func (s *Share) Give() { s.trim(0) }
