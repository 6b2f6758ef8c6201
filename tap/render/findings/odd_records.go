package findings

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// Finder finds what is odd about records that fit their schema. Each kind is
// counted, and the log tells of it once. It is used from one goroutine.
type Finder struct {
	stream *plan.Stream
	floor  json.RawMessage // the window's
	twins  twins.Memory
	walk   *Walk
	proof  *certificate.Gatherer // learns the keys of the page under way
	counts paging.Counting       // how the page under way was counted
	lowest []byte                // replication value of the page under way
	limit  time.Time
	tooOld bool // a page held records that are older than the window
	found  []oddity
	page   *fetch.Page // under way
	meet   *meeting    // with the other walks of the stream; nil: there are none
}

// oddity is one kind, and the first record of it.
type oddity struct {
	what, record string
	more         []any // attributes of the log line
	told         bool
}

// The kinds.
const (
	oddTwin = "a primary key came twice in this pass with different content, and targets keep the last of them alone: " +
		"if the API gives a record in parts, name in primary_key also the field that tells the parts apart; " +
		"if not, the record was changed while its stream was read"
	oddReplaced = "add replaces a field that the API sent: if both are wanted, give the one in add another name"
	oddEarly    = "a record is older than the window that was asked for, so the API does not filter as the definition says: " +
		"compare name and format of the parameter with the API's documentation; where the API cannot filter, client_filter: true drops such records here"
)

// earlyBy is how much older than its window a record must be to be odd: some
// APIs filter by whole days.
const earlyBy = 24 * time.Hour

// New returns the finder of a reading, which counts in walk.
func New(one *plan.Reading, walk *Walk) Finder {
	o := Finder{stream: one.Stream, walk: walk, floor: one.Part.Window.Floor, twins: twins.New(one.Stream.Keys, one.Pass.Many(one.Stream))}
	if one.Part.Window.Floor != nil && !one.Stream.Clock.ClientFilter {
		if at, ok := one.Stream.Clock.Order.Instant(one.Part.Window.Floor); ok {
			o.limit = at.Add(-earlyBy)
		}
	}
	return o
}

// Note looks at a record as it leaves: lower says that its replication value is
// not the highest so far.
func (o *Finder) Note(record, value []byte, lower bool, n *report.Counts) {
	kind, key := o.twins.See(record, value)
	if key != 0 {
		o.proof.Key(key, o.twins.Last())
	}
	switch {
	case kind == twins.Beside:
		o.walk.beside = true
		if o.count(&n[report.SameKey], oddBeside, record) {
			o.explain(differ(o.page, record, o.stream.Keys)...)
		}
	case o.walk.beside && (kind == twins.Part || kind == twins.Changed):
		n[report.SameKey]++ // as told
	case kind == twins.Part:
		o.count(&n[report.SameKey], oddTwin, record)
	case kind == twins.Elsewhere:
		if !o.meet.changed(value) && !o.meet.changed(o.twins.Before()) && o.count(&n[report.SameKey], oddElsewhere, record) {
			o.explain(o.meet.explain(record)...)
		}
	case kind.Moved(o.counts):
		o.walk.moves.note(record, o.stream.Keys, kind)
		n[report.CameAgain]++
	}
	if o.floor == nil || o.stream.Clock.ClientFilter || len(value) == 0 || value[0] == 'n' {
		return
	}
	switch {
	case o.tooOld:
		if o.early(value) {
			n[report.BeforeWindow]++
		}
	case len(o.lowest) == 0:
		o.lowest = append(o.lowest, value...)
	case lower:
		if c, err := o.stream.Clock.Order.Compare(value, o.lowest); err == nil && c < 0 {
			o.lowest = append(o.lowest[:0], value...)
		}
	}
}

// PageBegins is called for each page, and of each piece of a long one; proof learns its
// keys.
func (o *Finder) PageBegins(page *fetch.Page, proof *certificate.Gatherer) {
	o.twins.Begin(page.Follows)
	o.page, o.counts, o.proof = page, page.Counting, proof
	o.meet.begins(page.At)
}

// PageEnds looks whether the page's lowest replication value lies before the
// window. From then on each record is held against it.
func (o *Finder) PageEnds(page *fetch.Page, n *report.Counts) {
	if !page.Partial {
		o.twins.End()
	}
	if !o.tooOld && len(o.lowest) > 0 && o.early(o.lowest) {
		o.tooOld = true
		o.count(&n[report.BeforeWindow], oddEarly, append([]byte(o.stream.ReplicationKey+"="), o.lowest...))
	}
	o.lowest, o.page = o.lowest[:0], nil
}

// LooksAtTimes reports whether a replication value is held against the window.
func (o *Finder) LooksAtTimes() bool { return o.floor != nil }

// Twin is the text of the primary key that came last.
func (o *Finder) Twin() []byte { return o.twins.Last() }

// early reports whether a replication value lies well before the window.
func (o *Finder) early(value []byte) bool {
	if o.stream.Clock.Windows.Format == "integer" {
		c, err := o.stream.Clock.Order.CompareTimes(value, o.floor)
		return err == nil && c < 0
	}
	at, ok := o.stream.Clock.Order.Instant(value)
	return ok && at.Before(o.limit)
}

// Replaces counts a record in which add took the place of a field.
func (o *Finder) Replaces(record []byte, add []sources.Param, n *report.Counts) {
	for _, p := range add {
		if raw.Text(record).Field(p.Name) != nil {
			o.count(&n[report.FieldReplaced], oddReplaced, record)
			return
		}
	}
}

// count counts a record of a kind, and reports whether it is the first of it.
func (o *Finder) count(n *int64, what string, record []byte) (first bool) {
	*n++
	for i := range o.found {
		if o.found[i].what == what {
			return false
		}
	}
	text := string(record)
	if record[0] == '{' {
		text = KeyText(record, o.stream.Keys)
	}
	o.found = append(o.found, oddity{what: what, record: text})
	return true
}

// explain says more of the last kind that was found.
func (o *Finder) explain(more ...any) { o.found[len(o.found)-1].more = more }

// Tell warns of the kinds that are new.
func (o *Finder) Tell(log *slog.Logger, all *Stream) {
	for i := range o.found {
		f := &o.found[i]
		if f.told {
			continue
		}
		f.told = true
		if first, _ := all.First("odd", f.what); first {
			log.Warn(f.what+"; others like it are counted, but not logged", append([]any{"stream", o.stream.Name, "record", f.record}, f.more...)...)
		}
	}
}
