package tap_test

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
)

// sampled is a stream of items without a schema.
func sampled(pagination, more string) string {
	return `streams:
  - name: items
    path: /items
    records: data
    primary_key: [id]
    params: {limit: 10, from: "{{ window.start }}", to: "{{ window.end }}"}
    pagination: {` + pagination + `}
` + more
}

// aging is n items, a day apart, the last of them on the day before june. The
// first 25 have a field that the others lack, and so have the last 30.
func aging(n int) [][]byte {
	return rows(n, func(i int) string {
		extra := ""
		if i < 25 {
			extra += `,"first":true`
		}
		if i >= n-30 {
			extra += `,"late":1.5`
		}
		return fmt.Sprintf(`{"id":%d,"updated_at":"%s"%s}`, i+1, june.AddDate(0, 0, i-n).Format(time.RFC3339), extra)
	})
}

// TestDiscoverBothEnds infers from the first pages and from one page of the
// other end, where the definition tells how to ask for it. Four requests are
// the most.
func TestDiscoverBothEnds(t *testing.T) {
	const year = "    replication_key: updated_at\n    incremental: {start: \"2024-06-01\"}\n"
	filter := apitest.Filter{Field: "updated_at", From: "from", To: "to"}
	ascending, descending := aging(300), aging(300)
	slices.Reverse(descending)
	const cursor, page = "type: cursor, next: next_page, param: cursor", "type: page, param: page"
	for _, tt := range []struct {
		name       string
		definition string
		api        apitest.Collection
		requests   int
		last       string // parameters of the last request
		fields     string // of the schema, besides id and updated_at
	}{
		{"page, total", sampled(page+", total: meta.total", ""),
			apitest.Collection{Style: apitest.Page, Rows: ascending, Total: true}, 4, "page=30", "first late"},
		{"page, total_pages", sampled(page+", total_pages: meta.pages", ""),
			apitest.Collection{Style: apitest.Page, Rows: ascending, Total: true}, 4, "page=30", "first late"},
		{"page, total_pages of a header", sampled(page+`, total_pages: "header:X-Total-Pages"`, ""),
			apitest.Collection{Style: apitest.Page, Rows: ascending, Total: true, Form: apitest.Form{Bare: true}}, 4, "page=30", "first late"},
		{"page, total_pages of a template", sampled(page+`, total_pages: "{{ response.meta.total / 10 }}"`, ""),
			apitest.Collection{Style: apitest.Page, Rows: ascending, Total: true}, 4, "page=30", "first late"},
		{"page, no total", sampled(page, ""), apitest.Collection{Style: apitest.Page, Rows: ascending}, 3, "page=3", "first"},
		{"page, a last page that is not full", sampled(page+", total: meta.total", ""),
			apitest.Collection{Style: apitest.Page, Rows: aging(41), Total: true}, 4, "page=5", "first late"},
		{"page, read whole", sampled(page+", total: meta.total", ""),
			apitest.Collection{Style: apitest.Page, Rows: aging(30), Total: true}, 3, "page=3", "first late"},
		{"offset", sampled("type: offset, param: offset, total: meta.total", ""),
			apitest.Collection{Style: apitest.Offset, Rows: aging(295), Total: true}, 4, "offset=290", "first late"},
		{"offset, fewer than were asked for", sampled("type: offset, param: offset, total: meta.total", ""),
			apitest.Collection{Style: apitest.Offset, Rows: aging(295), Total: true, Max: 7}, 4, "offset=294", "first late"},
		{"cursor", sampled(cursor, ""), apitest.Collection{Style: apitest.Cursor, Rows: ascending}, 3, "", "first"},
		{"window, ascending", sampled(cursor, year),
			apitest.Collection{Style: apitest.Cursor, Rows: ascending, Filter: filter}, 4,
			"from=2025-05-02T12:00:00Z to=2025-06-01T12:00:00Z", "first late"},
		{"window, descending", sampled(cursor, strings.ReplaceAll(year, "2024-06-01", "2024-07-28")),
			apitest.Collection{Style: apitest.Cursor, Rows: descending, Filter: filter}, 4,
			"from=2024-07-28T00:00:00Z to=2024-08-27T20:24:00Z", "first late"},
		{"window of days", sampled(cursor, strings.ReplaceAll(year, "}", ", format: date, end_inclusive: true}")),
			apitest.Collection{Style: apitest.Cursor, Rows: ascending, Filter: filter}, 4,
			"from=2025-05-02 to=2025-05-31", "first late"},
		{"window that is short", sampled(cursor, strings.ReplaceAll(year, "2024-06-01", "2025-02-21")),
			apitest.Collection{Style: apitest.Cursor, Rows: aging(90), Filter: filter}, 4,
			"from=2025-05-22T10:48:00Z to=2025-06-01T12:00:00Z", "first late"},
		{"window without a start", sampled(cursor, strings.ReplaceAll(year, "{start: \"2024-06-01\"}", "{}")),
			apitest.Collection{Style: apitest.Cursor, Rows: ascending, Filter: filter}, 4,
			"from=2025-05-02T12:00:00Z to=2025-06-01T12:00:00Z", "first late"},
		{"window that no request sends", strings.Replace(sampled(cursor, year), `, from: "{{ window.start }}", to: "{{ window.end }}"`, "", 1),
			apitest.Collection{Style: apitest.Cursor, Rows: ascending}, 3, "", "first"},
		{"window whose end no request sends, descending", strings.Replace(sampled(cursor, year), `, to: "{{ window.end }}"`, "", 1),
			apitest.Collection{Style: apitest.Cursor, Rows: descending, Filter: filter}, 3, "", "late"},
		{"window of numbers", sampled(cursor, "    replication_key: id\n    incremental: {start: 1, format: integer}\n"),
			apitest.Collection{Style: apitest.Cursor, Rows: ascending}, 3, "", "first"},
		{"pages before windows", sampled(page+", total: meta.total", year),
			apitest.Collection{Style: apitest.Page, Rows: ascending, Filter: filter, Total: true}, 4,
			"from=2024-06-01T00:00:00Z page=30", "first late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				tt.api.Path = "/items"
				api := apitest.New().Add(tt.api)
				s := setup{definition: tt.definition, api: api}
				if tt.api.Form.Bare {
					s.definition = strings.Replace(s.definition, "    records: data\n", "", 1)
				}
				all, err := discover(t, s)
				if err != nil {
					t.Fatal(err)
				}
				if got := extraFields(t, all[0]); got != tt.fields {
					t.Errorf("got fields %q, want %q", got, tt.fields)
				}
				requests := api.Requests()
				if len(requests) != tt.requests {
					t.Errorf("got %d requests, want %d: %q", len(requests), tt.requests, params(api, "page"))
				}
				last := requests[len(requests)-1].URL.Query()
				for want := range strings.FieldsSeq(tt.last) {
					name, value, _ := strings.Cut(want, "=")
					if got := last.Get(name); got != value {
						t.Errorf("the last request had %s=%s, want %s", name, got, value)
					}
				}
			})
		})
	}
}

// extraFields are the names of a schema besides id and updated_at.
func extraFields(t *testing.T, d catalog.Described) string {
	t.Helper()
	var s struct{ Properties map[string]any }
	if err := json.Unmarshal(d.Schema, &s); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range s.Properties {
		if name != "id" && name != "updated_at" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestDiscoverOtherEndFails: an API that refuses the other end always will, and
// the first pages do; one that is down now would give another schema later.
func TestDiscoverOtherEndFails(t *testing.T) {
	definition := sampled("type: page, param: page, total: meta.total", "")
	rows := apitest.Collection{Path: "/items", Style: apitest.Page, Rows: aging(300), Total: true}
	var logged strings.Builder
	s := setup{definition: definition, api: apitest.New(apitest.From(4, apitest.Status(400))).Add(rows)}
	all, err := tap.Discover(t.Context(), s.options(t, io.Discard, &logged))
	if err != nil {
		t.Fatal(err)
	}
	if got := extraFields(t, all[0]); got != "first" {
		t.Errorf("got fields %q", got)
	}
	if !strings.Contains(logged.String(), "from the first pages alone") {
		t.Errorf("the log does not say so: %s", logged.String())
	}
	s.api = apitest.New(apitest.From(4, apitest.Status(503))).Add(rows)
	_, err = discover(t, s)
	checkFailure(t, err, "503")
}

// TestDiscoverWithState: where a sync would go on is not where a schema is
// inferred from.
func TestDiscoverWithState(t *testing.T) {
	api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Cursor, Rows: aging(10), Filter: apitest.Filter{Field: "updated_at", From: "from", To: "to"}})
	definition := sampled("type: cursor, next: next_page, param: cursor", "    replication_key: updated_at\n    incremental: {start: \"2024-06-01\"}\n")
	if _, err := discover(t, setup{definition: definition, api: api, state: stateOf(`"2025-05-30T00:00:00Z"`)}); err != nil {
		t.Fatal(err)
	}
	if got := params(api, "from")[0]; got != "2024-06-01T00:00:00Z" {
		t.Errorf("the first request had from=%s", got)
	}
}

// TestDiscoverIsStable: the same data gives the same schema, byte by byte,
// however the records of a page are ordered.
func TestDiscoverIsStable(t *testing.T) {
	mapped := rows(300, func(i int) string {
		return fmt.Sprintf(`{"id":%d,"by_day":{"2024-%02d-%02d":%d},"notes":{"n%d":{"text":"x","size":%d.5}},"tags":[]}`, i, i%12+1, i%28+1, i, i, i)
	})
	want := ""
	for seed := range uint64(4) {
		api := apitest.New(apitest.Seed(seed)).Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: mapped, Total: true, Quirks: apitest.Quirks{Shuffle: true}})
		all, err := discover(t, setup{definition: sampled("type: page, param: page, total: meta.total", ""), api: api})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(all[0].Schema); want == "" {
			want = got
		} else if got != want {
			t.Errorf("seed %d: got %s, want %s", seed, got, want)
		}
	}
	const schema = `{"type":"object","properties":{"by_day":{"type":["null","object"],"additionalProperties":{"type":["null","integer"]}},` +
		`"id":{"type":"integer"},"notes":{"type":["null","object"],"additionalProperties":{"type":["null","object"],` +
		`"properties":{"size":{"type":["null","number"]},"text":{"type":["null","string"]}}}},"tags":{"type":["null","array"],"items":{}}}}`
	if want != schema {
		t.Errorf("got  %s\nwant %s", want, schema)
	}
	// And a sync with the catalog made of it has it to the end.
	api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: mapped, Total: true})
	s := setup{definition: sampled("type: page, param: page, total: meta.total", ""), api: api, config: `{"run":{"flush":{"responses":0}}}`}
	all, err := discover(t, s)
	if err != nil {
		t.Fatal(err)
	}
	s.catalog = string(catalog.AppendSinger(nil, all))
	r := s.must(t)
	if got := r.types(); got != "SCHEMA RECORD*300 STATE" || string(r.lines[0].Schema) != schema {
		t.Errorf("the sync wrote %s, with schema %s", got, r.lines[0].Schema)
	}
}

// TestSyncInfersMaps: a sync without a schema knows a map by its first page,
// and at the latest after a hundred of its names.
func TestSyncInfersMaps(t *testing.T) {
	mapped := rows(600, func(i int) string { return fmt.Sprintf(`{"id":%d,"m":{"k%d":%d}}`, i, i, i) })
	for _, tt := range []struct {
		name    string
		limit   int
		schemas int
	}{
		{"large pages", 100, 1},
		{"small pages", 5, 1 + 96 + 1}, // 5 names of the first page, 95 one by one, the map
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: mapped})
			definition := strings.Replace(policed(""), "limit: 2", fmt.Sprintf("limit: %d", tt.limit), 1)
			r := setup{definition: definition, api: api}.must(t)
			schemas := r.schemas(t)
			if len(schemas) > tt.schemas {
				t.Errorf("got %d SCHEMA lines, want %d", len(schemas), tt.schemas)
			}
			const end = `"additionalProperties":{"type":["null","integer"]}}}`
			if got := schemas[len(schemas)-1]; !strings.HasSuffix(got, end) {
				t.Errorf("got %s, want …%s", got, end)
			}
			if got := r.records("items"); !slices.Equal(got, texts(mapped)) {
				t.Errorf("got %d records, want %d as they came", len(got), len(mapped))
			}
		})
	}
}
