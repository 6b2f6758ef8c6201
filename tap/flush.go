package tap

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
)

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
			if b.part == nil {
				e.bookmarks.move(b)
				if len(e.bookmarks.over) == 0 || !e.waiting.none() {
					continue
				}
				break
			}
			if every := e.waiting.flush.Interval; every > 0 && e.waiting.none() {
				interval.Reset(every)
			}
			e.take(b)
			if !e.waiting.full() {
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
	for _, l := range b.leads { // before anything is said of them
		e.bookmarks.open(l)
	}
	if b.step.split != nil {
		e.bookmarks.open(b.step.split)
	}
	for _, a := range b.astray {
		a.take()
	}
	if known := b.lines.Schema; known != nil && known.Version > b.track.said { // wider than the last one
		b.track.said, b.schema = known.Version, known.Line(e.herald.protocol, b.track.table.version)
	}
	e.waiting.add(b)
	b.track.account.Add(&b.lines.Outcome)
	if why := lacking(&b.lines.Outcome); why != "" {
		b.track.pass.lacks(why)
	}
	if b.step.failure != nil {
		b.track.account.Fail(b.step.failure)
	}
}

// begin writes the state of the streams that are read whole already, or left out:
// whoever waits for a state of each has it.
func (e *emitter) begin() error {
	for _, t := range e.herald.tracks {
		if t.decision.Way != plan.Complete {
			continue
		}
		e.herald.reads(t)
		if b := t.decision.Bookmark; b != nil {
			e.state.Set(t.stream.Name, b)
		}
		e.covered = append(e.covered, message.Covered{Stream: t.stream.Name})
	}
	if len(e.covered) == 0 {
		return nil
	}
	if err := e.writeNews(); err != nil {
		return err
	}
	for _, t := range e.herald.tracks {
		if t.decision.Way == plan.Complete {
			e.herald.ends(t, true, nil) // announced after the state
		}
	}
	return e.writeState()
}

// end flushes what is left. The last line is a STATE, whatever was written,
// but for the news of the streams.
func (e *emitter) end() error {
	e.states.Last = true
	if err := e.endPlan(); err != nil {
		return err
	}
	if !e.stated || !e.waiting.none() {
		if err := e.flushAll(); err != nil {
			return err
		}
	}
	e.herald.leaves()
	return e.writeNews()
}

// endPlan ends the plan of what is handed out, of which the last STATE speaks.
func (e *emitter) endPlan() error {
	if e.hands == nil {
		return nil
	}
	if !e.waiting.none() {
		if err := e.flushAll(); err != nil {
			return err
		}
	}
	e.hands.end(e)
	return nil
}

// flushAll writes what waits and the STATE that covers exactly that. The order is
// what the package promises: an answer is safe before a line of it leaves, a
// STATE follows the lines that it covers, a table is activated before the STATE
// that says it is whole, and the streams that end are announced last. Where STATE
// lines would take too much of what is written, a flush goes on with the lines of
// the next one.
func (e *emitter) flushAll() error {
	e.journal.Sync()
	if err := e.note(); err != nil {
		return err
	}
	if err := e.writeLines(); err != nil {
		return err
	}
	e.moveBookmarks()
	e.countWritten()
	due := len(e.bookmarks.over) > 0 || len(e.waiting.urgent) > 0
	defer tellStated(slices.Clone(e.waiting.urgent))
	e.waiting.clear()
	if !e.states.Due(due, e.herald.contexts()) {
		return nil
	}
	if err := e.markGone(); err != nil {
		return err
	}
	e.cover()
	if err := e.activate(); err != nil {
		return err
	}
	if err := e.writeState(); err != nil {
		return err
	}
	e.journal.Covered(e.bookmarks.lost)
	e.bookmarks.lost = e.bookmarks.lost[:0]
	e.endStreams()
	e.display.Show()
	return e.writeNews()
}

// tellStated tells walks that a state has the jobs which they asked for.
func tellStated(parts []*part) {
	for _, p := range parts {
		stated := p.stated
		p.stated = nil
		close(stated)
	}
}

// moveBookmarks brings the bookmarks to where the lines that were written are.
func (e *emitter) moveBookmarks() {
	for _, b := range e.waiting.batches {
		b.track.uncovered += b.lines.Count
		e.bookmarks.move(b)
	}
}

// endStreams tells of the streams that end with what was written.
func (e *emitter) endStreams() {
	for _, t := range e.bookmarks.over {
		t.account.Done = t.account.Done || t.failure == nil && !t.pass.parted.handedOut
		if t.parts != nil && t.failure == nil && !t.pass.parted.handedOut {
			e.display.Log.Info("stream read", "stream", t.stream.Name, "partitions", t.account.Partitions)
		}
		if t.parts != nil {
			t.account.Note(t.pass.findings.Tell(e.display.Log, t.stream))
			tellPassed(t.pass, t.account.Note)
			t.account.Certificate.Different(t.pass.findings.DifferentKeys(t.account.Certificate.Keys.Distinct))
		}
		if !t.pass.feed {
			e.herald.ends(t, t.failure == nil, t.failure)
		}
		t.traceEnd()
	}
	e.bookmarks.over = clean(e.bookmarks.over)
}

// note makes last what was noted of the records that are about to leave.
func (e *emitter) note() error {
	for _, b := range e.waiting.batches {
		if n := b.track.pass.kept.noted; n != nil {
			n.Add(b.lines.Noted, b.lines.Entries)
			b.lines.Noted = nil
		}
	}
	for _, t := range e.herald.tracks {
		if t.pass == nil || t.pass.kept.noted == nil {
			continue
		}
		if err := t.pass.kept.noted.Flush(); err != nil {
			return err
		}
	}
	return nil
}
