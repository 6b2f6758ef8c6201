package tap

// seat is where the emitter sits, but for the time of a write: whoever has it
// may touch the account. A run that ends while a write goes on, for ever
// perhaps, takes it for good.
type seat struct {
	taken chan struct{} // full while somebody sits
	lost  chan struct{} // closed when the emitter does not get it back
}

// newSeat returns a seat that the emitter has.
func newSeat() *seat {
	s := &seat{taken: make(chan struct{}, 1), lost: make(chan struct{})}
	s.taken <- struct{}{}
	return s
}

// leave runs a write without the seat. Its error is ErrBlocked where the run
// has ended meanwhile: nothing may be touched then.
func (s *seat) leave(write func() error) error {
	<-s.taken
	err := write()
	select {
	case s.taken <- struct{}{}:
		return err
	case <-s.lost:
		return ErrBlocked
	}
}

// take waits until the emitter is done, and returns its error, or writes, and
// returns why the run ends without it.
func (s *seat) take(done <-chan error, why error) error {
	select {
	case err := <-done:
		return err
	case s.taken <- struct{}{}:
		close(s.lost)
		return why
	}
}
