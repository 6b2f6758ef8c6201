package listing

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Most is how many versions of files a state keeps.
const Most = 10_000

// Files are those that the records of a listing name. The listing goes on from the
// highest of its own replication values, as a stream does from its bookmark, and names
// again what has that value, or lies within lookback: so the versions of files that were
// read are kept, and are not read again. A version is a file, the keys that it has in the
// listing, and its replication value.
//
// What comes of a pass is for one goroutine: Of may be called from any.
type Files struct {
	Options
	before state.Contexts // versions that had come before this run

	high  *time.Time // the highest replication value of the pass; nil: none
	came  map[uint64]time.Time
	first map[uint64]File // of each context that is read in this run, what came first
	least *time.Time      // the lowest replication value of files that failed, and must be listed again
	lacks bool            // there are more versions than are kept
}

// Options are what the files of a pass are known by, of the listing and of earlier runs.
type Options struct {
	Clock    plan.Clock                                   // of the listing
	Cut      func(from json.RawMessage) (plan.Cut, error) // cuts the time of the listing from a replication value on
	AsOf     time.Time                                    // when the pass began that reads the files
	Contexts state.Contexts                               // of the listing, that were read before
	Known    state.Contexts                               // versions that were read before: they are not read again
	Done     state.Contexts                               // contexts that an earlier run of the pass has read
	Listed   *state.Listed                                // what had come of the listing in earlier runs of the pass; nil: nothing
}

// New returns the files of a pass.
func New(o Options) *Files {
	f := &Files{Options: o, came: map[uint64]time.Time{}, first: map[uint64]File{}}
	if o.Listed != nil {
		f.high, f.before, f.least = o.Listed.High, o.Listed.Files, o.Listed.Least
		for _, version := range f.before {
			f.came[version] = time.Time{}
		}
	}
	return f
}

// File is a record of a listing that names a file.
type File struct {
	of      *Files
	context uint64
	version uint64
	at      time.Time // its replication value
	known   bool      // it was read in an earlier pass
}

// Of is the file that a record names which leads to a context, by the replication value of
// the record; ok is false where nothing says by that whether the file has changed.
func (f *Files) Of(ctx plan.Context, value []byte) (one File, ok bool) {
	at, ok := f.Clock.Order.Instant(value)
	if !ok {
		return one, false
	}
	one = File{of: f, context: ctx.Hash, at: at, version: state.HashContext(append(slices.Clip(ctx.Text), value...))}
	one.known = f.Known.Has(one.version)
	return one, true
}

// Known reports whether the file was read in an earlier pass, as it is.
func (one *File) Known() bool { return one.known }

// Take takes note of the file. One that comes twice in a pass is read once: what it is
// then is not the version that comes later.
func (one File) Take() {
	f := one.of
	if !one.at.After(f.AsOf.Add(plan.ClockSkew)) && (f.high == nil || one.at.After(*f.high)) {
		f.high = &one.at
	}
	if !one.known {
		first, again := f.first[one.context]
		switch {
		case again && first.version != one.version, !again && f.Done.Has(one.context) && !f.before.Has(one.version):
			return
		}
		f.first[one.context] = one
	}
	f.came[one.version] = one.at
	if len(f.came) >= 2*Most && f.high != nil {
		f.forget(f.asksFrom(*f.high))
	}
}

// Missed takes note of a file that failed, and whose link is signed: what the state has of
// it would be refused. The next pass asks the listing for it again, as for a file without
// a replication value, or where there are no bookmarks, in any case.
func (f *Files) Missed(context uint64) {
	one, ok := f.first[context]
	if !ok {
		return
	}
	delete(f.came, one.version)
	if f.least == nil || one.at.Before(*f.least) {
		f.least = &one.at
	}
}

// forget drops what the listing does not name again that is asked for from a time on, and
// what is too much.
func (f *Files) forget(from time.Time) {
	maps.DeleteFunc(f.came, func(_ uint64, at time.Time) bool { return !at.IsZero() && at.Before(from) })
	for version := range f.came {
		if len(f.came) <= Most {
			return
		}
		delete(f.came, version)
		f.lacks = true
	}
}

// Now is what came of the listing, for the state.
func (f *Files) Now() *state.Listed {
	if f.high == nil && f.least == nil && len(f.came) == 0 {
		return nil
	}
	return &state.Listed{High: f.high, Files: slices.Sorted(maps.Keys(f.came)), Least: f.least}
}

// asksFrom is from when on the listing is asked that goes on from a replication value;
// zero: from its start.
func (f *Files) asksFrom(at time.Time) time.Time {
	clock := &f.Clock
	begin, err := clock.Lookback.Negate().AddTo(at.In(clock.Windows.Timezone))
	if err != nil {
		return time.Time{}
	}
	cut, err := f.Cut(clock.Order.Times.Like(begin, nil))
	if err != nil {
		return time.Time{}
	}
	start, _, _ := cut.First()
	return start
}

// Read is from when on the next pass asks a listing for files, and which of those
// are read by then; was is what this one went by, and now what it is by its requests;
// fed is how far the listing is, and limit up to when it was read. It stays where the
// listing was not read whole.
func (f *Files) Read(was, now state.Since, fed *state.Feed, limit time.Time) state.Since {
	if was.Shape != now.Shape {
		was = now
	}
	if fed.Owes {
		f.forget(time.Time{})
		was.Files = was.Files.With(slices.Sorted(maps.Keys(f.came)))
		was.Files = was.Files[:min(len(was.Files), Most)]
		return was
	}
	now.At = was.At
	if f.high != nil {
		at := *f.high
		if limit.Before(at) {
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
	now.Contexts, now.Known, now.Files = fed.Contexts.Sum(), fed.Contexts, slices.Sorted(maps.Keys(f.came))
	return now
}

// Lacks reports whether there are more versions than are kept.
func (f *Files) Lacks() bool { return f.lacks }
