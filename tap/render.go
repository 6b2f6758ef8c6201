package tap

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// partSize is from how many bytes of lines on a part of a page goes to stdout
// before the rest of it: pages can be of any size, and what is added to their
// records can be more than they are.
const partSize = 1 << 20

// batch is a page as it goes to stdout.
type batch struct {
	track    *track
	schema   []byte // SCHEMA line that must come first, nil: none
	lines    []byte // RECORD lines
	records  int64
	bytes    int64 // of the answer's body
	partial  bool  // a part of a page, and not the last of it: it moves nothing
	progress progress
	counts   counts
	key      *journal.Key // where the journal has the page; nil: nowhere
	moved    bool         // the API's own total changed
	notes    []string     // what a person should know of the walk, at its end
	skipped  string       // why a rule said that there is nothing
	doubts   []paging.Doubt
	failure  error // no page, but the end of the walk, for this reason
}

// counts are what became of a page's records, besides being emitted.
type counts struct {
	older, invalid, quarantined, nullified int64
	nulls, fields                          int64 // values that became null, new fields
	unkept                                 int64 // keep is not true for them
	twins, again, replaced, early          int64 // see oddities
	ahead                                  int64 // their replication value lies ahead of our clock
	unplaced                               int64 // they have no replication value, null or nothing
}

// renderer makes the pages of one partition batches. It is used from one
// goroutine.
type renderer struct {
	*reading
	protocol Protocol
	checker  *checker
	seal     func(expr.Value) (json.RawMessage, error) // for the state
	mask     *catalog.Mask                             // of fields that do not leave as the API sent them
	add      []sources.Param                           // fields that are set in each record
	view     *view
	handOn   func(*batch, *fetch.Page) (lines []byte, err error) // takes a part of a page; nil: a page is one batch
	high     *state.High
	marked   json.RawMessage // what an answer says at incremental.bookmark; nil: nothing yet
	frozen   bool
	rendered int64 // records
	came     int64 // records in answers
	unkept   int64 // of them, those for which keep is not true
	odd      oddities
	ahead    ahead
	unplaced unplaced
	static   []byte // what add comes to where it does not depend on the record
	dynamic  bool
	extra    []byte
	answers  bool // keep or add look at the answer
}

// newRenderer returns the renderer of a reading.
func newRenderer(one *reading, p Protocol, c *checker) *renderer {
	r := &renderer{
		reading: one, protocol: p, checker: c, mask: one.stream.Mask, view: newView(one.part.Vars),
		frozen: one.start.Frozen, odd: newOddities(one), ahead: newAhead(one), marked: one.start.Mark,
	}
	high := one.start.High
	if r.ahead.is(high) { // of a state from before such values were left out
		high = nil
	}
	r.high = state.NewHigh(one.stream.Clock.Order, high)
	if one.stream.Definition.Records.Keep != nil {
		r.answers = one.stream.Definition.Records.Keep.Uses("response") || one.stream.Definition.Records.Keep.Uses("headers")
	}
	for _, p := range one.stream.Definition.Records.Add {
		if one.stream.Mask.Drops(p.Name) {
			continue // added for nobody
		}
		r.add = append(r.add, p)
		r.mask = r.mask.Without(p.Name)
		r.dynamic = r.dynamic || p.Value.Uses("record") || p.Value.Uses("parent")
		r.answers = r.answers || p.Value.Uses("response") || p.Value.Uses("headers")
	}
	return r
}

// render makes a page a batch. Its error is that of a record that the stream's
// policies do not let pass, or of a template.
func (r *renderer) render(page *fetch.Page, lines []byte) (*batch, error) {
	b := &batch{lines: lines, partial: page.Partial}
	if err := r.see(page); err != nil {
		return nil, err
	}
	if err := r.infer(page); err != nil {
		return nil, err
	}
	frame := r.protocol.Frame(r.stream.Name, page.At)
	r.odd.pageBegins(page)
	for i := page.Repeated; i < page.Records.Len(); i++ {
		if err := r.handOnPart(b, page); err != nil {
			return nil, err
		}
		if err := r.renderRecord(b, &frame, page, i); err != nil {
			return nil, err
		}
	}
	r.came += int64(page.Records.Len() - page.Repeated)
	r.tally(b)
	r.odd.pageEnds(page, &b.counts)
	if err := r.timed(page); err != nil {
		return nil, err
	}
	b.schema = r.schemaLine()
	if page.Partial {
		return b, nil
	}
	b.bytes = page.Size()
	b.progress = progress{
		at: plan.Standing{Next: page.Next, High: r.high.Value(), Frozen: r.frozen}, last: page.Last, date: page.Header.Get("Date"),
	}
	if !r.stream.FullTable() {
		if err := r.setMark(page); err != nil {
			return nil, err
		}
		b.progress.at.Mark = r.marked
	}
	return b, nil
}

// handOnPart hands on what there is of a page, where that is much: like a piece of a
// long page, it moves nothing.
func (r *renderer) handOnPart(b *batch, page *fetch.Page) error {
	if len(b.lines) < partSize || r.handOn == nil {
		return nil
	}
	r.tally(b)
	part := *b
	part.partial, part.schema = true, r.schemaLine()
	lines, err := r.handOn(&part, page)
	*b = batch{lines: lines, partial: b.partial}
	return err
}

func (r *renderer) tally(b *batch) {
	r.rendered, r.unkept = r.rendered+b.records, r.unkept+b.counts.unkept
}

// schemaLine returns what must come before the records, where their schema is
// new.
func (r *renderer) schemaLine() []byte {
	c := r.checker
	if !c.due {
		return nil
	}
	c.due = false
	return r.protocol.AppendSchema(nil, &message.Schema{Stream: r.stream.Name, Document: c.told, Keys: r.stream.Keys, ReplicationKey: r.stream.ReplicationKey})
}

// see makes the answer known to the templates that look at it, and renders
// what add says where it is the same for all records.
func (r *renderer) see(page *fetch.Page) error {
	r.view.page(page, r.answers || !r.stream.Clock.Mark().IsZero())
	if r.dynamic {
		return nil
	}
	var err error
	r.static, err = r.appendAdded(r.static[:0])
	return err
}

// appendAdded renders what add says as members of an object.
func (r *renderer) appendAdded(dst []byte) ([]byte, error) {
	for i, p := range r.add {
		v, err := p.Value.EvalBy(r.view.eval)
		if err != nil {
			return dst, fmt.Errorf("%s: add.%s: %w", r.stream.Name, p.Name, err)
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = expr.String(p.Name).AppendJSON(dst)
		dst = append(dst, ':')
		dst = v.AppendJSON(dst)
	}
	return dst, nil
}

// added is what is added to the record that was projected last.
func (r *renderer) added() []byte {
	if r.dynamic {
		return r.extra
	}
	return r.static
}

// project appends record i of a page as it leaves: without what is cut, with
// what is added, on one line. It reports false for a record that keep drops.
func (r *renderer) project(dst []byte, page *fetch.Page, i int) ([]byte, bool, error) {
	record := page.Records.Record(i)
	if r.stream.Definition.Records.Keep != nil || r.dynamic {
		r.view.record(record, page.Records.Parent(i))
	}
	if r.stream.Definition.Records.Keep != nil {
		v, err := r.view.eval(r.stream.Definition.Records.Keep)
		if err != nil {
			return dst, false, fmt.Errorf("%s: keep: %w", r.stream.Name, err)
		}
		if !sources.Holds(v) {
			return dst, false, nil
		}
	}
	if r.dynamic {
		var err error
		if r.extra, err = r.appendAdded(r.extra[:0]); err != nil {
			return dst, false, err
		}
	}
	start := len(dst)
	if all := page.Records.(records); r.looked(all, i) {
		dst = all.AppendRecord(dst, i)
	} else {
		dst = r.mask.Append(dst, record, r.added())
	}
	message.Flatten(dst[start:])
	return dst, true, nil
}

func (r *renderer) renderRecord(b *batch, frame *message.Frame, page *fetch.Page, i int) error {
	undo := len(b.lines)
	lines := frame.Open(b.lines)
	start := len(lines)
	lines, keep, err := r.project(lines, page, i)
	switch {
	case err == nil && keep:
		if came := page.Records.Record(i); len(r.add) > 0 && len(lines)-start < len(came)+len(r.added()) {
			r.odd.replaces(came, r.add, &b.counts) // something was cut
		}
		found, value := r.look(page, i, lines[start:])
		if keep, err = r.note(lines[start:], value, &b.counts); err == nil && keep {
			lines, keep, err = r.checker.check(lines, start, found, &b.counts)
		}
	case err == nil:
		b.counts.unkept++
	}
	if err != nil || !keep {
		b.lines = lines[:undo]
		return err
	}
	b.lines = frame.Close(lines, r.checker.nulled())
	b.records++
	return nil
}

// looked reports whether a record was looked at while its page was proven, for
// the schema as it still is.
func (r *renderer) looked(all records, i int) bool {
	return all.Records[i].Looked && all.Expected == r.checker.expected
}

// look returns what one pass over a record finds out, and its replication
// value; nil if it has none. record is as it leaves.
func (r *renderer) look(page *fetch.Page, i int, record []byte) (schema.Finding, []byte) {
	if all := page.Records.(records); r.looked(all, i) {
		return all.Records[i].Finding, all.Value(i)
	}
	found := r.checker.expected.Look(record)
	if found.Value.End == 0 {
		return found, nil
	}
	return found, record[found.Value.Start:found.Value.End]
}

// note takes note of a record's replication value. It reports false for a
// record that client_filter drops.
func (r *renderer) note(record, value []byte, n *counts) (bool, error) {
	if r.stream.FullTable() || r.stream.ReplicationKey == "" {
		r.odd.note(record, nil, false, n)
		return true, nil
	}
	if r.stream.Clock.ClientFilter && r.older(value) {
		n.older++
		return false, nil
	}
	if r.ahead.is(value) {
		n.ahead++
		r.ahead.note(record, r.stream.Keys, value)
		r.odd.note(record, value, false, n)
		return true, nil
	}
	if (len(value) == 0 || value[0] == 'n') && r.stream.Clock.Mark().IsZero() {
		n.unplaced++
		r.unplaced.note(record, r.stream.Keys)
	}
	lower, err := r.high.Observe(value)
	if err != nil {
		return false, fmt.Errorf("%s: record %s: replication key %s: %w", r.stream.Name, keyText(record, r.stream.Keys), r.stream.ReplicationKey, err)
	}
	if lower && r.stream.Clock.Sorted {
		r.frozen = true
	}
	r.odd.note(record, value, lower, n)
	return true, nil
}

// timed refuses a replication key that is no time where windows are: it would
// be compared as text, and the next run could not go on from it.
func (r *renderer) timed(page *fetch.Page) error {
	if r.stream.FullTable() || r.stream.ReplicationKey == "" || !r.stream.Clock.Mark().IsZero() {
		return nil
	}
	value := r.high.Value()
	if value == nil {
		return nil
	}
	if r.stream.Clock.Windows.Format == "integer" {
		if _, ok := plan.WholeNumber(value); !ok {
			return fmt.Errorf("%s: %s: the replication key %s is %s, which is no whole number, and with format: integer the next run could not go on from it: "+
				"leave format out where it is a time, or take another field", r.stream.Name, page.Request, r.stream.ReplicationKey, clip(value))
		}
		return nil
	}
	_, err := r.stream.Clock.Order.Times.ReadJSON(value)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: the replication key %s is %s, which is not recognised as a time: %w; say in incremental.record_format "+
		"how the API writes it, as \"%%d/%%m/%%Y\", or that it is a number by format: integer", r.stream.Name, page.Request, r.stream.ReplicationKey, clip(value), err)
}

// older reports whether a replication value lies before the window. One that
// is null, or of another kind than the window's start, does not.
func (r *renderer) older(value []byte) bool {
	if r.part.Window.Floor == nil || value == nil || string(value) == "null" {
		return false
	}
	return r.stream.Clock.Before(value, r.part.Window.Floor)
}

// infer makes a schema of a page's records where none is known yet.
func (r *renderer) infer(page *fetch.Page) error {
	if r.checker.known() || page.Records.Len() == 0 {
		return nil
	}
	inference := schema.NewInference()
	added, err := r.learn(inference, page)
	if err != nil || added == 0 {
		return err
	}
	return r.checker.use(inference.Schema(r.stream.Keys))
}

// learn adds a page's records to an inference, and returns how many it added.
func (r *renderer) learn(inference *schema.Inference, page *fetch.Page) (added int, err error) {
	var line []byte
	for i := range page.Records.Len() {
		var keep bool
		line, keep, err = r.project(line[:0], page, i)
		if err != nil {
			return added, err
		}
		if keep {
			inference.Add(line)
			added++
		}
	}
	return added, nil
}

// keyText is a record's primary key, as messages name it.
func keyText(record []byte, keys []string) string {
	if len(keys) == 0 {
		return string(clip(record))
	}
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", k, clip(catalog.Field(record, k)))
	}
	return b.String()
}

// clip shortens what a message quotes.
func clip(raw []byte) []byte {
	const most = 80
	if len(raw) > most {
		return append(raw[:most:most], "…"...)
	}
	return raw
}
