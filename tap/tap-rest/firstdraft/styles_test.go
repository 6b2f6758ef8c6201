package firstdraft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
)

// told is what is to come out of a source: a definition, and what was said.
type told struct {
	draft *draft.Definition
	yaml  []byte
	said  string
	in    *survey
}

// drafted runs a reader without a terminal.
func drafted(t *testing.T, r func(text []byte, in *survey) (*draft.Definition, error), text string, api http.RoundTripper) told {
	t.Helper()
	var said strings.Builder
	in := &survey{stop: t.Context(), calls: 8, ask: &asker{}, api: api, say: func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }}
	d, err := r([]byte(text), in)
	if err != nil {
		t.Fatal(err)
	}
	return told{d, d.AppendYAML(nil), said.String(), in}
}

// runOf reads a definition out, and returns the records as they left.
func runOf(t *testing.T, yaml []byte, in *survey, api http.RoundTripper) (records []string, log string, err error) {
	t.Helper()
	definition, err := config.Parse("init.yaml", yaml)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, yaml)
	}
	values := map[string]string{}
	for _, s := range in.settings {
		values[s.Name] = s.Value
	}
	given, _ := json.Marshal(values)
	input, err := config.Read([]config.File{{Name: "config.json", Data: given}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out, logged bytes.Buffer
	o := tap.Options{
		State: &state.State{}, WorkDir: t.TempDir(), Out: &out, Log: slog.New(slog.NewTextHandler(io.Writer(&logged), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Definition: definition, Transport: api,
	}
	if o.Config, err = input.Configure(definition); err != nil {
		t.Fatal(err)
	}
	if warnings := append(definition.Warnings, definition.SchemaWarnings()...); len(warnings) > 0 {
		t.Errorf("lint warns: %v in:\n%s", warnings, yaml)
	}
	o.Config.Run.Journal.Off = true
	_, err = tap.Sync(t.Context(), o)
	for line := range strings.Lines(out.String()) {
		if gjson.Get(line, "type").Str == "RECORD" {
			records = append(records, gjson.Get(line, "record").Raw)
		}
	}
	return records, logged.String(), err
}

// streamOf is what a stream of a draft says, what is open with "?" before it.
func streamOf(d *draft.Definition, name string) map[string]string {
	all := map[string]string{}
	var entries []draft.Entry
	for _, stream := range d.Root.Get("streams").([]any) {
		if stream.(*draft.Map).Get("name") == name {
			entries = stream.(*draft.Map).Entries
		}
	}
	for _, e := range entries {
		one := draft.Definition{}
		one.Root.Set("x", e.Value, "")
		text := strings.TrimSpace(strings.TrimPrefix(string(one.AppendYAML(nil)), draft.Modeline+"\nx:"))
		if e.Open {
			text = "? " + text
		}
		all[e.Key] = text
	}
	return all
}

// TestInitStyles draws up a definition for each way in which APIs page, and reads the API
// out by it, to the last record.
func TestInitStyles(t *testing.T) {
	const rows = 230
	orders := func(change func(c *apitest.Collection)) apitest.Collection {
		c := apitest.Orders(rows)
		c.Style, c.Size, c.Max, c.Total, c.Form = apitest.Page, 50, 100, false, apitest.Form{}
		change(&c)
		return c
	}
	const graphql = `curl http://api.test/graphql --json '{"query":"query($first: Int, $after: String) {orders(first: $first, after: $after) {nodes {id updated_at} pageInfo {hasNextPage endCursor}}}","variables":{"first":50}}'`
	tests := []struct {
		name       string
		collection apitest.Collection
		line       string
		records    string
		paging     string
		params     string
		guessed    bool // how it pages is said to be a guess
		part       bool // a run reads one page alone, and init said so
		noFilter   bool
	}{
		{name: "none, the list bare", collection: orders(func(c *apitest.Collection) { c.Style, c.Form.Bare = apitest.None, true }),
			line: "http://api.test/orders", records: `"@this"`, guessed: true},
		{name: "page", collection: orders(func(*apitest.Collection) {}),
			line: "http://api.test/orders?page=1", records: "data", paging: "{type: page, param: page, size_param: limit, size: 100}"},
		{name: "page, nothing of it in the request", collection: orders(func(*apitest.Collection) {}),
			line: "http://api.test/orders", records: "data", paging: "{type: page, param: page, size_param: limit, size: 100}"},
		{name: "page with totals, from the middle", collection: orders(func(c *apitest.Collection) { c.Total = true }),
			line: "http://api.test/orders?page=3&per_page=20", records: "data", paging: "{type: page, param: page, total: meta.total, size_param: per_page, size: 100}"},
		{name: "page, the last one again past the end", collection: orders(func(c *apitest.Collection) { c.Quirks.Clamp = true }),
			line: "http://api.test/orders?page=1&limit=20", records: "data", paging: "{type: page, param: page, size_param: limit, size: 100, at_end: repeat}"},
		{name: "page, the list bare, totals in headers", collection: orders(func(c *apitest.Collection) { c.Form.Bare, c.Total = true, true }),
			line: "http://api.test/orders", records: `"@this"`, paging: `{type: page, param: page, total: "header:X-Total-Count", size_param: limit, size: 100}`},
		{name: "offset", collection: orders(func(c *apitest.Collection) { c.Style = apitest.Offset }),
			line: "http://api.test/orders?limit=20&offset=40", records: "data", paging: "{type: offset, param: offset, size_param: limit, size: 100, overlap: 1}"},
		{name: "offset with a total, nothing of it in the request", collection: orders(func(c *apitest.Collection) { c.Style, c.Total = apitest.Offset, true }),
			line: "http://api.test/orders", records: "data", paging: "{type: offset, param: offset, total: meta.total, size_param: limit, size: 100}"},
		{name: "link", collection: orders(func(c *apitest.Collection) { c.Style, c.Form.Bare = apitest.Link, true }),
			line: "http://api.test/orders?per_page=20", records: `"@this"`, paging: "{type: link_header}", params: "per_page: 100"},
		{name: "cursor", collection: orders(func(c *apitest.Collection) { c.Style = apitest.Cursor }),
			line: "http://api.test/orders?limit=20", records: "data", paging: "{type: cursor, next: next_page, param: cursor, size_param: limit, size: 100}"},
		{name: "cursor with more and a total", collection: orders(func(c *apitest.Collection) { c.Style, c.Total, c.Form.HasMore = apitest.Cursor, true, true }),
			line: "http://api.test/orders", records: "data", paging: "{type: cursor, next: next_page, param: cursor, total: meta.total, more: has_more, size_param: limit, size: 100}"},
		{name: "cursor in headers", collection: orders(func(c *apitest.Collection) { c.Style, c.Form.Bare = apitest.Cursor, true }),
			line: "http://api.test/orders", records: `"@this"`, paging: `{type: cursor, next: "header:X-Next-Page", param: cursor, size_param: limit, size: 100}`},
		{name: "cursor in a body", collection: orders(func(c *apitest.Collection) { c.Style, c.Method = apitest.Cursor, "POST" }),
			line: `curl http://api.test/orders --json '{"limit": 20, "status": ["paid"]}'`, records: "data", paging: "{type: cursor, next: next_page, body: cursor}", noFilter: true},
		{name: "page in a body", collection: orders(func(c *apitest.Collection) { c.Method, c.Total = "POST", true }),
			line: `curl http://api.test/orders --json '{"page": 2, "limit": 20}'`, records: "data", paging: "{type: page, body: page, total: meta.total}", noFilter: true},
		{name: "offset in a form", collection: orders(func(c *apitest.Collection) { c.Style, c.Method = apitest.Offset, "POST" }),
			line: `curl http://api.test/orders -d 'limit=20&offset=0'`, records: "data", guessed: true, part: true},
		{name: "page, a time in the request", collection: orders(func(c *apitest.Collection) { c.Total = true }),
			line: "http://api.test/orders?from=2024-02-01T00:00:00Z&page=1&limit=20", records: "data", paging: "{type: page, param: page, total: meta.total, size_param: limit, size: 100}", params: `from: "{{ window.start }}"`},
		{name: "next URL", collection: orders(func(c *apitest.Collection) { c.Style = apitest.NextURL }),
			line: "http://api.test/orders?limit=20", records: "data", paging: "{type: next_url, next: next}", params: "limit: 100"},
		{name: "next URL, relative", collection: orders(func(c *apitest.Collection) { c.Style, c.Form.Relative = apitest.NextURL, true }),
			line: "http://api.test/orders", records: "data", paging: "{type: next_url, next: next}", params: "limit: 100"},
		{name: "GraphQL", collection: orders(func(c *apitest.Collection) {
			c.Style, c.Path, c.Name, c.Method = apitest.GraphQL, "/graphql", "orders", "POST"
		}),
			line: graphql, records: "data.orders.nodes", paging: "{type: relay, connection: data.orders, size: 50}", noFilter: true},
		{name: "keyset", collection: orders(func(c *apitest.Collection) { c.Style = apitest.Keyset }),
			line: "http://api.test/orders?limit=20", records: "data", paging: "{type: keyset, field: id, param: after, size_param: limit, size: 100}"},
		{name: "scroll", collection: orders(func(c *apitest.Collection) { c.Style = apitest.Scroll }),
			line: "http://api.test/orders?limit=20", records: "data", paging: "{type: cursor, session: true, next: scroll_id, body: scroll_id, after_first: {path: /scroll, method: POST, body: {json: {}}}}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			read := readURL
			if strings.HasPrefix(test.line, "curl") {
				read = readCurl
			}
			api := apitest.New(apitest.Seed(7)).Add(test.collection)
			got := drafted(t, read, test.line, api)
			if n := api.Count(); n > 8 {
				t.Errorf("%d calls, want 8 at most", n)
			}
			says := streamOf(got.draft, "orders")
			if says["records"] != test.records || says["primary_key"] != "[id]" || says["pagination"] != test.paging && (test.paging != "" || !strings.HasPrefix(says["pagination"], "?")) {
				t.Errorf("records %s, primary_key %s, pagination %s\nwant %s, [id], %s", says["records"], says["primary_key"], says["pagination"], test.records, test.paging)
			}
			if params := says["params"]; test.params != "" && !strings.Contains(params, test.params) {
				t.Errorf("params %s, want %s in them", params, test.params)
			}
			key := "updated_at"
			if test.noFilter {
				key = "? updated_at"
			}
			if says["replication_key"] != key {
				t.Errorf("replication_key %s, want %s", says["replication_key"], key)
			}
			if guessed := strings.Contains(got.said, "pagination"); guessed != test.guessed {
				t.Errorf("said %q: a guess about pagination is %v, want %v", got.said, guessed, test.guessed)
			}
			records, log, err := runOf(t, got.yaml, got.in, api)
			slices.Sort(records)
			if err != nil || len(slices.Compact(records)) != rows && !test.part || log != "" && !test.guessed && strings.Contains(log, "complete") {
				t.Errorf("a run read %d records: %v\n%s\nby:\n%s", len(records), err, log, got.yaml)
			}
			if t.Failed() {
				t.Logf("%d calls: %s", api.Count(), calls(api))
				t.Logf("%s", got.yaml)
			}
		})
	}
}

// calls are the calls that an API got, in short.
func calls(api *apitest.API) string {
	var b strings.Builder
	for i, r := range api.Requests() {
		if i < 10 {
			fmt.Fprintf(&b, "\n%d %s %s %s", r.Status, r.Method, r.URL, r.Body)
		}
	}
	return b.String()
}

// TestInitIsShort: what an API with a token and a cursor takes is ten lines.
func TestInitIsShort(t *testing.T) {
	c := apitest.Orders(700)
	c.Filter = apitest.Filter{}
	api := apitest.New(apitest.RequireBearer("s3cret-77")).Add(c)
	got := drafted(t, readCurl, `curl -H "Authorization: Bearer s3cret-77" "https://api.acme.example/v1/orders?limit=50"`, pathOf{"/v1", api})
	lines := 0
	for line := range strings.Lines(string(got.yaml)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines++
		}
	}
	if lines > 10 {
		t.Errorf("%d lines, want 10 at most:\n%s", lines, got.yaml)
	}
	if records, _, err := runOf(t, got.yaml, got.in, pathOf{"/v1", api}); err != nil || len(records) != 700 {
		t.Errorf("a run read %d records: %v", len(records), err)
	}
}

// pathOf is an API below a path.
type pathOf struct {
	prefix string
	api    http.RoundTripper
}

func (p pathOf) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.URL.Path = strings.TrimPrefix(inner.URL.Path, p.prefix)
	return p.api.RoundTrip(inner)
}
