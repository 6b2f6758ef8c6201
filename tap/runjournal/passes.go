package runjournal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// PassesOf returns the passes of a stream in the journal, in the order they
// began: feed says of which kind.
func (j *Journal) PassesOf(stream string, feed bool) []plan.Recorded {
	if j == nil {
		return nil
	}
	var all []plan.Recorded
	for _, p := range j.Disk.Passes.All() {
		one := plan.Recorded{Pass: p, Layout: plan.LayoutOf(p), BrokeOff: j.Disk.Passes.BrokeOff(p.ID)}
		if p.Stream != stream || one.Layout.Feed != feed {
			continue
		}
		if one.Layout.Partition == "" {
			one.First = j.Disk.Passes.Begun(p.ID) || j.fedInJournal(one.Layout)
		} else {
			one.Generation = j.Disk.Generation(p.ID, one.Layout.Partition)
			first := journal.Key{Pass: p.ID, Partition: one.Layout.Partition, Generation: one.Generation}
			one.First = j.Disk.Holds(first) || j.Disk.Holds(fetch.OpenedBefore(first))
			one.Asked = !one.First && j.Disk.Keeps(first)
		}
		all = append(all, one)
	}
	return all
}

// fedInJournal reports whether the journal has something of a pass whose records
// are contexts of another one, of which nothing has come yet.
func (j *Journal) fedInJournal(l plan.Layout) bool {
	for parent, fed := range l.Feeds {
		for _, p := range j.Disk.Passes.All() {
			one := plan.Recorded{Pass: p, Layout: plan.LayoutOf(p)}
			if p.Stream == parent && one.StateID() == fed.Pass && (j.Disk.Passes.Begun(p.ID) || j.fedInJournal(one.Layout)) {
				return true
			}
		}
	}
	return false
}

// Begin begins, or goes on with, a pass in the journal, laid out like that, and sets
// aside the stream's other passes there. It returns the pass's id in the journal, ""
// without one.
func (j *Journal) Begin(s *plan.Stream, d *plan.Decision, l plan.Layout, now time.Time) (id string, err error) {
	switch {
	case j == nil:
		return "", nil
	case j.ReadOnly:
		return d.Recorded.ID, nil
	}
	one := journal.Pass{ID: d.Pass.ID, Stream: s.Name, AsOf: d.Pass.AsOf, From: d.From, Previous: d.Previous, Shape: s.Shape, Begun: now}
	if d.Recorded != nil {
		one = d.Recorded.Pass
	}
	for _, id := range d.Aside {
		err = errors.Join(err, j.Disk.Passes.Drop(id))
	}
	if err == nil {
		err = j.beginAs(one, l)
	}
	if errors.Is(err, journal.ErrDropped) { // for its age, or for a run with other requests
		one.ID = plan.AgainID(d.Pass.ID, strings.ToLower(rand.Text()))
		err = j.beginAs(one, l)
	}
	return one.ID, err
}

func (j *Journal) beginAs(p journal.Pass, l plan.Layout) error {
	var err error
	if p.Plan, err = json.Marshal(l); err != nil {
		return err
	}
	return j.Disk.Passes.Begin(p)
}

// Record returns where the exchanges of a partition of a pass are kept; nil without
// a journal.
func (j *Journal) Record(pass string, one *plan.Reading) (*fetch.Recording, error) {
	if j == nil {
		return nil, nil
	}
	rec := &fetch.Recording{Journal: j.Disk, Pass: pass, Partition: one.Part.Key, Only: j.ReadOnly}
	if j.ReadOnly {
		return rec, nil
	}
	for j.Disk.Generation(rec.Pass, rec.Partition) < one.Start.Restarts {
		if _, err := j.Disk.Restart(rec.Pass, rec.Partition); err != nil {
			return nil, err
		}
	}
	if err := j.align(one, rec); err != nil {
		return nil, err
	}
	return rec, nil
}

// align brings a reading and what the journal has of its partition together. Where
// the state is older than a restart, the walk begins where that did. Where the
// journal has a gap before the walk's first page, because it was off or
// damaged, what it has is of no use.
func (j *Journal) align(one *plan.Reading, rec *fetch.Recording) error {
	key := journal.Key{Pass: rec.Pass, Partition: rec.Partition, Generation: j.Disk.Generation(rec.Pass, rec.Partition)}
	if key.Generation > one.Start.Restarts {
		one.Start.Next, one.Start.Restarts = paging.Position{}, key.Generation
	}
	key.N = int(one.Start.Next.Pages)
	before := key
	before.N--
	switch {
	case key.N == 0:
		return nil
	case j.Disk.Holds(before) || j.Disk.Holds(key):
		j.Disk.Emitted(before) // the state has it
		return nil
	}
	return j.Disk.Skip(key)
}

// Certify keeps in the journal what was proven of a pass.
func (j *Journal) Certify(pass string, c certificate.Record) {
	if j == nil || j.ReadOnly || j.Failure() != nil || c.Walks == 0 {
		return
	}
	err := j.amend(pass, func(l *plan.Layout) (err error) {
		l.Certificate, err = json.Marshal(c)
		return err
	})
	if err != nil {
		j.log.Warn("the journal could not keep what was proven of the stream: journal show does not have it", "stream", c.Stream, "why", err.Error())
	}
}

// amend changes what the journal says of a pass.
func (j *Journal) amend(pass string, change func(*plan.Layout) error) error {
	for _, one := range j.Disk.Passes.All() {
		if one.ID != pass {
			continue
		}
		l := plan.LayoutOf(one)
		if err := change(&l); err != nil {
			return err
		}
		if err := j.beginAs(one, l); err != nil {
			return err
		}
	}
	return nil
}

// Finish says in the journal that a pass of a stream is over, and whether it was
// empty.
func (j *Journal) Finish(stream, pass string, empty bool) {
	if j == nil || j.ReadOnly {
		return
	}
	var err error
	if empty {
		err = j.amend(pass, func(l *plan.Layout) error { l.Empty = true; return nil })
	}
	if err == nil {
		err = j.Disk.Passes.Finish(pass)
	}
	if err != nil {
		j.log.Warn("the journal could not keep that the pass is over: a later run may go on with it", "stream", stream, "why", err.Error())
	}
}

// Pages is how many pages of a partition's walk have come, those among them that
// the journal has and the state does not; 0 where that has none of them.
func (j *Journal) Pages(one *plan.Reading) int64 {
	if j == nil || one.Pass.Recorded == nil {
		return 0
	}
	key := journal.Key{Pass: one.Pass.Recorded.ID, Partition: one.Part.Key}
	key.Generation = j.Disk.Generation(key.Pass, key.Partition)
	if key.Generation <= one.Start.Restarts {
		key.N = int(one.Start.Next.Pages)
	}
	if !j.Disk.Holds(key) {
		return 0
	}
	for j.Disk.Holds(key) {
		key.N++
	}
	return int64(key.N)
}

// JobsUnderWay are the partitions of a pass that have the answer to the request for a job
// and nothing behind it.
func (j *Journal) JobsUnderWay(pass string) []string {
	if j == nil || j.ReadOnly {
		return nil
	}
	return j.Disk.Passes.WithFirstAlone(pass)
}

// errFound ends a scan of the journal.
var errFound = errors.New("found")

// HasAny reports whether the journal has an exchange of a pass that a replay
// would serve, if those before it were there.
func (j *Journal) HasAny(p *plan.Recorded) (bool, error) {
	err := j.Disk.Each(func(e *journal.Exchange) error {
		if e.Pass == p.ID && e.Partition == p.Layout.Partition && e.Generation == p.Generation {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}
