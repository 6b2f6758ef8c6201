package known

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

// Rows are what a pass notes of its records on disk, for later runs: nil is nothing. One
// goroutine uses them, but for their noters.
type Rows struct {
	Dir    string // where they are kept
	rows   *rows.Rows
	stream *plan.Stream
	lacks  string // why it is not known which keys are gone; "": it will be
}

// Options are those of a pass whose rows are known.
type Options struct {
	Stream   *plan.Stream
	Decision *plan.Decision
	Dir      string // where they are kept
	Now      time.Time
	Log      *slog.Logger
}

// Named are those that a state names, from where a pass goes on; nil: none.
func Named(d *plan.Decision) *state.Rows {
	if d.Bookmark == nil {
		return nil
	}
	return d.Bookmark.Rows
}

// Open opens what is known of the rows of a pass; nil: what is about to leave is not
// compared.
func Open(o Options) (*Rows, error) {
	s, d, named := o.Stream, o.Decision, Named(o.Decision)
	n := &Rows{stream: s, Dir: o.Dir}
	of := strings.Join(append([]string{s.Name}, s.Keys...), " ")
	folder := &rows.Folder{Dir: o.Dir, Header: rowset.Header{Of: "records of " + of}, Now: o.Now}
	var err error
	switch {
	case s.SkipsUnchanged() && !d.Backfill && d.Way != plan.Replay:
		n.rows, err = folder.Unchanged(named, since(s, d))
	case !s.MarksDeleted(): // what is about to leave is not compared
		return nil, folder.Forget()
	case d.Way == plan.Replay:
		folder.Header.Of = "keys of " + of
		n.lacks = "it is a replay"
		n.rows, err = folder.Replayed(named, d.Pass.AsOf)
	default:
		folder.Header.Of = "keys of " + of
		goesOn := d.Way == plan.FromState
		if n.rows, err = folder.Keys(named, goesOn, d.Pass.AsOf); err == nil && !n.rows.Whole() {
			n.lacks = "of what an earlier run read of the pass, some did not leave, or is not known any more"
		}
	}
	if err != nil {
		return nil, err
	}
	n.tellLost(o.Log)
	return n, nil
}

// since is the earliest time, in seconds, of records that this run may ask for.
func since(s *plan.Stream, d *plan.Decision) int64 {
	from, ok := s.Clock.Order.Instant(d.From)
	if !ok {
		return math.MinInt64
	}
	from, err := d.Lookback.Negate().AddTo(from.Add(-cutMargin))
	if err != nil {
		return math.MinInt64
	}
	return from.Unix()
}

// tellLost warns of what is lost of what the state names.
func (n *Rows) tellLost(log *slog.Logger) {
	if n.rows.Lost == "" {
		return
	}
	text := "what the state says of the records that left is not in the work folder as it was: no record is left out as unchanged that left before this run"
	if n.stream.MarksDeleted() {
		text = "what the state says of the keys that left is not in the work folder as it was: keys that were gone before this run may stay unmarked, but for what was marked in the last 30 days, " +
			"and those are marked that are gone after its pass"
	}
	log.Warn(text, "stream", n.stream.Name, "dir", n.Dir, "why", n.rows.Lost)
}

// Noter returns what takes note of the records of a partition; nil: nothing does.
func (n *Rows) Noter() render.Noter {
	switch {
	case n == nil:
		return nil
	case n.stream.MarksDeleted():
		return n.rows.KeyNoter(n.stream.Keys)
	}
	return n.rows.Noter(n.stream.Keys, func(value []byte) int64 {
		if at, ok := n.stream.Clock.Order.Instant(value); ok {
			return at.Unix()
		}
		return 0
	})
}

// Lack says that the API may have records of the pass that did not leave.
func (n *Rows) Lack(why string) {
	if n != nil {
		n.lacks = why
		n.rows.Lacks()
	}
}

// State is what a state says that covers what was written.
func (n *Rows) State() *state.Rows {
	if n == nil {
		return nil
	}
	return n.rows.State()
}

// Lacks says why it is not known which keys are gone; "": it will be.
func (n *Rows) Lacks() string { return n.lacks }

// Add takes what noters noted of so many records. It is lost unless Flush follows.
func (n *Rows) Add(noted []byte, count int64) { n.rows.Add(noted, count) }

// Flush makes last what was added.
func (n *Rows) Flush() error {
	if err := n.rows.Flush(); err != nil {
		return fmt.Errorf("%s: its records must be noted in %s before they leave, and cannot be: %w; no further record is written, and the next run goes on from the last STATE",
			n.stream.Name, n.Dir, err)
	}
	return nil
}

// Gone are the keys that are gone. Its error is one of reading, or of more of them
// than max_deletes lets pass.
func (n *Rows) Gone() (*rows.Gone, error) {
	gone, err := n.rows.Gone()
	if err != nil {
		return nil, fmt.Errorf("%s: which records are gone could not be found out from %s, and none is marked as deleted: %w", n.stream.Name, n.Dir, err)
	}
	return gone, n.brakes(gone)
}

// brakes is the error of more keys that are gone than max_deletes lets pass.
func (n *Rows) brakes(gone *rows.Gone) error {
	most := n.stream.Definition.Known.MaxDeletes
	if !most.Exceeded(gone.Count, gone.Former) {
		return nil
	}
	err := fmt.Errorf("%s: %d of the %d records that were there when the stream was last read to its end are gone, more than max_deletes: %s: "+
		"none is marked as deleted, and the next run compares again; if they are gone indeed, let it run once with max_deletes: %d",
		n.stream.Name, gone.Count, gone.Former, most, gone.Count)
	if dropErr := gone.Drop(); dropErr != nil {
		return fmt.Errorf("%w (%w)", err, dropErr)
	}
	return err
}

// Close ends what is open. It warns of what could not be read.
func (n *Rows) Close(log *slog.Logger) {
	if n == nil {
		return
	}
	if n.rows.Broken() {
		log.Warn("what is known of the records that left could not be read to the end: from there on all records left, unchanged ones too", "stream", n.stream.Name, "dir", n.Dir)
	}
	_ = n.rows.Close() // all that counts was made last
}
