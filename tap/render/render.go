package render

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/findings"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/tap/report"
)

// PartSize is from how many bytes of lines on a part of a page goes to stdout
// before the rest of it: pages can be of any size, and what is added to their
// records can be more than they are.
const PartSize = 1 << 20

// Protocol spells records and their schemas.
type Protocol interface {
	// Frame returns what stands around each record of a page, which came at the
	// given time. version is that of the table; 0: it has none.
	Frame(stream string, at time.Time, version int64) message.Frame
	// DeletedAt names the field in which a record says that it is gone, and when
	// that was seen.
	DeletedAt() string
	// AppendSchema appends what must come before records of a schema.
	AppendSchema(dst []byte, s *message.Schema) []byte
}

// Lines are a page, or a part of one, as it leaves.
type Lines struct {
	Schema  *Known        // that the records fit; nil: none of them leaves
	Records []byte        // RECORD lines
	Count   int64         // records in them
	Noted   []byte        // what the noter appended for them
	Entries int64         // for how many
	Partial bool          // a part of a page, and not the last of it: it moves nothing
	At      plan.Standing // of the walk after a whole page
	Keep    bool          // records may be missing: the bookmark stays
	Outcome report.Outcome
}

// Options are what a renderer needs besides its reading.
type Options struct {
	Protocol   Protocol
	Quarantine string                                    // file of records that do not fit
	Context    json.RawMessage                           // that the file says they came in; nil: none
	Seal       func(expr.Value) (json.RawMessage, error) // hides secrets in what an answer says, for the state
	Log        *slog.Logger
	Many       bool             // the stream has many partitions
	Findings   *findings.Stream // of all of them; nil: of this one alone
	Version    int64            // of the table that the records are of; 0: none
	Noter      Noter            // nil: nothing is noted
	Keys       *distinct.Pool   // in which keys are counted; nil: nobody counts them
	Completed  bool             // other streams read what connections within records lack
}

// Noter takes note of records for later runs.
type Noter interface {
	// Note appends what is to be noted of a record before it leaves, nothing where it
	// cannot be. It reports true for one that need not leave, since it did as it is;
	// value is the replication value.
	Note(dst, record, value []byte) (noted []byte, unchanged bool)
}

// Renderer makes the pages of one partition lines. It is used from one goroutine.
type Renderer struct {
	Schema *Schema
	// HandOn takes a part of a long page, and returns memory for the lines of the
	// rest. nil: a page leaves in one part.
	HandOn func(*Lines) ([]byte, error)
	// Lead takes each record that leaves, with all its fields. nil: the stream has
	// no children.
	Lead func(record []byte)

	o       Options
	stream  *plan.Stream
	project *pages.Projection
	checker *checker
	height  height
	odd     findings.Finder
	cut     connections
	doubts  doubts
	walk    findings.Walk
	noted   int // the most that was noted of a page
	proof   *certificate.Gatherer
	expects json.RawMessage // the bookmark whose record must come at least; nil: none must
}

// New returns the renderer of a reading.
func New(one *plan.Reading, known *Schema, o Options) *Renderer {
	if o.Findings == nil {
		o.Findings = new(findings.Stream)
	}
	r := &Renderer{Schema: known, o: o, stream: one.Stream, project: pages.NewProjection(one.Stream, one.Part.Vars), checker: newChecker(one.Stream, known, &o)}
	r.proof = certificate.New(one.Stream.Name, named(one), o.Keys, o.Log)
	r.height, r.odd = newHeight(one, &r.walk, o.Seal), findings.New(one, &r.walk)
	r.cut, r.doubts = newConnections(one.Stream, o.Completed), doubts{one.Stream, &r.o, &r.height}
	if o.Many {
		r.odd.Join(one, o.Findings)
	}
	if clock := one.Stream.Clock; one.Stream.ReplicationKey != "" && one.Start.Next.First() && !clock.Windows.StartExclusive && clock.Mark().IsZero() {
		r.expects = one.Pass.From
	}
	return r
}

// Expected is what records are checked for while their page is proven; nil where
// they leave changed.
func (r *Renderer) Expected() *check.Expectation {
	if len(r.project.Adds()) > 0 {
		return nil
	}
	return r.Schema.Now().expected
}

// Render makes a page lines, in the memory of some that have left. Its error is
// that of a record that the stream's policies do not let pass, or of a template.
func (r *Renderer) Render(page *fetch.Page, memory []byte) (*Lines, error) {
	frozen := r.height.frozen
	b := &Lines{Records: memory, Partial: page.Partial}
	err := r.renderPage(b, page)
	r.odd.Tell(r.o.Log, r.o.Findings)
	if err == nil {
		err = r.cut.refuse(page)
	}
	if err == nil {
		err = r.checker.quarantine.save(r.stream.Name, page)
	}
	if !page.Partial {
		r.project.End()
	}
	if err != nil {
		return nil, err
	}
	if r.height.frozen && !frozen && r.doubts.tells("odd", "descends") {
		r.o.Log.Warn("the definition says sorted: true, but the replication key descends: the bookmark stays where it is until all is read",
			"stream", r.stream.Name, "request", page.Request)
	}
	if r.cut.suspect(page) || r.doubts.lack(page) {
		r.height.frozen, b.At.Frozen = true, true
	}
	r.note(b, page)
	if page.Last {
		r.endWalk(b, page)
	}
	return b, nil
}

// Try returns how many records of a page would leave. It says nothing of them.
func (r *Renderer) Try(page *fetch.Page) (records int64, err error) {
	b := &Lines{Partial: page.Partial}
	err = r.renderPage(b, page)
	return b.Count, err
}

// note takes from a page what a person should know of it.
func (r *Renderer) note(b *Lines, page *fetch.Page) {
	o := &b.Outcome
	o.Counts[report.NotModified] += int64(page.Unchanged)
	o.Skipped, o.Partly, o.Notes = page.Skipped, page.Partly, append(o.Notes, page.Remarks...)
	if !page.Partial {
		o.Walk = r.proof.PageEnds(page, r.odd.Twin())
	}
	if page.Moved {
		o.Counts[report.TotalChanged]++
	}
	if page.Proof.Unproven != "" {
		o.Notes = append(o.Notes, page.Proof.Unproven)
	}
	b.Keep = r.doubts.keeps(page.Proof.Doubts)
	r.doubts.tell(page)
	r.doubts.tellKept(page)
}

// endWalk tells what the records of a walk that was read to its end came to. One
// of many partitions says little of the stream: what it came to is told with that
// of the others.
func (r *Renderer) endWalk(b *Lines, page *fetch.Page) {
	r.walk.Valued = r.walk.Valued || r.height.high.Value() != nil
	if r.o.Many {
		r.o.Findings.Take(&r.walk)
		return
	}
	r.o.Log.Info("stream read", "stream", r.stream.Name)
	r.walk.TellKey(r.o.Log, r.stream)
	r.walk.TellFuture(r.o.Log, r.stream)
	if note := noneLeft(r); note != "" && page.Skipped == "" {
		r.o.Log.Warn(note, "stream", r.stream.Name, "request", page.Request)
		b.Outcome.Notes = append(b.Outcome.Notes, note)
	}
}

// Close gives back what the renderer holds of the run's: it renders no more.
func (r *Renderer) Close() { r.proof.Close() }

// WalkEnds says that the walk is over, however it ended.
func (r *Renderer) WalkEnds() {
	if r.o.Many {
		r.walk.Valued = r.walk.Valued || r.height.high.Value() != nil
		r.o.Findings.Take(&r.walk)
		return
	}
	r.walk.TellMoves(r.o.Log, r.stream)
}

func (r *Renderer) renderPage(b *Lines, page *fetch.Page) error {
	if err := r.project.See(page); err != nil {
		return err
	}
	if err := r.infer(page); err != nil {
		return err
	}
	frame := r.o.Protocol.Frame(r.stream.Name, page.At, r.o.Version)
	r.proof.Page(page)
	r.odd.PageBegins(page, r.proof)
	r.checker.page = page
	for i := page.Repeated; i < page.Records.Len(); i++ {
		if err := r.handOn(b, page); err != nil {
			return err
		}
		if done := r.copyRecords(b, &frame, page, i); done > i {
			i = done - 1
			continue
		}
		if err := r.renderRecord(b, &frame, page, i); err != nil {
			return err
		}
	}
	r.walk.Came += int64(page.Records.Len() - page.Repeated)
	r.tally(b)
	r.odd.PageEnds(page, &b.Outcome.Counts)
	r.checker.page = nil
	if err := r.height.timed(page); err != nil {
		return err
	}
	b.Schema = r.Schema.Now()
	if page.Partial {
		return nil
	}
	if err := r.height.setMark(page, r.project.Loop().Vars()); err != nil {
		return err
	}
	b.At = r.height.standing(page.Next)
	return nil
}

// handOn hands on what there is of a page, where that is much: like a piece of a
// long page, it moves nothing.
func (r *Renderer) handOn(b *Lines, page *fetch.Page) error {
	if len(b.Records) < PartSize || r.HandOn == nil {
		return nil
	}
	r.tally(b)
	part := *b
	part.Partial, part.Schema = true, r.Schema.Now()
	err := r.checker.quarantine.save(r.stream.Name, page)
	if err == nil {
		*b = Lines{Partial: b.Partial}
		b.Records, err = r.HandOn(&part)
	}
	return err
}

func (r *Renderer) tally(b *Lines) {
	r.walk.Rendered, r.walk.Unkept = r.walk.Rendered+b.Count, r.walk.Unkept+b.Outcome.Counts[report.NotKept]
}

func (r *Renderer) renderRecord(b *Lines, frame *message.Frame, page *fetch.Page, i int) error {
	undo := len(b.Records)
	lines := frame.Open(b.Records)
	start := len(lines)
	lines, keep, err := r.project.Append(lines, page, i, r.Schema.Now().expected)
	switch {
	case err == nil && keep:
		if came := page.Records.Record(i); len(r.project.Adds()) > 0 && len(lines)-start < len(came)+len(r.project.Added()) {
			r.odd.Replaces(came, r.project.Adds(), &b.Outcome.Counts) // something was cut
		}
		found, value := r.look(page, i, lines[start:])
		var lower bool
		if keep, lower, err = r.height.note(lines[start:], value, &b.Outcome.Counts); err == nil && keep {
			r.odd.Note(lines[start:], value, lower, &b.Outcome.Counts)
			lines, keep, err = r.checker.check(lines, start, found, &b.Outcome.Counts)
		}
		if err == nil && keep {
			r.cut.note(lines[start:])
		}
		if err == nil && keep && r.o.Noter != nil && r.unchanged(b, lines[start:], value) {
			b.Records = lines[:undo]
			r.lead(page, i)
			return nil
		}
	case err == nil:
		b.Outcome.Counts[report.NotKept]++
	}
	if err != nil || !keep {
		b.Records = lines[:undo]
		return err
	}
	b.Records = frame.Close(lines, r.checker.nulled())
	b.Count++
	r.lead(page, i)
	return nil
}

// unchanged takes note of a record, and reports whether it need not leave.
func (r *Renderer) unchanged(b *Lines, record, value []byte) bool {
	if b.Noted == nil {
		b.Noted = make([]byte, 0, r.noted)
	}
	before := len(b.Noted)
	noted, unchanged := r.o.Noter.Note(b.Noted, record, value)
	switch b.Noted = noted; {
	case unchanged:
		b.Outcome.Counts[report.Unchanged]++
	case len(noted) > before:
		b.Entries++
	}
	r.noted = max(r.noted, len(noted))
	return unchanged
}

// look returns what one pass over a record finds out, and its replication
// value; nil if it has none. record is as it leaves.
func (r *Renderer) look(page *fetch.Page, i int, record []byte) (check.Finding, []byte) {
	if all := page.Records.(pages.Records); all.LookedFor(i, r.Schema.Now().expected) {
		return all.Records[i].Finding, all.Value(i)
	}
	found := r.Schema.Now().expected.Look(record)
	if found.Value.End == 0 {
		return found, nil
	}
	return found, record[found.Value.Start:found.Value.End]
}

// noneLeft says what is odd about a walk that is over and of which no record
// left; "" where that is as it should be.
func noneLeft(r *Renderer) string {
	if r.walk.Came > 0 || r.expects == nil {
		return r.walk.NoneKept()
	}
	return "no record came, not even the one at the bookmark " + string(r.expects) + ", which the request asks for again: either it was deleted, " +
		"or the API does not understand the filter; compare the parameter's name, format and time zone with its documentation. " +
		"Where the API leaves the start of a window out, say start_exclusive: true"
}
