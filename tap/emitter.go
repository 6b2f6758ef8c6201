package tap

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/runjournal"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

// displayEvery is how often a run shows how far it is.
const displayEvery = 500 * time.Millisecond

// emitter collects batches and flushes them. All of it happens in the
// goroutine that calls run: it alone touches stdout and the state.
type emitter struct {
	out     *stdout.Output
	state   *state.State
	journal *runjournal.Journal // nil: none
	herald  *herald
	display *report.Display
	lines   *stdout.Lines

	waiting   waiting
	line      []byte
	states    stdout.Traffic
	bookmarks bookmarks
	covered   []message.Covered
	stated    bool     // the last record written is covered by a STATE
	hands     *handing // nil: nothing is handed out
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

// writeLines writes the schemas and the records of what waits.
func (e *emitter) writeLines() error {
	for _, b := range e.waiting.batches {
		if b.track.pass.feed {
			continue
		}
		e.herald.reads(b.track)
		e.herald.expects(b.track, b.step.at.Next.Total)
		if err := e.writeNews(); err != nil {
			return err
		}
		if err := e.out.Write(b.schema); err != nil {
			return err
		}
		if err := e.out.Write(b.lines.Records); err != nil {
			return err
		}
		e.states.Wrote(len(b.schema) + len(b.lines.Records))
		e.stated = false
		e.lines.Keep(b.lines.Records)
		b.schema, b.lines.Schema, b.lines.Records = nil, nil, nil
	}
	return nil
}

// moveBookmarks brings the bookmarks to where the lines that were written are.
func (e *emitter) moveBookmarks() {
	for _, b := range e.waiting.batches {
		b.track.uncovered += b.lines.Count
		e.bookmarks.move(b)
	}
}

// cover takes what was touched into the state.
func (e *emitter) cover() {
	for _, t := range e.herald.tracks {
		if !t.touched || t.pass == nil || t.pass.feed || t.held {
			continue
		}
		if t.parts != nil {
			t.parts.save(t)
		}
		t.bookmark.Rows = t.pass.kept.noted.State()
		if !t.decision.Backfill {
			e.state.Set(t.stream.Name, &t.bookmark)
		}
		t.account.Bookmark = t.bookmarkTime()
		e.covered = append(e.covered, message.Covered{Stream: t.stream.Name, Records: t.uncovered})
		t.emitted += t.uncovered
		t.touched, t.told, t.uncovered = false, true, 0
	}
}

// countWritten takes what was written into the account.
func (e *emitter) countWritten() {
	e.display.Account.Flushes++
	for _, b := range e.waiting.batches {
		s := b.track.account
		s.Written += b.lines.Count
		if b.step.failure == nil && b.step.split == nil && !b.step.putOff && !b.lines.Partial && !b.step.at.Next.Submitted() {
			s.Pages++
			if b.track.parts == nil {
				came, total := b.step.at.Next.Share()
				s.Reach(came, total, b.step.last)
			}
		}
		s.All += int64(max(0, len(b.step.halves)-1))
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

// clean forgets what is in a list and keeps its place.
func clean[T any](all []*T) []*T {
	clear(all)
	return all[:0]
}

// writeState writes the state of what is covered anew.
func (e *emitter) writeState() error {
	e.line = e.herald.protocol.AppendState(e.line[:0], e.state, e.covered)
	e.covered = e.covered[:0]
	e.stated = true
	e.states.Said(len(e.line), e.herald.contexts())
	return e.out.Write(e.line)
}

// writeNews writes the news of the streams: what is said besides records and state.
func (e *emitter) writeNews() error {
	e.line = e.herald.append(e.line[:0])
	return e.out.Write(e.line)
}

// waiting are the batches that come with the next flush.
type waiting struct {
	flush   sources.Flush
	memory  int64 // bytes of lines that may wait
	batches []*batch
	answers int // whole ones among them
	bytes   int64
	urgent  []*part // for which a job was asked: whoever goes on must know of it, whenever this run ends
}

func (w *waiting) none() bool { return len(w.batches) == 0 }

func (w *waiting) add(b *batch) {
	w.batches = append(w.batches, b)
	w.bytes += int64(len(b.schema) + len(b.lines.Records))
	if !b.lines.Partial {
		w.answers++
	}
	if b.step.at.Next.Submitted() && b.part.stated != nil {
		w.urgent = append(w.urgent, b.part)
	}
}

// full reports whether one of the conditions of a flush is met.
func (w *waiting) full() bool {
	return len(w.urgent) > 0 || w.flush.Responses > 0 && w.answers >= w.flush.Responses ||
		w.flush.Bytes > 0 && w.bytes >= w.flush.Bytes ||
		w.bytes >= w.memory
}

func (w *waiting) clear() {
	w.batches, w.answers, w.bytes, w.urgent = clean(w.batches), 0, 0, clean(w.urgent)
}
