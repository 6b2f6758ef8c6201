package catalog_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/testrig"
)

// parse reads a catalog that must be right.
func parse(t *testing.T, data string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.ParseSinger("catalog.json", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// md writes a piece of metadata for the field at path, "" for the stream.
func md(path, metadata string) string {
	var crumbs []string
	for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' }) {
		if name == "[]" {
			crumbs = append(crumbs, `"items"`)
			continue
		}
		crumbs = append(crumbs, `"properties"`, fmt.Sprintf("%q", name))
	}
	return fmt.Sprintf(`{"breadcrumb":[%s],"metadata":%s}`, strings.Join(crumbs, ","), metadata)
}

// withMetadata is an entry whose stream is selected, with metadata for fields.
func withMetadata(more string, list ...string) string {
	list = append([]string{md("", `{"inclusion":"available","selected":true}`)}, list...)
	return fmt.Sprintf(`{"tap_stream_id":"s",%s"metadata":[%s]}`, more, strings.Join(list, ","))
}

const record = `{"id":1,"at":2,"a":3,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`

func TestSelectedFields(t *testing.T) {
	tests := []struct {
		name, entry, want string
	}{
		{"nothing said", withMetadata(``), record},
		{"deselected", withMetadata(``, md("a", `{"inclusion":"available","selected":false}`)),
			`{"id":1,"at":2,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"by default", withMetadata(``, md("a", `{"selected-by-default":false}`), md("c", `{"selected-by-default":true}`)),
			`{"id":1,"at":2,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"selected beats default", withMetadata(``, md("a", `{"selected":true,"selected-by-default":false}`)), record},
		{"unsupported beats selected", withMetadata(``, md("a", `{"inclusion":"unsupported","selected":true}`)),
			`{"id":1,"at":2,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"automatic beats selected", withMetadata(``, md("a", `{"inclusion":"automatic","selected":false}`)), record},
		{"parent", withMetadata(``, md("c.y", `{"selected":true}`), md("c", `{"selected":false}`)),
			`{"id":1,"at":2,"a":3,"l":[{"x":1,"y":2}],"new":5}`},
		{"automatic in deselected", withMetadata(``, md("c", `{"selected":false}`), md("c.x", `{"inclusion":"automatic"}`)),
			`{"id":1,"at":2,"a":3,"l":[{"x":1,"y":2}],"new":5}`},
		{"nested", withMetadata(``, md("c.y.z", `{"selected":false}`)),
			`{"id":1,"at":2,"a":3,"c":{"x":1,"y":{}},"l":[{"x":1,"y":2}],"new":5}`},
		{"in an array", withMetadata(``, md("l.[].y", `{"selected":false}`)),
			`{"id":1,"at":2,"a":3,"c":{"x":1,"y":{"z":2}},"l":[{"x":1}],"new":5}`},
		{"in an array, without items", withMetadata(``, md("l.y", `{"selected":false}`)),
			`{"id":1,"at":2,"a":3,"c":{"x":1,"y":{"z":2}},"l":[{"x":1}],"new":5}`},
		{"array with nothing in it", withMetadata(``, md("l", `{"selected":true}`), md("l.[].x", `{"selected":false}`), md("l.[].y", `{"selected":false}`)),
			record},
		{"object with nothing in it", withMetadata(``, md("c", `{"selected":true}`), md("c.x", `{"selected":false}`), md("c.y", `{"selected":false}`)),
			`{"id":1,"at":2,"a":3,"c":{},"l":[{"x":1,"y":2}],"new":5}`},
		{"elements as such", withMetadata(``, md("l.[]", `{"selected":false}`)), record},
		{"key", withMetadata(`"key_properties":["id"],`, md("id", `{"selected":false}`), md("a", `{"selected":false}`)),
			`{"id":1,"at":2,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"unsupported key", withMetadata(`"key_properties":["id"],`, md("id", `{"inclusion":"unsupported"}`)), record},
		{"replication key", withMetadata(`"replication_key":"at",`, md("at", `{"selected":false}`)), record},
		{"not in the schema", withMetadata(`"schema":{"properties":{"id":{}}},`, md("a", `{"selected":false}`), md("gone", `{"selected":false}`)),
			`{"id":1,"at":2,"c":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"twice: the last counts", withMetadata(``, md("a", `{"selected":false}`), md("a", `{"inclusion":"available"}`)), record},
		{"nulls", withMetadata(``, md("a", `{"inclusion":null,"selected":null,"selected-by-default":null}`), md("c", `null`)), record},
		{"strange breadcrumbs", withMetadata(``, `{"breadcrumb":["a"],"metadata":{"selected":false}}`, `{"breadcrumb":["properties"],"metadata":{"selected":false}}`,
			`{"breadcrumb":["properties","a"]}`), record},
		{"fields named like keywords", withMetadata(``, md("properties", `{"selected":false}`), md("items", `{"selected":false}`)), record},
		{"legacy", `{"stream":"s","schema":{"selected":true,"properties":{"a":{"selected":false},"c":{"properties":{"x":{"selected":false}}},"at":{"inclusion":"unsupported"}}}}`,
			`{"id":1,"c":{"y":{"z":2}},"l":[{"x":1,"y":2}],"new":5}`},
		{"legacy in items and alternatives", `{"stream":"s","schema":{"properties":{"l":{"items":{"properties":{"x":{"selected":false}}}},"c":{"anyOf":[{"type":"null"},{"properties":{"x":{"selected":false}}}]}}}}`,
			`{"id":1,"at":2,"a":3,"c":{"y":{"z":2}},"l":[{"y":2}],"new":5}`},
		{"metadata beats legacy", withMetadata(`"schema":{"properties":{"a":{"selected":false}}},`, md("a", `{"selected":true}`)), record},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, `{"streams":[`+tt.entry+`]}`).Stream("s")
			if !s.Selected {
				t.Fatal("the stream is not selected")
			}
			if got := string(s.Mask.Append(nil, []byte(record), nil)); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestSelectedStreams(t *testing.T) {
	tests := []struct {
		name, entries string
		want          string // the selected ones
	}{
		{"no metadata", `{"stream":"a"},{"stream":"b","metadata":[]},{"stream":"c","metadata":null}`, "a b c"},
		{"metadata for fields only", `{"stream":"a","metadata":[` + md("x", `{"selected":true}`) + `]}`, "a"},
		{"metadata that is silent", `{"stream":"a","metadata":[` + md("", `{"inclusion":"available"}`) + `]}`, ""},
		{"selected", `{"stream":"a","metadata":[` + md("", `{"selected":true,"selected-by-default":false}`) + `]}`, "a"},
		{"not selected", `{"stream":"a","metadata":[` + md("", `{"selected":false,"selected-by-default":true}`) + `]}`, ""},
		{"by default", `{"stream":"a","metadata":[` + md("", `{"selected-by-default":true}`) + `]}`, "a"},
		{"unsupported", `{"stream":"a","metadata":[` + md("", `{"inclusion":"unsupported","selected":true}`) + `]}`, ""},
		{"automatic", `{"stream":"a","metadata":[` + md("", `{"inclusion":"automatic"}`) + `]}`, "a"},
		{"automatic and deselected", `{"stream":"a","metadata":[` + md("", `{"inclusion":"automatic","selected":false}`) + `]}`, ""},
		{"legacy entry", `{"stream":"a","selected":true},{"stream":"b","selected":false},{"stream":"c"}`, "a"},
		{"legacy schema", `{"stream":"a","schema":{"selected":true}},{"stream":"b","schema":{"selected":false}},{"stream":"c","schema":{}}`, "a"},
		{"only deselected", `{"stream":"a","selected":false},{"stream":"c"}`, "c"},
		{"metadata beats entry", `{"stream":"a","selected":true,"metadata":[` + md("", `{"selected":false}`) + `]}`, ""},
		{"a property named selected", `{"stream":"a","schema":{"properties":{"selected":{"type":"boolean"}}}}`, "a"},
		{"the last of two entries", `{"stream":"a","selected":true},{"stream":"b","selected":true},{"tap_stream_id":"a","selected":false}`, "b"},
		{"unknown keys", `{"stream":"a","database_name":1,"row_count":[],"is_view":null,"metadata":[{"breadcrumb":[],"metadata":{"selected":true,"x-y":{}},"z":1}]}`, "a"},
		{"none", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var selected []string
			for _, s := range parse(t, `{"version":1,"streams":[`+tt.entries+`]}`).Streams {
				if s.Selected {
					selected = append(selected, s.ID)
				}
			}
			if got := strings.Join(selected, " "); got != tt.want {
				t.Errorf("selected: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStreamKeys(t *testing.T) {
	type keys struct{ id, name, keys, replicationKey, method string }
	tests := []struct {
		name, entry string
		want        keys
	}{
		{"entry", `{"tap_stream_id":"i","stream":"n","key_properties":["a","b"],"replication_key":"u","replication_method":"INCREMENTAL"}`,
			keys{"i", "n", "a,b", "u", catalog.Incremental}},
		{"only an id", `{"tap_stream_id":"i","stream":null,"key_properties":null,"replication_key":null,"replication_method":null,"schema":null}`,
			keys{id: "i", name: "i"}},
		{"only a name", `{"stream":"n"}`, keys{id: "n", name: "n"}},
		{"metadata", `{"stream":"n","key_properties":[],"metadata":[` + md("", `{"table-key-properties":["a"],"view-key-properties":["b"],"replication-key":"u","replication-method":"LOG_BASED"}`) + `]}`,
			keys{"n", "n", "a", "u", catalog.LogBased}},
		{"view", `{"stream":"n","metadata":[` + md("", `{"table-key-properties":[],"view-key-properties":["b"]}`) + `]}`,
			keys{"n", "n", "b", "", ""}},
		{"forced", `{"stream":"n","metadata":[` + md("", `{"forced-replication-method":"FULL_TABLE"}`) + `]}`,
			keys{"n", "n", "", "", catalog.FullTable}},
		{"the user's word in the metadata", `{"stream":"n","key_properties":["a"],"replication_key":"u","replication_method":"INCREMENTAL","metadata":[` +
			md("", `{"table-key-properties":["x"],"replication-key":"v","replication-method":"FULL_TABLE","forced-replication-method":"LOG_BASED"}`) + `]}`,
			keys{"n", "n", "a", "v", catalog.FullTable}},
		{"entry beats forced", `{"stream":"n","replication_method":"INCREMENTAL","metadata":[` + md("", `{"forced-replication-method":"FULL_TABLE"}`) + `]}`,
			keys{"n", "n", "", "", catalog.Incremental}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, `{"streams":[`+tt.entry+`]}`).Streams[0]
			got := keys{s.ID, s.Name, strings.Join(s.KeyProperties, ","), s.ReplicationKey, s.ReplicationMethod}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestCatalogStream(t *testing.T) {
	c := parse(t, `{"streams":[{"tap_stream_id":"x","stream":"b"},{"tap_stream_id":"b","stream":"x"},{"tap_stream_id":"db-c","stream":"c"}]}`)
	for name, want := range map[string]string{"x": "x", "b": "b", "c": "db-c"} {
		if s := c.Stream(name); s == nil || s.ID != want {
			t.Errorf("Stream(%q) = %v, want the one with ID %q", name, s, want)
		}
	}
	if s := c.Stream("y"); s != nil {
		t.Errorf("Stream(y) = %v, want nil", s)
	}
}

func TestSchemaIsAsInTheCatalog(t *testing.T) {
	const schema = `{ "type" : "object", "properties":{"z":{"maximum":1e400},"a":{}} }`
	data := []byte("\xef\xbb\xbf" + `{"streams":[{"stream":"s","schema":` + schema + `}]}`)
	c, err := catalog.ParseSinger("catalog.json", data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data) // the caller's to reuse
	if got := string(c.Streams[0].Schema); got != schema {
		t.Errorf("got %s, want %s", got, schema)
	}
}

// TestMeltano reads catalogs as Meltano 3.9 and 4.4 write them: our discovery,
// and one entry without metadata, with these rules applied.
func TestMeltano(t *testing.T) {
	const order = `{"id":1,"status":"paid","updated_at":"2025-01-01T00:00:00Z","customer":{"id":9007199254740993,"email":"a@b.c",` +
		`"address":{"city":"X","zip":"1"},"newer":1},"lines":[{"sku":"s1","qty":1},{"sku":"s2","qty":2}],"tags":["a"],"x-ref":{"k":"v"},"brand_new":true}`
	tests := []struct {
		name, file string
		selected   []string
		method     string // of orders
		want       string // of order
	}{
		{
			// select: [orders.*, !orders.customer.address, !orders.customer.email,
			//   !orders.lines*.qty, !orders.id, !orders.note, shops]
			// schema: {orders: {note: {type: [string, "null"]}}}
			// metadata: {orders: {replication-method: FULL_TABLE},
			//   shops: {replication-method: INCREMENTAL, replication-key: name}}
			name: "exclude", file: "meltano_exclude.json",
			selected: []string{"shops", "orders"}, method: catalog.FullTable,
			want: `{"id":1,"status":"paid","updated_at":"2025-01-01T00:00:00Z","customer":{"id":9007199254740993,` +
				`"newer":1},"lines":[{"sku":"s1"},{"sku":"s2"}],"tags":["a"],"x-ref":{"k":"v"},"brand_new":true}`,
		},
		{
			// select: [orders.status, orders.customer.address.city, orders.lines, events.at]
			name: "include", file: "meltano_include.json",
			selected: []string{"orders", "events"}, method: catalog.Incremental,
			want: `{"id":1,"status":"paid","updated_at":"2025-01-01T00:00:00Z","customer":{"address":{"city":"X"},"newer":1},` +
				`"lines":[{"sku":"s1","qty":1},{"sku":"s2","qty":2}],"brand_new":true}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := testrig.Read(t, filepath.Join("testdata", tt.file))
			c := parse(t, string(data))
			var selected []string
			for _, s := range c.Streams {
				if s.Selected {
					selected = append(selected, s.ID)
				}
			}
			if !slices.Equal(selected, tt.selected) {
				t.Errorf("selected: %q, want %q", selected, tt.selected)
			}
			s := c.Stream("orders")
			if s.ReplicationMethod != tt.method || s.ReplicationKey != "updated_at" {
				t.Errorf("orders: %s by %s, want %s by updated_at", s.ReplicationMethod, s.ReplicationKey, tt.method)
			}
			if got := string(s.Mask.Append(nil, []byte(order), nil)); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseSingerErrors(t *testing.T) {
	tests := []struct {
		name, data, want string
	}{
		{"empty", " \n", "c.json:1:1: the file is empty"},
		{"UTF-16", "\xff\xfe{\x00", "c.json:1:1: the file is UTF-16"},
		{"not UTF-8", "{\n\"a\": \"\xff\"}", "c.json:2:7: not UTF-8"},
		{"comma too many", "{\"streams\": [\n  {\"stream\": \"é\",}\n]}", "c.json:2:18: not JSON: invalid character '}'"},
		{"cut short", `{"streams": [`, "c.json:1:13: not JSON: unexpected end of JSON input"},
		{"more behind it", "{\"streams\": []}\n{}", "c.json:2:1: not JSON: invalid character '{' after top-level value"},
		{"a list", `[]`, `c.json:1:1: a catalog is an object with a list "streams"`},
		{"a config", `{"token": "x"}`, `c.json:1:1: a catalog is an object with a list "streams"`},
		{"streams", `{"streams": {}}`, `c.json:1:13: streams: must be a list of streams, not an object`},
		{"entry", `{"streams": ["orders"]}`, `c.json:1:14: streams[0]: must be an object that describes a stream, not text`},
		{"no name", `{"streams": [{"schema":{}}]}`, `c.json:1:14: streams[0]: has no "tap_stream_id"`},
		{"number for a name", `{"streams": [{"stream":"s","tap_stream_id":1}]}`, `c.json:1:44: streams[0] (s) tap_stream_id: must be text in quotes, or null, not a number`},
		{"Airbyte's", `{"streams": [{"stream":{"name":"s"},"sync_mode":"full_refresh"}]}`, `c.json:1:24: streams[0].stream: must be text, not an object: a catalog of Airbyte's`},
		{"schema", `{"streams": [{"stream":"s","schema":"s.json"}]}`, `c.json:1:37: streams[0] (s) schema: must be a JSON Schema`},
		{"keys", `{"streams": [{"stream":"s","key_properties":"id"}]}`, `c.json:1:45: streams[0] (s) key_properties: must be a list like ["id"], or null, not text`},
		{"key", `{"streams": [{"stream":"s","key_properties":["id",null]}]}`, `c.json:1:51: streams[0] (s) key_properties[1]: must be text in quotes, not null`},
		{"method", `{"streams": [{"stream":"s","replication_method":"full"}]}`, `c.json:1:49: streams[0] (s) replication_method: "full" is no replication method: use FULL_TABLE, INCREMENTAL or LOG_BASED`},
		{"metadata", `{"streams": [{"stream":"s","metadata":{}}]}`, `c.json:1:39: streams[0] (s) metadata: must be a list of`},
		{"metadatum", `{"streams": [{"stream":"s","metadata":[null]}]}`, `c.json:1:40: streams[0] (s) metadata[0]: must be an object like`},
		{"said", `{"streams": [{"stream":"s","metadata":[{"breadcrumb":[],"metadata":[]}]}]}`, `c.json:1:68: streams[0] (s) metadata[0].metadata: must be an object like {"selected": true}, not a list`},
		{"no breadcrumb", `{"streams": [{"stream":"s","metadata":[{"metadata":{}}]}]}`, `c.json:1:40: streams[0] (s) metadata[0]: has no "breadcrumb"`},
		{"breadcrumb", "{\"streams\": [\n{\"stream\":\"a\"},\n{\"tap_stream_id\":\"orders\",\"stream\":\"o\",\n \"metadata\":[\n  {\"breadcrumb\":\"id\",\"metadata\":{}}]}]}",
			`c.json:5:17: streams[1] (orders) metadata[0].breadcrumb: must be a list like ["properties", "id"], not text`},
		{"crumb", `{"streams": [{"stream":"s","metadata":[{"breadcrumb":["properties",1],"metadata":{}}]}]}`, `c.json:1:68: streams[0] (s) metadata[0].breadcrumb[1]: must be text in quotes`},
		{"selected in quotes", `{"streams": [{"stream":"s","metadata":[{"breadcrumb":[],"metadata":{"selected":"false"}}]}]}`,
			`c.json:1:80: streams[0] (s) metadata[0].metadata.selected: must be true or false, not the text "false": take the quotes away`},
		{"selected as number", `{"streams": [{"stream":"s","selected":1}]}`, `c.json:1:39: streams[0] (s) selected: must be true, false or null, not a number`},
		{"inclusion", `{"streams": [{"stream":"s","schema":{"properties":{"a":{"inclusion":true}}}}]}`, `c.json:1:69: streams[0] (s) schema.properties.a.inclusion: must be text`},
		{"the first of two", `{"streams": [{"stream":"s","selected":1,"metadata":1}]}`, `c.json:1:39: streams[0] (s) selected:`},
		{"deep breadcrumb", `{"streams": [{"stream":"s","metadata":[{"breadcrumb":[` + strings.Repeat(`"properties","a",`, 10_001) + `"items"]}]}]}`,
			`c.json:1:54: streams[0] (s) metadata[0].breadcrumb: is 20003 steps deep`},
		{"deep document", strings.Repeat(`[`, 20_000), `c.json:1:10001: not JSON: invalid character '[' exceeded max depth`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := catalog.ParseSinger("c.json", []byte(tt.data))
			var ce *catalog.Error
			if !errors.As(err, &ce) || c != nil {
				t.Fatalf("got %v, %v, want nil and an *Error", c, err)
			}
			if ce.File != "c.json" || ce.Line < 1 || ce.Column < 1 {
				t.Errorf("the error is at %s:%d:%d", ce.File, ce.Line, ce.Column)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s…", err, tt.want)
			}
		})
	}
}

func FuzzParseSinger(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data := testrig.Read(f, file)
		f.Add(data)
	}
	f.Add([]byte(`{"streams":[{"stream":"s","selected":true,"schema":{"selected":true,"properties":{"a":{"selected":false,"items":{"anyOf":[{"properties":{"b":{}}}]}}}}}]}`))
	f.Add([]byte(`{"streams":[{"stream":"s","metadata":[{"breadcrumb":["properties","a","items","items","properties","b"],"metadata":{"selected":false}}]},{"stream":"s"}]}`))
	f.Add([]byte(`{"str\u0065ams":[{"stream":{},"key_properties":[1]}]}`))
	f.Add([]byte("\xef\xbb\xbf[]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := catalog.ParseSinger("c.json", data)
		if err != nil {
			var ce *catalog.Error
			if !errors.As(err, &ce) || ce.Line < 1 || ce.Column < 1 || ce.Msg == "" {
				t.Fatalf("%#v is no whole *Error", err)
			}
			return
		}
		for _, s := range c.Streams {
			if s.ID == "" || s.Name == "" || c.Stream(s.ID) != s {
				t.Fatalf("%+v is not to be found by its ID", s)
			}
			if !s.Selected && s.Mask != nil {
				t.Fatalf("%+v is not selected but has a mask", s)
			}
			s.Mask.CutSchema(s.Schema)
			checkKeysStay(t, s)
		}
	})
}

// checkKeysStay masks a record that has nothing but the keys of s.
func checkKeysStay(t *testing.T, s *catalog.Stream) {
	for _, key := range append([]string{s.ReplicationKey}, s.KeyProperties...) {
		if key == "" {
			continue
		}
		record := fmt.Appendf(nil, `{%s:[{"a":1}]}`, quoted(t, key))
		if got := s.Mask.Append(nil, record, nil); string(got) != string(record) {
			t.Fatalf("the mask cuts the key %q: %s", key, got)
		}
	}
}
