package catalog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/testrig"
)

func TestParseAirbyte(t *testing.T) {
	const stream = `"stream":{"name":"orders","json_schema":{"properties":{"id":{}}},"supported_sync_modes":["full_refresh"]`
	for _, tt := range []struct{ name, entry, method, key, keys string }{
		{"full refresh", `{` + stream + `},"sync_mode":"full_refresh","cursor_field":null,"primary_key":null,"generation_id":null}`, "FULL_TABLE", "", ""},
		{"incremental, of any stream", `{` + stream + `},"sync_mode":"incremental"}`, "", "", ""},
		{"a cursor that the source leaves to the user", `{` + stream + `},"sync_mode":"incremental","cursor_field":["at"]}`, "", "at", ""},
		{"a cursor that it does not", `{` + stream + `,"source_defined_cursor":true},"sync_mode":"incremental","cursor_field":["at"]}`, "", "", ""},
		{"a key of the user's", `{` + stream + `},"sync_mode":"full_refresh","destination_sync_mode":"overwrite_dedup","primary_key":[["id"],["account"]]}`, "FULL_TABLE", "", "id account"},
		{"a key of the source's", `{` + stream + `,"source_defined_primary_key":[["id"]]},"sync_mode":"full_refresh","primary_key":[["other"]]}`, "FULL_TABLE", "", "id"},
		{"a key further in", `{` + stream + `},"sync_mode":"full_refresh","primary_key":[["a","b"]]}`, "FULL_TABLE", "", ""},
	} {
		c, err := catalog.ParseAirbyte("c.json", []byte(`{"streams":[`+tt.entry+`]}`))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		s := c.Stream("orders")
		if !c.Configured || s == nil || !s.Selected || s.Mask != nil || s.ReplicationMethod != tt.method || s.ReplicationKey != tt.key ||
			strings.Join(s.KeyProperties, " ") != tt.keys || string(s.Schema) != `{"properties":{"id":{}}}` {
			t.Errorf("%s: got %+v", tt.name, s)
		}
	}
}

func TestParseAirbyteGeneration(t *testing.T) {
	c, err := catalog.ParseAirbyte("c.json", []byte(`{"streams":[{"stream":{"name":"a"},"sync_mode":"full_refresh","sync_id":7,"generation_id":3,"minimum_generation_id":2},`+
		`{"stream":{"name":"b"},"sync_mode":"full_refresh"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if g := c.Stream("a").Generation; g == nil || *g != (catalog.Generation{Sync: 7, Current: 3, Least: 2}) {
		t.Errorf("got %+v", g)
	}
	if g := c.Stream("b").Generation; g != nil {
		t.Errorf("got %+v, want none", g)
	}
}

func TestParseAirbyteErrors(t *testing.T) {
	const stream = `"stream":{"name":"orders"}`
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", ``, "c.json:1:1: the file is empty"},
		{"torn", `{"streams":[`, "c.json:1:12: not JSON"},
		{"a list", `[]`, `c.json:1:1: a configured catalog is an object with a list "streams"`},
		{"no streams", `{"catalog":{}}`, `a configured catalog is an object with a list "streams"`},
		{"streams are an object", `{"streams":{}}`, "c.json:1:12: streams: must be a list of streams, not an object"},
		{"what discovery says", `{"streams":[{"name":"orders","json_schema":{}}]}`, `streams[0]: has no "stream" with a "name"`},
		{"a Singer catalog", `{"streams":[{"tap_stream_id":"orders","stream":"orders"}]}`, "streams[0] (orders) stream: must be a stream of the catalog, not text"},
		{"no name", `{"streams":[{"stream":{},"sync_mode":"full_refresh"}]}`, `streams[0]: has no "stream" with a "name"`},
		{"no mode", `{"streams":[{` + stream + `}]}`, `streams[0]: has no "sync_mode"`},
		{"another mode", `{"streams":[{` + stream + `,"sync_mode":"fast"}]}`, `streams[0].sync_mode: "fast" is no sync mode: use full_refresh or incremental`},
		{"twice", `{"streams":[{` + stream + `,"sync_mode":"full_refresh"},{` + stream + `,"sync_mode":"full_refresh"}]}`, `streams[1]: the stream "orders" is configured twice`},
		{"schema is text", `{"streams":[{"stream":{"name":"o","json_schema":"x"},"sync_mode":"full_refresh"}]}`, "streams[0].stream.json_schema: must be a JSON Schema"},
		{"key is text", `{"streams":[{` + stream + `,"sync_mode":"full_refresh","primary_key":"id"}]}`, `streams[0].primary_key: must be a list of paths like [["id"]]`},
		{"key is flat", `{"streams":[{` + stream + `,"sync_mode":"full_refresh","primary_key":["id"]}]}`, `streams[0].primary_key[0]: must be a list like ["id"]`},
		{"generation is text", `{"streams":[{` + stream + `,"sync_mode":"full_refresh","generation_id":"1"}]}`, `streams[0].generation_id: must be a whole number or null, not "1"`},
	} {
		_, err := catalog.ParseAirbyte("c.json", []byte(tt.text))
		var typed *catalog.Error
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// TestChoose: what the configured schema does not name is cut, at any depth;
// keys and what it says nothing about stay.
func TestChoose(t *testing.T) {
	const known = `{"properties":{"id":{},"name":{},"customer":{"type":"object","properties":{"id":{},"mail":{}}},` +
		`"lines":{"type":"array","items":{"type":"object","properties":{"sku":{},"price":{}}}}}}`
	const record = `{"id":1,"name":"n","customer":{"id":2,"mail":"m"},"lines":[{"sku":"s","price":1.50}],"new":1}`
	for _, tt := range []struct{ name, chosen, want string }{
		{"all", known, record},
		{"no schema", ``, record},
		{"no fields", `{"type":"object","properties":{}}`, record},
		{"some", `{"properties":{"name":{},"customer":{"properties":{"id":{}}},"lines":{"items":{"properties":{"sku":{}}}}}}`,
			`{"id":1,"name":"n","customer":{"id":2},"lines":[{"sku":"s"}],"new":1}`},
		{"whole objects", `{"properties":{"customer":{"type":"object"},"lines":{}}}`,
			`{"id":1,"customer":{"id":2,"mail":"m"},"lines":[{"sku":"s","price":1.50}],"new":1}`},
	} {
		s := catalog.Stream{KeyProperties: []string{"id"}, Schema: json.RawMessage(tt.chosen)}
		s.Choose(json.RawMessage(known))
		if got := string(s.Mask.Append(nil, []byte(record), nil)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestOpenInside(t *testing.T) {
	const more = `"additionalProperties":true,`
	for _, tt := range []struct{ name, schema, want string }{
		{"flat", `{"properties":{"id":{"type":"integer"}}}`, ""},
		{"nested", `{"properties":{"c":{@"properties":{"d":{@"properties":{}}}}}}`, ""},
		{"says so already", `{"properties":{"c":{"properties":{"d":{@"properties":{}}},"additionalProperties":false}}}`, ""},
		{"in lists and choices", `{"properties":{"l":{"items":{@"properties":{}}},"o":{"anyOf":[{"type":"null"},{ @"properties":{}}]}}}`, `{"properties":{"l":{"items":{@"properties":{}}},"o":{"anyOf":[{"type":"null"},{@ "properties":{}}]}}}`},
	} {
		in, want := strings.ReplaceAll(tt.schema, "@", ""), tt.want
		if want == "" {
			want = tt.schema
		}
		if got := string(catalog.OpenInside(json.RawMessage(in))); got != strings.ReplaceAll(want, "@", more) {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, strings.ReplaceAll(want, "@", more))
		}
	}
}

func TestAppendAirbyte(t *testing.T) {
	got := catalog.AppendAirbyte([]byte("before"), described())
	got, found := bytes.CutPrefix(got, []byte("before"))
	if !found || bytes.ContainsRune(got, '\n') {
		t.Fatalf("not appended, or not one line: %.80q", got)
	}
	var lines bytes.Buffer
	if err := json.Indent(&lines, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "airbyte.json")
	if *update {
		if err := os.WriteFile(golden, lines.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := testrig.Read(t, golden)
	if !bytes.Equal(lines.Bytes(), want) {
		t.Errorf("not as in %s:\n%s", golden, lines.Bytes())
	}
}

// TestAirbyteDiscoveryConfigured: what discovery hands out, configured as a
// platform does it, is a sync of everything.
func TestAirbyteDiscoveryConfigured(t *testing.T) {
	var discovered struct{ Streams []json.RawMessage }
	if err := json.Unmarshal(catalog.AppendAirbyte(nil, described()), &discovered); err != nil {
		t.Fatal(err)
	}
	var entries []string
	for _, s := range discovered.Streams {
		entries = append(entries, `{"sync_mode":"full_refresh","destination_sync_mode":"overwrite","stream":`+string(s)+`}`)
	}
	c, err := catalog.ParseAirbyte("c.json", []byte(`{"streams":[`+strings.Join(entries, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range described() {
		s := c.Streams[i]
		s.Choose(s.Schema)
		if s.ID != d.Name || s.Mask != nil || !slices.Equal(s.KeyProperties, d.KeyProperties) {
			t.Errorf("%s: got %+v, want all of it", d.Name, s)
		}
	}
}

// FuzzParseAirbyte: whatever is read is an error with a place, or a catalog
// whose schemas can be used.
func FuzzParseAirbyte(f *testing.F) {
	f.Add([]byte(`{"streams":[{"stream":{"name":"a","json_schema":{"properties":{"l":{"items":{"properties":{"x":{}}}}}}},"sync_mode":"incremental","primary_key":[["id"]],"sync_id":1}]}`))
	f.Add([]byte(`{"streams":[{"stream":{"name":"a"},"sync_mode":"full_refresh"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := catalog.ParseAirbyte("f", data)
		if err != nil {
			if typed := (*catalog.Error)(nil); !errors.As(err, &typed) || typed.Line < 1 {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		for _, s := range c.Streams {
			if s.ID == "" {
				t.Error("a stream without a name")
			}
			if s.Schema == nil {
				continue
			}
			if open := catalog.OpenInside(s.Schema); !json.Valid(open) {
				t.Errorf("opened, the schema is no JSON: %s", open)
			}
			s.Choose(s.Schema)
			if s.Mask != nil {
				t.Errorf("a schema deselects what it names: %v", s.Mask.Paths())
			}
		}
	})
}
