package stdout

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/tap-rest/tap-rest/tap/limits"
)

// Why a run ends whose stdout takes nothing more.
var (
	// ErrClosed says that nobody reads stdout any more.
	ErrClosed = errors.New("stdout is closed: the target has gone away")
	// ErrBlocked says that a run that was told to stop could not write its last
	// flush, since nobody read stdout.
	ErrBlocked = errors.New("stdout is blocked: what was collected since the last STATE is not written, the next run fetches it again")
)

// Output is stdout, as the emitter writes to it. A write may go on for ever:
// who writes has no seat meanwhile, and who has the seat may touch the account.
// A run that ends during a write takes the seat for good.
type Output struct {
	to    io.Writer
	spool *limits.Spool // lets pages out to disk while a write is blocked
	seat  chan struct{} // full while somebody sits
	lost  chan struct{} // closed when the emitter does not get the seat back
}

// New returns an output whose seat the emitter has.
func New(to io.Writer, s *limits.Spool) *Output {
	o := &Output{to: to, spool: s, seat: make(chan struct{}, 1), lost: make(chan struct{})}
	o.seat <- struct{}{}
	return o
}

// Write writes lines. Its error is ErrBlocked where the run has ended
// meanwhile: nothing may be touched then.
func (o *Output) Write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	<-o.seat
	err := o.spool.Writing(func() error {
		_, err := o.to.Write(lines)
		return err
	})
	select {
	case o.seat <- struct{}{}:
		return writeError(err)
	case <-o.lost:
		return ErrBlocked
	}
}

// writeError says why a write to stdout failed.
func writeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return ErrClosed
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("write to stdout: %w", err)
}

// Take waits until the emitter is done, and returns its error, or writes, and
// returns why the run ends without it.
func (o *Output) Take(done <-chan error, why error) error {
	select {
	case err := <-done:
		return err
	case o.seat <- struct{}{}:
		close(o.lost)
		return why
	}
}
