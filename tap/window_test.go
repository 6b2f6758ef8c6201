package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap/report"
)

// incremental is the stream items, read by updated_at.
func incremental(keys string) string {
	return strings.Replace(items(""), "params: {limit: 2}", `params: {limit: 2, from: "{{ window.start }}", to: "{{ window.end }}"}`, 1) +
		"    replication_key: updated_at\n    incremental: {" + keys + "}\n"
}

// asked runs a stream at a time and returns the window that its requests had:
// "FROM TO", "-" for what was not sent.
func asked(t *testing.T, now time.Time, s setup) (window string, r result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(now)
		api := itemsAPI(3)
		s.api = api
		r = s.run(t)
		from, to := params(api, "from"), params(api, "to")
		var all []string
		for i := range from {
			all = append(all, from[i]+" "+to[i])
		}
		all = slices.Compact(all)
		if len(all) > 1 {
			t.Errorf("the requests have different windows: %q", all)
		}
		window = strings.Join(all, "; ")
	})
	return window, r
}

// stateOf is a state with one bookmark, as this tap or the Singer SDK writes
// it.
func stateOf(value string) string {
	return `{"bookmarks":{"items":{"replication_key":"updated_at","replication_key_value":` + value + `}}}`
}

// zoned is a value and the zone that it was written in, for stateOf.
func zoned(value, zone string) string { return value + `,"zone":"` + zone + `"` }

func TestWindowFormats(t *testing.T) {
	now := time.Date(2025, 6, 1, 12, 34, 56, 789e6, time.UTC)
	for _, tt := range []struct {
		name, keys, state, want string
	}{
		{"rfc3339", `start: "2025-01-01"`, "", "2025-01-01T00:00:00Z 2025-06-01T12:34:56Z"},
		{"date", `start: "2025-01-01", format: date`, "", "2025-01-01 2025-06-01"},
		{"epoch", `start: "2025-01-01", format: epoch`, "", "1735689600 1748781296"},
		{"epoch_ms", `start: "2025-01-01", format: epoch_ms`, "", "1735689600000 1748781296789"},
		{"strftime", `start: "2025-01-01", format: "%d.%m.%Y %H:%M"`, "", "01.01.2025 00:00 01.06.2025 12:34"},
		{"strftime, days", `start: "2025-01-01", format: "%Y%m%d"`, "", "20250101 20250601"},
		{"integer", `start: 42, format: integer`, "", "42 -"},
		{"integer in text", `start: "42", format: integer`, "", "42 -"},

		{"rfc3339 from a bookmark", `start: "2025-01-01"`, `"2025-05-01T10:11:12.5Z"`, "2025-05-01T10:11:12Z 2025-06-01T12:34:56Z"},
		{"date from a bookmark", `format: date`, `"2025-05-01T10:11:12Z"`, "2025-05-01 2025-06-01"},
		{"epoch from a bookmark in seconds", `format: epoch`, `1746094272`, "1746094272 1748781296"},
		{"epoch from a bookmark in milliseconds", `format: epoch`, `1746094272999`, "1746094272 1748781296"},
		{"epoch from a bookmark in fractions", `format: epoch`, `1746094272.25`, "1746094272 1748781296"},
		{"epoch from a bookmark in text", `format: epoch`, `"1746094272"`, "1746094272 1748781296"},
		{"epoch_ms from a bookmark", `format: epoch_ms`, `1746094272999`, "1746094272999 1748781296789"},
		{"date from a bookmark of 8 digits", `format: date`, `20250501`, "2025-05-01 2025-06-01"},
		{"epoch from a bookmark of 8 digits", `format: epoch`, `"20250501"`, "1746057600 1748781296"},
		{"integer from a bookmark", `format: integer`, `9007199254740993`, "9007199254740993 -"},
		{"bookmark with an offset", `start: "2025-01-01"`, `"2025-05-01T12:00:00+02:00"`, "2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark without a zone", `start: "2025-01-01"`, `"2025-05-01 12:00:00"`, "2025-05-01T12:00:00Z 2025-06-01T12:34:56Z"},

		{"start_exclusive, rfc3339", `start: "2025-01-01", start_exclusive: true`, "", "2024-12-31T23:59:59Z 2025-06-01T12:34:56Z"},
		{"start_exclusive, date", `start: "2025-01-01", format: date, start_exclusive: true`, "", "2024-12-31 2025-06-01"},
		{"start_exclusive, epoch", `start: "2025-01-01", format: epoch, start_exclusive: true`, "", "1735689599 1748781296"},
		{"start_exclusive, epoch_ms", `start: "2025-01-01", format: epoch_ms, start_exclusive: true`, "", "1735689599999 1748781296789"},
		{"start_exclusive, minutes", `start: "2025-01-01", format: "%Y%m%d%H%M", start_exclusive: true`, "", "202412312359 202506011234"},
		{"start_exclusive, integer", `format: integer, start_exclusive: true`, "9007199254740993", "9007199254740992 -"},

		{"end_inclusive, rfc3339", `start: "2025-01-01", end_inclusive: true`, "", "2025-01-01T00:00:00Z 2025-06-01T12:34:56Z"},
		{"end_inclusive, date", `start: "2025-01-01", format: date, end_inclusive: true`, "", "2025-01-01 2025-05-31"},
		{"end_inclusive, days", `start: "2025-01-01", format: "%Y%m%d", end_inclusive: true`, "", "20250101 20250531"},

		{"timezone, rfc3339", `start: "2025-01-01T00:00:00Z", timezone: Europe/Berlin`, "", "2025-01-01T01:00:00+01:00 2025-06-01T14:34:56+02:00"},
		{"timezone, date", `start: "2025-01-01T23:30:00Z", timezone: Europe/Berlin, format: date`, "", "2025-01-02 2025-06-01"},
		{"timezone, end_inclusive over a change of clocks", `start: "2025-01-01", end: "2025-03-31T12:00:00Z", timezone: Europe/Berlin, format: date, end_inclusive: true`,
			"", "2025-01-01 2025-03-30"},

		{"lookback", `start: "2025-01-01", lookback: 3d`, `"2025-05-10T10:00:00Z"`, "2025-05-07T10:00:00Z 2025-06-01T12:34:56Z"},
		{"lookback, a month", `start: "2025-01-01", lookback: 1mo`, `"2025-03-31T10:00:00Z"`, "2025-02-28T10:00:00Z 2025-06-01T12:34:56Z"},
		{"lookback, a year and a day", `lookback: P1Y1D`, `"2025-03-02T10:00:00Z"`, "2024-03-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"lookback, a month by the zone's clock", `lookback: 1mo, timezone: Europe/Berlin`, `"2025-04-10T10:00:00Z"`, "2025-03-10T12:00:00+01:00 2025-06-01T14:34:56+02:00"},
		{"epoch_ms from a bookmark in microseconds", `format: epoch_ms`, `1746094272999123`, "1746094272999 1748781296789"},
		{"epoch from a bookmark in nanoseconds in text", `format: epoch`, `"1746094272999123456"`, "1746094272 1748781296"},
		{"bookmark without a zone, in the records'", `start: "2025-01-01", record_timezone: Europe/Berlin`, zoned(`"2025-05-01 12:00:00"`, "Europe/Berlin"),
			"2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark of before there were zones, east", `record_timezone: Europe/Berlin`, `"2025-05-01 12:00:00"`, "2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark of before there were zones, west", `record_timezone: America/New_York`, `"2025-05-01 12:00:00"`, "2025-05-01T12:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark of another zone", `record_timezone: UTC`, zoned(`"2025-05-01 12:00:00"`, "Europe/Berlin"), "2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark with a zone of its own", `record_timezone: America/New_York`, `"2025-05-01T12:00:00Z"`, "2025-05-01T12:00:00Z 2025-06-01T12:34:56Z"},
		{"start without a zone", `start: "2025-01-01", timezone: Europe/Berlin`, "", "2025-01-01T00:00:00+01:00 2025-06-01T14:34:56+02:00"},
		{"lookback, date", `start: "2025-01-01", lookback: 3d, format: date`, `"2025-05-10"`, "2025-05-07 2025-06-01"},
		{"lookback stops at start", `start: "2025-05-09", lookback: 3d`, `"2025-05-10T10:00:00Z"`, "2025-05-09T00:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark before start", `start: "2025-05-09"`, `"2025-05-01T10:00:00Z"`, "2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"bookmark before a start that moves", `start: "{{ now - duration('P7D') }}", lookback: 3d`, `"2025-05-01T10:00:00Z"`, "2025-05-01T10:00:00Z 2025-06-01T12:34:56Z"},
		{"lookback without a start", `lookback: 3d`, `"2025-05-10T10:00:00Z"`, "2025-05-07T10:00:00Z 2025-06-01T12:34:56Z"},
		{"lookback does not touch start", `start: "2025-01-01", lookback: 3d`, "", "2025-01-01T00:00:00Z 2025-06-01T12:34:56Z"},

		{"end", `start: "2025-01-01", end: "2025-03-01"`, "", "2025-01-01T00:00:00Z 2025-03-01T00:00:00Z"},
		{"end in the future", `start: "2025-01-01", end: "2026-03-01"`, "", "2025-01-01T00:00:00Z 2025-06-01T12:34:56Z"},
		{"end from now", `start: "2025-01-01", end: "{{ now - duration('P1D') }}"`, "", "2025-01-01T00:00:00Z 2025-05-31T12:34:56Z"},
		{"no start, no bookmark", ``, "", "- 2025-06-01T12:34:56Z"},
		{"start from the config", `start: "{{ config.start }}"`, "", "2025-02-03T00:00:00Z 2025-06-01T12:34:56Z"},
		{"start missing in the config", `start: "{{ config.nothing }}"`, "", "- 2025-06-01T12:34:56Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{definition: incremental(tt.keys), config: `{"start": "2025-02-03"}`}
			if strings.Contains(tt.keys, "config.nothing") {
				s.definition, s.config = strings.Replace(s.definition, "config.nothing", "config.start", 1), `{}`
			}
			if tt.state != "" {
				s.state = stateOf(tt.state)
			}
			if strings.Contains(tt.keys, "integer") {
				s.definition = strings.Replace(s.definition, `, to: "{{ window.end }}"`, "", 1)
			}
			got, _ := asked(t, now, s)
			if got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestWindowRefused checks inputs that make no window: nothing is fetched.
func TestWindowRefused(t *testing.T) {
	for _, tt := range []struct {
		name, keys, state, want string
	}{
		{"start is no time", `start: "{{ config.start }}"`, "", "is no time"},
		{"bookmark is no time", ``, `"yesterday"`, "is no time: it is not written in a way that is recognised"},
		{"bookmark of an abbreviation", ``, `"2025-01-01 10:00:00 PST"`, "its zone PST is an abbreviation"},
		{"bookmark of a zone that is not known", ``, zoned(`"2025-01-01 10:00:00"`, "Mars/Olympus"), "items.zone: the time zone is not known"},
		{"bookmark of the future in microseconds", ``, `1749000000000000`, "ahead of our clock"},
		{"bookmark is no number", `format: integer`, `"2025-01-01"`, "whole number"},
		{"bookmark is an object", ``, `{"a":1}`, "expected text, a number or null"},
		{"bookmark of the future", ``, `"2025-06-03T12:00:00Z"`, "ahead of our clock"},
		{"bookmark of the future in milliseconds", `format: epoch_ms`, `1749000000000`, "ahead of our clock"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{definition: incremental(tt.keys), config: `{"start": "soon"}`}
			if strings.Contains(tt.keys, "integer") {
				s.definition = strings.Replace(s.definition, `, to: "{{ window.end }}"`, "", 1)
			}
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				api := itemsAPI(3)
				s.api = api
				text := "{}"
				if tt.state != "" {
					text = stateOf(tt.state)
				}
				checkUnusable(t, s, text, tt.want)
				if api.Count() != 0 {
					t.Errorf("%d requests were made", api.Count())
				}
			})
		})
	}
}

// TestBookmarkAhead lets a bookmark be a little ahead of our clock.
func TestBookmarkAhead(t *testing.T) {
	_, r := asked(t, june, setup{definition: incremental(``), state: stateOf(`"2025-06-02T11:00:00Z"`)})
	if r.err != nil {
		t.Error(r.err)
	}
	if got, want := r.mark(t, "items"), `"2025-06-02T11:00:00Z"`; got != want {
		t.Errorf("got bookmark %s, want %s", got, want)
	}
}

// TestClientFilter drops what is older than the window, and nothing else.
func TestClientFilter(t *testing.T) {
	record := func(id int, value string) []byte {
		return fmt.Appendf(nil, `{"id":%d,"updated_at":%s}`, id, value)
	}
	for _, tt := range []struct {
		name, keys, state string
		values            []string
		kept              []int // indexes of values
		mark              string
	}{
		{"times", `start: "2025-05-02"`, "",
			[]string{`"2025-05-01T23:59:59Z"`, `"2025-05-02T00:00:00Z"`, `"2025-05-02T01:59:59+02:00"`, `"2025-05-03T00:00:00Z"`, `null`},
			[]int{1, 3, 4}, `"2025-05-03T00:00:00Z"`},
		{"dates", `start: "2025-05-02", format: date`, "",
			[]string{`"2025-05-01"`, `"2025-05-02"`, `"2025-05-03"`}, []int{1, 2}, `"2025-05-03"`},
		{"seconds", `start: "2025-05-02"`, "", []string{`1746143999`, `1746144000`, `1746144001`, `null`}, []int{1, 2, 3}, `1746144001`},
		{"milliseconds from a bookmark", ``, `1746144000000`,
			[]string{`1746143999999`, `1746144000000`, `1746144000001`}, []int{1, 2}, `1746144000001`},
		{"lookback", `lookback: 1d`, `"2025-05-03T00:00:00Z"`,
			[]string{`"2025-05-01T23:59:59Z"`, `"2025-05-02T00:00:00Z"`}, []int{1}, `"2025-05-03T00:00:00Z"`},
		{"whole numbers", `format: integer`, `9007199254740993`,
			[]string{`9007199254740992`, `9007199254740993`, `9007199254740994`}, []int{1, 2}, `9007199254740994`},
		{"dates of 8 digits", `start: "2025-05-02T10:00:00Z"`, "", []string{`20250501`, `20250502`, `20250503`}, []int{1, 2}, `20250503`},
		{"whole numbers in text", `format: integer`, `"99"`, []string{`"98"`, `"99"`, `"100"`}, []int{1, 2}, `"100"`},
		{"microseconds", `start: "2025-05-02"`, "", []string{`1746143999999999`, `1746144000000000`, `1746144000000001`}, []int{1, 2}, `1746144000000001`},
		{"nanoseconds from a bookmark", ``, `1746144000000000000`,
			[]string{`1746143999999999999`, `1746144000000000000`, `1746144000000000001`}, []int{1, 2}, `1746144000000000001`},
		{"nanoseconds from a bookmark in milliseconds", ``, `1746144000000`,
			[]string{`1746143999999999999`, `1746144000000000000`, `1746144000001000000`}, []int{0, 1, 2}, `1746144000001000000`},
		{"ids after a bookmark in milliseconds, which a version before this one wrote for them", ``, `1746144000000`,
			[]string{`123456789012345`, `123456789012346`}, []int{0, 1}, `1746144000000`},
		{"zone of records", `start: "2025-05-02T00:00:00Z", record_timezone: Europe/Berlin`, "",
			[]string{`"2025-05-02T01:59:59"`, `"2025-05-02T02:00:00"`}, []int{1}, `"2025-05-02T02:00:00"`},
		{"start in timezone", `start: "2025-05-02", timezone: Europe/Berlin`, "",
			[]string{`"2025-05-01T21:59:59Z"`, `"2025-05-01T22:00:00Z"`}, []int{1}, `"2025-05-01T22:00:00Z"`},
		{"an hour that clocks show twice", `start: "2024-10-27T00:50:00Z", record_timezone: Europe/Berlin`, "",
			[]string{`"2024-10-27T01:59:59"`, `"2024-10-27T02:10:00"`, `"2024-10-27T02:50:00"`}, []int{1, 2}, `"2024-10-27T02:50:00"`},
		{"dates of 8 digits in text", ``, `"20250502"`, []string{`"20250501"`, `"20250502"`, `"20250503"`}, []int{1, 2}, `"20250503"`},
		{"record_format", `start: "2025-05-02", record_format: "%d.%m.%Y"`, "",
			[]string{`"01.06.2024"`, `"01.05.2025"`, `"02.05.2025"`, `"11.05.2025"`}, []int{2, 3}, `"11.05.2025"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all [][]byte
			for i, v := range tt.values {
				all = append(all, record(i, v))
			}
			definition := strings.Replace(items(""), stampedSchema, "{type: object}", 1) +
				"    replication_key: updated_at\n    incremental: {client_filter: true, " + tt.keys + "}\n"
			s := setup{definition: definition, api: apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: all})}
			if tt.state != "" {
				s.state = stateOf(tt.state)
			}
			r := s.must(t)
			var want []string
			for _, i := range tt.kept {
				want = append(want, string(all[i]))
			}
			if got := r.records("items"); !slices.Equal(got, want) {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
			if got := r.mark(t, "items"); got != tt.mark {
				t.Errorf("got bookmark %s, want %s", got, tt.mark)
			}
			if got, want := r.account.Streams[0].Counts[report.TooOld], int64(len(all)-len(want)); got != want {
				t.Errorf("the account says %d older records, want %d", got, want)
			}
		})
	}
}

// TestAnswerBookmark goes on from what the last answer says.
func TestAnswerBookmark(t *testing.T) {
	for _, tt := range []struct {
		name, ref, header, body, mark, since string
	}{
		{"path", "meta.delta", "", `{"data":[{"id":1}],"meta":{"delta":"t+/=1"}}`, `"t+/=1"`, "t+/=1"},
		{"number", "meta.delta", "", `{"data":[],"meta":{"delta":9007199254740993}}`, `9007199254740993`, "9007199254740993"},
		{"header", "header:X-Delta", "abc", `{"data":[{"id":1}]}`, `"abc"`, "abc"},
		{"template", "'{{ response.meta.delta | upper }}'", "", `{"data":[{"id":1}],"meta":{"delta":"abc"}}`, `"ABC"`, "ABC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			definition := `streams:
  - name: items
    path: /items
    params: {since: "{{ window.start }}"}
    records: data
    replication_key: updated_at
    schema: {type: object}
    incremental: {bookmark: ` + tt.ref + `}
`
			api := apitest.New(apitest.From(1, apitest.Body(http.StatusOK, "application/json", tt.body)), apitest.From(1, apitest.Header("X-Delta", tt.header)))
			s := setup{definition: definition, api: api}
			r := s.must(t)
			if got := r.mark(t, "items"); got != tt.mark {
				t.Errorf("got bookmark %s, want %s", got, tt.mark)
			}
			s.state = r.state()
			s.must(t)
			if got, want := params(api, "since"), []string{"-", tt.since}; !slices.Equal(got, want) {
				t.Errorf("got since=%q, want %q", got, want)
			}
		})
	}
}

// TestAnswerBookmarkTwice: of two bookmarks none is kept.
func TestAnswerBookmarkTwice(t *testing.T) {
	definition := `streams:
  - {name: items, path: /items, records: data, replication_key: id, schema: {type: object}, incremental: {bookmark: meta.delta}}
`
	r := setup{definition: definition, api: answering(`{"data":[{"id":1}],"meta":{"delta":"a","delta":"b"}}`)}.run(t)
	checkFailure(t, r.err, "incremental.bookmark: the answer has the key \"delta\" twice, with different values: `\"a\"` and `\"b\"`")
	if got := r.mark(t, "items"); got != "null" {
		t.Errorf("got bookmark %s, want none", got)
	}
}

func TestAnswerBookmarkMissing(t *testing.T) {
	definition := strings.Replace(incremental("bookmark: meta.delta"), `, to: "{{ window.end }}"`, "", 1)
	r := setup{definition: definition, api: itemsAPI(3)}.run(t)
	checkFailure(t, r.err, "incremental.bookmark")
	if last := r.lines[len(r.lines)-1].Type; last != "STATE" {
		t.Errorf("the last line is %s", last)
	}
	if got := r.mark(t, "items"); got != "null" {
		t.Errorf("got bookmark %s, want none", got)
	}
}
