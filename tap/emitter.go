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
	herald  *herald

	pending []*batch
	answers int // whole ones among them
	bytes   int64
	line    []byte
	covered []message.Covered
	stated  bool // the last record written is covered by a STATE
}

// progressEvery is how often a run tells how far it is.
const progressEvery = 500 * time.Millisecond

// run takes batches until there are no more, and ends with a STATE. Its error
// is one of writing: nothing more can be said on stdout then.
func (e *emitter) run(batches <-chan *batch) error {
	if err := e.begin(); err != nil {
		return err
	}
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
			e.herald.looks()
			if err := e.writeNews(); err != nil {
				return err
			}
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

// begin writes the state of the streams that are read whole already: whoever
// waits for a state of each has it.
func (e *emitter) begin() error {
	for _, t := range e.herald.tracks {
		if !t.complete {
			continue
		}
		e.herald.reads(t)
		e.state.Set(t.Name, t.before)
		e.covered = append(e.covered, message.Covered{Stream: t.Name})
	}
	if len(e.covered) == 0 {
		return nil
	}
	if err := e.writeNews(); err != nil {
		return err
	}
	for _, t := range e.herald.tracks {
		if t.complete {
			e.herald.ends(t, true, nil) // told after the state
		}
	}
	return e.writeState()
}

// end flushes what is left. The last line is a STATE, whatever was written,
// but for what else is told of the streams.
func (e *emitter) end() error {
	if !e.stated || len(e.pending) > 0 {
		if err := e.flushAll(); err != nil {
			return err
		}
	}
	e.herald.leaves()
	return e.writeNews()
}

// flushAll writes the lines of the pending batches, then the STATE that covers
// them.
func (e *emitter) flushAll() error {
	e.sync()
	for _, b := range e.pending {
		e.herald.reads(b.track)
		e.herald.expects(b.track, b.progress.next.Total)
		if err := e.writeNews(); err != nil {
			return err
		}
		if err := e.write(b.schema); err != nil {
			return err
		}
		if err := e.write(b.lines); err != nil {
			return err
		}
		e.stated = false
		b.track.uncovered += b.records
		b.move()
		e.recycle(b.lines)
	}
	for _, b := range e.pending {
		if b.track.touched {
			e.state.Set(b.track.Name, &b.track.bookmark)
			e.covered = append(e.covered, message.Covered{Stream: b.track.Name, Records: b.track.uncovered})
			b.track.touched, b.track.uncovered = false, 0
		}
	}
	if err := e.writeState(); err != nil {
		return err
	}
	for _, b := range e.pending {
		if b.failure != nil || b.progress.last {
			e.herald.ends(b.track, b.failure == nil, b.failure)
		}
	}
	e.account.flushed(e.pending)
	e.stored(e.pending)
	clear(e.pending)
	e.pending, e.answers, e.bytes = e.pending[:0], 0, 0
	e.tick()
	return e.writeNews()
}

// writeState writes the state of what is covered anew.
func (e *emitter) writeState() error {
	e.line = e.herald.protocol.AppendState(e.line[:0], e.state, e.covered)
	e.covered = e.covered[:0]
	e.stated = true
	return e.write(e.line)
}

// writeNews writes what is to be told besides records and state.
func (e *emitter) writeNews() error {
	e.line = e.herald.append(e.line[:0])
	return e.write(e.line)
}

// move moves the bookmark by a batch that was written.
func (b *batch) move() {
	switch {
	case b.partial:
	case b.failure == nil || b.progress.lost:
		b.track.advance(b.progress)
	default:
		b.track.fail(b.failure, b.progress.restarts, b.progress.refused)
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
	case err == nil || errors.Is(err, ErrBlocked):
		return err
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return ErrClosedOutput
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("write to stdout: %w", err)
}
