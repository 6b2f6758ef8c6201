package tap

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
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
	partial  bool // a part of a page, and not the last of it: it moves nothing
	progress progress
	outcome  report.Outcome
	key      *journal.Key // where the journal has the page; nil: nowhere
	failure  error        // no page, but the end of the walk, for this reason
}

// renderer makes the pages of one partition batches. It is used from one
// goroutine.
type renderer struct {
	stream   *plan.Stream
	protocol Protocol
	schema   *streamSchema
	project  *projection
	checker  *checker
	height   height
	odd      oddities
	handOn   func(*batch, *fetch.Page) (lines []byte, err error) // takes a part of a page; nil: a page is one batch
	expects  json.RawMessage                                     // the bookmark whose record must come at least; nil: none must
	rendered int64                                               // records
	came     int64                                               // records in answers
	unkept   int64                                               // of them, those for which keep is not true
}

// newRenderer returns the renderer of a reading.
func newRenderer(one *plan.Reading, p Protocol, c *checker) *renderer {
	r := &renderer{
		stream: one.Stream, protocol: p, project: newProjection(one.Stream, one.Part.Vars), schema: c.schema, checker: c, height: newHeight(one), odd: newOddities(one),
	}
	if clock := one.Stream.Clock; one.Stream.ReplicationKey != "" && one.Start.Next.First() && !clock.Windows.StartExclusive && clock.Mark().IsZero() {
		r.expects = one.Pass.From
	}
	return r
}

// render makes a page a batch. Its error is that of a record that the stream's
// policies do not let pass, or of a template.
func (r *renderer) render(page *fetch.Page, lines []byte) (*batch, error) {
	b := &batch{lines: lines, partial: page.Partial}
	if err := r.project.see(page); err != nil {
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
	r.odd.pageEnds(page, &b.outcome.Counts)
	if err := r.height.timed(page); err != nil {
		return nil, err
	}
	b.schema = r.schema.line(r.protocol)
	if page.Partial {
		return b, nil
	}
	if err := r.height.setMark(page, r.project.view.loop.Vars()); err != nil {
		return nil, err
	}
	b.progress = progress{at: r.height.standing(page.Next), last: page.Last, date: page.Header.Get("Date")}
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
	part.partial, part.schema = true, r.schema.line(r.protocol)
	lines, err := r.handOn(&part, page)
	*b = batch{lines: lines, partial: b.partial}
	return err
}

func (r *renderer) tally(b *batch) {
	r.rendered, r.unkept = r.rendered+b.records, r.unkept+b.outcome.Counts[report.NotKept]
}

func (r *renderer) renderRecord(b *batch, frame *message.Frame, page *fetch.Page, i int) error {
	undo := len(b.lines)
	lines := frame.Open(b.lines)
	start := len(lines)
	lines, keep, err := r.project.append(lines, page, i, r.schema.expected)
	switch {
	case err == nil && keep:
		if came := page.Records.Record(i); len(r.project.add) > 0 && len(lines)-start < len(came)+len(r.project.added()) {
			r.odd.replaces(came, r.project.add, &b.outcome.Counts) // something was cut
		}
		found, value := r.look(page, i, lines[start:])
		if keep, err = r.note(lines[start:], value, &b.outcome.Counts); err == nil && keep {
			lines, keep, err = r.checker.check(lines, start, found, &b.outcome.Counts)
		}
	case err == nil:
		b.outcome.Counts[report.NotKept]++
	}
	if err != nil || !keep {
		b.lines = lines[:undo]
		return err
	}
	b.lines = frame.Close(lines, r.checker.nulled())
	b.records++
	return nil
}

// look returns what one pass over a record finds out, and its replication
// value; nil if it has none. record is as it leaves.
func (r *renderer) look(page *fetch.Page, i int, record []byte) (schema.Finding, []byte) {
	if all := page.Records.(records); all.lookedFor(i, r.schema.expected) {
		return all.Records[i].Finding, all.Value(i)
	}
	found := r.schema.expected.Look(record)
	if found.Value.End == 0 {
		return found, nil
	}
	return found, record[found.Value.Start:found.Value.End]
}

// note takes note of a record as it leaves. It reports false for one that
// client_filter drops.
func (r *renderer) note(record, value []byte, n *report.Counts) (bool, error) {
	keep, lower, err := r.height.note(record, value, n)
	if err == nil && keep {
		r.odd.note(record, value, lower, n)
	}
	return keep, err
}

// infer makes a schema of a page's records where none is known yet.
func (r *renderer) infer(page *fetch.Page) error {
	if r.schema.known() || page.Records.Len() == 0 {
		return nil
	}
	inference := schema.NewInference()
	added, err := r.learn(inference, page)
	if err != nil || added == 0 {
		return err
	}
	return r.schema.use(inference.Schema(r.stream.Keys))
}

// learn adds a page's records to an inference, and returns how many it added.
func (r *renderer) learn(inference *schema.Inference, page *fetch.Page) (added int, err error) {
	var line []byte
	for i := range page.Records.Len() {
		var keep bool
		line, keep, err = r.project.append(line[:0], page, i, r.schema.expected)
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
		fmt.Fprintf(&b, "%s=%s", k, clip(raw.Text(record).Field(k)))
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
