package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// displayEvery is how often a run shows how far it is.
const displayEvery = 500 * time.Millisecond

// emitter collects batches and flushes them. All of it happens in the
// goroutine that calls run: it alone touches stdout and the state.
type emitter struct {
	out     *output
	state   *state.State
	journal *runJournal // nil: none
	herald  *herald
	display *report.Display
	lines   linePool
	flush   sources.Flush
	memory  int64 // bytes of lines that may wait

	pending []*batch
	answers int // whole ones among them
	bytes   int64
	line    []byte
	covered []message.Covered
	stated  bool // the last record written is covered by a STATE
}

// run takes batches until there are no more, and ends with a STATE. Its error
// is one of writing: nothing more can be said on stdout then.
func (e *emitter) run(batches <-chan *batch) error {
	if err := e.begin(); err != nil {
		return err
	}
	interval := time.NewTimer(time.Hour)
	interval.Stop()
	ticker := time.NewTicker(displayEvery)
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
			e.display.Show()
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
	if !b.lines.Partial {
		e.answers++
	}
	e.bytes += int64(len(b.lines.Schema) + len(b.lines.Records))
	s := e.display.Account.Stream(b.track.stream.Name)
	s.Add(&b.lines.Outcome)
	if b.failure != nil {
		s.Failure = b.failure
	}
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
		if t.pass.Way != plan.Complete {
			continue
		}
		e.herald.reads(t)
		e.state.Set(t.stream.Name, t.pass.Bookmark)
		e.covered = append(e.covered, message.Covered{Stream: t.stream.Name})
	}
	if len(e.covered) == 0 {
		return nil
	}
	if err := e.writeNews(); err != nil {
		return err
	}
	for _, t := range e.herald.tracks {
		if t.pass.Way == plan.Complete {
			e.herald.ends(t, true, nil) // announced after the state
		}
	}
	return e.writeState()
}

// end flushes what is left. The last line is a STATE, whatever was written,
// but for the news of the streams.
func (e *emitter) end() error {
	if !e.stated || len(e.pending) > 0 {
		if err := e.flushAll(); err != nil {
			return err
		}
	}
	e.herald.leaves()
	return e.writeNews()
}

// flushAll writes what waits and the STATE that covers exactly that. The order is
// what the package promises: an answer is safe before a line of it leaves, a
// STATE follows the lines that it covers, and the streams that it ends are announced last.
func (e *emitter) flushAll() error {
	e.journal.sync()
	if err := e.writeLines(); err != nil {
		return err
	}
	e.moveBookmarks()
	if err := e.writeState(); err != nil {
		return err
	}
	e.journal.written(e.pending)
	e.countWritten()
	e.endStreams()
	e.pending, e.answers, e.bytes = clean(e.pending), 0, 0
	e.display.Show()
	return e.writeNews()
}

// writeLines writes the schemas and the records of what waits.
func (e *emitter) writeLines() error {
	for _, b := range e.pending {
		e.herald.reads(b.track)
		e.herald.expects(b.track, b.progress.at.Next.Total)
		if err := e.writeNews(); err != nil {
			return err
		}
		if err := e.out.write(b.lines.Schema); err != nil {
			return err
		}
		if err := e.out.write(b.lines.Records); err != nil {
			return err
		}
		e.stated = false
		e.lines.keep(b.lines.Records)
	}
	return nil
}

// moveBookmarks brings the state to where the lines that were written are.
func (e *emitter) moveBookmarks() {
	for _, b := range e.pending {
		b.track.uncovered += b.lines.Count
		b.move()
	}
	for _, b := range e.pending {
		if b.track.touched {
			e.state.Set(b.track.stream.Name, &b.track.bookmark)
			e.covered = append(e.covered, message.Covered{Stream: b.track.stream.Name, Records: b.track.uncovered})
			b.track.touched, b.track.uncovered = false, 0
		}
	}
}

// countWritten takes what was written into the account.
func (e *emitter) countWritten() {
	e.display.Account.Flushes++
	for _, b := range e.pending {
		s := e.display.Account.Stream(b.track.stream.Name)
		s.Written += b.lines.Count
		if b.failure == nil && !b.lines.Partial {
			s.Pages++
		}
		s.Done = s.Done || b.progress.last
	}
}

// endStreams tells of the streams that end with what was written.
func (e *emitter) endStreams() {
	for _, b := range e.pending {
		if b.failure != nil || b.progress.last {
			e.herald.ends(b.track, b.failure == nil, b.failure)
		}
	}
}

// clean forgets batches and keeps their place.
func clean(all []*batch) []*batch {
	clear(all)
	return all[:0]
}

// writeState writes the state of what is covered anew.
func (e *emitter) writeState() error {
	e.line = e.herald.protocol.AppendState(e.line[:0], e.state, e.covered)
	e.covered = e.covered[:0]
	e.stated = true
	return e.out.write(e.line)
}

// writeNews writes the news of the streams: what is said besides records and state.
func (e *emitter) writeNews() error {
	e.line = e.herald.append(e.line[:0])
	return e.out.write(e.line)
}

// move moves the bookmark by a batch that was written.
func (b *batch) move() {
	switch {
	case b.lines.Partial:
	case b.failure == nil || b.progress.lost:
		b.track.advance(b.progress)
	default:
		b.track.fail(b.failure, b.progress.at.Restarts, b.progress.at.Refused)
	}
}
