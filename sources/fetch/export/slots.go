package export

import (
	"context"
	"sync"
	"time"
)

// Slots count the jobs that an API does for a client at a time. They are used from any
// goroutine.
type Slots struct {
	mu      sync.Mutex
	running int
	earlier map[string]bool // of those that earlier runs asked for, the partitions whose walks have not begun
	over    chan struct{}   // closed when a job is
}

// NewSlots returns the slots of a client.
func NewSlots() *Slots { return &Slots{earlier: map[string]bool{}, over: make(chan struct{})} }

// BegunBefore counts the job of a partition, which an earlier run has asked for.
func (s *Slots) BegunBefore(partition string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.earlier[partition] = true
}

// Forget counts the job of a partition no more that an earlier run has asked for; "": of
// all partitions whose walks have not begun.
func (s *Slots) Forget(partition string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case partition == "" && len(s.earlier) > 0:
		clear(s.earlier)
	case s.earlier[partition]:
		delete(s.earlier, partition)
	default:
		return
	}
	s.tell()
}

// tell wakes those who wait; the lock is held.
func (s *Slots) tell() {
	close(s.over)
	s.over = make(chan struct{})
}

// Slot is the place of one job among those that run; nil is none.
type Slot struct{ of *Slots }

// Give says that the job is over. Again, it does nothing.
func (s *Slot) Give() {
	if s == nil || s.of == nil {
		return
	}
	of := s.of
	s.of = nil
	of.mu.Lock()
	defer of.mu.Unlock()
	of.running--
	of.tell()
}

// try takes a slot for the job of a partition where fewer than so many others run; else it
// returns what is closed when a job is over.
func (s *Slots) try(most int, partition string) (*Slot, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	others := len(s.earlier)
	if s.earlier[partition] {
		others--
	}
	if most > 0 && s.running+others >= most {
		return nil, s.over
	}
	delete(s.earlier, partition)
	s.running++
	return &Slot{s}, nil
}

// Keep takes a slot for a job that an earlier run asked for, which runs whatever the
// limit.
func (s *Slots) Keep(partition string) *Slot {
	slot, _ := s.try(0, partition)
	return slot
}

// beginsWithin is how long a job of an earlier run is counted whose walk does not begin:
// it may be of a partition that there is no more.
const beginsWithin = 10 * time.Minute

// Take waits until another job may run; nil: the run stops.
func (s *Slots) Take(ctx context.Context, most int, partition string, w Waiting) (slot *Slot) {
	w.until(ctx, func() (over <-chan struct{}) {
		slot, over = s.try(most, partition)
		return over
	}, beginsWithin, func() { s.Forget("") })
	return slot
}
