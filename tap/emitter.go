package tap

import (
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
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

// handing is what a run hands out. Streams that can be read in parts are planned, and
// their parents read. Nothing of either is said in a STATE before the plan is whole: a
// run that is cut off begins with them again, from the journal. The STATE of a whole plan
// says that the parents are read, and of a stream of the plan that its pass has begun,
// and that none of its parents was read for it: a run without the plan reads them again,
// and misses nothing.
type handing struct {
	*run
	passes []*pass // that are planned
	family []*pass // these, their parents, and what else those lead to

	mu    sync.Mutex // walks say what they come to
	lines int
	err   error // why there is no plan
}
