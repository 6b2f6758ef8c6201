package tap_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// nested is a stream with fields in fields.
const nested = `streams:
  - name: orders
    path: /orders
    records: data
    primary_key: [id]
    replication_key: updated_at
    incremental: {client_filter: true}
    schema:
      type: object
      properties:
        id: {type: integer}
        updated_at: {type: string}
        total: {type: number}
        secret: {type: string}
        customer: {type: object, properties: {name: {type: string}, address: {type: object, properties: {city: {type: string}, zip: {type: string}}}}}
        lines: {type: array, items: {type: object, properties: {sku: {type: string}, price: {type: number}}}}
`

const nestedRow = `{"total" : 12345678901234567890.10,"id":9007199254740993,"secret":"\u00e9","updated_at":"2025-01-01",` +
	`"customer":{"name":"Zo\u00eb","address":{"zip":"1","city":"B"}},"lines":[{"sku":"a","price":1.50}, {"price":2.0,"sku":"b"}]}`

func nestedAPI() *apitest.API {
	return apitest.New().Add(apitest.Collection{Path: "/orders", Rows: [][]byte{[]byte(nestedRow)}})
}

// selection is a catalog that selects the stream and deselects fields, given
// as breadcrumbs with dots between.
func selection(deselected ...string) string {
	metadata := `{"breadcrumb":[],"metadata":{"selected":true}}`
	for _, d := range deselected {
		crumbs, err := json.Marshal(strings.Split(d, "."))
		if err != nil {
			panic(err)
		}
		metadata += fmt.Sprintf(`,{"breadcrumb":%s,"metadata":{"inclusion":"available","selected":false}}`, crumbs)
	}
	return `{"streams":[{"tap_stream_id":"orders","key_properties":["id"],"schema":{},"metadata":[` + metadata + `]}]}`
}

func TestSelection(t *testing.T) {
	for _, tt := range []struct {
		name       string
		deselected []string
		want       string // record
		gone       string // of the SCHEMA
	}{
		{"all", nil, nestedRow, ""},
		{"a field", []string{"properties.secret"}, strings.Replace(nestedRow, `"secret":"\u00e9",`, "", 1), "secret"},
		{"nested", []string{"properties.customer.properties.address.properties.zip"}, strings.Replace(nestedRow, `"zip":"1",`, "", 1), "zip"},
		{"an object", []string{"properties.customer"},
			strings.Replace(nestedRow, `"customer":{"name":"Zo\u00eb","address":{"zip":"1","city":"B"}},`, "", 1), "customer"},
		{"in an array", []string{"properties.lines.items.properties.price"},
			strings.Replace(nestedRow, `[{"sku":"a","price":1.50}, {"price":2.0,"sku":"b"}]`, `[{"sku":"a"}, {"sku":"b"}]`, 1), "price"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: nested, catalog: selection(tt.deselected...), api: nestedAPI()}.must(t)
			if got := r.records("orders"); len(got) != 1 || got[0] != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			schema := string(r.lines[0].Schema)
			if tt.gone != "" && strings.Contains(schema, `"`+tt.gone+`"`) {
				t.Errorf("the SCHEMA has %s: %s", tt.gone, schema)
			}
			for _, field := range []string{"id", "updated_at", "total"} {
				if !strings.Contains(schema, `"`+field+`"`) {
					t.Errorf("the SCHEMA lacks %s: %s", field, schema)
				}
			}
		})
	}
}

// TestKeysStay checks that keys cannot be deselected.
func TestKeysStay(t *testing.T) {
	r := setup{definition: nested, catalog: selection("properties.id", "properties.updated_at"), api: nestedAPI()}.must(t)
	if got := r.records("orders"); len(got) != 1 || got[0] != nestedRow {
		t.Errorf("\ngot  %s\nwant %s", got, nestedRow)
	}
	if got := r.lines[0]; !slices.Equal(got.Keys, []string{"id"}) || !slices.Equal(got.Bookmarks, []string{"updated_at"}) {
		t.Errorf("got keys %q, bookmarks %q", got.Keys, got.Bookmarks)
	}
}

// TestAddedDeselected checks that fields which the definition adds can be
// deselected too, but for keys.
func TestAddedDeselected(t *testing.T) {
	definition := `streams:
  - name: orders
    path: /orders
    records: data
    primary_key: [shop, id]
    add: {shop: eu, extra: "{{ record.id + 1 }}", note: x}
    schema: {type: object}
    on_new_field: pass
`
	api := apitest.New().Add(apitest.Collection{Path: "/orders", Rows: rows(1, func(int) string { return `{"id":1,"note":"from the API"}` })})
	for _, tt := range []struct {
		name       string
		deselected []string
		want       string
	}{
		{"none", nil, `{"id":1,"shop":"eu","extra":2,"note":"x"}`},
		{"extra", []string{"properties.extra"}, `{"id":1,"shop":"eu","note":"x"}`},
		{"one that replaces", []string{"properties.note"}, `{"id":1,"shop":"eu","extra":2}`},
		{"key", []string{"properties.shop"}, `{"id":1,"shop":"eu","extra":2,"note":"x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := strings.Replace(selection(tt.deselected...), `["id"]`, `["shop","id"]`, 1)
			r := setup{definition: definition, catalog: c, api: api}.must(t)
			if got := r.records("orders"); len(got) != 1 || got[0] != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestMethods takes the replication method and keys from the catalog.
func TestMethods(t *testing.T) {
	entry := func(more string) string {
		return `{"streams":[{"tap_stream_id":"items","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]` + more + `}]}`
	}
	for _, tt := range []struct {
		name, definition, catalog string
		from, mark                string
		failure                   string
	}{
		{"incremental by definition", incremental(`start: "2025-01-01"`), entry(``), "2025-01-01T00:00:00Z", `"2025-05-01T14:00:00Z"`, ""},
		{"full table", incremental(`start: "2025-01-01"`), entry(`,"replication_method":"FULL_TABLE"`), "-", "null", ""},
		{"full table in Meltano's metadata", incremental(`start: "2025-01-01"`),
			strings.Replace(entry(``), `"selected":true`, `"selected":true,"replication-method":"FULL_TABLE"`, 1), "-", "null", ""},
		{"incremental by catalog alone", items(""), entry(`,"replication_method":"INCREMENTAL"`), "", "", `has no "incremental"`},
		{"log based", incremental(``), entry(`,"replication_method":"LOG_BASED"`), "", "", "LOG_BASED"},
		{"unknown stream", incremental(``), strings.Replace(entry(``), `"items"`, `"gone"`, 1), "", "", `"gone"`},
		{"another replication key", incremental(``), entry(`,"replication_key":"id"`), "-", "3", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := itemsAPI(3)
			r := setup{definition: tt.definition, catalog: tt.catalog, api: api}.run(t)
			if tt.failure != "" {
				if r.err == nil || !strings.Contains(r.err.Error(), tt.failure) || api.Count() > 0 {
					t.Errorf("got error %v after %d requests, want %q", r.err, api.Count(), tt.failure)
				}
				return
			}
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got := params(api, "from")[0]; got != tt.from {
				t.Errorf("got from=%s, want %s", got, tt.from)
			}
			if got := r.mark(t, "items"); got != tt.mark {
				t.Errorf("got bookmark %s, want %s", got, tt.mark)
			}
		})
	}
}

// TestMeltanoCatalog runs with catalogs that Meltano wrote.
func TestMeltanoCatalog(t *testing.T) {
	for _, name := range []string{"meltano_include.json", "meltano_exclude.json"} {
		t.Run(name, func(t *testing.T) {
			data := testrig.Read(t, "../catalog/testdata/"+name)
			var document struct {
				Streams []struct {
					ID            string `json:"tap_stream_id"`
					KeyProperties []string
				}
			}
			if err := json.Unmarshal(data, &document); err != nil {
				t.Fatal(err)
			}
			definition := "streams:\n"
			for _, s := range document.Streams {
				definition += fmt.Sprintf("  - {name: %s, path: /%[1]s, records: data, primary_key: [id], on_invalid: pass, replication_key: updated_at, incremental: {client_filter: true}}\n", s.ID)
			}
			api := apitest.New()
			for path, row := range map[string]string{
				"/shops": `{"id":1,"name":"2025-01-01"}`, "/events": `{"at":"2025-01-01T00:00:00Z","kind":"x"}`, "/audit": `{"id":1,"name":"2025-01-01"}`,
				"/orders": `{"id":1,"status":"paid","updated_at":"2025-01-01T00:00:00Z","customer":{"name":"Zoë","email":"z@example.com","address":{"city":"B"}},` +
					`"lines":[{"sku":"a","price":1.5}],"tags":["x"],"x-ref":"r","note":null}`,
			} {
				api.Add(apitest.Collection{Path: path, Rows: [][]byte{[]byte(row)}})
			}
			r := setup{definition: definition, catalog: string(data), api: api}.must(t)
			checkSelected(t, r)
			for _, want := range map[string][]string{"meltano_include.json": {"orders", "events"}, "meltano_exclude.json": {"shops", "orders"}}[name] {
				if len(r.records(want)) != 1 {
					t.Errorf("got %q of %s, want one record", r.records(want), want)
				}
			}
			if got := len(r.records("")); got != 2 {
				t.Errorf("got %d records, want 2", got)
			}
		})
	}
}

// checkSelected checks that no record has a field that its SCHEMA lacks.
func checkSelected(t *testing.T, r result) {
	t.Helper()
	schemas, records := map[string]map[string]json.RawMessage{}, 0
	for _, l := range r.lines {
		switch l.Type {
		case "SCHEMA":
			var s struct{ Properties map[string]json.RawMessage }
			if err := json.Unmarshal(l.Schema, &s); err != nil {
				t.Fatal(err)
			}
			schemas[l.Stream] = s.Properties
		case "RECORD":
			records++
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(l.Record, &fields); err != nil {
				t.Fatal(err)
			}
			for name := range fields {
				if _, ok := schemas[l.Stream][name]; !ok {
					t.Errorf("%s: a record has %s, which its SCHEMA lacks", l.Stream, name)
				}
			}
			if fields["id"] == nil && l.Stream != "events" {
				t.Errorf("%s: a record without its key: %s", l.Stream, l.Record)
			}
		}
	}
	if records == 0 {
		t.Error("no records")
	}
}
