package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Version is that of the format of resume, see FORMAT.md.
const Version = 1

// State holds the bookmarks of all streams, those of other runs too.
type State struct {
	streams []entry
	rest    []entry // other keys of the document, as they came
	strict  bool    // what is not understood of a stream is an error
}

type entry struct {
	name string
	raw  json.RawMessage
}

// Bookmark is what a state says of one stream.
type Bookmark struct {
	ReplicationKey string           `json:"replication_key"`
	Value          json.RawMessage  `json:"replication_key_value"` // done up to here; nil: from the start
	Zone           string           `json:"zone,omitempty"`        // of Value where it names none; "": UTC
	Pass           *Pass            `json:"pass"`                  // the last one begun
	Sync           *Sync            `json:"sync,omitempty"`        // in which it was begun; nil: nobody numbers them
	Contexts       Contexts         `json:"contexts,omitempty"`    // of which the value holds; others are read from the stream's start
	Parents        map[string]Since `json:"parents,omitempty"`     // with changed_only, what was read of each
	Rows           *Rows            `json:"rows,omitempty"`        // what is known on disk of the records that left; nil: nothing
	Resume         *Resume          `json:"-"`                     // nil: nothing is unfinished
}

// Came reports whether something came of the stream in a run before, for certain. A value
// says so only where nothing is owed, and contexts do not: those that failed are among
// them.
func (b *Bookmark) Came() bool {
	switch {
	case b == nil:
		return false
	case b.Resume == nil:
		return b.Pass != nil
	}
	r := b.Resume
	inContext := func(o Open) bool { return o.Context != nil }
	return string(r.High) > "null" || len(r.Done) > 0 || r.Over && !slices.ContainsFunc(r.Owed, inContext)
}

// Since is from when on a parent is asked for what changed. It holds as long as
// the requests of both streams are the same: others may lead to contexts that were
// not read yet, of parents that do not change.
type Since struct {
	At       *time.Time `json:"at"` // null: from its start
	Shape    string     `json:"shape"`
	Contexts uint64     `json:"contexts,string"` // the sum of those of the parent that were read; 0: it has none, or they are not known
	Known    Contexts   `json:"known,omitempty"` // of a listing of files: those of it that were read
	Files    Contexts   `json:"files,omitempty"` // of a listing of files: the versions that were read, as far as it is asked for them again
}

// Listed is what came of a listing of files in a pass.
type Listed struct {
	High  *time.Time `json:"high,omitempty"`  // the highest replication value
	Files Contexts   `json:"files,omitempty"` // the versions of files
	Least *time.Time `json:"least,omitempty"` // the lowest replication value of files that failed, and must be listed again
}

// Rows names what runs noted of the records that left, in files of the work
// folder: a set, and what came after it in a log.
type Rows struct {
	Set     string `json:"set,omitempty"` // "": none
	Log     string `json:"log,omitempty"` // "": none
	Entries int64  `json:"entries,omitempty"`
	Sum     uint64 `json:"sum,omitempty,string"` // of these entries
	Whole   bool   `json:"whole,omitempty"`      // the log has all that the unfinished pass has read
}

// Pass names one reading of a stream.
type Pass struct {
	ID   string    `json:"id"`
	AsOf time.Time `json:"as_of"`
}

// Sync is what Airbyte numbers: the sync that a pass belongs to, and the
// generation of records. All attempts of a sync have one id; records of a
// generation below the least wanted are deleted where they were loaded.
type Sync struct {
	ID         int64 `json:"id"`
	Generation int64 `json:"generation"`
}

// Resume is how an unfinished pass goes on.
type Resume struct {
	Version  int             `json:"version"`
	AsOf     time.Time       `json:"as_of"`
	From     json.RawMessage `json:"from"`                       // the bookmark that the pass started from, or null
	Lookback string          `json:"lookback"`                   // that the pass started with, a Go duration
	Clock    *time.Time      `json:"clock"`                      // the API's own, as of the pass's first answer; null: unknown
	Window   string          `json:"window,omitempty"`           // length of the windows that the pass is cut into; "": one
	Shape    string          `json:"shape"`                      // digest of the requests' definition, see sources.Config.Shape
	High     json.RawMessage `json:"high,omitempty"`             // the highest replication value of the partitions that are done
	Activate int64           `json:"activate_version,omitempty"` // version of all the pass's records so far, for ACTIVATE_VERSION; 0: some have none, or are missing
	Doubted  bool            `json:"doubted,omitempty"`          // the end of one that is done is in doubt: the bookmark stays when the pass is over
	Over     bool            `json:"over,omitempty"`             // the pass is over: only what is owed is left of it
	Done     []Done          `json:"done,omitempty"`             // windows that were walked behind one that was not, and contexts that are under way
	Contexts Contexts        `json:"contexts,omitempty"`         // that are done in this pass
	Feeds    []Feed          `json:"feeds,omitempty"`            // how far the streams are walked whose records are its contexts
	Open     []Open          `json:"open"`
	Owed     Owed            `json:"owed"` // partitions that failed for good: they come first in the next run
}

// Done are the windows of a context that were walked, ascending and apart.
type Done struct {
	Context uint64   `json:"context,string"` // its hash; 0: the stream has none
	Windows []Window `json:"windows"`
}

// Window is a half-open range of time; a zero end has no bound.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Feed is how far a pass of a parent is walked for a stream's sake.
type Feed struct {
	Stream   string          `json:"stream"`
	Pass     string          `json:"pass"`           // id of the parent's pass
	For      []string        `json:"for,omitempty"`  // ids of the passes whose contexts its records are; absent: of each that has the stream for a parent
	From     json.RawMessage `json:"from,omitempty"` // the bookmark that it started from; absent: none
	Over     bool            `json:"over,omitempty"` // it was read to its end
	Owes     bool            `json:"owes,omitempty"` // but for what failed for good
	Window   string          `json:"window,omitempty"`
	Shape    string          `json:"shape"`
	Values   uint64          `json:"values,string,omitempty"` // sum of the hashes of the values that its own definition gives its contexts; absent: none, or an earlier version wrote the state
	Done     []Done          `json:"done,omitempty"`
	Contexts Contexts        `json:"contexts,omitempty"`
	Listed   *Listed         `json:"listed,omitempty"` // of a listing of files; absent: nothing came of it
	Open     []Open          `json:"open"`
}

// Open is a partition that is being walked.
type Open struct {
	Partition string          `json:"partition"`         // its key
	Context   json.RawMessage `json:"context,omitempty"` // its values, secrets sealed; absent: the stream has no contexts
	Window    *Window         `json:"window,omitempty"`  // absent: the whole time of the pass
	Next      json.RawMessage `json:"next"`              // the request that comes next, see paging.Position
	High      json.RawMessage `json:"high"`              // the highest replication value so far, or null
	Mark      json.RawMessage `json:"mark,omitempty"`    // with bookmark_from: first, what the first answer said
	Losses
	Signed   bool `json:"signed,omitempty"` // a file, whose link the listing must give again
	Deferred bool `json:"deferred"`         // it failed for now: it comes last in the next run
	Frozen   bool `json:"frozen"`           // sorted, but a value descended: only the end of the walk moves the bookmark
}

// Losses are what became of earlier tries to walk a partition.
type Losses struct {
	Restarts int      `json:"restarts"`          // how often the walk was begun again
	Excused  int      `json:"excused,omitempty"` // so often of these because a run had ended in the middle of a session: no fault of the API
	Refused  *Refusal `json:"refused,omitempty"` // the last refusal that led to a restart
}

// Refusal is a request with a page token that the API refused, other than
// because it has lost the walk: the same again is no reason to restart.
type Refusal struct {
	Status int   `json:"status"`
	Pages  int64 `json:"pages"` // of the walk before it
}

// Error is a state that cannot be used.
type Error struct {
	File  string
	Place string // in the document, like bookmarks.orders.resume
	Msg   string
}

// Error says where it is, what is wrong and the way out.
func (e *Error) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("state %s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("state %s: %s: %s", e.File, e.Place, e.Msg)
}

// WithoutWayOut is the error without what it says of --state, for who has no such
// flag.
func (e *Error) WithoutWayOut() *Error {
	bare := *e
	for _, way := range []string{wayOut, airbyteWayOut} {
		bare.Msg = strings.TrimSuffix(bare.Msg, way)
	}
	return &bare
}

// Names returns the streams that the state knows.
func (s *State) Names() []string {
	names := make([]string, len(s.streams))
	for i, e := range s.streams {
		names[i] = e.name
	}
	return names
}

func (s *State) raw(stream string) (json.RawMessage, bool) {
	for _, e := range s.streams {
		if e.name == stream {
			return e.raw, true
		}
	}
	return nil, false
}

// Set replaces the bookmark of a stream.
func (s *State) Set(stream string, b *Bookmark) {
	s.streams = put(s.streams, entry{stream, b.json()})
}

// Take takes what another state says of a stream, as it stands there. It reports
// false, and takes nothing, where this one says something else of it.
func (s *State) Take(stream string, from *State) bool {
	other, _ := from.raw(stream)
	mine, known := s.raw(stream)
	if known && !bytes.Equal(entry{stream, mine}.appendCompact(nil), entry{stream, other}.appendCompact(nil)) {
		return false
	}
	s.streams = put(s.streams, entry{stream, other})
	return true
}

// json has all keys: an empty one is null, never absent.
func (b *Bookmark) json() json.RawMessage {
	type plain Bookmark
	var document struct {
		plain
		Resume []*Resume `json:"resume"`
	}
	document.plain = plain(*b)
	if b.Resume != nil {
		document.Resume = []*Resume{b.Resume}
	}
	raw, err := Marshal(document)
	if err != nil { // a RawMessage that is no JSON: the caller broke its promise
		panic(fmt.Sprintf("bookmark: %v", err))
	}
	return raw
}

// Marshal is json.Marshal, but for <, > and &: tokens and URLs stay as they
// are.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// null reports whether a raw value is absent or null.
func null(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}

// present returns raw, nil where it is null.
func present(raw json.RawMessage) json.RawMessage {
	if null(raw) {
		return nil
	}
	return raw
}

// scalar checks a replication value: text or a number.
func scalar(raw json.RawMessage) error {
	if null(raw) {
		return nil
	}
	if c := bytes.TrimSpace(raw)[0]; c == '"' || c == '-' || c >= '0' && c <= '9' {
		return nil
	}
	return errors.New("expected text, a number or null")
}
