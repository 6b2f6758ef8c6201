package tap

import (
	"maps"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// mostFiles is how many versions of files a state keeps.
const mostFiles = 10_000

// files are those that the records of a listing name. The listing goes on from the
// highest of its own replication values, as a stream does from its bookmark, and names
// again what has that value, or lies within lookback: so the versions of files that were
// read are kept, and are not read again. A version is a file, the keys that it has in the
// listing, and its replication value.
//
// What comes of a pass is the emitter's; the rest is read by all, and changed by none.
type files struct {
	pass, listing *pass
	contexts      state.Contexts // of the listing, that were read before
	known         state.Contexts // versions that were read before: they are not read again
	done          state.Contexts // contexts that an earlier run of the pass has read
	before        state.Contexts // versions that had come by then

	high  *time.Time // the highest replication value of the pass; nil: none
	came  map[uint64]time.Time
	first map[uint64]listedFile // of each context that is read in this run, what came first
	least *time.Time            // the lowest replication value of files that failed, and must be listed again
	lacks bool                  // there are more versions than are kept
}

// listedFile is a record of a listing that names a file.
type listedFile struct {
	of      *files
	context uint64
	version uint64
	at      time.Time // its replication value
	known   bool      // it was read in an earlier pass
}

// remember takes from the state which files were read before.
func (n *need) remember(axis sources.PartitionSource) {
	b := n.child.decision.Bookmark
	if axis.File == nil || b == nil {
		return
	}
	if since, ok := b.Parents[axis.Parent]; ok && since.Shape == n.child.stream.Shape+n.child.run.Config.Shape(n.parent) {
		n.fed.Contexts, n.fed.Files = since.Known, since.Files
	}
}

// newFiles returns those of a listing that is read for a pass.
func newFiles(p, listing *pass, axis sources.PartitionSource, n *need) *files {
	if axis.File == nil || !axis.ChangedOnly || n == nil {
		return nil
	}
	f := &files{pass: p, listing: listing, contexts: n.fed.Contexts, known: n.fed.Files, came: map[uint64]time.Time{}, first: map[uint64]listedFile{}}
	if n.at != nil && n.at.Listed != nil {
		f.high, f.before, f.least = n.at.Listed.High, n.at.Listed.Files, n.at.Listed.Least
		for _, version := range f.before {
			f.came[version] = time.Time{}
		}
	}
	if d := p.decision; d.Way == plan.FromState && d.Bookmark.Resume != nil {
		f.done = d.Bookmark.Resume.Contexts
	}
	return f
}

// filesOf returns the files that a listing has for the pass; nil: it is none.
func (p *pass) filesOf(listing *pass) *files {
	for _, c := range listing.children {
		if c.pass == p {
			return c.files
		}
	}
	return nil
}

// known takes note of a record that names a file, and reports whether that was read
// in an earlier pass, as it is.
func (l *leading) known(c *child, record []byte, ctx plan.Context) bool {
	stream := l.worker.stream
	value := raw.Text(record).Field(stream.ReplicationKey)
	at, ok := stream.Clock.Order.Instant([]byte(value))
	if !ok {
		return false // nothing says whether it has changed
	}
	one := listedFile{of: c.files, context: ctx.Hash, at: at, version: state.HashContext(append(slices.Clip(ctx.Text), value...))}
	one.known = c.files.known.Has(one.version)
	l.listed = append(l.listed, one)
	return one.known
}

// files returns the files of the records, once.
func (l *leading) files() []listedFile {
	if l == nil {
		return nil
	}
	all := l.listed
	l.listed = nil
	return all
}

// note takes note of a file. One that comes twice in a pass is read once: what it is
// then is not the version that comes later.
func (f *files) note(one listedFile) {
	if !one.at.After(f.pass.decision.Pass.AsOf.Add(plan.ClockSkew)) && (f.high == nil || one.at.After(*f.high)) {
		f.high = &one.at
	}
	if !one.known {
		first, again := f.first[one.context]
		switch {
		case again && first.version != one.version, !again && f.done.Has(one.context) && !f.before.Has(one.version):
			return
		}
		f.first[one.context] = one
	}
	f.came[one.version] = one.at
	if len(f.came) >= 2*mostFiles && f.high != nil {
		f.forget(f.asksFrom(*f.high))
	}
}

// missed takes note of a file that failed, and whose link is signed: what the state has of
// it would be refused. The next pass asks the listing for it again, as for a file without
// a replication value, or where there are no bookmarks, in any case.
func (all *partitions) missed(context uint64) {
	for _, listing := range all.pass.feeds {
		f := all.pass.filesOf(listing)
		if f == nil {
			continue
		}
		if one, ok := f.first[context]; ok {
			delete(f.came, one.version)
			if f.least == nil || one.at.Before(*f.least) {
				f.least = &one.at
			}
		}
	}
}

// forget drops what the listing does not name again that is asked for from a time on, and
// what is too much.
func (f *files) forget(from time.Time) {
	maps.DeleteFunc(f.came, func(_ uint64, at time.Time) bool { return !at.IsZero() && at.Before(from) })
	for version := range f.came {
		if len(f.came) <= mostFiles {
			return
		}
		delete(f.came, version)
		f.lacks = true
	}
}

// listed is what came of the listing, for the state.
func (f *files) listed() *state.Listed {
	if f.high == nil && f.least == nil && len(f.came) == 0 {
		return nil
	}
	return &state.Listed{High: f.high, Files: slices.Sorted(maps.Keys(f.came)), Least: f.least}
}

// asksFrom is from when on the listing is asked that goes on from a replication value;
// zero: from its start.
func (f *files) asksFrom(at time.Time) time.Time {
	clock := f.listing.stream.Clock
	begin, err := clock.Lookback.Negate().AddTo(at.In(clock.Windows.Timezone))
	if err != nil {
		return time.Time{}
	}
	cut, err := clock.Cut(clock.Order.Times.Like(begin, nil), times.Span{}, f.listing.decision.Length, f.pass.decision.Pass.AsOf, f.listing.vars())
	if err != nil {
		return time.Time{}
	}
	start, _, _ := cut.First()
	return start
}

// read is from when on the next pass asks a listing for files, and which of those
// are read by then; was is what this one went by, and now what it is by its requests. It
// stays where the listing was not read whole.
func (f *files) read(was, now state.Since) state.Since {
	if was.Shape != now.Shape {
		was = now
	}
	fed := f.listing.track.asFeed()
	if fed.Owes {
		f.forget(time.Time{})
		was.Files = was.Files.With(slices.Sorted(maps.Keys(f.came)))
		was.Files = was.Files[:min(len(was.Files), mostFiles)]
		f.tellLacking()
		return was
	}
	now.At = was.At
	if f.high != nil {
		at := *f.high
		if limit := f.pass.track.settles.readOf(f.listing); limit.Before(at) {
			at = limit
		}
		if f.least != nil && f.least.Before(at) {
			at = *f.least
		}
		if at = at.UTC(); now.At == nil || at.After(*now.At) {
			now.At = &at
		}
	}
	if now.At != nil {
		f.forget(f.asksFrom(*now.At))
	}
	f.tellLacking()
	now.Contexts, now.Known, now.Files = fed.Contexts.Sum(), fed.Contexts, slices.Sorted(maps.Keys(f.came))
	return now
}

// tellLacking warns of versions that are not kept.
func (f *files) tellLacking() {
	if f.lacks {
		f.pass.run.Log.Warn("the listing names more files again in the next run than the state keeps: what it lacks of them is read again then. "+
			"Take a replication_key that has a time rather than a day, or a shorter lookback", "stream", f.pass.stream.Name, "files", mostFiles)
	}
}
