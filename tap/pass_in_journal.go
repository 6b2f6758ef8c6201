package tap

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// passesOf returns the passes of a stream in the journal, in the order they
// began: feed says of which kind.
func (j *runJournal) passesOf(stream string, feed bool) []plan.Recorded {
	if j == nil {
		return nil
	}
	var all []plan.Recorded
	for _, p := range j.Passes() {
		one := plan.Recorded{Pass: p, Layout: plan.LayoutOf(p)}
		if p.Stream != stream || one.Layout.Feed != feed {
			continue
		}
		if one.Layout.Partition == "" {
			one.First = j.Begun(p.ID) || j.fedInJournal(one.Layout)
		} else {
			one.Generation = j.Generation(p.ID, one.Layout.Partition)
			first := journal.Key{Pass: p.ID, Partition: one.Layout.Partition, Generation: one.Generation}
			one.First = j.Holds(first) || j.Holds(fetch.OpenedBefore(first))
		}
		all = append(all, one)
	}
	return all
}

// fedInJournal reports whether the journal has something of a pass whose records
// are contexts of another one, of which nothing has come yet.
func (j *runJournal) fedInJournal(l plan.Layout) bool {
	for parent, fed := range l.Feeds {
		for _, p := range j.Passes() {
			one := plan.Recorded{Pass: p, Layout: plan.LayoutOf(p)}
			if p.Stream == parent && one.StateID() == fed.Pass && (j.Begun(p.ID) || j.fedInJournal(one.Layout)) {
				return true
			}
		}
	}
	return false
}

// begin begins, or goes on with, a pass in the journal, and sets aside the
// stream's other passes there.
func (j *runJournal) begin(p *pass) error {
	if j == nil {
		return nil
	}
	d := p.decision
	p.recorded = d.Pass.ID
	if j.readOnly {
		p.recorded = d.Recorded.ID
		return nil
	}
	one := journal.Pass{
		ID: d.Pass.ID, Stream: p.stream.Name, AsOf: d.Pass.AsOf, From: d.From, Previous: d.Previous, Shape: p.stream.Shape, Begun: p.run.now,
	}
	if d.Recorded != nil {
		one, p.recorded = d.Recorded.Pass, d.Recorded.ID
	}
	var err error
	for _, id := range d.Aside {
		err = errors.Join(err, j.Drop(id))
	}
	if err == nil {
		err = j.beginOrAgain(p, one)
	}
	if err != nil {
		return &JournalError{Err: err, Early: true}
	}
	return nil
}

// beginOrAgain writes down how a pass is laid out. One that goes on although it
// was dropped, for its age or for a run with other requests, is recorded under
// another id.
func (j *runJournal) beginOrAgain(p *pass, one journal.Pass) error {
	l := p.layout()
	err := j.beginAs(one, l)
	if errors.Is(err, journal.ErrDropped) {
		one.ID = plan.AgainID(p.decision.Pass.ID, strings.ToLower(rand.Text()))
		p.recorded = one.ID
		err = j.beginAs(one, l)
	}
	return err
}

// layout says how the requests of a pass are laid out.
func (p *pass) layout() plan.Layout {
	l := plan.Layout{Lookback: p.decision.Lookback.String(), Feed: p.feed, Range: p.stream.Range.String()}
	if p.decision.Recorded != nil {
		l.Certificate = p.decision.Recorded.Layout.Certificate
	}
	if !p.many {
		l.Partition = p.first.Part.Key
		return l
	}
	if d := p.decision; d.From != nil && d.Bookmark != nil {
		l.Contexts = d.Bookmark.Contexts
	}
	if p.decision.Recorded != nil {
		l.Owed = p.decision.Recorded.Layout.Owed
	} else {
		l.Owed = p.supply.owedBefore()
	}
	if p.decision.Length != (times.Span{}) {
		l.Window = p.decision.Length.String()
	}
	for _, f := range p.feeds {
		if l.Feeds == nil {
			l.Feeds = map[string]plan.Fed{}
		}
		l.Feeds[f.stream.Name] = plan.Fed{Pass: f.decision.Pass.ID, From: f.decision.FedFrom(f.stream)}
	}
	return l
}

func (j *runJournal) beginAs(p journal.Pass, l plan.Layout) error {
	var err error
	if p.Plan, err = json.Marshal(l); err != nil {
		return err
	}
	return j.Begin(p)
}

// record returns where the exchanges of a partition are kept; nil without a
// journal.
func (j *runJournal) record(p *part) (*fetch.Recording, error) {
	if j == nil {
		return nil, nil
	}
	rec := &fetch.Recording{Journal: j.Journal, Pass: p.pass.recorded, Partition: p.Part.Key, Only: j.readOnly}
	if j.readOnly {
		return rec, nil
	}
	var err error
	for err == nil && j.Generation(rec.Pass, rec.Partition) < p.Start.Restarts {
		_, err = j.Restart(rec.Pass, rec.Partition)
	}
	if err == nil {
		err = j.align(p.Reading, rec)
	}
	if err != nil {
		return nil, &JournalError{Err: err, Early: true}
	}
	return rec, nil
}

// align brings a reading and what the journal has of its partition together. Where
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
