package tap

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state/journal"
)

// laid is what a pass in the journal says beside its own fields: how its
// requests were laid out.
type laid struct {
	Lookback  string `json:"lookback"`
	Partition string `json:"partition"`
	// Empty: it is finished, and no record of it left: a state that comes back
	// as it was is no sign of a target that lost one.
	Empty bool `json:"empty,omitempty"`
}

func planOf(p *journal.Pass) (l laid) {
	if json.Unmarshal(p.Plan, &l) != nil {
		return laid{}
	}
	return l
}

// passAgain begins what follows a pass's id in the journal, where the pass was
// dropped there and goes on all the same.
const passAgain = "~"

// passID is the id that states have of a pass.
func passID(p *journal.Pass) string {
	id, _, _ := strings.Cut(p.ID, passAgain)
	return id
}

// findPass decides which pass of the journal a reading goes on with, if any.
// That of an unfinished pass in the state is the state's. Without one, it is
// one that was killed with its whole pipeline before a state was stored, or
// one that the target lost: the state still carries the pass before it. An
// absent or empty state proves nothing of a finished pass.
func (r *run) findPass(one *reading) {
	if r.journal == nil || one.resumed || r.Replay {
		return
	}
	for _, p := range r.journal.Passes() {
		if p.Stream != one.Name || passID(&p) == one.previous || r.unfit(&p, one) != "" {
			continue
		}
		one.pass.ID, one.pass.AsOf = passID(&p), p.AsOf
		if d, err := times.ParseSpan(planOf(&p).Lookback); err == nil {
			one.lookback = d
		}
		one.found = true
	}
	if one.found {
		r.Log.Info("the pass goes on from the journal", "stream", one.Name, "as_of", one.pass.AsOf.Format(time.RFC3339))
	}
}

// unfit says why a reading cannot go on with a pass in the journal, "" if it
// can.
func (r *run) unfit(p *journal.Pass, one *reading) string {
	age := r.Config.Run.Journal.MaxAge
	switch {
	case one.resumed:
		return "the state has another unfinished pass"
	case p.Shape != one.shape:
		return "its requests were others: the definition or a setting has changed"
	case string(p.From) != string(one.from):
		return "it started from another bookmark than the state has"
	case p.Previous != one.previous:
		return "it is not the pass that comes after the one in the state"
	case p.Finished && one.previous == "":
		return "it was read to its end, and no state was given to go on from"
	case p.Finished && planOf(p).Empty:
		return "it was read to its end, and had no record"
	case !r.started(p):
		return "nothing came of it"
	case p.AsOf.After(r.now.Add(clockSkew)):
		return "it lies ahead of our clock, which says " + r.now.UTC().Format(time.RFC3339)
	case age > 0 && r.now.Sub(p.Latest) > age:
		return "it is older than run.journal.max_age"
	}
	return ""
}

// started reports whether the journal has the beginning of a pass.
func (r *run) started(p *journal.Pass) bool {
	k := journal.Key{Pass: p.ID, Partition: planOf(p).Partition}
	k.Generation = r.journal.Generation(k.Pass, k.Partition)
	return k.Generation > 0 || r.journal.holds(k)
}

// record begins, or goes on with, the pass in the journal, and sets aside the
// stream's other passes there. It returns nil without a journal.
func (r *run) record(one *reading) (*fetch.Recording, error) {
	if r.journal == nil {
		return nil, nil
	}
	rec := &fetch.Recording{Journal: r.journal.Journal, Pass: one.pass.ID, Partition: one.partition, Only: r.Replay}
	if r.Replay {
		rec.Pass = one.replayed.ID
		return rec, nil
	}
	p := journal.Pass{
		ID: one.pass.ID, Stream: one.Name, AsOf: one.pass.AsOf, From: one.from, Previous: one.previous, Shape: one.shape, Begun: r.now,
	}
	var err error
	for _, kept := range r.journal.Passes() {
		switch {
		case kept.Stream != one.Name:
		case passID(&kept) == one.pass.ID:
			p = kept
			rec.Pass = p.ID
		default:
			err = errors.Join(err, r.setAside(&kept, one))
		}
	}
	if err == nil {
		err = r.begin(one, rec, p)
	}
	if err == nil {
		err = r.align(one, rec)
	}
	if err != nil {
		return nil, &JournalError{Err: err, Early: true}
	}
	one.recorded = rec.Pass
	return rec, nil
}

// align brings a reading and what the journal has of its pass together. Where
// the state is older than a restart, the walk begins where that did. Where the
// journal has a gap before the walk's first page, because it was off or
// damaged, what it has is of no use.
func (r *run) align(one *reading, rec *fetch.Recording) error {
	key := journal.Key{Pass: rec.Pass, Partition: rec.Partition, Generation: r.journal.Generation(rec.Pass, rec.Partition)}
	if key.Generation > one.restarts {
		one.position, one.restarts = paging.Position{}, key.Generation
	}
	key.N = int(one.position.Pages)
	before := key
	before.N--
	switch {
	case key.N == 0:
		return nil
	case r.journal.holds(before) || r.journal.holds(key):
		r.journal.Emitted(before) // the state has it
		return nil
	}
	return r.journal.Skip(key)
}

// holds reports whether the journal serves an exchange.
func (j *runJournal) holds(k journal.Key) bool {
	_, _, ok := j.Lookup(k)
	return ok
}

// begin writes down how a pass is laid out. One that goes on although it was
// dropped, for its age or for a run with other requests, is recorded under
// another id.
func (r *run) begin(one *reading, rec *fetch.Recording, p journal.Pass) error {
	l := laid{Lookback: one.lookback.String(), Partition: one.partition}
	err := r.journal.beginAs(p, l)
	if errors.Is(err, journal.ErrDropped) {
		p.ID = one.pass.ID + passAgain + strings.ToLower(rand.Text())
		rec.Pass = p.ID
		err = r.journal.beginAs(p, l)
	}
	for err == nil && r.journal.Generation(rec.Pass, rec.Partition) < one.restarts {
		_, err = r.journal.Restart(rec.Pass, rec.Partition)
	}
	return err
}

func (j *runJournal) beginAs(p journal.Pass, l laid) error {
	var err error
	if p.Plan, err = json.Marshal(l); err != nil {
		return err
	}
	return j.Begin(p)
}

// setAside drops a pass that this run cannot use: the state proves that it was
// stored, or what it asked for is not what is asked for now.
func (r *run) setAside(p *journal.Pass, one *reading) error {
	if passID(p) != one.previous {
		r.Log.Info("the journal has an earlier pass of the stream, which is not used: the API is asked again", "stream", one.Name, "as_of", p.AsOf.Format(time.RFC3339), "why", cmp.Or(r.unfit(p, one), "a later one goes on"))
	}
	return r.journal.Drop(p.ID)
}
