package tap

import (
	"crypto/rand"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// plan decides what is read, in which order and from where on.
func (r planner) plan() ([]*pass, error) {
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
	var all []*pass
	for _, s := range r.Definition.Streams {
		entry, ok := wanted[s.Name]
		if !ok {
			continue
		}
		one, err := r.planStream(s, entry)
		if err != nil {
			return nil, inputError(err)
		}
		if one != nil {
			all = append(all, one)
		}
	}
	if len(all) == 0 && r.again() != (plan.Range{}) {
		return nil, unusable("run.start and run.end read a range of time again, and no stream that is selected is read by time (incremental, with times): leave them out")
	}
	if all, err = r.withParents(all); err != nil {
		return nil, err
	}
	return r.ofShare(all)
}

// wanted returns the selected streams; their catalog entries are nil without a
// catalog.
func (r planner) wanted() (map[string]*catalog.Stream, error) {
	wanted := map[string]*catalog.Stream{}
	if r.Catalog == nil {
		for _, name := range r.Definition.Names() {
			wanted[name] = nil
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
				entry.ID, r.Definition.File, strings.Join(r.Definition.Names(), ", "))
		}
		wanted[name] = entry
	}
	if len(wanted) == 0 && len(r.notRead) == 0 {
		return nil, unusable("catalog %s selects no stream, so there is nothing to read: select one of %s, or leave the catalog out to read all",
			r.CatalogFile, strings.Join(r.Definition.Names(), ", "))
	}
	return wanted, nil
}

// ofAnotherTap refuses a state that knows none of the definition's streams: to
// go on from it would be to read everything anew, without a word.
func (r planner) ofAnotherTap() error {
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
		"Give the state of this one, or none to read everything", r.StateFile, strings.Join(strange, ", "), r.Definition.File, strings.Join(r.Definition.Names(), ", "))
}

// refuse notes that a stream of the catalog does not exist: it fails, and the
// others are read.
func (r planner) refuse(entry *catalog.Stream) {
	err := unusable("catalog: stream %q is configured, but %s has no such stream; it has %s: discover again",
		entry.ID, r.Definition.File, strings.Join(r.Definition.Names(), ", "))
	r.Log.Error(err.Error()) // it names the stream
	r.notRead = append(r.notRead, &track{stream: &plan.Stream{Name: entry.ID}, decision: &plan.Decision{}, refused: err})
}

// planStream decides from where on a stream is read. It returns nil where that
// is done.
func (r planner) planStream(s *sources.Stream, entry *catalog.Stream) (*pass, error) {
	one, err := r.stream(s, entry)
	if err != nil {
		return nil, err
	}
	timed, err := one.Within(r.again())
	if err != nil {
		return nil, err
	}
	if !timed {
		r.Log.Warn("run.start and run.end read a range of time again, and the stream is not read by time: it is left out", "stream", s.Name)
		r.notRead = append(r.notRead, newTrack(&pass{stream: one, decision: &plan.Decision{Way: plan.Complete, Backfill: true}}))
		return nil, nil
	}
	k := r.known(s.Name, false)
	if k.Bookmark, err = r.State.Bookmark(r.StateFile, s.Name, one.ReplicationKey); err != nil {
		return nil, err
	}
	r.findShared(s, k.Passes)
	d, err := plan.Decide(one, k)
	if err != nil {
		return nil, r.inState(s.Name, err)
	}
	r.explain(s.Name, d.Why)
	if d.Behind {
		r.State.Set(s.Name, d.Bookmark) // until its records have come, nothing has
	}
	if d.Way == plan.Complete {
		r.Log.Info("the stream was read whole in this sync already", "stream", s.Name)
		r.notRead = append(r.notRead, newTrack(&pass{stream: one, decision: d}))
		return nil, nil
	}
	return r.newPass(one, d)
}

// findShared finds the passes in which a stream may read a job that another one has asked
// for, which was killed before the stream began.
func (r planner) findShared(s *sources.Stream, passes []plan.Recorded) {
	if s.Pagination.Export == nil {
		return
	}
	for _, name := range s.Pagination.Export.Shared {
		for _, other := range r.journal.PassesOf(name, false) {
			if name == s.Name || other.Finished || !other.First && !other.Asked && other.Generation == 0 {
				continue
			}
			for i := range passes {
				passes[i].Shared = passes[i].Shared || passes[i].AsOf.Equal(other.AsOf)
			}
		}
	}
}

// stream returns what a stream is in this run.
func (r planner) stream(s *sources.Stream, entry *catalog.Stream) (*plan.Stream, error) {
	shape := r.Config.Shape(s)
	var cached []byte
	if s.Schema.Text == nil {
		var err error
		if cached, err = r.work.CachedSchema(s, shape); err != nil {
			r.Log.Warn("the cached schema cannot be used: the schema is inferred anew", "stream", s.Name, "why", err.Error())
		}
	}
	one, err := plan.NewStream(s, entry, shape, cached)
	if err == nil && entry != nil && r.Catalog.Configured {
		one.Choose()
	}
	return one, err
}

// known is what a decision about a stream is made from, besides its state.
func (r planner) known(stream string, feed bool) plan.Known {
	return plan.Known{
		Passes: plan.InRange(r.journal.PassesOf(stream, feed), r.again()), Now: r.now, MaxAge: r.Config.Run.Journal.MaxAge,
		ID: strings.ToLower(rand.Text()), Replay: r.Replay, Window: r.Config.Run.Window, Shared: r.Share != nil,
	}
}
