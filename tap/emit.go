package tap

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
)

// ErrClosedOutput says that nobody reads stdout any more.
var ErrClosedOutput = errors.New("stdout is closed: the target has gone away")

// emitter collects batches and flushes them. All of it happens in the
// goroutine that calls run: it alone touches stdout and the state.
type emitter struct {
	out     io.Writer
	state   *state.State
	flush   sources.Flush
	memory  int64 // bytes of lines that may wait
	account *Account
	tick    func() // called now and then, and after each flush
	sync    func() // makes the journal last, before what it covers leaves
	stored  func([]*batch)
	writing func(write func() error) error // around each write
	recycle func(lines []byte)

	pending []*batch
	answers int // whole ones among them
	bytes   int64
	line    []byte
	stated  bool // the last line written is a STATE
}

// progressEvery is how often a run tells how far it is.
const progressEvery = 500 * time.Millisecond

// run takes batches until there are no more, and ends with a STATE. Its error
// is one of writing: nothing more can be said on stdout then.
func (e *emitter) run(batches <-chan *batch) error {
	interval := time.NewTimer(time.Hour)
	interval.Stop()
	ticker := time.NewTicker(progressEvery)
	defer interval.Stop()
	defer ticker.Stop()
	for {
		select {
		case b, ok := <-batches:
			if !ok {
				return e.end()
			}
			if len(e.pending) == 0 && e.flush.Interval > 0 {
				interval.Reset(e.flush.Interval)
			}
			e.take(b)
			if !e.full() {
				continue
			}
		case <-interval.C:
		case <-ticker.C:
			e.tick()
			continue
		}
		interval.Stop()
		if err := e.flushAll(); err != nil {
			return err
		}
	}
}

func (e *emitter) take(b *batch) {
	e.pending = append(e.pending, b)
	if !b.partial {
		e.answers++
	}
	e.bytes += int64(len(b.schema) + len(b.lines))
	e.account.fetched(b)
}

// full reports whether one of the conditions of a flush is met.
func (e *emitter) full() bool {
	return e.flush.Responses > 0 && e.answers >= e.flush.Responses ||
		e.flush.Bytes > 0 && e.bytes >= e.flush.Bytes ||
		e.bytes >= e.memory
}

// end flushes what is left. The last line is a STATE, whatever was written.
func (e *emitter) end() error {
	if e.stated && len(e.pending) == 0 {
		return nil
	}
	return e.flushAll()
}

// flushAll writes the lines of the pending batches, then the STATE that covers
// them.
func (e *emitter) flushAll() error {
	e.sync()
	for _, b := range e.pending {
		if err := e.write(b.schema); err != nil {
			return err
		}
		if err := e.write(b.lines); err != nil {
			return err
		}
		e.stated = false
		b.move()
		e.recycle(b.lines)
	}
	for _, b := range e.pending {
		if b.track.touched {
			e.state.Set(b.track.Name, &b.track.bookmark)
			b.track.touched = false
		}
	}
	e.line = message.AppendSingerState(e.line[:0], e.state.AppendSinger(nil))
	if err := e.write(e.line); err != nil {
		return err
	}
	e.stated = true
	e.account.flushed(e.pending)
	e.stored(e.pending)
	clear(e.pending)
	e.pending, e.answers, e.bytes = e.pending[:0], 0, 0
	e.tick()
	return nil
}

// move moves the bookmark by a batch that was written.
func (b *batch) move() {
	switch {
	case b.partial:
	case b.failure == nil || b.progress.lost:
		b.track.advance(b.progress)
	default:
		b.track.fail(b.failure, b.progress.restarts)
	}
}

func (e *emitter) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	err := e.writing(func() error {
		_, err := e.out.Write(lines)
		return err
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return ErrClosedOutput
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("write to stdout: %w", err)
}
