package findings

import (
	"fmt"
	"log/slog"

	"github.com/tap-rest/tap-rest/tap/plan"
)

// Walk is what the records of a walk came to, or of all walks of a stream.
type Walk struct {
	Rendered int64    // records
	Came     int64    // records in answers
	Unkept   int64    // of them, those for which keep is not true
	Valued   bool     // one had a replication value
	Missing  Examples // without a replication value: null, or no such field
	Future   Examples // with one that lies beyond our clock
	moves    moves
	beside   bool // one answer had two different records with the same primary key
}

func (t *Walk) add(more *Walk) {
	t.Rendered, t.Came, t.Unkept = t.Rendered+more.Rendered, t.Came+more.Came, t.Unkept+more.Unkept
	t.Valued = t.Valued || more.Valued
	t.Missing.add(&more.Missing)
	t.Future.add(&more.Future)
	t.moves.add(&more.moves)
	t.beside = t.beside || more.beside
}

// Examples are the records of a kind: how many there are, and the first of them.
type Examples struct {
	Count int64
	First string // by its primary key
}

// Note counts a record, by a value of it where that matters.
func (e *Examples) Note(record []byte, keys []string, value []byte) {
	if e.Count++; e.First != "" {
		return
	}
	e.First = KeyText(record, keys)
	if value != nil {
		e.First += ": " + string(Clip(value))
	}
}

func (e *Examples) add(more *Examples) {
	if e.Count += more.Count; e.First == "" {
		e.First = more.First
	}
}

// TellKey warns of records without the replication key. They never move the
// bookmark, and most filters by time leave them out. Where no record had it, the
// bookmark will never move, and every run reads everything.
func (t *Walk) TellKey(log *slog.Logger, s *plan.Stream) {
	if s.ReplicationKey == "" || !s.Clock.Mark().IsZero() {
		return
	}
	switch known := t.Valued || t.Future.Count > 0; {
	case s.Definition.Loaded.Hidden:
		t.tellKeyOfFiles(log, s)
	case !known && t.Rendered > 0:
		log.Warn("no record has the replication key: the bookmark does not move, and every run reads everything. "+
			"It is a field of the top level; add can make one of a field further in", "stream", s.Name, "replication_key", s.ReplicationKey)
	case known && t.Missing.Count > 0:
		log.Warn("records whose replication key is null or missing were emitted among others that have one: they do not move the bookmark, "+
			"and an API that filters by this field leaves them out of every later sync. Take a field that each record has, "+
			"or make one with add (\"{{ record.updated_at or record.created_at }}\"), or leave incremental out to read everything",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.Missing.Count, "first", t.Missing.First)
	}
}

// tellKeyOfFiles is TellKey for a listing of files.
func (t *Walk) tellKeyOfFiles(log *slog.Logger, s *plan.Stream) {
	if t.Missing.Count > 0 {
		log.Warn("records of the listing have no replication key: nothing says whether their files are new, so every run reads these again. "+
			"Take a field of the top level that each record of the listing has, or leave incremental out to read all files in every run",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.Missing.Count, "of", t.Rendered)
	}
}

// TellFuture warns of replication values that lie beyond our clock.
func (t *Walk) TellFuture(log *slog.Logger, s *plan.Stream) {
	if t.Future.Count > 0 {
		log.Warn("records with a replication value more than a day ahead of our clock were emitted, but the bookmark leaves them out. "+
			"If it is a number that is no time, say format: integer; if it says when something is due, take the field that says when the record changed",
			"stream", s.Name, "replication_key", s.ReplicationKey, "records", t.Future.Count, "first", t.Future.First)
	}
}

// TellMoves warns of rows that moved. A primary key that does not tell records apart
// comes again with other values in any case.
func (t *Walk) TellMoves(log *slog.Logger, s *plan.Stream) {
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

// NoneKept says that keep left no record; "" where it left some.
func (t *Walk) NoneKept() string {
	if t.Came == 0 || t.Unkept < t.Came {
		return ""
	}
	return fmt.Sprintf("keep is true for none of the %d records that came, so none of them leaves: "+
		"compare it with a record (a field that is not there is undefined, which is not true)", t.Came)
}
