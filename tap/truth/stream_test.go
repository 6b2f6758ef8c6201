package truth_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stream is how a stream is read, and what its API keeps to.
type stream struct {
	name    string
	paging  string // keyset, cursor (by time), offset or page
	full    bool   // read whole each time
	format  string // of windows in requests
	zone    *time.Location
	start   time.Time
	grain   time.Duration // of records' times
	numeric bool          // which are counted from 1970
	settle  time.Duration
	look    time.Duration // lookback, at least
	more    time.Duration // lookback beyond that
	sorted  bool
	after   bool // start_exclusive
	upTo    bool // end_inclusive
	limit   int
	window  string // "": one
	whole   bool   // whole_windows
	skips   bool   // skip_unchanged
	marks   bool   // on_delete: mark
	tags    bool   // etag

	accounts    bool     // it is read for each account
	parents     []*table // whose rows are its contexts
	batch       int      // of parents in one request; 0: one
	changedOnly bool
	lost        int // the status that says that nothing is there: 404 or 410
	keeping
}

// divided reports whether a stream is read in contexts.
func (s *stream) divided() bool { return s.accounts || len(s.parents) > 0 }

// moves reports whether rows that change under way move others to pages that
// were read: such an API must keep still, or its rows only go away.
func (s *stream) moves() bool { return s.paging == "offset" || s.paging == "page" }

// late is how late a row may come in.
func (s *stream) late() time.Duration {
	switch {
	case s.full:
		return time.Hour
	case s.moves():
		return 0
	}
	return max(0, s.settle+s.look-s.unit()-s.grain) // what is cut from the ends of windows, and from times
}

// unit is the precision of windows.
func (s *stream) unit() time.Duration {
	switch s.format {
	case "date":
		return 24 * time.Hour
	case "epoch_ms":
		return time.Millisecond
	case "rfc3339", "epoch":
		return time.Second
	}
	return time.Minute
}

// horizon is how far a pass reads that began at a time.
func (s *stream) horizon(asOf time.Time) time.Time {
	switch {
	case s.full:
		return asOf.AddDate(1, 0, 0)
	case s.whole:
		return s.cut(spans[s.window].before(asOf.Add(-s.settle)))
	}
	return s.cut(asOf)
}

// cut cuts a time to the precision of windows.
func (s *stream) cut(t time.Time) time.Time {
	if s.unit() < 24*time.Hour {
		return t.Truncate(s.unit())
	}
	return s.day(t.In(s.zone).Date())
}

// day is when a day begins: in the zones that put their clocks forward at midnight,
// at one.
func (s *stream) day(year int, month time.Month, date int) time.Time {
	noon := time.Date(year, month, date, 12, 0, 0, 0, s.zone)
	for at := noon; ; at = at.Add(-15 * time.Minute) { // some put them forward by half an hour
		if at.Add(-time.Second).Day() != noon.Day() {
			return at
		}
	}
}

// read reads a time as requests write it.
func (s *stream) read(text string) (time.Time, error) {
	switch s.format {
	case "rfc3339":
		return time.Parse(time.RFC3339, text)
	case "date":
		at, err := time.Parse(time.DateOnly, text)
		return s.day(at.Date()), err
	case "epoch", "epoch_ms":
		n, err := strconv.ParseInt(text, 10, 64)
		if s.format == "epoch" {
			return time.Unix(n, 0), err
		}
		return time.UnixMilli(n), err
	}
	return time.ParseInLocation("2006-01-02 15:04", text, s.zone)
}

// stampText is a time as records write it, as JSON.
func (s *stream) stampText(t time.Time) string {
	switch {
	case s.numeric && s.grain < time.Second:
		return strconv.FormatInt(t.UnixMilli(), 10)
	case s.numeric:
		return strconv.FormatInt(t.Unix(), 10)
	case s.grain < time.Second:
		return strconv.Quote(t.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return strconv.Quote(t.UTC().Format(time.RFC3339))
}

// definition is the stream in a definition.
func (s *stream) definition() string {
	params := fmt.Sprintf(`limit: %d`, s.limit)
	if !s.tags { // whose requests are the same in each pass
		params += `, asof: "{{ now }}"`
	}
	stamp := cmp.Or(map[bool]string{true: "integer"}[s.numeric], "string")
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    path: /%[1]s\n    records: data\n    primary_key: [id]\n    pagination: %s\n", s.name, s.paged())
	if !s.full {
		params += `, from: "{{ window.start }}", to: "{{ window.end }}"`
		fmt.Fprintf(&b, "    replication_key: updated_at\n    incremental: {%s}\n", s.incremental())
	}
	if s.session != "" {
		params += `, s: "{{ page.session }}"`
	}
	if s.accounts {
		params += fmt.Sprintf(`, account: "{{ partition.account_%s }}"`, s.name)
	}
	if len(s.parents) > 0 {
		params += fmt.Sprintf(`, owner: "{{ partition.owner_%s }}"`, s.name)
	}
	if s.divided() {
		fmt.Fprintf(&b, "    partition_by: [%s]\n    errors: [{status: %d, do: skip}]\n", s.partitionBy(), s.lost)
	}
	fmt.Fprintf(&b, "    params: {%s}\n%s", params, s.known())
	fmt.Fprintf(&b, "    schema: {properties: {id: {type: integer}, v: {type: integer}, updated_at: {type: %s}, n: {type: number}}}\n", stamp)
	return b.String()
}

// known are the keys of what is known of earlier records.
func (s *stream) known() string {
	switch {
	case s.skips:
		return "    skip_unchanged: true\n"
	case s.tags:
		return "    etag: true\n"
	case s.marks:
		return "    on_delete: mark\n    max_deletes: 100%\n"
	}
	return ""
}

// partitionBy are the entries of partition_by.
func (s *stream) partitionBy() string {
	var all []string
	if s.accounts {
		all = append(all, fmt.Sprintf(`{name: account_%s, values: "{{ config.accounts }}"}`, s.name))
	}
	for _, p := range s.parents {
		one := fmt.Sprintf(`parent: %s, keys: {owner_%s: id}`, p.name, s.name)
		if s.batch > 1 {
			one += fmt.Sprintf(", batch: %d", s.batch)
		}
		if s.changedOnly {
			one += ", changed_only: true"
		}
		all = append(all, "{"+one+"}")
	}
	return strings.Join(all, ", ")
}

// incremental are the keys of incremental.
func (s *stream) incremental() string {
	keys := fmt.Sprintf(`start: %q, format: %q, settle: %s, timezone: %s`, s.start.UTC().Format(time.RFC3339), s.format, s.settle, s.zone)
	if s.window != "" {
		keys += ", window: " + s.window
	}
	if look := s.look + s.more; look > 0 {
		keys += fmt.Sprintf(", lookback: %s", look)
	}
	for key, on := range map[string]bool{"sorted": s.sorted, "start_exclusive": s.after, "end_inclusive": s.upTo, "whole_windows": s.whole} {
		if on {
			keys += ", " + key + ": true"
		}
	}
	return keys
}

// inBatches reports whether its parents are read in batches: where one of theirs
// moves, others go with it, and come twice.
func (s *stream) inBatches() bool {
	return slices.ContainsFunc(s.parents, func(p *table) bool { return p.batch > 1 || p.inBatches() })
}
