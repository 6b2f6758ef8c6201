package tap

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/plan"
)

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
func newFiles(p, from *pass, axis sources.PartitionSource, n *need) *listing.Files {
	if axis.File == nil || !axis.ChangedOnly || n == nil {
		return nil
	}
	o := listing.Options{
		Clock: from.stream.Clock, AsOf: p.decision.Pass.AsOf, Contexts: n.fed.Contexts, Known: n.fed.Files,
		Cut: func(at json.RawMessage) (plan.Cut, error) {
			return from.stream.Clock.Cut(at, times.Span{}, from.decision.Length, p.decision.Pass.AsOf, from.vars())
		},
	}
	if n.at != nil {
		o.Listed = n.at.Listed
	}
	if d := p.decision; d.Way == plan.FromState && d.Bookmark.Resume != nil {
		o.Done = d.Bookmark.Resume.Contexts
	}
	return listing.New(o)
}

// filesOf returns the files that a listing has for the pass; nil: it is none.
func (p *pass) filesOf(from *pass) *listing.Files {
	for f, c := range p.ledBy() {
		if f == from {
			return c.files
		}
	}
	return nil
}

// known takes note of a record that names a file, and reports whether that was read
// in an earlier pass, as it is.
func (l *leading) known(c *child, record []byte, ctx plan.Context) bool {
	one, ok := c.files.Of(ctx, []byte(raw.Text(record).Field(l.worker.stream.ReplicationKey)))
	if ok {
		l.listed = append(l.listed, one)
	}
	return ok && one.Known()
}

// files returns the files of the records, once.
func (l *leading) files() []listing.File {
	if l == nil {
		return nil
	}
	all := l.listed
	l.listed = nil
	return all
}

// missed takes note of a file that failed, and whose link is signed.
func (all *partitions) missed(context uint64) {
	for _, from := range all.pass.feeds {
		if f := all.pass.filesOf(from); f != nil {
			f.Missed(context)
		}
	}
}

// filesRead is from when on the next pass asks a listing for files, and which of those
// are read by then; was is what this one went by, and now what it is by its requests.
func (all *partitions) filesRead(from *pass, was, now state.Since) state.Since {
	p, f := all.pass, all.pass.filesOf(from)
	fed := from.track.asFeed()
	now = f.Read(was, now, &fed, p.track.settles.readOf(from))
	if f.Lacks() {
		p.run.Log.Warn("the listing names more files again in the next run than the state keeps: what it lacks of them is read again then. "+
			"Take a replication_key that has a time rather than a day, or a shorter lookback", "stream", p.stream.Name, "files", listing.Most)
	}
	return now
}
