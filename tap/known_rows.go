package tap

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/rows"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// cutMargin is how much longer than a run may ask for them records are known that
// may be unchanged: requests may write times in days, of any zone.
const cutMargin = 48 * time.Hour

// noted is what a pass notes of its records on disk, for later runs: nil is
// nothing. Only the emitter's goroutine uses it, but for its noters.
type noted struct {
	*rows.Rows
	stream *plan.Stream
	dir    string
	lacks  string // why it is not known which keys are gone; "": it will be
}

// openNoted opens what is known of the records of streams that leave out what did
// not change, or mark what is gone.
func (k keeper) openNoted() error {
	for _, p := range k.passes {
		known := p.stream.Definition.Known
		if p.feed || !known.SkipUnchanged && !known.MarkDeleted {
			continue
		}
		if err := k.openNotedOf(p); err != nil {
			return unusable("stream %s: what is known of its records cannot be kept in the work folder: %w", p.stream.Name, err)
		}
	}
	return nil
}

func (k keeper) openNotedOf(p *pass) error {
	s, d := p.stream, p.decision
	var named *state.Rows
	if d.Bookmark != nil {
		named = d.Bookmark.Rows
	}
	dir, err := k.work.Rows(s.Name, named)
	if err != nil {
		return err
	}
	n := &noted{stream: s, dir: dir}
	of := strings.Join(append([]string{s.Name}, s.Keys...), " ")
	folder := &rows.Folder{Dir: dir, Header: rowset.Header{Of: "records of " + of}, Now: k.now}
	switch {
	case s.SkipsUnchanged() && !d.Backfill && d.Way != plan.Replay:
		n.Rows, err = folder.Unchanged(named, since(p))
	case !s.MarksDeleted(): // what is about to leave is not compared
		return folder.Forget()
	case d.Way == plan.Replay:
		folder.Header.Of = "keys of " + of
		n.lacks = "it is a replay"
		n.Rows, err = folder.Replayed(named, d.Pass.AsOf)
	default:
		folder.Header.Of = "keys of " + of
		goesOn := d.Way == plan.FromState
		if n.Rows, err = folder.Keys(named, goesOn, d.Pass.AsOf); err == nil && !n.Whole() {
			n.lacks = "of what an earlier run read of the pass, some did not leave, or is not known any more"
		}
	}
	if err != nil {
		return err
	}
	p.kept.noted = n
	n.tellLost(k.Log)
	return nil
}

// since is the earliest time, in seconds, of records that this run may ask for.
func since(p *pass) int64 {
	from, ok := p.stream.Clock.Order.Instant(p.decision.From)
	if !ok {
		return math.MinInt64
	}
	from, err := p.decision.Lookback.Negate().AddTo(from.Add(-cutMargin))
	if err != nil {
		return math.MinInt64
	}
	return from.Unix()
}

// tellLost warns of what is lost of what the state names.
func (n *noted) tellLost(log *slog.Logger) {
	if n.Lost == "" {
		return
	}
	text := "what the state says of the records that left is not in the work folder as it was: no record is left out as unchanged that left before this run"
	if n.stream.MarksDeleted() {
		text = "what the state says of the keys that left is not in the work folder as it was: keys that were gone before this run may stay unmarked, but for what was marked in the last 30 days, " +
			"and those are marked that are gone after its pass"
	}
	log.Warn(text, "stream", n.stream.Name, "dir", n.dir, "why", n.Lost)
}

// noter returns what takes note of the records of a partition; nil: nothing does.
func (n *noted) noter(s *plan.Stream) render.Noter {
	switch {
	case n == nil:
		return nil
	case s.MarksDeleted():
		return n.KeyNoter(s.Keys)
	}
	return n.Noter(s.Keys, func(value []byte) int64 {
		if at, ok := s.Clock.Order.Instant(value); ok {
			return at.Unix()
		}
		return 0
	})
}

// lack says that the API may have records of the pass that did not leave.
func (n *noted) lack(why string) {
	if n != nil {
		n.lacks = why
		n.Lacks()
	}
}

// state is what a state says that covers what was written.
func (n *noted) state() *state.Rows {
	if n == nil {
		return nil
	}
	return n.State()
}

func (k keeper) closeNoted() {
	for _, p := range k.passes {
		if n := p.kept.noted; n != nil {
			if n.Broken() {
				k.Log.Warn("what is known of the records that left could not be read to the end: from there on all records left, unchanged ones too", "stream", n.stream.Name, "dir", n.dir)
			}
			_ = n.Close() // all that counts was made last
		}
	}
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
			return fmt.Errorf("%s: its records must be noted in %s before they leave, and cannot be: %w; no further record is written, and the next run goes on from the last STATE",
				t.stream.Name, t.pass.kept.noted.dir, err)
		}
	}
	return nil
}
