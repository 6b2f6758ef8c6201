package tap_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// policed is a stream with a schema of id and name, and policies.
func policed(keys string) string {
	return `streams:
  - name: items
    path: /items
    params: {limit: 2}
    records: data
    primary_key: [id]
    pagination: {type: page, param: page}
    ` + keys + `
`
}

const named = "schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}\n    "

func rowsAPI(all ...string) *apitest.API {
	return apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: rows(len(all), func(i int) string { return all[i] })})
}

// schemas are the properties of all SCHEMA lines, a text for each.
func (r result) schemas(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, l := range r.lines {
		if l.Type != "SCHEMA" {
			continue
		}
		var s struct{ Properties json.RawMessage }
		if err := json.Unmarshal(l.Schema, &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(s.Properties))
	}
	return all
}

func TestNewFields(t *testing.T) {
	const first, wider = `{"id":{"type":"integer"},"name":{"type":"string"}}`, `{"id":{"type":"integer"},"name":{"type":"string"},"size":{"type":["null","integer"]}}`
	all := []string{`{"id":1,"name":"a"}`, `{"id":2,"name":"b"}`, `{"size":3,"id":3,"name":"c"}`, `{"id":4,"size":4}`, `{"id":5}`}
	for _, tt := range []struct {
		name, keys, want string
		records, schemas []string
		failure          string
	}{
		{"evolve", "", "SCHEMA RECORD*2 SCHEMA RECORD*3 STATE", all, []string{first, wider}, ""},
		{"evolve, said", "on_new_field: evolve", "SCHEMA RECORD*2 SCHEMA RECORD*3 STATE", all, []string{first, wider}, ""},
		{"pass", "on_new_field: pass", "SCHEMA RECORD*5 STATE", all, []string{first}, ""},
		{"drop", "on_new_field: drop", "SCHEMA RECORD*5 STATE",
			[]string{all[0], all[1], `{"id":3,"name":"c"}`, `{"id":4}`, all[4]}, []string{first}, ""},
		{"fail", "on_new_field: fail", "SCHEMA RECORD*2 STATE", all[:2], []string{first}, "/size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: policed(named + tt.keys), config: `{"run":{"flush":{"responses":0}}}`, api: rowsAPI(all...)}.run(t)
			checkFailure(t, r.err, tt.failure)
			if got := r.types(); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			if got := r.records("items"); !slices.Equal(got, tt.records) {
				t.Errorf("\ngot  %s\nwant %s", got, tt.records)
			}
			if got := r.schemas(t); !slices.Equal(got, tt.schemas) {
				t.Errorf("\ngot  %s\nwant %s", got, tt.schemas)
			}
		})
	}
}

// TestNestedNewFields has them in objects in arrays.
func TestNestedNewFields(t *testing.T) {
	const schema = "schema: {type: object, properties: {id: {type: integer}, lines: {type: array, items: {type: object, properties: {sku: {type: string}}}}}}\n    "
	row := `{"id":1,"lines":[{"sku":"a"},{"price":1.50,"sku":"b"}]}`
	for _, tt := range []struct{ policy, record, failure string }{
		{"drop", `{"id":1,"lines":[{"sku":"a"},{"sku":"b"}]}`, ""},
		{"pass", row, ""},
		{"evolve", row, ""},
		{"fail", "", "/lines/*/price"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			r := setup{definition: policed(schema + "on_new_field: " + tt.policy), api: rowsAPI(row)}.run(t)
			checkFailure(t, r.err, tt.failure)
			if got := strings.Join(r.records("items"), ""); got != tt.record {
				t.Errorf("\ngot  %s\nwant %s", got, tt.record)
			}
			if tt.policy == "evolve" && !strings.Contains(r.schemas(t)[0], `"price"`) {
				t.Errorf("the SCHEMA lacks price: %s", r.schemas(t))
			}
		})
	}
}

func TestInvalidRecords(t *testing.T) {
	all := []string{`{"id":1,"name":"a"}`, `{"id":2,"name":"b"}`, `{"id":3,"name":"c"}`, `{"id":4,"name":12.50}`, `{"id":5,"name":"e"}`}
	for _, tt := range []struct {
		policy, want string
		kept         []int
	}{
		{"fail", "SCHEMA RECORD*2 STATE", []int{0, 1}},
		{"pass", "SCHEMA RECORD*5 STATE", []int{0, 1, 2, 3, 4}},
		{"quarantine", "SCHEMA RECORD*4 STATE", []int{0, 1, 2, 4}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			dir := t.TempDir()
			r := setup{definition: policed(named + "on_invalid: " + tt.policy), api: rowsAPI(all...), workDir: dir}.run(t)
			var want []string
			for _, i := range tt.kept {
				want = append(want, all[i])
			}
			if got := r.records("items"); !slices.Equal(got, want) {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
			if got := r.types(); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			switch tt.policy {
			case "fail":
				// Stream, key, pointer, rule, value.
				checkFailure(t, r.err, `items: the record does not fit its schema: record id=4: /name: type: expected string, got 12.50`)
			case "quarantine":
				checkQuarantine(t, filepath.Join(dir, "t", "quarantine", "items.jsonl"), all[3])
				if got := r.account.Streams[0].Counts; got[report.Quarantined] != 1 || got[report.PassedOn] != 0 {
					t.Errorf("the account says %d passed on, %d in quarantine", got[report.PassedOn], got[report.Quarantined])
				}
			case "pass":
				if got := r.account.Streams[0].Counts[report.PassedOn]; got != 1 {
					t.Errorf("the account says %d passed on", got)
				}
			}
		})
	}
}

// checkQuarantine checks a quarantine file of one record, and who may read it.
func checkQuarantine(t *testing.T, path, record string) {
	t.Helper()
	data := testrig.Read(t, path)
	if want := `{"pointer":"/name","rule":"type","want":"string","record":` + record + "}\n"; string(data) != want {
		t.Errorf("\ngot  %s\nwant %s", data, want)
	}
	for at, want := path, os.FileMode(0o600); filepath.Base(at) != "t"; at, want = filepath.Dir(at), 0o700 {
		info, err := os.Stat(at)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", at, got, want)
		}
	}
}

// TestQuarantineBytes checks that a record is kept as it came.
func TestQuarantineBytes(t *testing.T) {
	dir := t.TempDir()
	const row = `{"name":12345678901234567890.10,"id":9007199254740993,"text":"<\u00e9&>"}`
	setup{definition: policed(named + "on_invalid: quarantine"), api: rowsAPI(row), workDir: dir}.must(t)
	data := testrig.Read(t, filepath.Join(dir, "t", "quarantine", "items.jsonl"))
	if !bytes.Contains(data, []byte(`"record":`+row+"}")) {
		t.Errorf("got %s, want the record %s", data, row)
	}
}

// TestInferredSchemaWidens checks that a schema which nobody wrote gives way
// before a record is refused.
func TestInferredSchemaWidens(t *testing.T) {
	all := []string{`{"id":1,"name":"a"}`, `{"id":2,"name":null}`, `{"id":3,"name":"c"}`, `{"id":4,"name":12.5}`, `{"id":"x","name":{"first":"y"}}`}
	r := setup{definition: policed(""), config: `{"run":{"flush":{"responses":0}}}`, api: rowsAPI(all...)}.must(t)
	if got := r.records("items"); !slices.Equal(got, all) {
		t.Errorf("\ngot  %s\nwant %s", got, all)
	}
	if got, want := r.types(), "SCHEMA RECORD*2 SCHEMA RECORD*2 SCHEMA RECORD STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEvolvedFieldWidens checks that a field which evolved gives way as well,
// and that those of the definition's schema do not.
func TestEvolvedFieldWidens(t *testing.T) {
	good := []string{`{"id":1,"size":1}`, `{"id":2,"size":1.5}`, `{"id":3,"size":{"cm":1}}`}
	r := setup{definition: policed(named), api: rowsAPI(good...)}.must(t)
	if got := r.records("items"); !slices.Equal(got, good) {
		t.Errorf("\ngot  %s\nwant %s", got, good)
	}
	bad := append(good[:2:2], `{"id":"3","size":"large"}`)
	checkFailure(t, setup{definition: policed(named), api: rowsAPI(bad...)}.run(t).err, "/id: type: expected integer")
}

// TestSchemaLines checks that SCHEMA comes before the first RECORD of each
// stream, and not again in runs that change nothing.
func TestSchemaLines(t *testing.T) {
	definition := "defaults: {records: data, primary_key: [id], params: {limit: 2}, pagination: {type: page, param: page}}\nstreams:\n"
	api := apitest.New()
	for i := range 4 {
		definition += fmt.Sprintf("  - {name: s%d, path: /s%[1]d}\n", i)
		api.Add(apitest.Collection{Path: fmt.Sprintf("/s%d", i), Style: apitest.Page, Rows: stamped(7, june)})
	}
	r := setup{definition: definition, config: `{"run":{"flush":{"responses":1}}}`, api: api}.must(t)
	known := map[string]int{}
	for i, l := range r.lines {
		switch l.Type {
		case "SCHEMA":
			known[l.Stream]++
			if !slices.Equal(l.Keys, []string{"id"}) {
				t.Errorf("line %d: got keys %q", i+1, l.Keys)
			}
		case "RECORD":
			if known[l.Stream] != 1 {
				t.Errorf("line %d: %d SCHEMA lines came before this RECORD of %s", i+1, known[l.Stream], l.Stream)
			}
		}
	}
	if len(known) != 4 {
		t.Errorf("got SCHEMA of %v", known)
	}
}

// TestKeyProperties checks that key_properties is there without keys too.
func TestKeyProperties(t *testing.T) {
	var b bytes.Buffer
	definition := strings.Replace(policed(named), "    primary_key: [id]\n", "", 1)
	setup{definition: definition, api: rowsAPI(`{"id":1}`), out: &b}.must(t)
	if !bytes.Contains(b.Bytes(), []byte(`"key_properties":[]`)) {
		t.Errorf("got %s", b.Bytes())
	}
}

// TestErrorsNameRecords checks that errors of templates name their place.
func TestErrorsNameRecords(t *testing.T) {
	for _, tt := range []struct{ name, keys, want string }{
		{"keep", `keep: "{{ 1 / record.zero > 0 }}"`, "items: keep"},
		{"add", `add: {x: "{{ 1 / record.zero }}"}`, "items: add.x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: policed(tt.keys), api: rowsAPI(`{"id":1,"zero":1}`, `{"id":2,"zero":2}`, `{"id":3,"zero":0}`)}.run(t)
			checkFailure(t, r.err, tt.want)
			if got, want := r.types(), "SCHEMA RECORD*2 STATE"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
