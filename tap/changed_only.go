package tap

import (
	"slices"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/listing"
)

// parentsRead is from when on the next pass asks the parents for what changed;
// before is what this one went by. It stays where a parent was not read whole: what
// is missing of it would not be asked for again.
func (all *partitions) parentsRead(before map[string]state.Since) map[string]state.Since {
	p := all.pass
	if !p.stream.ChangedOnly() {
		return nil
	}
	now := map[string]state.Since{}
	for _, axis := range p.stream.Definition.PartitionBy {
		f := p.feedNamed(axis.Parent)
		if !axis.ChangedOnly || f == nil {
			continue
		}
		one := state.Since{Shape: p.stream.Shape + f.stream.Shape}
		if axis.File != nil {
			now[axis.Parent] = all.filesRead(f, before[axis.Parent], one)
			continue
		}
		if fed := f.track.asFeed(); !fed.Owes {
			at := p.track.settles.readOf(f).UTC()
			one.At, one.Contexts = &at, fed.Contexts.Sum()
		} else if was := before[axis.Parent]; was.Shape == one.Shape {
			one = was
		}
		now[axis.Parent] = one
	}
	return now
}

// keepsUnvisited reports whether contexts that the pass did not visit are as they
// were: each parent was asked for what changed, and answered. Of a parent that was
// read whole, they are gone, and where something failed, it may be theirs: when
// they come again, they are read from the stream's start; so is what belongs to a
// context of the parent that nothing led to this time, since it may have changed.
func (all *partitions) keepsUnvisited() bool {
	p := all.pass
	for _, axis := range p.stream.Definition.PartitionBy {
		f := p.feedNamed(axis.Parent)
		if axis.ChangedOnly && f != nil && (f.decision.From == nil || f.track.asFeed().Owes || !f.track.parts.cameToAll()) {
			return false
		}
	}
	return p.stream.ChangedOnly()
}

// cameToAll reports whether a pass came to all contexts that were read before. One
// that does not know them reads each from its start: what did not come of it is gone.
func (all *partitions) cameToAll() bool {
	if all == nil || !all.pass.stream.HasContexts() {
		return true
	}
	b := all.pass.decision.Bookmark
	return b != nil && len(b.Contexts) > 0 &&
		!slices.ContainsFunc(b.Contexts, func(hash uint64) bool { return !all.done.Is(hash) })
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
