package tap

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// InputError is an input that cannot be used: nothing was fetched.
type InputError struct{ Err error }

// Error returns what is wrong and where.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

func unusable(format string, args ...any) error { return &InputError{fmt.Errorf(format, args...)} }

// clockSkew is how far a bookmark may lie ahead of our clock.
const clockSkew = 24 * time.Hour

// reading is one stream as this run reads it.
type reading struct {
	*sources.Stream
	selected    *catalog.Stream // nil without a catalog
	incremental bool
	keys        []string      // primary key, the catalog's before the definition's
	mask        *catalog.Mask // what the catalog deselects; nil: nothing
	chosen      bool          // fields that the catalog does not name are deselected
	key         string        // replication key, "" for a full table
	clock       plan.Clock    // zero for a full table
	partition   string        // key of its one partition
	vars        expr.Vars
	window      plan.Window
	from        json.RawMessage // the bookmark that the pass starts from
	pass        state.Pass
	sync        *state.Sync    // that the pass belongs to; nil: nobody numbers them
	complete    bool           // it was read whole in this sync already
	previous    string         // id of the pass that the incoming state carries, "" for none
	replaces    bool           // a bookmark of another replication key
	resumed     bool           // the state has an unfinished pass, which goes on
	found       bool           // the journal has it
	recorded    string         // its id there
	replayed    *journal.Pass  // what a replay reads; nil: this is none
	restarts    int            // how often the API has lost the walk
	refused     *state.Refusal // because of which it was restarted; nil: none
	deferred    bool           // the walk failed for now in the run before
	lookback    times.Span
	shape       string
	before      *state.Bookmark // as the state had it; nil: none
	position    paging.Position // where the walk starts
	apiClock    *time.Time      // of the first answer of the pass; nil: unknown
	high        json.RawMessage // the highest replication value before it
	mark        json.RawMessage // what the first answer said at incremental.bookmark
	frozen      bool            // sorted, but a value descended before it
	counters    fetch.Counters
}

// plan decides what is read, in which order and from where on.
func (r *run) plan() ([]*reading, error) {
	wanted, err := r.wanted()
	if err == nil {
		err = r.ofAnotherTap()
	}
	if err == nil && r.Replay {
		err = r.keepRecorded(wanted)
	}
	if err != nil {
		return nil, err
	}
	var all []*reading
	for _, s := range r.Definition.Streams {
		entry, ok := wanted[s.Name]
		if !ok {
			continue
		}
		one, err := r.planStream(s, entry)
		if err != nil {
			return nil, &InputError{err}
		}
		all = append(all, one)
	}
	return all, nil
}

// wanted returns the selected streams; their catalog entries are nil without a
// catalog.
func (r *run) wanted() (map[string]*catalog.Stream, error) {
	wanted := map[string]*catalog.Stream{}
	if r.Catalog == nil {
		for _, s := range r.Definition.Streams {
			wanted[s.Name] = nil
		}
		return wanted, nil
	}
	for _, entry := range r.Catalog.Streams {
		if !entry.Selected {
			continue
		}
		name := entry.ID
		if r.Definition.Stream(name) == nil {
			name = entry.Name
		}
		if r.Definition.Stream(name) == nil && r.Catalog.Configured {
			r.refuse(entry)
			continue
		}
		if r.Definition.Stream(name) == nil {
			return nil, unusable("catalog: stream %q is selected, but %s has no such stream; it has %s: run --discover again",
				entry.ID, r.Definition.File, strings.Join(r.streamNames(), ", "))
		}
		wanted[name] = entry
	}
	if len(wanted) == 0 && len(r.unread) == 0 {
		return nil, unusable("catalog %s selects no stream, so there is nothing to read: select one of %s, or leave the catalog out to read all",
			r.CatalogFile, strings.Join(r.streamNames(), ", "))
	}
	return wanted, nil
}

// ofAnotherTap refuses a state that knows none of the definition's streams: to
// go on from it would be to read everything anew, without a word.
func (r *run) ofAnotherTap() error {
	var strange []string
	known := r.State.Names()
	for _, name := range known {
		if r.Definition.Stream(name) == nil {
			strange = append(strange, name)
		}
	}
	switch {
	case len(strange) == 0:
		return nil
	case len(strange) < len(known):
		r.Log.Warn("the state has bookmarks of streams that the definition does not have: they are kept as they are", "state", strings.Join(strange, ", "))
		return nil
	}
	return unusable("state %s: its bookmarks are of %s, and %s has none of these streams, but %s: it is the state of another tap, or the streams were renamed. "+
		"Give the state of this one, or none to read everything", r.StateFile, strings.Join(strange, ", "), r.Definition.File, strings.Join(r.streamNames(), ", "))
}

// refuse notes that a stream of the catalog does not exist: it fails, and the
// others are read.
func (r *run) refuse(entry *catalog.Stream) {
	err := unusable("catalog: stream %q is configured, but %s has no such stream; it has %s: discover again",
		entry.ID, r.Definition.File, strings.Join(r.streamNames(), ", "))
	r.Log.Error(err.Error()) // it names the stream
	one := &reading{Stream: &sources.Stream{Name: entry.ID}}
	r.unread = append(r.unread, &track{reading: one, refused: err})
}

func (r *run) streamNames() []string {
	var names []string
	for _, s := range r.Definition.Streams {
		names = append(names, s.Name)
	}
	return names
}

// planStream decides from where on a stream is read.
func (r *run) planStream(s *sources.Stream, entry *catalog.Stream) (*reading, error) {
	one := &reading{Stream: s, selected: entry, shape: r.Config.Shape(s)}
	if err := one.method(); err != nil {
		return nil, err
	}
	var err error
	if one.before, err = r.State.Bookmark(r.StateFile, s.Name, one.key); err != nil {
		return nil, err
	}
	if err := r.inZone(one); err != nil {
		return nil, err
	}
	one.inGeneration(r.Log)
	if r.Replay {
		r.replayPass(one)
	} else if err := r.resume(one); err != nil {
		return nil, err
	}
	r.findPass(one)
	one.vars = make(expr.Vars, sources.VarCount)
	one.vars[sources.VarConfig] = r.Config.Values
	one.vars[sources.VarNow] = expr.Time(one.pass.AsOf)
	if one.incremental {
		one.window, err = one.clock.Lay(one.from, one.lookback, one.pass.AsOf, one.vars)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		one.vars[sources.VarWindow] = one.window.Value()
	}
	if err := r.reopen(one); err != nil {
		return nil, err
	}
	return one, nil
}

// inGeneration numbers the pass as the catalog numbers the sync. Where records
// that the state covers are deleted by now, nothing has been read; where the
// state is that of a full refresh read whole in this sync, all has.
func (one *reading) inGeneration(log *slog.Logger) {
	if one.selected == nil || one.selected.Generation == nil {
		return
	}
	g := one.selected.Generation
	one.sync = &state.Sync{ID: g.Sync, Generation: g.Current}
	b := one.before
	if b == nil || b.Sync == nil {
		return
	}
	if b.Sync.Generation < g.Least {
		log.Info("what the stream's state covers is deleted by now: it is read from its start", "stream", one.Name,
			"generation", b.Sync.Generation, "least", g.Least)
		one.before, one.replaces = nil, true
		return
	}
	if one.incremental || b.Resume != nil {
		one.sync.Generation = b.Sync.Generation // it goes on from there
	}
	one.complete = one.selected.ReplicationMethod == catalog.FullTable && b.Resume == nil && b.Pass != nil && b.Sync.ID == g.Sync
}

// method takes the keys and the replication method from the catalog, else from
// the definition.
func (one *reading) method() error {
	one.incremental, one.key = one.Incremental != nil, one.ReplicationKey
	one.keys = one.Stream.Keys
	if entry := one.selected; entry != nil {
		if len(entry.KeyProperties) > 0 {
			one.keys = entry.KeyProperties
		}
		switch entry.ReplicationMethod {
		case "FULL_TABLE":
			one.incremental = false
		case "INCREMENTAL":
			if one.Incremental == nil {
				return fmt.Errorf("catalog: stream %s: replication_method INCREMENTAL, but its definition has no \"incremental\": "+
					"add it there, or take FULL_TABLE", one.Name)
			}
		case "LOG_BASED":
			return fmt.Errorf("catalog: stream %s: replication_method LOG_BASED does not exist for an HTTP API: take INCREMENTAL or FULL_TABLE", one.Name)
		}
		if entry.ReplicationKey != "" {
			one.key = entry.ReplicationKey
		}
	}
	if !one.incremental {
		one.key = ""
	}
	one.cut()
	if !one.incremental {
		return nil
	}
	one.clock = plan.NewClock(one.Incremental)
	return nil
}

// cut takes from the catalog which fields leave.
func (one *reading) cut() {
	if one.selected != nil {
		one.mask = one.selected.Mask.Keep(append([]string{one.key}, one.keys...)...)
	}
}

// resume decides whether the stream's last pass goes on or a new one begins.
func (r *run) resume(one *reading) error {
	one.pass = state.Pass{ID: strings.ToLower(rand.Text()), AsOf: r.now.UTC().Truncate(time.Microsecond)}
	if one.incremental {
		one.lookback = one.Incremental.Lookback
	}
	b := one.before
	if b == nil {
		return nil
	}
	if b.Pass != nil {
		one.previous = b.Pass.ID
	}
	if one.incremental && b.ReplicationKey != "" && b.ReplicationKey != one.key {
		r.Log.Warn("the state's replication key is another: the stream is read from its start",
			"stream", one.Name, "state", b.ReplicationKey, "now", one.key)
		one.before, one.previous, one.replaces = nil, "", true
		return nil
	}
	if one.incremental {
		one.from = b.Value
		if err := r.checkClock(one); err != nil {
			return err
		}
	}
	if b.Resume == nil {
		return nil
	}
	if b.Resume.Shape != one.shape {
		r.Log.Warn("the requests of the stream's unfinished pass were others: it starts over, its bookmark stays", "stream", one.Name)
		return nil
	}
	if b.Resume.AsOf.After(r.now.Add(clockSkew)) {
		return &state.Error{File: r.StateFile, Place: r.State.Place(one.Name) + ".resume.as_of",
			Msg: fmt.Sprintf("%s lies ahead of our clock, which says %s: one of them is wrong", b.Resume.AsOf.Format(time.RFC3339), r.now.UTC().Format(time.RFC3339))}
	}
	if !begun(b.Resume) {
		return nil
	}
	one.pass.AsOf, one.apiClock, one.resumed = b.Resume.AsOf, b.Resume.Clock, true
	if b.Pass != nil {
		one.pass.ID = b.Pass.ID
	}
	if one.incremental {
		one.from = b.Resume.From
		if d, err := times.ParseSpan(b.Resume.Lookback); err == nil {
			one.lookback = d
		}
	}
	return nil
}

// begun reports whether anything of an unfinished pass has come. Where its first
// request failed, it is there to say whose turn it is.
func begun(r *state.Resume) bool {
	return slices.ContainsFunc(r.Open, func(o state.Open) bool {
		var at paging.Position
		return json.Unmarshal(o.Next, &at) != nil || !at.First() || o.Restarts > 0
	})
}

// checkClock refuses a bookmark of the future: with it, nothing would be
// fetched until then.
func (r *run) checkClock(one *reading) error {
	if one.before.Value == nil || !one.clock.Timed() {
		return nil
	}
	t, ok := one.clock.Instant(one.before.Value)
	if ok && t.After(r.now.Add(clockSkew)) {
		return &state.Error{File: r.StateFile, Place: r.State.Place(one.Name) + ".replication_key_value",
			Msg: fmt.Sprintf("%s lies more than a day ahead of our clock, which says %s: set the clock, or correct the state",
				one.before.Value, r.now.UTC().Format(time.RFC3339))}
	}
	return nil
}

// reopen finds the stream's partition among those that the state left open.
func (r *run) reopen(one *reading) error {
	if one.replayed == nil {
		one.partition = plan.Key(one.Name, one.window)
	}
	if one.before == nil || one.before.Resume == nil || one.before.Resume.Shape != one.shape || !one.resumed && one.replayed == nil {
		return nil
	}
	for i, open := range one.before.Resume.Open {
		if open.Partition != one.partition {
			r.Log.Warn("an open partition of the state is gone: it is dropped", "stream", one.Name, "partition", open.Partition)
			continue
		}
		if err := json.Unmarshal(open.Next, &one.position); err != nil {
			return &state.Error{File: r.StateFile, Place: fmt.Sprintf("%s.resume.open[%d].next", r.State.Place(one.Name), i), Msg: err.Error()}
		}
		one.high, one.mark, one.frozen, one.restarts = open.High, open.Mark, open.Frozen, open.Restarts
		one.refused, one.deferred = open.Refused, open.Deferred
		r.Log.Info("the pass goes on", "stream", one.Name, "as_of", one.pass.AsOf.Format(time.RFC3339), "pages", one.position.Pages, "records", one.position.Records)
	}
	return nil
}

// inTurn orders workers by whose turn it is: what is owed, then unfinished
// passes, then those whose last pass began longest ago, and at the end those
// that failed for now the last time. So a budget that is too small for all
// streams reaches each of them in the end.
func inTurn(workers []*worker) {
	slices.SortStableFunc(workers, func(a, b *worker) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.lastTurn().Compare(b.lastTurn()))
	})
}

func (one *reading) rank() int {
	switch {
	case one.before == nil || one.before.Resume == nil:
		return 1
	case len(one.before.Resume.Owed) > 0:
		return 0
	case len(one.before.Resume.Open) > 0 && one.before.Resume.Open[0].Deferred:
		return 2
	}
	return 1
}

// lastTurn is when the pass before this one began; zero if there was none, or
// if it goes on.
func (one *reading) lastTurn() time.Time {
	if one.before == nil || one.before.Pass == nil || one.before.Resume != nil {
		return time.Time{}
	}
	return one.before.Pass.AsOf
}
