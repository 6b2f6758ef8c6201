package tap

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/message"
)

// Account is what a run came to: for a person to read at its end, and while
// it goes on.
type Account struct {
	Streams []*StreamAccount // in the order of the definition
	Flushes int64
	Stopped string // why the run ended early, "" if it did not
	Started time.Time
	Took    time.Duration
}

// StreamAccount is what one stream came to.
type StreamAccount struct {
	Name        string
	Emitted     int64 // records on stdout
	Pages       int64 // answers on stdout
	Bytes       int64 // of bodies, decoded
	Kept        int64 // records that client_filter found too old
	Ahead       int64 // records whose replication value lies ahead of our clock
	Unplaced    int64 // records without a replication value
	Invalid     int64 // records that broke their schema
	Quarantined int64
	Quarantine  string // file of these
	Nullified   int64  // records in which values became null
	Nulls       int64  // these values
	NewFields   int64  // by which the schema grew
	Unkept      int64  // records for which keep is not true
	Twins       int64  // records whose primary key came before in this pass, with another content; at least
	Again       int64  // records that came again on a later page, which shows that rows moved; at least
	Replaced    int64  // records in which add took the place of a field
	Early       int64  // records that are older than their window; at least
	Notes       []string
	Doubts      []paging.Doubt // of the end of what was read
	Moved       int64          // pages on which the API's own total had changed
	Done        bool
	Skipped     string // why there is nothing, by a rule of the definition
	Failure     error

	counters *fetch.Counters
}

// Requests returns how many requests were sent, retries too.
func (s *StreamAccount) Requests() int64 { return s.counters.Requests.Load() }

// Recalled returns how many exchanges the journal had: calls not made.
func (s *StreamAccount) Recalled() int64 { return s.counters.Recalled.Load() }

// Retries returns how many requests were sent again.
func (s *StreamAccount) Retries() int64 { return s.counters.Retries.Load() }

// Waited returns how long requests waited for a rate or before a retry.
func (s *StreamAccount) Waited() time.Duration { return time.Duration(s.counters.Waited.Load()) }

// Wire returns the bytes of bodies as they came.
func (s *StreamAccount) Wire() int64 { return s.counters.Wire.Load() }

func (a *Account) stream(name string) *StreamAccount {
	for _, s := range a.Streams {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// failures are those of all streams, as Failures; nil if there are none.
func (a *Account) failures() error {
	var all Failures
	for _, s := range a.Streams {
		if s.Failure != nil {
			all = append(all, s.Failure)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// fetched takes note of a batch that came.
func (a *Account) fetched(b *batch) {
	s := a.stream(b.track.stream.Name)
	s.Kept += b.counts.older
	s.Ahead += b.counts.ahead
	s.Unplaced += b.counts.unplaced
	s.Invalid += b.counts.invalid
	s.Quarantined += b.counts.quarantined
	s.Nullified += b.counts.nullified
	s.Nulls += b.counts.nulls
	s.NewFields += b.counts.fields
	s.Unkept += b.counts.unkept
	s.Twins += b.counts.twins
	s.Again += b.counts.again
	s.Replaced += b.counts.replaced
	s.Early += b.counts.early
	s.Notes = append(s.Notes, b.notes...)
	s.Bytes += b.bytes
	if b.moved {
		s.Moved++
	}
	s.Doubts = append(s.Doubts, b.doubts...)
	if b.skipped != "" {
		s.Skipped = b.skipped
	}
	if b.failure != nil {
		s.Failure = b.failure
	}
}

// flushed takes note of batches that were written.
func (a *Account) flushed(all []*batch) {
	a.Flushes++
	for _, b := range all {
		s := a.stream(b.track.stream.Name)
		s.Emitted += b.records
		if b.failure == nil && !b.partial {
			s.Pages++
		}
		s.Done = s.Done || b.progress.last
	}
}

// Total adds up the streams.
func (a *Account) Total() (records, requests, retries int64, waited time.Duration, wire int64) {
	for _, s := range a.Streams {
		records += s.Emitted
		requests += s.Requests()
		retries += s.Retries()
		waited += s.Waited()
		wire += s.Wire()
	}
	return records, requests, retries, waited, wire
}

// Recalled is how many exchanges came from the journal.
func (a *Account) Recalled() (n int64) {
	for _, s := range a.Streams {
		n += s.Recalled()
	}
	return n
}

// metrics are the points that Singer's tools read from the log. What should not
// be is there only where it is.
func (a *Account) metrics() []message.Metric {
	var all []message.Metric
	for _, s := range a.Streams {
		tags := map[string]string{"stream": s.Name}
		count := func(metric string, n int64) {
			all = append(all, message.Metric{Type: "counter", Metric: metric, Value: float64(n), Tags: tags})
		}
		some := func(metric string, n int64) {
			if n > 0 {
				count(metric, n)
			}
		}
		count("record_count", s.Emitted)
		count("http_request_count", s.Requests())
		some("record_filtered_count", s.Kept)
		some("record_ahead_count", s.Ahead)
		some("record_unplaced_count", s.Unplaced)
		some("record_invalid_count", s.passed())
		some("record_quarantined_count", s.Quarantined)
		some("record_nullified_count", s.Nullified)
		some("value_nullified_count", s.Nulls)
		some("new_field_count", s.NewFields)
		some("doubt_count", int64(len(s.Doubts)))
		some("record_twin_count", s.Twins)
		some("record_again_count", s.Again)
		some("record_replaced_count", s.Replaced)
		some("record_early_count", s.Early)
	}
	return all
}

// passed returns how many records broke their schema and left as they came.
func (s *StreamAccount) passed() int64 { return s.Invalid - s.Quarantined - s.Nullified }

// String is the account as a table, a line for each stream, its failures
// below.
func (a *Account) String() string {
	rows := [][]string{{"stream", "records", "pages", "calls", "from journal", "retries", "waited", "received", ""}}
	for _, s := range a.Streams {
		rows = append(rows, []string{s.Name, count(s.Emitted), count(s.Pages), count(s.Requests()), count(s.Recalled()), count(s.Retries()),
			seconds(s.Waited()), size(s.Wire()), s.Status()})
	}
	records, requests, retries, waited, wire := a.Total()
	if len(a.Streams) > 1 {
		rows = append(rows, []string{"in all", count(records), "", count(requests), count(a.Recalled()), count(retries), seconds(waited), size(wire), ""})
	}
	var b strings.Builder
	_ = WriteTable(&b, 1, rows) // a builder takes all
	fmt.Fprintf(&b, "%s in %s, flushes: %s\n", Numbered(records, "%s record[|s]"), a.Took.Round(time.Millisecond), count(a.Flushes))
	if a.Stopped != "" {
		fmt.Fprintf(&b, "stopped early: %s; the next run goes on from the last STATE\n", a.Stopped)
	}
	a.writeRemarks(&b)
	return b.String()
}

// writeRemarks writes what a person should know of the streams: what holds for
// several of them once.
func (a *Account) writeRemarks(b *strings.Builder) {
	var lines []string
	streams := map[string][]string{}
	for _, s := range a.Streams {
		for _, line := range s.remarks() {
			if streams[line] == nil {
				lines = append(lines, line)
			}
			streams[line] = append(streams[line], s.Name)
		}
	}
	for _, line := range lines {
		fmt.Fprintf(b, "%s: %s\n", strings.Join(streams[line], ", "), line)
	}
}

// Status is how a stream ended, in a word.
func (s *StreamAccount) Status() string {
	var e *fetch.Error
	switch {
	case errors.As(s.Failure, &e):
		return "failed (" + e.Class.String() + ")"
	case s.Failure != nil:
		return "failed"
	case s.Skipped != "":
		return "skipped"
	case s.Done && len(s.Doubts) > 0:
		return "complete?"
	case s.Done:
		return "complete"
	}
	return "unfinished"
}

// remarks are what a person should know of a stream besides its numbers.
func (s *StreamAccount) remarks() []string {
	var all []string
	note := func(n int64, text string) {
		if n > 0 {
			all = append(all, Numbered(n, text))
		}
	}
	note(s.Kept, "%s [record|records] older than the window [was|were] left out (client_filter)")
	note(s.Ahead, "%s [record has|records have] a replication value more than a day ahead of our clock: the bookmark leaves [it|them] out")
	note(s.Unplaced, "%s [record has|records have] no replication value (null or missing) and [does|do] not move the bookmark")
	note(s.Unkept, "%s [record was|records were] left out (keep)")
	note(s.Early, "at least %s [record is|records are] older than the window that was asked for: the API does not filter as the definition says")
	note(s.Twins, "at least %s [record|records] came again in this pass under the primary key of another one, with different content")
	note(s.Again, "rows moved in their list while its pages were read: "+movedText)
	note(s.Replaced, "%s [record|records] had a field that add replaces")
	note(s.NewFields, "%s new [field: the schema grew by it|fields: the schema grew by them]")
	note(s.passed(), "%s [record does|records do] not fit the schema and [was|were] passed on")
	note(s.Quarantined, "%s [record does|records do] not fit the schema and [is|are] in "+s.Quarantine)
	note(s.Nullified, "%s [record does|records do] not fit the schema: "+Numbered(s.Nulls, "%s [value|values]")+" in [it|them] became null")
	note(s.Moved, "the API's own total changed on %s [page while it was|pages while they were] read")
	switch n := len(s.Doubts); {
	case n > 1:
		all = append(all, fmt.Sprintf("is it complete? %s (and %s, in the log)", s.Doubts[0], Numbered(int64(n-1), "%s more [sign|signs]")))
	case n == 1:
		all = append(all, "is it complete? "+s.Doubts[0].String())
	}
	all = append(all, s.Notes...)
	if s.Skipped != "" {
		all = append(all, "skipped: "+s.Skipped)
	}
	return all
}

// WriteTable writes rows with their columns aligned: the first so many and the
// last to the left, the others to the right.
func WriteTable(w io.Writer, left int, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			width := widths[i]
			if i < left || i == len(row)-1 {
				width = -width
			}
			fmt.Fprintf(&line, "%*s  ", width, cell)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// count writes a number with its thousands apart: 20,000.
func count(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	return d.Round(100 * time.Millisecond).String()
}

// size writes a number of bytes: 11.3 MB.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// Line is the account in one line of less than 80 characters, for a terminal.
func (a *Account) Line() string {
	records, requests, _, waited, wire := a.Total()
	done := 0
	for _, s := range a.Streams {
		if s.Done || s.Failure != nil {
			done++
		}
	}
	line := fmt.Sprintf("%s, %s, %s, %d of %d streams done, waited %s, %s", Numbered(records, "%s record[|s]"), Numbered(requests, "%s call[|s]"),
		size(wire), done, len(a.Streams), seconds(waited), a.Took.Round(time.Second))
	return line[:min(len(line), 79)]
}
