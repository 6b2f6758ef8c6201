package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/plan"
)

var (
	now  = time.Date(2025, 6, 2, 12, 0, 0, 123456789, time.UTC)
	then = now.Add(-2 * time.Hour).Truncate(time.Second) // when unfinished passes began
)

const (
	shape = "the requests"
	mark  = `"2025-06-01T00:00:00Z"` // a bookmark
)

// orders is an incremental stream, and full one that is read whole each time.
func orders(t *testing.T, full bool) *plan.Stream {
	t.Helper()
	defined := &sources.Stream{Name: "orders", Keys: []string{"id"}}
	if !full {
		defined.ReplicationKey = "updated_at"
		defined.Incremental = &sources.Incremental{
			Windows: sources.Windows{Format: "rfc3339", Timezone: time.UTC}, RecordTimes: sources.RecordTimes{Timezone: time.UTC},
			Lookback: span("3h"),
		}
	}
	s, err := plan.NewStream(defined, nil, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func span(text string) times.Span {
	s, err := times.ParseSpan(text)
	if err != nil {
		panic(err)
	}
	return s
}

// stored is the bookmark of a stream whose last pass, "before", is over.
func stored(change ...func(*state.Bookmark)) *state.Bookmark {
	b := &state.Bookmark{ReplicationKey: "updated_at", Value: json.RawMessage(mark), Pass: &state.Pass{ID: "before", AsOf: then.Add(-time.Hour)}}
	for _, c := range change {
		c(b)
	}
	return b
}

// open is the bookmark of a stream whose last pass, "open", is unfinished: two
// pages of it have come.
func open(change ...func(*state.Bookmark)) *state.Bookmark {
	b := stored()
	b.Pass = &state.Pass{ID: "open", AsOf: then}
	b.Resume = &state.Resume{
		AsOf: then, From: json.RawMessage(`"2025-05-31T00:00:00Z"`), Lookback: "1h0m0s", Shape: shape,
		Open: []state.Open{{Partition: "p", Next: json.RawMessage(`{"number":3,"pages":2,"records":20}`)}},
	}
	for _, c := range change {
		c(b)
	}
	return b
}

// killed is a pass in the journal that came after "before", and of which pages
// were recorded, but no state was stored.
func killed(change ...func(*plan.Recorded)) plan.Recorded {
	p := plan.Recorded{Pass: journal.Pass{
		ID: "killed", Stream: "orders", AsOf: then, From: json.RawMessage(mark), Previous: "before", Shape: shape, Begun: then, Latest: then.Add(time.Minute),
	}, Layout: plan.Layout{Lookback: "2h0m0s", Partition: "p"}, First: true}
	for _, c := range change {
		c(&p)
	}
	return p
}

func finished(p *plan.Recorded)            { p.Finished = true }
func unstored(p *plan.Recorded)            { p.Previous, p.From = "", nil } // it began without a state
func named(id string) func(*plan.Recorded) { return func(p *plan.Recorded) { p.ID = id } }

// TestDecide holds every rule by which a pass goes on or begins.
func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name     string
		full     bool
		bookmark *state.Bookmark
		passes   []plan.Recorded
		replay   bool
		maxAge   time.Duration

		way      plan.Way
		id       string
		previous string
		from     string
		lookback string // "": the definition's
		aside    string // ids of what the journal needs no more
		why      string // parts of what the log says, between bars
	}{
		// A pass of the state.
		{name: "nothing is known: a first pass", way: plan.Anew, id: "new"},
		{name: "a finished pass in the state: the next one", bookmark: stored(), way: plan.Anew, id: "new", previous: "before", from: mark},
		{name: "an unfinished pass goes on, with its as_of, bookmark and lookback", bookmark: open(),
			way: plan.FromState, id: "open", previous: "open", from: `"2025-05-31T00:00:00Z"`, lookback: "1h"},
		{name: "a full table goes on the same way", full: true, bookmark: open(func(b *state.Bookmark) { b.ReplicationKey, b.Value, b.Resume.From = "", nil, nil }),
			way: plan.FromState, id: "open", previous: "open", lookback: "0s"},
		{name: "an unfinished pass without an id has a new one", bookmark: open(func(b *state.Bookmark) { b.Pass = nil }),
			way: plan.FromState, id: "new", from: `"2025-05-31T00:00:00Z"`, lookback: "1h"},
		{name: "an unfinished pass whose lookback cannot be read has the definition's", bookmark: open(func(b *state.Bookmark) { b.Resume.Lookback = "?" }),
			way: plan.FromState, id: "open", previous: "open", from: `"2025-05-31T00:00:00Z"`},
		{name: "nothing of an unfinished pass has come: a new one", bookmark: open(func(b *state.Bookmark) { b.Resume.Open[0].Next = json.RawMessage(`{"pages":0,"records":0}`) }),
			way: plan.Anew, id: "new", previous: "open", from: mark},
		{name: "it was lost before its first page came: it goes on", bookmark: open(func(b *state.Bookmark) {
			b.Resume.Open[0].Next, b.Resume.Open[0].Restarts = json.RawMessage(`{"pages":0,"records":0}`), 1
		}), way: plan.FromState, id: "open", previous: "open", from: `"2025-05-31T00:00:00Z"`, lookback: "1h"},
		{name: "the requests are others: the pass starts over, the bookmark stays", bookmark: open(func(b *state.Bookmark) { b.Resume.Shape = "others" }),
			way: plan.Anew, id: "new", previous: "open", from: mark, why: "the requests of the stream have changed since its unfinished pass began"},
		{name: "the replication key is another: from the start", bookmark: open(func(b *state.Bookmark) { b.ReplicationKey = "created_at" }),
			way: plan.Anew, id: "new", why: "the state has another replication key"},
		{name: "a bookmark of an incremental stream is nothing to a full table", full: true, bookmark: stored(),
			way: plan.Anew, id: "new", previous: "before", lookback: "0s"},

		// A pass of the journal.
		{name: "killed before a state was stored: found by its inputs", bookmark: stored(), passes: []plan.Recorded{killed()},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "the pass goes on from the journal"},
		{name: "killed in its first run: found without a state", passes: []plan.Recorded{killed(unstored)},
			way: plan.FromJournal, id: "killed", lookback: "2h", why: "the pass goes on from the journal"},
		{name: "its lookback is not written: the definition's", passes: []plan.Recorded{killed(unstored, func(p *plan.Recorded) { p.Layout = plan.Layout{} })},
			way: plan.FromJournal, id: "killed", why: "the pass goes on from the journal"},
		{name: "the pass's id in the state wins", bookmark: open(), passes: []plan.Recorded{killed(named("other")), killed(named("open"))},
			way: plan.FromState, id: "open", previous: "open", from: `"2025-05-31T00:00:00Z"`, lookback: "1h", aside: "other",
			why: "not used|the state has another unfinished pass"},
		{name: "it goes on under another id in the journal, where it was dropped", bookmark: open(), passes: []plan.Recorded{killed(named(plan.AgainID("open", "2")))},
			way: plan.FromState, id: "open", previous: "open", from: `"2025-05-31T00:00:00Z"`, lookback: "1h"},
		{name: "the state carries the pass: it was stored", bookmark: stored(), passes: []plan.Recorded{killed(named("before"), unstored, finished)},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "before"},
		{name: "the state carries the pass, which the journal has from its middle on", bookmark: stored(),
			passes: []plan.Recorded{killed(named("before"), func(p *plan.Recorded) { p.Previous = "before" })},
			way:    plan.Anew, id: "new", previous: "before", from: mark, aside: "before"},
		{name: "a finished pass, and the state that it started from: the target lost it", bookmark: stored(), passes: []plan.Recorded{killed(finished)},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "the pass goes on from the journal"},
		{name: "a finished pass, and no state: fetched anew", passes: []plan.Recorded{killed(unstored, finished)},
			way: plan.Anew, id: "new", aside: "killed", why: "not used|no state was given"},
		{name: "a finished pass, and a state without a pass: fetched anew", bookmark: &state.Bookmark{}, passes: []plan.Recorded{killed(unstored, finished)},
			way: plan.Anew, id: "new", aside: "killed", why: "not used|no state was given"},
		{name: "a finished pass without a record is no sign of a target that lost it", bookmark: stored(), passes: []plan.Recorded{killed(finished, func(p *plan.Recorded) { p.Layout.Empty = true })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|had no record"},
		{name: "its requests were other ones", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.Shape = "others" })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|its requests were other ones"},
		{name: "it started from another bookmark", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.From = json.RawMessage(`"2025-05-01T00:00:00Z"`) })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|it started from another bookmark"},
		{name: "it came after another pass than the state's", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.Previous = "long ago" })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|it is not the pass that comes after"},
		{name: "it came after the pass of a state, and no state is given", passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.Previous = "long ago" })},
			way: plan.Anew, id: "new", aside: "killed", why: "not used|it comes after the pass of a state, and no state was given"},
		{name: "nothing came of it, but of one that reads the same job", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.First, p.Shared = false, true })},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "goes on from the journal"},
		{name: "nothing came of it", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.First = false })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|nothing came of it"},
		{name: "its first answer broke off", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.First, p.BrokeOff = false, true })},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "the pass goes on from the journal"},
		{name: "it was lost before its first page came", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.First, p.Generation = false, 1 })},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "the pass goes on from the journal"},
		{name: "it lies ahead of our clock", bookmark: stored(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.AsOf = now.Add(25 * time.Hour) })},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|ahead of our clock"},
		{name: "it is too old", bookmark: stored(), maxAge: time.Hour, passes: []plan.Recorded{killed()},
			way: plan.Anew, id: "new", previous: "before", from: mark, aside: "killed", why: "not used|older than run.journal.max_age"},
		{name: "it is not too old", bookmark: stored(), maxAge: 2 * time.Hour, passes: []plan.Recorded{killed()},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", why: "the pass goes on from the journal"},
		{name: "of two, the later one", bookmark: stored(), passes: []plan.Recorded{killed(named("first")), killed()},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", aside: "first", why: "the pass goes on from the journal|not used|a later one goes on"},
		{name: "of two, the one that can be used", bookmark: stored(), passes: []plan.Recorded{killed(), killed(named("other"), unstored)},
			way: plan.FromJournal, id: "killed", previous: "before", from: mark, lookback: "2h", aside: "other", why: "the pass goes on from the journal|not used|another bookmark"},

		// A replay takes the same path.
		{name: "a replay takes the last pass, whatever became of it", replay: true, passes: []plan.Recorded{killed(named("first")), killed(finished)},
			way: plan.Replay, id: "killed", previous: "before", from: mark, lookback: "2h"},
		{name: "a replay asks no state", replay: true, bookmark: open(), passes: []plan.Recorded{killed(func(p *plan.Recorded) { p.Shape = "others" })},
			way: plan.Replay, id: "killed", previous: "before", from: mark, lookback: "2h"},
		{name: "a replay has the id that states have", replay: true, passes: []plan.Recorded{killed(named(plan.AgainID("killed", "2")))},
			way: plan.Replay, id: "killed", previous: "before", from: mark, lookback: "2h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := plan.Known{Bookmark: tt.bookmark, Passes: tt.passes, Now: now, MaxAge: tt.maxAge, ID: "new", Replay: tt.replay}
			d, err := plan.Decide(orders(t, tt.full), k)
			if err != nil {
				t.Fatal(err)
			}
			if d.Way != tt.way || d.Pass.ID != tt.id || d.Previous != tt.previous || string(d.From) != tt.from || strings.Join(d.Aside, " ") != tt.aside {
				t.Errorf("got way %d, pass %q after %q from %s, aside %q; want %d, %q, %q, %s, %q",
					d.Way, d.Pass.ID, d.Previous, d.From, d.Aside, tt.way, tt.id, tt.previous, tt.from, tt.aside)
			}
			if want := tt.lookback; want == "" && d.Lookback != span("3h") || want != "" && d.Lookback != span(want) {
				t.Errorf("got lookback %s, want %s", d.Lookback, want)
			}
			asOf := then // of whatever goes on
			if tt.way == plan.Anew {
				asOf = now.Truncate(time.Microsecond)
			}
			if !d.Pass.AsOf.Equal(asOf) {
				t.Errorf("got as_of %s, want %s", d.Pass.AsOf, asOf)
			}
			checkWhy(t, d.Why, tt.why)
			checkRecorded(t, d, tt.passes)
		})
	}
}

// checkWhy checks that the reasons say what is wanted, in its order, and that
// there are none without.
func checkWhy(t *testing.T, all []plan.Why, want string) {
	t.Helper()
	var said strings.Builder
	for _, why := range all {
		fmt.Fprintln(&said, why.Text, why.Attrs)
	}
	rest := said.String()
	for part := range strings.SplitSeq(want, "|") {
		var found bool
		if _, rest, found = strings.Cut(rest, part); !found {
			t.Errorf("the log does not say %q: %s", part, said.String())
		}
	}
	if want == "" && len(all) > 0 {
		t.Errorf("the log says %s", said.String())
	}
}

// checkRecorded checks that what goes on is what the journal has of it.
func checkRecorded(t *testing.T, d *plan.Decision, passes []plan.Recorded) {
	t.Helper()
	has := slices.ContainsFunc(passes, func(p plan.Recorded) bool { return p.StateID() == d.Pass.ID })
	if (d.Recorded != nil) != has || has && d.Recorded.StateID() != d.Pass.ID {
		t.Errorf("pass %s is %v in the journal", d.Pass.ID, d.Recorded)
	}
}

// TestDecideRefuses: what lies ahead of our clock is no state to go on from.
func TestDecideRefuses(t *testing.T) {
	later := now.Add(25 * time.Hour)
	for _, tt := range []struct {
		name     string
		bookmark *state.Bookmark
		place    string
	}{
		{"a bookmark of the future", stored(func(b *state.Bookmark) { b.Value = later.AppendFormat(nil, `"`+time.RFC3339+`"`) }), "replication_key_value"},
		{"an as_of of the future", open(func(b *state.Bookmark) { b.Resume.AsOf = later }), "resume.as_of"},
		{"a zone that does not exist", stored(func(b *state.Bookmark) { b.Zone = "Mars/Olympus" }), "zone"},
	} {
		_, err := plan.Decide(orders(t, false), plan.Known{Bookmark: tt.bookmark, Now: now, ID: "new"})
		if e, ok := err.(*state.Error); !ok || e.Place != tt.place {
			t.Errorf("%s: got %v, want a *state.Error at %s", tt.name, err, tt.place)
		}
	}
}

// TestDecideGenerations: where the catalog numbers syncs, and says which records
// are deleted by now.
func TestDecideGenerations(t *testing.T) {
	of := func(sync, generation int64) func(*state.Bookmark) {
		return func(b *state.Bookmark) { b.Sync = &state.Sync{ID: sync, Generation: generation} }
	}
	none := func(b *state.Bookmark) { b.ReplicationKey, b.Value = "", nil }
	for _, tt := range []struct {
		name     string
		full     bool
		bookmark *state.Bookmark
		way      plan.Way
		foreign  bool
		sync     state.Sync
	}{
		{"no state", false, nil, plan.Anew, false, state.Sync{ID: 7, Generation: 3}},
		{"a state without a sync", false, stored(), plan.Anew, false, state.Sync{ID: 7, Generation: 3}},
		{"of a generation that is deleted", false, stored(of(6, 1)), plan.Anew, true, state.Sync{ID: 7, Generation: 3}},
		{"of one that is not", false, stored(of(6, 2)), plan.Anew, false, state.Sync{ID: 7, Generation: 2}},
		{"a full refresh, unfinished", true, open(of(7, 2), none), plan.FromState, false, state.Sync{ID: 7, Generation: 2}},
		{"a full refresh, read whole in this sync", true, stored(of(7, 3), none), plan.Complete, false, state.Sync{ID: 7, Generation: 3}},
		{"a full refresh, read whole in an earlier sync", true, stored(of(6, 3), none), plan.Anew, false, state.Sync{ID: 7, Generation: 3}},
	} {
		s := orders(t, tt.full)
		s.Entry = &catalog.Stream{ReplicationMethod: catalog.Incremental, Generation: &catalog.Generation{Sync: 7, Current: 3, Least: 2}}
		if tt.full {
			s.Entry.ReplicationMethod = catalog.FullTable
		}
		d, err := plan.Decide(s, plan.Known{Bookmark: tt.bookmark, Now: now, ID: "new"})
		if err != nil || d.Way != tt.way || d.Foreign != tt.foreign || *d.Sync != tt.sync {
			t.Errorf("%s: got way %d, foreign %v, sync %v, error %v; want %d, %v, %v", tt.name, d.Way, d.Foreign, d.Sync, err, tt.way, tt.foreign, tt.sync)
		}
	}
}

// TestDecideChangesNothing: what a decision is made from stays as it was, also
// where the bookmark is read in another zone.
func TestDecideChangesNothing(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	s := orders(t, false)
	s.Definition.Incremental.RecordTimes.Timezone = berlin
	s.Clock = plan.NewClock(s.Definition.Incremental)
	b := open(func(b *state.Bookmark) { b.Value = json.RawMessage(`"2025-06-01 00:00:00"`); b.Resume.From = b.Value })
	before, _ := json.Marshal(b)
	beforeResume, _ := json.Marshal(b.Resume)
	d, err := plan.Decide(s, plan.Known{Bookmark: b, Passes: []plan.Recorded{killed()}, Now: now, ID: "new"})
	if err != nil {
		t.Fatal(err)
	}
	after, _ := json.Marshal(b)
	if resume, _ := json.Marshal(b.Resume); string(after) != string(before) || string(resume) != string(beforeResume) {
		t.Errorf("the bookmark is %s %s, was %s %s", after, resume, before, beforeResume)
	}
	if got, want := string(d.From), `"2025-05-31T22:00:00Z"`; got != want {
		t.Errorf("the pass goes on from %s, want %s: the earlier of both zones", got, want)
	}
}

// TestStart: a walk starts where the state left its partition open.
func TestStart(t *testing.T) {
	refusal := &state.Refusal{Status: 400, Pages: 2}
	two := open(func(b *state.Bookmark) {
		o := &b.Resume.Open[0]
		o.High, o.Restarts, o.Refused, o.Deferred, o.Frozen = json.RawMessage(`"2025-05-31T08:00:00Z"`), 1, refusal, true, true
		b.Resume.Open = append(b.Resume.Open, state.Open{Partition: "gone", Next: json.RawMessage(`{"pages":1,"records":10}`)})
	})
	again := killed(named("open"), func(p *plan.Recorded) { p.First, p.Generation = false, 2 })
	for _, tt := range []struct {
		name     string
		known    plan.Known
		pages    int64
		restarts int
		why      string
	}{
		{"a new pass", plan.Known{Bookmark: stored()}, 0, 0, ""},
		{"a pass that goes on", plan.Known{Bookmark: two}, 2, 1, "the pass goes on|records 20|no longer has|gone"},
		{"its requests were other ones", plan.Known{Bookmark: open(func(b *state.Bookmark) { b.Resume.Shape = "others" })}, 0, 0, ""},
		{"from the journal", plan.Known{Bookmark: stored(), Passes: []plan.Recorded{killed()}}, 0, 0, ""},
		{"a replay from its beginning", plan.Known{Bookmark: open(), Replay: true, Passes: []plan.Recorded{killed(named("open"))}}, 0, 0, ""},
		{"a replay from a later page, where the state says which", plan.Known{Bookmark: two, Replay: true, Passes: []plan.Recorded{again}}, 2, 1, "the pass goes on|no longer has"},
		{"a replay from a later page, and the state of another pass", plan.Known{Bookmark: stored(), Replay: true, Passes: []plan.Recorded{again}}, 0, 2, ""},
	} {
		s := orders(t, false)
		tt.known.Now, tt.known.ID = now, "new"
		d, err := plan.Decide(s, tt.known)
		if err != nil {
			t.Fatal(err)
		}
		at, why, err := d.Start(s, "p")
		if err != nil || at.Next.Pages != tt.pages || at.Restarts != tt.restarts {
			t.Errorf("%s: got %+v, error %v; want page %d, %d restarts", tt.name, at, err, tt.pages, tt.restarts)
		}
		checkWhy(t, why, tt.why)
		if tt.pages > 0 && (!at.Deferred || !at.Frozen || at.Refused != refusal || string(at.High) != `"2025-05-31T08:00:00Z"`) {
			t.Errorf("%s: got %+v, want what the state has", tt.name, at)
		}
	}
	broken := open(func(b *state.Bookmark) { b.Resume.Open[0].Next = json.RawMessage(`[]`) })
	d, err := plan.Decide(orders(t, false), plan.Known{Bookmark: broken, Now: now, ID: "new"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Start(orders(t, false), "p"); err == nil || !strings.Contains(err.Error(), "resume.open[0].next") {
		t.Errorf("got error %v, want one of resume.open[0].next", err)
	}
}

// TestInTurn: what is owed comes first, what failed for now last, but where children
// wait for it.
func TestInTurn(t *testing.T) {
	at := func(hours int) *plan.Decision {
		return &plan.Decision{Bookmark: stored(func(b *state.Bookmark) { b.Pass.AsOf = then.Add(time.Duration(hours) * time.Hour) })}
	}
	never, early, late := &plan.Decision{}, at(-9), at(-3)
	owed := &plan.Decision{Bookmark: open(func(b *state.Bookmark) { b.Resume.Owed = state.Owed{{Partition: "p"}} })}
	goesOn := &plan.Decision{Bookmark: open()}
	deferred := &plan.Decision{Bookmark: open(func(b *state.Bookmark) { b.Resume.Open[0].Deferred = true })}
	fed := &plan.Decision{Fed: true, Bookmark: deferred.Bookmark}
	all := []*plan.Decision{deferred, late, early, goesOn, fed, never, owed}
	slices.SortStableFunc(all, plan.InTurn)
	if want := []*plan.Decision{owed, goesOn, fed, never, early, late, deferred}; !slices.Equal(all, want) {
		t.Errorf("got another order than owed, goes on, fed, never, early, late, deferred")
	}
}
