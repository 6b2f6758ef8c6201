package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// ClockSkew is how far times may lie ahead of our clock.
const ClockSkew = 24 * time.Hour

// Known is what a decision is made from, besides the stream.
type Known struct {
	Bookmark *state.Bookmark // what the state says of the stream; nil: nothing
	Passes   []Recorded      // of the stream in the journal, in the order they began
	Now      time.Time
	MaxAge   time.Duration // of passes in the journal; 0: any age
	ID       string        // of a new pass
	Window   *times.Span   // length of windows, in place of the definition's; nil: that
	Replay   bool          // the last pass of the journal is read again: there is one
	Shared   bool          // other runs read the state\'s unfinished pass too: it goes on, though nothing of it has come
}

// Way is how a pass comes to be read.
type Way int

// The ways. Complete means that there is nothing to read: the stream was read
// whole in this sync already, or is left out of a range that is read again.
const (
	Anew Way = iota
	FromState
	FromJournal
	Replay
	Complete
)

// Decision is which pass of a stream is read, and why.
type Decision struct {
	Way  Way
	Pass state.Pass  // its id in states, and as_of
	Sync *state.Sync // that it belongs to; nil: nobody numbers them
	Reads
	APIClock *time.Time      // of its first answer; nil: unknown
	Previous string          // id of the pass that the state carries; "": none
	Bookmark *state.Bookmark // what the state says, as far as it counts; nil: nothing
	Fed      bool            // it is read for children
	Backfill bool            // a range is read again: the state stays as it is, whatever comes
	Foreign  bool            // the state's bookmark is of another method, key or generation
	Behind   bool            // a replay's state must say Bookmark: nothing of the pass has come
	Recorded *Recorded       // the pass in the journal; nil: it is not there
	Aside    []string        // ids of passes in the journal that are of no use any more
	Why      []Why
}

// Reads is what a pass reads of its stream.
type Reads struct {
	From     json.RawMessage // the bookmark that it starts from; nil: none
	Lookback times.Span
	Length   times.Span // of its windows; 0: there is one
}

// Why is a reason for a decision, as the log tells it.
type Why struct {
	Warn  bool
	Text  string
	Attrs []any // as log/slog has them
}

func (d *Decision) because(warn bool, text string, attrs ...any) {
	d.Why = append(d.Why, Why{warn, text, attrs})
}

// Decide decides which pass of a stream is read. The unfinished one of the state
// goes on before all others. Without one, it is one of the journal that was
// killed with its whole pipeline before a state was stored, or one that the
// target lost: the state still carries the pass before it. Else a new one
// begins. A replay takes the journal's last, and a range that is read again no
// state at all. An error that is a *state.Error has its place within the stream's
// bookmark.
func Decide(s *Stream, k Known) (*Decision, error) {
	d := &Decision{Pass: state.Pass{ID: k.ID, AsOf: k.Now.UTC().Truncate(time.Microsecond)}}
	if !s.FullTable() {
		d.Lookback = s.Clock.Lookback
	}
	if s.Clock.Timed() {
		d.Length = s.Clock.Windows.Length
		if err := d.cutInto(s, k.Window); err != nil {
			return nil, err
		}
	}
	if s.Range != (Range{}) {
		return d, d.backfill(s, k)
	}
	var err error
	if d.Bookmark, err = s.inZone(k.Bookmark); err != nil {
		return nil, err
	}
	d.number(s)
	switch {
	case d.Way == Complete:
		return d, nil
	case k.Replay:
		d.replay(s, &k.Passes[len(k.Passes)-1])
		return d, nil
	}
	if err := d.resume(s, k); err != nil {
		return nil, err
	}
	d.Foreign = d.Foreign || s.FullTable() && d.Bookmark != nil && d.Bookmark.Value != nil
	d.goOn(s, k)
	d.sort(s, k)
	return d, nil
}

// number numbers the pass as the catalog numbers the sync. Where records that
// the state covers are deleted by now, nothing has been read; where the state is
// that of a full refresh read whole in this sync, all has.
func (d *Decision) number(s *Stream) {
	if s.Entry == nil || s.Entry.Generation == nil {
		return
	}
	g, b := s.Entry.Generation, d.Bookmark
	d.Sync = &state.Sync{ID: g.Sync, Generation: g.Current}
	if b == nil || b.Sync == nil {
		return
	}
	if b.Sync.Generation < g.Least {
		d.because(false, "the records that the stream's state covers are deleted by now: the stream is read from its start",
			"generation", b.Sync.Generation, "least", g.Least)
		d.Bookmark, d.Foreign = nil, true
		return
	}
	if !s.FullTable() || b.Resume != nil {
		d.Sync.Generation = b.Sync.Generation // it goes on from there
	}
	if s.Entry.ReplicationMethod == catalog.FullTable && b.Resume == nil && b.Pass != nil && b.Sync.ID == g.Sync {
		d.Way = Complete
	}
}

// resume takes from the state where the stream is, and goes on with the
// unfinished pass there.
func (d *Decision) resume(s *Stream, k Known) error {
	b := d.Bookmark
	if b == nil {
		return nil
	}
	if !s.FullTable() && b.ReplicationKey != "" && b.ReplicationKey != s.ReplicationKey {
		d.because(true, "the state has another replication key: the stream is read from its start",
			"state", b.ReplicationKey, "now", s.ReplicationKey)
		d.Bookmark, d.Foreign = nil, true
		return nil
	}
	if len(b.Contexts) > 0 && b.Pass != nil && !s.HasContexts() && !s.FullTable() { // those of other taps stand for all of a stream
		d.because(true, "the state's bookmark holds for the contexts that the stream was read in, and it has none any more: the stream is read from its start")
		d.Bookmark, d.Foreign = nil, true
		return nil
	}
	if b.Pass != nil {
		d.Previous = b.Pass.ID
	}
	if !s.FullTable() {
		d.From = b.Value
		if err := inOurTime(s, k.Now, b.Value); err != nil {
			return err
		}
	}
	r := b.Resume
	switch {
	case r == nil:
	case r.Shape != s.Shape && !r.Over:
		d.because(true, "the requests of the stream have changed since its unfinished pass began: the pass starts over, and the bookmark stays")
	case r.AsOf.After(k.Now.Add(ClockSkew)):
		return &state.Error{Place: "resume.as_of", Msg: fmt.Sprintf("%s lies ahead of our clock, which says %s: one of them is wrong", clockTime(r.AsOf), clockTime(k.Now.UTC()))}
	case k.Shared || begun(r):
		d.unfinished(s, r)
	}
	return nil
}

// unfinished goes on with the unfinished pass of the state.
func (d *Decision) unfinished(s *Stream, r *state.Resume) {
	d.Way, d.Pass.AsOf, d.APIClock = FromState, r.AsOf, r.Clock
	if d.Previous != "" {
		d.Pass.ID = d.Previous
	}
	if s.FullTable() {
		return
	}
	d.From = r.From
	if l, err := times.ParseSpan(r.Lookback); err == nil {
		d.Lookback = l
	}
	d.Length = lengthOf(r.Window)
}

// lengthOf reads the length of windows that is written down, 0 for one window.
func lengthOf(text string) times.Span {
	length, _ := times.ParseSpan(text) // none where none is written
	return length
}

// begun reports whether anything of an unfinished pass has come. Where its first
// request failed, it is there to say whose turn it is: but for one of many
// partitions, which may have been owed, and which no new pass would make again.
func begun(r *state.Resume) bool {
	if r.Over {
		return false
	}
	return len(r.Done) > 0 || len(r.Contexts) > 0 || len(r.Feeds) > 0 || slices.ContainsFunc(r.Open, func(o state.Open) bool {
		var at paging.Position
		return json.Unmarshal(o.Next, &at) != nil || !at.First() || o.Restarts > 0 || o.Window != nil || o.Context != nil
	})
}

// inOurTime refuses a bookmark of the future: with it, nothing would be fetched
// until then.
func inOurTime(s *Stream, now time.Time, bookmark json.RawMessage) error {
	if bookmark == nil || !s.Clock.Timed() {
		return nil
	}
	if t, ok := s.Clock.Order.Instant(bookmark); ok && t.After(now.Add(ClockSkew)) {
		return &state.Error{Place: "replication_key_value", Msg: fmt.Sprintf(
			"%s lies more than a day ahead of our clock, which says %s: set the clock, or correct the state", bookmark, clockTime(now.UTC()))}
	}
	return nil
}

func clockTime(t time.Time) string { return t.Format(time.RFC3339) }

// goOn goes on with a pass of the journal: of those that can be used, the one
// that began last.
func (d *Decision) goOn(s *Stream, k Known) {
	for i := range k.Passes {
		p := &k.Passes[i]
		if p.StateID() == d.Previous || d.refuses(s, k, p) != "" {
			continue
		}
		d.Way, d.Pass = FromJournal, state.Pass{ID: p.StateID(), AsOf: p.AsOf}
		if l, err := times.ParseSpan(p.Layout.Lookback); err == nil {
			d.Lookback = l
		}
		d.Length = lengthOf(p.Layout.Window)
	}
	if d.Way == FromJournal {
		d.because(false, "the pass goes on from the journal", "as_of", clockTime(d.Pass.AsOf))
	}
}

// refuses says why the stream does not go on with a pass of the journal, "" if it
// can.
func (d *Decision) refuses(s *Stream, k Known, p *Recorded) string {
	switch {
	case d.Way == FromState:
		return "the state has another unfinished pass"
	case p.Shape != s.Shape:
		return "its requests were other ones: the definition or a setting has changed"
	case p.Previous != "" && d.Previous == "":
		return "it comes after the pass of a state, and no state was given to go on from"
	case string(p.From) != string(d.From):
		return "it started from another bookmark than the state has"
	case p.Previous != d.Previous:
		return "it is not the pass that comes after the one in the state"
	case p.Finished && d.Previous == "":
		return "it was read to its end, and no state was given to go on from"
	case p.Finished && p.Layout.Empty:
		return "it was read to its end, and had no record"
	case p.Generation == 0 && !p.First && !p.BrokeOff && !p.Shared && !(p.Asked && s.Definition.Pagination.Export != nil): // the API may do a job
		return "nothing came of it"
	case p.AsOf.After(k.Now.Add(ClockSkew)):
		return "it lies ahead of our clock, which says " + clockTime(k.Now.UTC())
	case k.MaxAge > 0 && k.Now.Sub(p.Latest) > k.MaxAge:
		return "it is older than run.journal.max_age"
	}
	return ""
}

// sort finds the pass in the journal, and the others there that are of no use:
// the state proves that they were stored, or they cannot be gone on with.
func (d *Decision) sort(s *Stream, k Known) {
	for i := range k.Passes {
		p := &k.Passes[i]
		id := p.StateID()
		if id == d.Pass.ID {
			d.Recorded = p
			continue
		}
		d.Aside = append(d.Aside, p.ID)
		if id != d.Previous {
			d.because(false, "the journal has an earlier pass of the stream, which is not used: the API is asked again",
				"as_of", clockTime(p.AsOf), "why", cmp.Or(d.refuses(s, k, p), "a later one goes on"))
		}
	}
}

// replay takes a pass of the journal, from where it began: its states come again
// too. The state that was given says what the journal does not know, where the
// journal has the pass only from a later page on.
func (d *Decision) replay(s *Stream, p *Recorded) {
	given := d.Bookmark
	d.Way, d.Recorded = Replay, p
	d.Pass, d.From, d.Previous = state.Pass{ID: p.StateID(), AsOf: p.AsOf}, p.From, p.Previous
	d.Lookback, _ = times.ParseSpan(p.Layout.Lookback) // none where none is written
	d.Length = lengthOf(p.Layout.Window)
	d.Bookmark = &state.Bookmark{ReplicationKey: s.ReplicationKey, Value: p.From, Contexts: p.Layout.Contexts}
	if given == nil {
		return
	}
	d.Bookmark.Rows = given.Rows
	if given.Pass != nil && given.Pass.ID == d.Pass.ID && !p.First {
		d.Bookmark.Resume = given.Resume
	}
	d.Behind = given.Pass == nil || given.Pass.ID != p.Previous
	if p.Layout.Contexts == nil && !d.Behind { // an earlier version recorded it
		d.Bookmark.Contexts = given.Contexts
	}
}

// Many reports whether the pass has several partitions, or may have.
func (d *Decision) Many(s *Stream) bool {
	return s.HasContexts() || d.Length != (times.Span{}) && s.Clock.Timed()
}
