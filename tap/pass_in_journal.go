package tap

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// passesOf returns the passes of a stream in the journal, in the order they
// began.
func (j *runJournal) passesOf(stream string) []plan.Recorded {
	if j == nil {
		return nil
	}
	var all []plan.Recorded
	for _, p := range j.Passes() {
		if p.Stream != stream {
			continue
		}
		one := plan.Recorded{Pass: p, Layout: plan.LayoutOf(p)}
		one.Generation = j.Generation(p.ID, one.Layout.Partition)
		one.First = j.Holds(journal.Key{Pass: p.ID, Partition: one.Layout.Partition, Generation: one.Generation})
		all = append(all, one)
	}
	return all
}

// record begins, or goes on with, the pass in the journal, and sets aside the
// stream's other passes there. It returns nil without a journal.
func (j *runJournal) record(one *plan.Reading, now time.Time) (*fetch.Recording, error) {
	if j == nil {
		return nil, nil
	}
	d := one.Pass
	rec := &fetch.Recording{Journal: j.Journal, Pass: d.Pass.ID, Partition: one.Part.Key, Only: j.readOnly}
	if j.readOnly {
		rec.Pass = d.Recorded.ID
		return rec, nil
	}
	p := journal.Pass{
		ID: d.Pass.ID, Stream: one.Stream.Name, AsOf: d.Pass.AsOf, From: d.From, Previous: d.Previous, Shape: one.Stream.Shape, Begun: now,
	}
	if d.Recorded != nil {
		p, rec.Pass = d.Recorded.Pass, d.Recorded.ID
	}
	var err error
	for _, id := range d.Aside {
		err = errors.Join(err, j.Drop(id))
	}
	if err == nil {
		err = j.begin(one, rec, p)
	}
	if err == nil {
		err = j.align(one, rec)
	}
	if err != nil {
		return nil, &JournalError{Err: err, Early: true}
	}
	return rec, nil
}

// align brings a reading and what the journal has of its pass together. Where
// the state is older than a restart, the walk begins where that did. Where the
// journal has a gap before the walk's first page, because it was off or
// damaged, what it has is of no use.
func (j *runJournal) align(one *plan.Reading, rec *fetch.Recording) error {
	key := journal.Key{Pass: rec.Pass, Partition: rec.Partition, Generation: j.Generation(rec.Pass, rec.Partition)}
	if key.Generation > one.Start.Restarts {
		one.Start.Next, one.Start.Restarts = paging.Position{}, key.Generation
	}
	key.N = int(one.Start.Next.Pages)
	before := key
	before.N--
	switch {
	case key.N == 0:
		return nil
	case j.Holds(before) || j.Holds(key):
		j.Emitted(before) // the state has it
		return nil
	}
	return j.Skip(key)
}

// begin writes down how a pass is laid out. One that goes on although it was
// dropped, for its age or for a run with other requests, is recorded under
// another id.
func (j *runJournal) begin(one *plan.Reading, rec *fetch.Recording, p journal.Pass) error {
	l := plan.Layout{Lookback: one.Pass.Lookback.String(), Partition: one.Part.Key}
	err := j.beginAs(p, l)
	if errors.Is(err, journal.ErrDropped) {
		p.ID = plan.AgainID(one.Pass.Pass.ID, strings.ToLower(rand.Text()))
		rec.Pass = p.ID
		err = j.beginAs(p, l)
	}
	for err == nil && j.Generation(rec.Pass, rec.Partition) < one.Start.Restarts {
		_, err = j.Restart(rec.Pass, rec.Partition)
	}
	return err
}

func (j *runJournal) beginAs(p journal.Pass, l plan.Layout) error {
	var err error
	if p.Plan, err = json.Marshal(l); err != nil {
		return err
	}
	return j.Begin(p)
}
