package report

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// String is the account as a table, a line for each stream, its failures
// below.
func (a *Account) String() string {
	rows := [][]string{{"stream", "records", "pages", "calls", "from journal", "retries", "waited", "received", ""}}
	for _, s := range a.Streams {
		name := s.Name
		if s.Feed && !s.Listing {
			name += " (for its children)"
		}
		rows = append(rows, []string{name, count(s.Written), count(s.Pages), count(s.Requests()), count(s.Recalled()), count(s.Retries()),
			seconds(s.Waited()), size(s.Wire()), s.Status()})
	}
	records, requests, retries, waited, wire := a.Total()
	if len(a.Streams) > 1 {
		rows = append(rows, []string{"in all", count(records), "", count(requests), count(a.Recalled()), count(retries), seconds(waited), size(wire), ""})
	}
	a.addCosts(rows)
	var b strings.Builder
	_ = WriteTable(&b, 1, rows) // a builder takes all
	fmt.Fprintf(&b, "%s in %s, flushes: %s\n", Numbered(records, "%s record[|s]"), a.Took.Round(time.Millisecond), count(a.Flushes))
	if waited > a.Took {
		b.WriteString("waited is the sum of what requests waited, side by side\n")
	}
	if a.Stopped != "" {
		fmt.Fprintf(&b, "stopped early: %s; %s\n", a.Stopped, a.next())
	}
	a.writeRemarks(&b)
	return b.String()
}

// next says what becomes of a run that was stopped early.
func (a *Account) next() string {
	_, requests, _, _, _ := a.Total()
	if requests == 0 || a.Recalled() > 0 || slices.ContainsFunc(a.Streams, func(s *Stream) bool { return s.Pages > 0 }) {
		return "the next run goes on from the last STATE"
	}
	return Numbered(requests, "no page came of %s [request|requests], which went into logins or retries: a run with the same budget may end so each time. Let it make more")
}

// addCosts puts two columns before the last one, where anything costs.
func (a *Account) addCosts(rows [][]string) {
	spent, saved := a.Cost()
	if spent == 0 && saved == 0 {
		return
	}
	for i, row := range rows {
		cells := []string{"cost", "saved"}
		switch {
		case i > len(a.Streams):
			cells = []string{spent.String(), saved.String()}
		case i > 0:
			paid, kept := a.Streams[i-1].Cost()
			cells = []string{paid.String(), kept.String()}
		}
		rows[i] = slices.Insert(row, len(row)-1, cells...)
	}
}

// writeRemarks writes what a person should know of the streams: what holds for
// several of them once.
func (a *Account) writeRemarks(b *strings.Builder) {
	var lines []string
	streams := map[string][]string{}
	for _, s := range a.Streams {
		for _, line := range s.Remarks() {
			if streams[line] == nil {
				lines = append(lines, line)
			}
			streams[line] = append(streams[line], s.Name)
		}
	}
	for _, line := range lines {
		fmt.Fprintf(b, "%s\n", Plain(strings.Join(streams[line], ", ")+": "+line))
	}
}

// Status is how a stream ended, in a word.
func (s *Stream) Status() string {
	var e *fetch.Error
	switch {
	case errors.As(s.Failures.Why, &e):
		return "failed (" + e.Ended() + ")"
	case s.Failures.Why != nil:
		return "failed"
	case s.Skipped != "" && s.Skips >= s.Partitions:
		return "skipped"
	case s.LeftOut:
		return "left out"
	case s.Planned > 0:
		return "planned"
	case s.Done && s.Certificate.Doubted > 0:
		return "complete?"
	case s.Done:
		return "complete"
	}
	return "unfinished"
}

// Remarks are what a person should know of a stream besides its numbers.
func (s *Stream) Remarks() []string {
	var all []string
	if s.Planned > 0 {
		all = append(all, Numbered(s.Planned, "%s [partition is|partitions are] left to the runs that read the plan"))
	}
	if s.Partitions > 0 {
		all = append(all, Numbered(s.Partitions, "%s [partition is|partitions are] done"))
	}
	if s.Failures.Count > 0 && (s.Partitions > 0 || s.Failures.Count > 1) {
		all = append(all, Numbered(int64(s.Failures.Count), "%s [partition|partitions] failed, as the log says"+s.inParent()+"; the next run asks for [it|them] again")+s.leaveOut())
	}
	if n := s.Counters.Unused.Load(); n > 0 {
		all = append(all, Numbered(n, "%s [page|pages] asked for ahead [was|were] thrown away: the list ended before, or changed meanwhile"))
	}
	if n := s.Counters.Unpriced.Load(); n > 0 {
		all = append(all, Numbered(n, "%s [answer|answers] did not say what [it|they] cost (cost), and [counts|count] as free"))
	}
	if n := s.Counters.Untagged.Load(); n > 0 {
		all = append(all, Numbered(n, "%s [page has|pages have] neither ETag nor Last-Modified: [it comes|they come] again in each run, as without etag"))
	}
	if n := s.Counters.Sessions.LeftOpen.Load(); n > 0 {
		all = append(all, Numbered(n, "%s [session|sessions] could not be closed: the API keeps [it|them] until [it expires|they expire] there; the log says why"))
	}
	all = append(all, s.notWitnessed()...)
	all = append(all, s.Counts.remarks(s.Quarantine)...)
	all = append(all, s.proof()...)
	all = append(all, s.Notes...)
	if s.Skipped != "" {
		text := "skipped: " + s.Skipped
		if s.Partitions > 1 {
			text = Numbered(s.Skips, "%s [partition was|partitions were] skipped, as this one: ") + s.Skipped
		}
		all = append(all, text)
	}
	return all
}

// inParent names the parent that the first failure was in: the log has it under
// that name. "" where it was in the stream itself.
func (s *Stream) inParent() string {
	var e *fetch.Error
	if !errors.As(s.Failures.Why, &e) || e.Stream == "" || e.Stream == s.Name {
		return ""
	}
	return " of " + e.Stream + ", whose records it is read for"
}

// leaveOut says how a partition is left out that the API will not show; "" where
// that is not why the first one failed.
func (s *Stream) leaveOut() string {
	var e *fetch.Error
	if !errors.As(s.Failures.Why, &e) || e.Class != fetch.Permanent || e.Stream != s.Name {
		return ""
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		if s.Pages <= s.Skips && !s.Came { // a rule would make nothing of a whole stream that is asked for wrongly
			return fmt.Sprintf(". No partition of the stream was ever answered with a page: is its path right? The first request that failed is %s", e.Request)
		}
		return fmt.Sprintf(". What the API will never show is left out by errors: [{status: %d, do: skip}] in the stream", e.Status)
	}
	return ""
}
