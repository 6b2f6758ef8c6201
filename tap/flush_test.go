package tap_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

var june = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// sleepUntil lets the time of a bubble pass.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

// items is a stream over stamped records in pages of 2.
func items(more string) string {
	return `streams:
  - name: items
    path: /items
    params: {limit: 2}
    records: data
    primary_key: [id]
    schema: ` + stampedSchema + `
    pagination: {type: page, param: page}
` + more
}

// itemsAPI has n stamped records.
func itemsAPI(n int, options ...apitest.Option) *apitest.API {
	return apitest.New(options...).Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: stamped(n, june.AddDate(0, -1, 0))})
}

func TestFlushConditions(t *testing.T) {
	const off = `"responses": 0, "interval": 0, "bytes": 0`
	for _, tt := range []struct {
		name, run, want string
	}{
		{"after 3 responses", `{"flush": {"responses": 3, "interval": 0, "bytes": 0}}`,
			"SCHEMA RECORD*6 STATE RECORD*6 STATE RECORD STATE"},
		{"after each response", `{"flush": {"responses": 1, "interval": 0, "bytes": 0}}`,
			"SCHEMA RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD STATE*2"},
		{"after some bytes", `{"flush": {"responses": 0, "interval": 0, "bytes": 700}}`,
			"SCHEMA RECORD*4 STATE RECORD*6 STATE RECORD*3 STATE"},
		{"after any bytes", `{"flush": {"responses": 0, "interval": 0, "bytes": 1}}`,
			"SCHEMA RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD STATE*2"},
		{"never but at the end", `{"flush": {` + off + `}}`, "SCHEMA RECORD*13 STATE"},
		{"when memory is full", `{"memory": 1400, "flush": {` + off + `}}`,
			"SCHEMA RECORD*4 STATE RECORD*6 STATE RECORD*3 STATE"},
		{"by default", `{}`, "SCHEMA RECORD*13 STATE"},
		{"first condition met", `{"flush": {"responses": 2, "interval": 0, "bytes": 700}}`,
			"SCHEMA RECORD*4 STATE RECORD*4 STATE RECORD*4 STATE RECORD STATE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: items(""), config: `{"run": ` + tt.run + `}`, api: itemsAPI(13)}.must(t)
			if got := r.types(); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			checkCoverage(t, r, 2)
		})
	}
}

// checkCoverage checks that each STATE covers exactly the records before it,
// in whole responses of size records.
func checkCoverage(t *testing.T, r result, size int64) {
	t.Helper()
	records := int64(0)
	for i, l := range r.lines {
		switch l.Type {
		case "RECORD":
			records++
		case "STATE":
			b := bookmarkOf(t, string(l.Value), "items")
			if b.Resume == nil {
				if i != len(r.lines)-1 {
					t.Errorf("line %d says that the pass is over", i+1)
				}
				continue
			}
			var next struct{ Pages, Records int64 }
			if err := json.Unmarshal(b.Resume[0].Open[0].Next, &next); err != nil {
				t.Fatal(err)
			}
			if next.Records != records || (records%size != 0 && next.Pages*size < records) {
				t.Errorf("line %d: STATE covers %d records on %d pages, but %d were written", i+1, next.Records, next.Pages, records)
			}
		}
	}
}

func TestFlushInterval(t *testing.T) {
	for _, tt := range []struct {
		name, flush, want string
	}{
		// Responses come at 11, 22, 33 … seconds. The interval begins with the
		// first that waits.
		{"25s", `{"responses": 0, "interval": "25s", "bytes": 0}`, "SCHEMA RECORD*6 STATE RECORD*6 STATE RECORD STATE"},
		{"9s", `{"responses": 0, "interval": "9s", "bytes": 0}`,
			"SCHEMA RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD*2 STATE RECORD STATE*2"},
		{"seconds", `{"responses": 0, "interval": 45, "bytes": 0}`, "SCHEMA RECORD*10 STATE RECORD*3 STATE"},
		{"default is a minute", `{"responses": 0, "bytes": 0}`, "SCHEMA RECORD*12 STATE RECORD STATE"},
		{"off", `{"responses": 0, "interval": 0, "bytes": 0}`, "SCHEMA RECORD*13 STATE"},
		{"responses come first", `{"responses": 2, "interval": "25s", "bytes": 0}`,
			"SCHEMA RECORD*4 STATE RECORD*4 STATE RECORD*4 STATE RECORD STATE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				api := itemsAPI(13, apitest.From(1, apitest.Latency(11*time.Second)))
				r := setup{definition: items(""), config: `{"run": {"flush": ` + tt.flush + `}}`, api: api}.must(t)
				if got := r.types(); got != tt.want {
					t.Errorf("\ngot  %s\nwant %s", got, tt.want)
				}
				checkCoverage(t, r, 2)
				checkExtracted(t, r)
			})
		})
	}
}

// checkExtracted checks that records say when their response came, not when
// they were written.
func checkExtracted(t *testing.T, r result) {
	t.Helper()
	n := 0
	for _, l := range r.lines {
		if l.Type != "RECORD" {
			continue
		}
		page := n/2 + 1
		if want := june.Add(time.Duration(page) * 11 * time.Second).Format("2006-01-02T15:04:05.000000Z"); l.Extracted != want {
			t.Errorf("record %d: got time_extracted %s, want %s", n, l.Extracted, want)
		}
		n++
	}
}

// TestFlushManyStreams has streams side by side: a flush holds what came of
// all of them, and its STATE covers it.
func TestFlushManyStreams(t *testing.T) {
	definition := "defaults: {records: data, primary_key: [id], params: {limit: 2}, pagination: {type: page, param: page}, schema: " + stampedSchema + "}\nstreams:\n"
	api := apitest.New()
	for i := range 6 {
		definition += fmt.Sprintf("  - {name: s%d, path: /s%[1]d}\n", i)
		api.Add(apitest.Collection{Path: fmt.Sprintf("/s%d", i), Style: apitest.Page, Rows: stamped(5+i, june)})
	}
	r := setup{definition: definition, config: `{"run": {"flush": {"responses": 2}, "concurrency": 3}}`, api: api}.must(t)
	written := map[string]int64{}
	for i, l := range r.lines {
		switch l.Type {
		case "RECORD":
			written[l.Stream]++
		case "STATE":
			for stream, n := range written {
				b := bookmarkOf(t, string(l.Value), stream)
				if b.Resume == nil {
					continue
				}
				var next struct{ Records int64 }
				if err := json.Unmarshal(b.Resume[0].Open[0].Next, &next); err != nil {
					t.Fatal(err)
				}
				if next.Records != n {
					t.Errorf("line %d: STATE covers %d records of %s, but %d were written", i+1, next.Records, stream, n)
				}
			}
		}
	}
	for i := range 6 {
		name := fmt.Sprintf("s%d", i)
		if got, want := r.records(name), texts(stamped(5+i, june)); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
		if b := bookmarkOf(t, r.state(), name); b.Pass == nil || b.Resume != nil {
			t.Errorf("%s: the last state is %s", name, r.state())
		}
	}
}

// TestStateKeys checks that bookmarks have all their keys, null where there is
// nothing.
func TestStateKeys(t *testing.T) {
	r := setup{definition: items(""), config: `{"run": {"flush": {"responses": 3}}}`, api: itemsAPI(13)}.must(t)
	for _, l := range r.lines {
		if l.Type != "STATE" {
			continue
		}
		var document struct {
			Bookmarks map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(l.Value, &document); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"replication_key", "replication_key_value", "pass", "resume"} {
			if _, ok := document.Bookmarks["items"][key]; !ok {
				t.Errorf("%s: no %s", l.Value, key)
			}
		}
	}
	if b := bookmarkOf(t, r.state(), "items"); b.Pass == nil || b.Pass.ID == "" || b.Pass.AsOf.IsZero() {
		t.Errorf("the pass does not stay: %s", r.state())
	}
}
