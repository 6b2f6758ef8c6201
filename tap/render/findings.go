package render

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// Findings are what the records of a stream show that a person should know,
// whichever of its partitions they are of: the log tells of each kind once. Its
// methods may be called from any goroutine.
type Findings struct {
	mu    sync.Mutex
	told  map[string][]string // kinds, by their family
	total tally               // of the walks that are over, of a stream with many partitions
	began time.Time           // when the first page of its walks came
	keys  twins.Across
}

// DifferentKeys is how many different primary keys the partitions have, where the
// numbers of each add up to so many; false: at most.
func (f *Findings) DifferentKeys(together int64) (n int64, exactly bool) {
	return f.keys.Different(together)
}

// mostKinds is how many kinds of one family are told of.
const mostKinds = 10

// First reports whether a kind is told of for the first time, and whether it is
// one too many: that there are further ones is all that is said then.
func (f *Findings) First(family, kind string) (first, tooMany bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.told[family]
	if len(before) > mostKinds || slices.Contains(before, kind) {
		return false, false
	}
	if f.told == nil {
		f.told = map[string][]string{}
	}
	f.told[family] = append(before, kind)
	return true, len(before) == mostKinds
}

// take moves what a walk came to here.
func (f *Findings) take(walk *tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total.add(walk)
	*walk = tally{}
}

// Tell warns of what all partitions of a stream came to, and returns what the
// account should have of it, "" for nothing.
func (f *Findings) Tell(log *slog.Logger, s *plan.Stream) (note string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total.tellKey(log, s)
	f.total.tellFuture(log, s)
	f.total.tellMoves(log, s)
	if note = f.total.noneKept(); note != "" {
		log.Warn(note, "stream", s.Name)
	}
	return note
}

// tally is what the records of a walk came to, or of all walks of a stream.
type tally struct {
	rendered int64    // records
	came     int64    // records in answers
	unkept   int64    // of them, those for which keep is not true
	valued   bool     // one had a replication value
	missing  examples // without a replication value: null, or no such field
	future   examples // with one that lies beyond our clock
	moves    moves
	beside   bool // one answer had two different records with the same primary key
}

func (t *tally) add(more *tally) {
	t.rendered, t.came, t.unkept = t.rendered+more.rendered, t.came+more.came, t.unkept+more.unkept
	t.valued = t.valued || more.valued
	t.missing.add(&more.missing)
	t.future.add(&more.future)
	t.moves.add(&more.moves)
	t.beside = t.beside || more.beside
}

// examples are the records of a kind.
type examples struct {
	count int64
	first string // the first of them
}

// note counts a record, by a value of it where that matters.
func (e *examples) note(record []byte, keys []string, value []byte) {
	if e.count++; e.first != "" {
		return
	}
	e.first = keyText(record, keys)
	if value != nil {
		e.first += ": " + string(clip(value))
	}
}

func (e *examples) add(more *examples) {
	if e.count += more.count; e.first == "" {
		e.first = more.first
	}
}

// tellKey warns of records without the replication key. They never move the
// bookmark, and most filters by time leave them out. Where no record had it, the
// bookmark will never move, and every run reads everything.
func (t *tally) tellKey(log *slog.Logger, s *plan.Stream) {
	if s.ReplicationKey == "" || !s.Clock.Mark().IsZero() {
		return
	}
	switch known := t.valued || t.future.count > 0; {
	case s.Definition.Loaded.Hidden:
		t.tellKeyOfFiles(log, s)
	case !known && t.rendered > 0:
		log.Warn("no record has the replication key: the bookmark does not move, and every run reads everything. "+
			"It is a field of the top level; add can make one of a field further in", "stream", s.Name, "replication_key", s.ReplicationKey)
	case known && t.missing.count > 0:
		log.Warn("records whose replication key is null or missing were emitted among others that have one: they do not move the bookmark, "+
			"and an API that filters by this field leaves them out of every later sync. Take a field that each record has, "+
			"or make one with add (\"{{ record.updated_at or record.created_at }}\"), or leave incremental out to read everything",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.missing.count, "first", t.missing.first)
	}
}

// tellKeyOfFiles is tellKey for a listing of files.
func (t *tally) tellKeyOfFiles(log *slog.Logger, s *plan.Stream) {
	if t.missing.count > 0 {
		log.Warn("records of the listing have no replication key: nothing says whether their files are new, so every run reads these again. "+
			"Take a field of the top level that each record of the listing has, or leave incremental out to read all files in every run",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.missing.count, "of", t.rendered)
	}
}

// tellFuture warns of replication values that lie beyond our clock.
func (t *tally) tellFuture(log *slog.Logger, s *plan.Stream) {
	if t.future.count > 0 {
		log.Warn("records with a replication value more than a day ahead of our clock were emitted, but the bookmark leaves them out. "+
			"If it is a number that is no time, say format: integer; if it says when something is due, take the field that says when the record changed",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.future.count, "first", t.future.first)
	}
}

// tellMoves warns of rows that moved. A primary key that does not tell records apart
// comes again with other values in any case.
func (t *tally) tellMoves(log *slog.Logger, s *plan.Stream) {
	if t.beside && t.moves.again == t.moves.changed {
		return
	}
	if t.moves.again > t.moves.told {
		t.moves.told = t.moves.again
		attrs := []any{"stream", s.Name, "record", t.moves.first}
		if write := s.Definition.ProvesMoves(); write != "" {
			attrs = append(attrs, "write", write)
		}
		log.Warn("rows moved in their list while its pages were read: "+t.moves.text()+". The run goes on, and no bookmark is kept back for it", attrs...)
	}
}

// noneKept says that keep left no record; "" where it left some.
func (t *tally) noneKept() string {
	if t.came == 0 || t.unkept < t.came {
		return ""
	}
	return fmt.Sprintf("keep is true for none of the %d records that came, so none of them leaves: "+
		"compare it with a record (a field that is not there is undefined, which is not true)", t.came)
}
