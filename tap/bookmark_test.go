package tap_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
)

// checkUnusable runs with a state that cannot be used: exit 2.
func checkUnusable(t *testing.T, s setup, text, want string) {
	t.Helper()
	parsed, err := state.ParseSinger("state.json", []byte(text))
	if err == nil {
		var buffer strings.Builder
		o := s.options(t, &buffer, &strings.Builder{})
		o.State = parsed
		_, err = tap.Sync(t.Context(), o)
		var input *tap.InputError
		if !errors.As(err, &input) {
			t.Errorf("got error %v, want an input error", err)
		}
		if buffer.Len() > 0 {
			t.Errorf("it wrote %s", buffer.String())
		}
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q in it", err, want)
	}
}

// TestBookmarkSettles checks that the bookmark never passes what is settled.
func TestBookmarkSettles(t *testing.T) {
	late := func(before time.Duration) string { return `"` + june.Add(-before).Format(time.RFC3339) + `"` }
	date := func(at time.Time) apitest.Fault {
		return apitest.Header("Date", at.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	for _, tt := range []struct {
		name, keys string
		values     []string
		state      string
		fault      apitest.Fault
		want       string
	}{
		{"settled", ``, []string{late(time.Hour), late(11 * time.Minute)}, "", date(june), late(11 * time.Minute)},
		{"not settled", ``, []string{late(time.Hour), late(9 * time.Minute)}, "", date(june), late(10 * time.Minute)},
		{"settle of the definition", `settle: 2h`, []string{late(3 * time.Hour), late(time.Minute)}, "", date(june), late(2 * time.Hour)},
		{"settle 0", `settle: 0s`, []string{late(time.Hour), late(0)}, "", date(june), late(0)},
		{"record of the future", ``, []string{late(-48 * time.Hour)}, "", date(june), "null"},
		{"one of the year 2206", ``, []string{late(time.Hour), `"2206-01-01T00:00:00Z"`, late(2 * time.Hour)}, "", date(june), late(time.Hour)},
		{"one of the year 2206 at first", ``, []string{`"2206-01-01"`, late(time.Hour)}, "", date(june), late(time.Hour)},
		{"one of the year 2206, sorted", `sorted: true`, []string{late(2 * time.Hour), `"2206-01-01T00:00:00Z"`, late(time.Hour)}, "", date(june), late(time.Hour)},
		{"one of the year 2206 and a bookmark", ``, []string{`"2206-01-01T00:00:00Z"`}, late(24 * time.Hour), date(june), late(24 * time.Hour)},
		{"a little ahead", ``, []string{late(-23 * time.Hour)}, "", date(june), late(10 * time.Minute)},
		{"an id that is no time", ``, []string{"7500000000", "1748770000"}, "", date(june), "1748770000"},
		{"API clock behind", ``, []string{late(0)}, "", date(june.Add(-time.Hour)), late(70 * time.Minute)},
		{"API clock ahead", ``, []string{late(0)}, "", date(june.Add(time.Hour)), late(10 * time.Minute)},
		{"no API clock", ``, []string{late(0)}, "", apitest.Header("Date", ""), late(10 * time.Minute)},
		{"end of the window", `end: "2025-05-20"`, []string{late(0)}, "", date(june), `"2025-05-20T00:00:00Z"`},
		{"start is not settled", `start: "2025-06-01T11:55:00Z"`, []string{late(time.Minute)}, "", date(june), "null"},
		{"API clock of 1970", `start: "2025-01-01"`, []string{late(time.Hour)}, "", date(time.Unix(0, 0).UTC()), "null"},
		{"never back: records", ``, []string{late(48 * time.Hour)}, late(24 * time.Hour), date(june), late(24 * time.Hour)},
		{"never back: settle", ``, []string{late(time.Minute)}, late(5 * time.Minute), date(june), late(5 * time.Minute)},
		{"no records", ``, nil, late(24 * time.Hour), date(june), late(24 * time.Hour)},
		{"only null", ``, []string{"null"}, late(24 * time.Hour), date(june), late(24 * time.Hour)},
		{"null among others", ``, []string{"null", late(time.Hour), "null"}, "", date(june), late(time.Hour)},
		{"seconds", ``, []string{"1748779140", "1748779199"}, "", date(june), "1748778600"},
		{"milliseconds", ``, []string{"1748779140000"}, "", date(june), "1748778600000"},
		{"microseconds", ``, []string{"1748779140000000"}, "", date(june), "1748778600000000"},
		{"microseconds, settled", ``, []string{"1748770000000001", "1748770000000002"}, "", date(june), "1748770000000002"},
		{"nanoseconds", ``, []string{"1748779140000000000"}, "", date(june), "1748778600000000000"},
		{"nanoseconds in text", ``, []string{`"1748779140000000000"`, `"1748700000000000000"`}, "", date(june), `"1748778600000000000"`},
		{"digits in text", ``, []string{`"1748770001"`, `"1748770000"`}, "", date(june), `"1748770001"`},
		{"microseconds after a bookmark that was written in milliseconds", ``, []string{"1748770000000002"}, "1748769000000", date(june), "1748770000000002"},
		{"microseconds before a bookmark that was written in milliseconds", ``, []string{"1748768000000002"}, "1748769000000", date(june), "1748769000000"},
		{"fractions", ``, []string{`"2025-06-01T11:59:00.123456Z"`}, "", date(june), `"2025-06-01T11:50:00.000000Z"`},
		{"zone of records", `timezone: Europe/Berlin`, []string{`"2025-06-01 13:45:00"`}, "", date(june), `"2025-06-01 13:45:00"`},
		{"zone of records, not settled", `record_timezone: Europe/Berlin`, []string{`"2025-06-01 13:55:00"`}, "", date(june), `"2025-06-01 13:50:00"`},
		{"zone of records, in their format", `record_timezone: Europe/Berlin, record_format: "%d.%m.%Y %H:%M"`, []string{`"01.06.2025 13:55"`}, "", date(june), `"01.06.2025 13:50"`},
		{"zone of records, not that of requests", `timezone: Europe/Berlin, record_timezone: UTC`, []string{`"2025-06-01 11:55:00"`}, "", date(june), `"2025-06-01 11:50:00"`},
		{"dates", ``, []string{`"2025-06-01"`}, "", date(june), `"2025-06-01"`},
		{"dates of 8 digits", `settle: 2d`, []string{`20250601`}, "", date(june), `20250530`},
		{"offsets are no text", ``, []string{`"2025-05-01T01:00:00+02:00"`, `"2025-04-30T23:30:00Z"`}, "", date(june), `"2025-04-30T23:30:00Z"`},
		{"record_format", `record_format: "%d.%m.%Y"`, []string{`"30.04.2025"`, `"02.05.2025"`}, "", date(june), `"02.05.2025"`},
		{"record_format, not settled", `record_format: "%d.%m.%Y", settle: 2d`, []string{`"01.06.2025"`}, "", date(june), `"30.05.2025"`},
		{"integer in text", `format: integer`, []string{`"100"`, `"99"`}, "", date(june), `"100"`},
		{"integer in text, after a number", `format: integer`, []string{`"100"`, `"99"`}, "98", date(june), `"100"`},
		{"integer", `format: integer`, []string{"9007199254740993", "9007199254740992"}, "", date(june), "9007199254740993"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				s := setup{definition: bookmarked(tt.keys), api: valuesAPI(tt.values, apitest.From(1, tt.fault))}
				if tt.state != "" {
					s.state = stateOf(tt.state)
				}
				if got := s.must(t).mark(t, "items"); got != tt.want {
					t.Errorf("got bookmark %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// bookmarked is an incremental stream whose records may have any values.
func bookmarked(keys string) string {
	definition := strings.Replace(incremental(keys), stampedSchema, "{type: object}", 1)
	if strings.Contains(keys, "integer") {
		definition = strings.Replace(definition, `, to: "{{ window.end }}"`, "", 1)
	}
	return definition
}

// valuesAPI has a record for each value of updated_at, and does not filter.
func valuesAPI(values []string, options ...apitest.Option) *apitest.API {
	all := rows(len(values), func(i int) string { return fmt.Sprintf(`{"id":%d,"updated_at":%s}`, i, values[i]) })
	return apitest.New(options...).Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: all})
}

// TestBookmarkKinds checks that a bookmark goes on moving, of whatever kind it
// and the records are.
func TestBookmarkKinds(t *testing.T) {
	for _, tt := range []struct {
		name, state   string
		first, second []string // values at noon, and an hour later
		want          string
	}{
		{"seconds", "", []string{"1748779199"}, []string{"1748780000"}, "1748780000"},
		{"fractions of seconds", "", []string{"1748779199.5"}, []string{"1748780000.25"}, "1748780000.25"},
		{"text after a bookmark in numbers", "1748000000", []string{`"2025-05-25T00:00:00Z"`}, []string{`"2025-05-26T00:00:00Z"`}, `"2025-05-26T00:00:00Z"`},
		{"numbers after a bookmark in text", `"2025-05-23T00:00:00Z"`, []string{"1748100000"}, []string{"1748200000"}, "1748200000"},
		{"times after a date", `"2025-05-23"`, []string{`"2025-05-25T00:00:00Z"`}, []string{`"2025-05-25T01:00:00Z"`}, `"2025-05-25T01:00:00Z"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				s := setup{definition: bookmarked(""), api: valuesAPI(tt.first)}
				if tt.state != "" {
					s.state = stateOf(tt.state)
				}
				s.state = s.must(t).state()
				time.Sleep(time.Hour)
				s.api = valuesAPI(tt.second)
				if got := s.must(t).mark(t, "items"); got != tt.want {
					t.Errorf("got bookmark %s, want %s; the first run left %s", got, tt.want, s.state)
				}
			})
		})
	}
}

// TestBookmarkMixed checks that values without a common order are an error,
// never compared as text.
func TestBookmarkMixed(t *testing.T) {
	r := setup{definition: bookmarked(""), api: valuesAPI([]string{`"2025-05-01T00:00:00Z"`, `"2025-05-02T00:00:00Z"`, `17`})}.run(t)
	checkFailure(t, r.err, "no common order")
	if got, want := r.types(), "SCHEMA RECORD*2 STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(r.err.Error(), "record id=2") {
		t.Errorf("the error does not name the record: %v", r.err)
	}
}

// TestBookmarkSorted looks at the bookmark after every flush.
func TestBookmarkSorted(t *testing.T) {
	day := func(n int) string { return fmt.Sprintf(`"2025-05-%02dT00:00:00Z"`, n) }
	for _, tt := range []struct {
		name, keys string
		days       []int
		want       []string // bookmarks of all flushes
		warned     bool
	}{
		{"not sorted", ``, []int{1, 2, 3, 4, 5}, []string{"null", "null", "null", day(5)}, false},
		{"sorted", `sorted: true`, []int{1, 2, 3, 4, 5}, []string{day(2), day(4), day(5), day(5)}, false},
		{"equal values", `sorted: true`, []int{1, 1, 1, 1}, []string{day(1), day(1), day(1)}, false},
		{"descends between pages", `sorted: true`, []int{1, 5, 3, 4, 6, 7}, []string{day(5), day(5), day(5), day(7)}, true},
		{"descends in a page", `sorted: true`, []int{1, 2, 6, 4, 7, 8}, []string{day(2), day(2), day(2), day(8)}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var values []string
			for _, d := range tt.days {
				values = append(values, day(d))
			}
			api := valuesAPI(values)
			r := setup{definition: bookmarked(tt.keys), config: `{"run": {"flush": {"responses": 1}}}`, api: api}.must(t)
			var got []string
			for i, l := range r.lines {
				if l.Type == "STATE" {
					got = append(got, result{lines: r.lines[:i+1]}.mark(t, "items"))
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got bookmarks %s, want %s", got, tt.want)
			}
			if warned := strings.Contains(r.log, "level=WARN"); warned != tt.warned {
				t.Errorf("got a warning: %t, want %t; the log:\n%s", warned, tt.warned, r.log)
			}
		})
	}
}

// TestBookmarkFrozen checks that a bookmark which a descending value has
// frozen stays so when the pass is cut and resumed.
func TestBookmarkFrozen(t *testing.T) {
	values := []string{`"2025-05-01T00:00:00Z"`, `"2025-05-05T00:00:00Z"`, `"2025-05-03T00:00:00Z"`, `"2025-05-04T00:00:00Z"`,
		`"2025-05-06T00:00:00Z"`, `"2025-05-07T00:00:00Z"`, `"2025-05-08T00:00:00Z"`}
	s := setup{definition: bookmarked("sorted: true"), config: `{"run": {"max_requests": 2, "flush": {"responses": 1}}}`, api: valuesAPI(values)}
	s.state = s.must(t).state()
	s.config = `{"run": {"max_requests": 1, "flush": {"responses": 1}}}`
	if got, want := s.must(t).mark(t, "items"), values[1]; got != want {
		t.Errorf("got bookmark %s, want %s: the descent is forgotten", got, want)
	}
}

// TestAsOfStays checks that a pass which goes on asks for the same window, and
// that `now` is its as_of.
func TestAsOfStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		definition := strings.Replace(incremental(`start: "2025-01-01", lookback: 1d`), "limit: 2,", `limit: 2, now: "{{ now }}",`, 1)
		api := itemsAPI(9)
		s := setup{definition: definition, state: stateOf(`"2025-05-01T00:00:00Z"`), config: `{"run": {"max_requests": 2}}`, api: api}
		s.state = s.must(t).state()
		first := bookmarkOf(t, s.state, "items")
		time.Sleep(time.Hour)
		// A lookback that was changed meanwhile is for the next pass.
		s.definition = strings.Replace(definition, "lookback: 1d", "lookback: 5d", 1)
		s.config = ""
		r := s.must(t)
		for _, name := range []string{"from", "to", "now"} {
			if got := slices.Compact(params(api, name)); len(got) != 1 {
				t.Errorf("got %s=%q, want one", name, got)
			}
		}
		last := bookmarkOf(t, r.state(), "items")
		if *first.Pass != *last.Pass || !first.Pass.AsOf.Equal(june) {
			t.Errorf("got pass %v, then %v, want one as of %v", first.Pass, last.Pass, june)
		}
		s.state = r.state()
		if next := bookmarkOf(t, s.must(t).state(), "items").Pass; next.ID == last.Pass.ID || next.AsOf.Equal(last.Pass.AsOf) {
			t.Errorf("the next pass is the same: %v", next)
		}
	})
}

// TestSettleOnResume checks that a resumed pass settles by the clock that the
// API had at its first answer.
func TestSettleOnResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		behind := june.Add(-2 * time.Hour)
		values := slices.Repeat([]string{`"` + june.Format(time.RFC3339) + `"`}, 5)
		api := valuesAPI(values, apitest.On(1, apitest.Header("Date", behind.Format("Mon, 02 Jan 2006 15:04:05 GMT"))))
		s := setup{definition: bookmarked(""), config: `{"run": {"max_requests": 2}}`, api: api}
		s.state = s.must(t).state()
		time.Sleep(24 * time.Hour)
		s.config = ""
		if got, want := s.must(t).mark(t, "items"), `"2025-06-01T09:50:00Z"`; got != want {
			t.Errorf("got bookmark %s, want %s", got, want)
		}
	})
}

// cutState is the state of a walk that was cut after 2 pages, its bookmark in
// May.
func cutState(t *testing.T, definition string) string {
	t.Helper()
	s := setup{definition: definition, state: stateOf(`"2025-05-01T00:00:00Z"`), config: `{"run": {"max_requests": 2}}`, api: itemsAPI(9)}
	return s.must(t).state()
}

// TestShapeChanges checks that open walks start over where the requests are
// others now.
func TestShapeChanges(t *testing.T) {
	definition := incremental(`start: "2025-01-01"`)
	s := setup{definition: strings.Replace(definition, "limit: 2", "limit: 3", 1), state: cutState(t, definition)}
	api := itemsAPI(9)
	s.api = api
	r := s.must(t)
	if got := len(r.records("items")); got != 9 {
		t.Errorf("got %d records, want 9: the walk starts over", got)
	}
	if got := params(api, "page")[0]; got != "1" {
		t.Errorf("the walk goes on at page %s", got)
	}
	if got, want := params(api, "from")[0], "2025-05-01T00:00:00Z"; got != want {
		t.Errorf("got from=%s, want %s: the bookmark stays", got, want)
	}
	if !strings.Contains(r.log, "level=WARN") || !strings.Contains(r.log, "stream=items") {
		t.Errorf("no warning names the stream:\n%s", r.log)
	}
}

// TestReplicationKeyChanges checks that a bookmark of another key is not used.
func TestReplicationKeyChanges(t *testing.T) {
	api := itemsAPI(3)
	state := strings.Replace(stateOf(`"2025-05-20T00:00:00Z"`), `"updated_at"`, `"created_at"`, 1)
	r := setup{definition: incremental(`start: "2025-01-01"`), state: state, api: api}.must(t)
	if got, want := params(api, "from")[0], "2025-01-01T00:00:00Z"; got != want {
		t.Errorf("got from=%s, want %s", got, want)
	}
	if !strings.Contains(r.log, "level=WARN") {
		t.Errorf("no warning:\n%s", r.log)
	}
	if b := bookmarkOf(t, r.state(), "items"); b.Key != "updated_at" || string(b.Value) != `"2025-05-01T14:00:00Z"` {
		t.Errorf("got bookmark %s %s", b.Key, b.Value)
	}
}

// TestDroppedPartition checks a state whose open walk is of another window.
func TestDroppedPartition(t *testing.T) {
	definition := incremental(`start: "2025-01-01"`)
	text := cutState(t, definition)
	partition := bookmarkOf(t, text, "items").Resume[0].Open[0].Partition
	api := itemsAPI(9)
	r := setup{definition: definition, state: strings.Replace(text, partition, strings.Repeat("0", 32), 1), api: api}.must(t)
	if got := len(r.records("items")); got != 9 {
		t.Errorf("got %d records, want 9", got)
	}
	if !strings.Contains(r.log, "level=WARN") {
		t.Errorf("no warning:\n%s", r.log)
	}
}

// TestOtherStates reads states that other taps and orchestrators wrote.
func TestOtherStates(t *testing.T) {
	const may = `"2025-05-01T00:00:00Z"`
	const from = "2025-05-01T00:00:00Z"
	const start = "2025-01-01T00:00:00Z"
	sdk := func(more string) string {
		return `{"bookmarks":{"items":{"replication_key":"updated_at",` + more + `}}}`
	}
	for _, tt := range []struct{ name, state, want string }{
		{"empty object", `{}`, start},
		{"no bookmark", `{"bookmarks":{}}`, start},
		{"null bookmark", `{"bookmarks":{"items":null}}`, start},
		{"empty bookmark", `{"bookmarks":{"items":{}}}`, start},
		{"SDK", sdk(`"replication_key_value":` + may + `,"replication_key_signpost":"2025-05-09T00:00:00Z","starting_replication_value":"2025-04-01T00:00:00Z"`), from},
		{"SDK, unfinished", sdk(`"replication_key_value":` + may + `,"progress_markers":{"Note":"…","replication_key":"updated_at","replication_key_value":"2025-05-20T00:00:00Z"}`), from},
		{"SDK, never finished", `{"bookmarks":{"items":{"progress_markers":{"replication_key":"updated_at","replication_key_value":"2025-05-20T00:00:00Z"}}}}`, start},
		{"SDK, partitions", sdk(`"partitions":[{"context":{"a":1},"replication_key":"updated_at","replication_key_value":"2025-05-03T00:00:00Z"},` +
			`{"context":{"a":2},"replication_key":"updated_at","replication_key_value":"2025-05-01T02:00:00+02:00"},{"context":{"a":3},"replication_key_value":"2025-05-02T00:00:00Z"}]`), from},
		{"SDK, a partition never finished", sdk(`"partitions":[{"context":{"a":1},"replication_key_value":"2025-05-03T00:00:00Z"},{"context":{"a":2}}]`), start},
		{"singer_state", `{"singer_state":` + stateOf(may) + `}`, from},
		{"old taps", `{"bookmarks":{"items":{"updated_at":` + may + `}}}`, from},
		{"keys as null", sdk(`"replication_key_value":null,"pass":null,"resume":null`), start},
		{"white space", "\n {\n\t\"bookmarks\" : { \"items\" : {\"replication_key\":\"updated_at\", \"replication_key_value\" : " + may + " } } }\n", from},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, r := asked(t, june, setup{definition: incremental(`start: "2025-01-01"`), state: tt.state})
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got, _, _ := strings.Cut(got, " "); got != tt.want {
				t.Errorf("got from=%s, want %s", got, tt.want)
			}
		})
	}
}

// TestUnusableStates checks that a state is never taken for none.
func TestUnusableStates(t *testing.T) {
	s := setup{definition: incremental(""), api: itemsAPI(3)}
	good := cutState(t, s.definition)
	for _, tt := range []struct{ name, state, want string }{
		{"empty", "", "the file is empty"},
		{"torn", good[:len(good)/2], "not JSON"},
		{"array", "[]", "expected an object"},
		{"bookmarks is a list", `{"bookmarks":[]}`, "bookmarks: expected an object"},
		{"bookmark is text", `{"bookmarks":{"items":"x"}}`, "bookmarks.items"},
		{"newer version", strings.Replace(good, `"version":1`, `"version":2`, 1), "version 2"},
		{"two resumes", strings.Replace(good, `"resume":[`, `"resume":[null,`, 1), "resume"},
		{"position of another shape", strings.Replace(good, `"pages":2`, `"pages":"2"`, 1), "open[0].next"},
		{"as_of of the future", strings.ReplaceAll(good, bookmarkOf(t, good, "items").Resume[0].AsOf.Format("2006-01-02"), "2999-01-01"), "ahead of our clock"},
		{"no position", strings.Replace(good, `"next":{`, `"next":null,"was":{`, 1), "next is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) { checkUnusable(t, s, tt.state, tt.want) })
	}
}

// TestOthersPassThrough checks that what is not read stays in the state, byte
// for byte.
func TestOthersPassThrough(t *testing.T) {
	const other = `"other":{"z":1.50,"a":[1,{"b":"\u00e9<>&"}],"id":12345678901234567890.10}`
	const rest = `"currently_syncing":null,"odd":1e5,`
	definition := incremental("") + "  - name: more\n    path: /more\n"
	selected := `{"streams":[{"tap_stream_id":"items","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]},` +
		`{"tap_stream_id":"more","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]}]}`
	const more = `"more":{"replication_key":"x","replication_key_value":"2099-01-01","pass":null,"resume":null}`
	r := setup{
		definition: definition, catalog: selected, state: `{` + rest + `"bookmarks":{` + other + `,` + more + `}}`, api: itemsAPI(3),
		config: `{"run":{"flush":{"responses":1}}}`,
	}.must(t)
	for _, l := range r.lines {
		if l.Type == "STATE" && !strings.HasPrefix(string(l.Value), `{`+rest+`"bookmarks":{`+other+`,`+more+`,"items":{`) {
			t.Errorf("got %s", l.Value)
		}
	}
}

// TestOwnBookmark: what a run writes as a bookmark, its next run goes on from;
// what it could not go on from fails the stream that has it, before a STATE
// carries it.
func TestOwnBookmark(t *testing.T) {
	for _, tt := range []struct{ value, asks, failure string }{
		{"9223372036854775808", "9223372036854775808", ""},
		{"1" + strings.Repeat("0", 300), "1" + strings.Repeat("0", 300), ""},
		{`"18446744073709551615"`, "18446744073709551615", ""},
		{"-5", "-5", ""},
		{"7.0", "7", ""},
		{"9.5", "", "is 9.5, which is no whole number"},
		{`"9.5"`, "", "which is no whole number"},
		{`"0x10"`, "", "which is no whole number"},
		{`"1_000"`, "", "which is no whole number"},
		{`"１２"`, "", "which is no whole number"},
	} {
		definition := onePage("params: {since: \"{{ window.start }}\"}\n    replication_key: u\n    incremental: {format: integer, start: \"-9\"}")
		api := transport(func(r *http.Request) (*http.Response, error) {
			return answering(`{"data":[{"id":1,"u":` + tt.value + `}]}`)(r)
		})
		s := setup{definition: definition, api: api}
		r := s.run(t)
		checkFailure(t, r.err, tt.failure)
		if tt.failure != "" {
			if got := string(bookmarkOf(t, r.state(), "items").Value); got != "null" && got != "" {
				t.Errorf("%s: the state carries %s", tt.value, got)
			}
			continue
		}
		asked := ""
		s.state = r.state()
		s.api = transport(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Query().Get("since")
			return answering(`{"data":[]}`)(r)
		})
		s.must(t)
		if asked != tt.asks {
			t.Errorf("%s: the next run asks from %s, want %s", tt.value, asked, tt.asks)
		}
	}
}

// TestMarkThatIsNone: a bookmark that an answer gives is text or a number.
func TestMarkThatIsNone(t *testing.T) {
	for _, token := range []string{"{}", "[]", "true", "null", `""`} {
		definition := onePage("params: {since: \"{{ window.start }}\"}\n    replication_key: u\n    incremental: {format: integer, bookmark: token}")
		r := setup{definition: definition, api: answering(`{"data":[{"id":1,"u":1}],"token":` + token + `}`)}.run(t)
		checkFailure(t, r.err, "the last answer has no incremental.bookmark")
	}
}
