package truth_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
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
	look    time.Duration // lookback
	sorted  bool
	after   bool // start_exclusive
	upTo    bool // end_inclusive
	limit   int
	window  string // "": one

	contexts []string // accounts; "": none
	parent   *table   // whose rows are its contexts; nil: none
}

// zones are those that streams are read in.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York"}

// newStream draws a stream.
func newStream(chance *rand.Rand, name string, start time.Time) *stream {
	pick := func(all ...string) string { return all[chance.IntN(len(all))] }
	s := &stream{name: name, start: start, zone: time.UTC, settle: 10 * time.Minute, limit: 3 + chance.IntN(6)}
	s.paging = pick("keyset", "keyset", "cursor", "offset", "page")
	s.format = pick("rfc3339", "rfc3339", "epoch", "epoch_ms", "date", "%Y-%m-%d %H:%M")
	s.grain = []time.Duration{time.Second, time.Millisecond, time.Minute}[chance.IntN(3)]
	s.numeric = chance.IntN(4) == 0
	s.after, s.upTo = chance.IntN(5) == 0, chance.IntN(5) == 0
	if chance.IntN(5) == 0 {
		s.full, s.after, s.upTo = true, false, false
		if s.moves() { // what comes while another goes is not seen by anybody
			s.paging = "keyset"
		}
	}
	if chance.IntN(3) == 0 {
		s.settle = []time.Duration{0, time.Minute, time.Hour}[chance.IntN(3)]
	}
	if chance.IntN(3) == 0 {
		s.look = time.Duration(1+chance.IntN(72)) * time.Hour
	}
	s.settle = max(s.settle, s.grain)
	if chance.IntN(3) == 0 {
		s.contexts = []string{"a", "b", "c", "d"}[:1+chance.IntN(4)]
	}
	if !s.full && chance.IntN(2) == 0 {
		s.window = pick("6h", "1d", "1d", "1w", "1mo")
		if s.format == "date" {
			s.window = pick("1d", "2d", "1w", "1mo")
		}
	}
	s.sorted = !s.full && s.paging == "cursor" && chance.IntN(2) == 0
	zone, err := time.LoadLocation(pick(zones...))
	if err != nil {
		panic(err)
	}
	s.zone = zone
	return s
}

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
	if s.full {
		return asOf.AddDate(1, 0, 0)
	}
	return s.cut(asOf)
}

// cut cuts a time to the precision of windows.
func (s *stream) cut(t time.Time) time.Time {
	if s.unit() < 24*time.Hour {
		return t.Truncate(s.unit())
	}
	year, month, day := t.In(s.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, s.zone)
}

// read reads a time as requests write it.
func (s *stream) read(text string) (time.Time, error) {
	switch s.format {
	case "rfc3339":
		return time.Parse(time.RFC3339, text)
	case "date":
		return time.ParseInLocation(time.DateOnly, text, s.zone)
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
	pagination := map[string]string{
		"keyset": "{type: keyset, field: id, param: after}",
		"cursor": "{type: cursor, next: next, param: cursor}",
		"offset": "{type: offset, param: offset, total: total}",
		"page":   "{type: page, param: page, total: total, total_pages: pages}",
	}[s.paging]
	params := fmt.Sprintf(`limit: %d, asof: "{{ now }}"`, s.limit)
	stamp := cmp.Or(map[bool]string{true: "integer"}[s.numeric], "string")
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    path: /%[1]s\n    records: data\n    primary_key: [id]\n    pagination: %s\n", s.name, pagination)
	if !s.full {
		params += `, from: "{{ window.start }}", to: "{{ window.end }}"`
		fmt.Fprintf(&b, "    replication_key: updated_at\n    incremental: {%s}\n", s.incremental())
	}
	if s.parent != nil {
		params += `, account: "{{ partition.owner }}"`
		fmt.Fprintf(&b, "    partition_by: [{parent: %s, keys: {owner: id}}]\n    errors: [{status: 404, do: skip}]\n", s.parent.name)
	}
	if len(s.contexts) > 0 {
		params += `, account: "{{ partition.account }}"`
		fmt.Fprintf(&b, "    partition_by: [{name: account, values: [%s]}]\n", strings.Join(s.contexts, ", "))
	}
	fmt.Fprintf(&b, "    params: {%s}\n", params)
	fmt.Fprintf(&b, "    schema: {properties: {id: {type: integer}, v: {type: integer}, context: {type: string}, updated_at: {type: %s}, n: {type: number}}}\n", stamp)
	return b.String()
}

// incremental are the keys of incremental.
func (s *stream) incremental() string {
	keys := fmt.Sprintf(`start: %q, format: %q, settle: %s, timezone: %s`, s.start.UTC().Format(time.RFC3339), s.format, s.settle, s.zone)
	if s.window != "" {
		keys += ", window: " + s.window
	}
	if s.look > 0 {
		keys += fmt.Sprintf(", lookback: %s", s.look)
	}
	for key, on := range map[string]bool{"sorted": s.sorted, "start_exclusive": s.after, "end_inclusive": s.upTo} {
		if on {
			keys += ", " + key + ": true"
		}
	}
	return keys
}
