package tap_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/testrig"
)

// oddRows are records whose bytes a careless reader changes, and how they
// leave where that is not as they came.
var oddRows = []struct{ name, row, leaves string }{
	{"whole number beyond a float", `{"id":9007199254740993}`, ""},
	{"decimal beyond a float", `{"id":1,"n":12345678901234567890.10}`, ""},
	{"trailing zeros and exponents", `{"id":2,"n":[1.50,1e5,1E+05,-0,-0.0,0.10e-3]}`, ""},
	{"order of keys", `{"z":1,"a":2,"id":3,"m":4}`, ""},
	{"escapes", `{"id":4,"s":"\u00e9\u0041\/\n\t\"\\\ud83d\ude00\u2028"}`, ""},
	{"raw text", "{\"id\":5,\"s\":\"é😀\u2028<>&'\x7f\"}", ""},
	{"lone surrogate", `{"id":6,"s":"\ud800"}`, ""},
	{"keys twice", `{"id":7,"a":1,"a":2}`, ""},
	{"odd keys", `{"id":8,"":1,"a.b":2,"\u0061":3,"@x":4,"x y":{"":{}}}`, ""},
	{"blanks", `{ "id" : 10 , "a" : [ 1 , 2 ] , "b":	{ } }`, ""},
	{"lines", "{\n  \"id\": 11,\r\n  \"a\": [\n    1\n  ]\n}", `{   "id": 11,    "a": [     1   ] }`},
	{"null and nothing", `{"id":12,"a":null,"b":[],"c":{},"d":""}`, ""},
	{"deep", `{"id":13,"a":` + strings.Repeat(`[{"b":`, 100) + `1` + strings.Repeat(`}]`, 100) + `}`, ""},
	{"long", `{"id":14,"a":"` + strings.Repeat("x", 100_000) + `"}`, ""},
}

func TestBytes(t *testing.T) {
	var in [][]byte
	var want []string
	for _, o := range oddRows {
		in = append(in, []byte(o.row))
		if o.leaves == "" {
			o.leaves = o.row
		}
		want = append(want, o.leaves)
	}
	for _, tt := range []struct{ name, keys, encoding string }{
		{"inferred", "", ""},
		{"schema", "schema: {type: object, properties: {id: {type: integer}}}", ""},
		{"new fields pass", "schema: {type: object}\n    on_new_field: pass", ""},
		{"gzip", "", "gzip"},
		{"zstd", "", "zstd"},
		{"brotli", "", "br"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: in, Encoding: coding.Named(tt.encoding)})
			var raw bytes.Buffer
			r := setup{definition: policed(tt.keys), api: api, out: &raw}.must(t)
			got := r.records("items")
			if len(got) != len(want) {
				t.Fatalf("got %d records, want %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s:\ngot  %.300s\nwant %.300s", oddRows[i].name, got[i], want[i])
				}
			}
			if n := bytes.Count(raw.Bytes(), []byte("\n")); n != len(r.lines) {
				t.Errorf("got %d line breaks in %d lines", n, len(r.lines))
			}
		})
	}
}

// TestBytesWithAdd checks that fields which are added leave the rest as it
// came.
func TestBytesWithAdd(t *testing.T) {
	const row = `{"n":12345678901234567890.10, "id":9007199254740993,"shop":"old","s":"\u00e9"}`
	r := setup{definition: policed(`add: {shop: eu, copy: "{{ record.n }}", next: "{{ record.id + 1 }}", text: "{{ record.s }}!"}`), api: rowsAPI(row)}.must(t)
	want := []string{`{"n":12345678901234567890.10, "id":9007199254740993,"s":"\u00e9","shop":"eu","copy":12345678901234567890.10,"next":9007199254740994,"text":"é!"}`}
	if got := r.records("items"); !slices.Equal(got, want) {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// TestKeep drops records, and none else.
func TestKeep(t *testing.T) {
	r := setup{definition: policed(`keep: "{{ record.status != 'draft' }}"`),
		api: rowsAPI(`{"id":1,"status":"draft"}`, `{"id":2,"status":"draft"}`, `{"id":3,"status":"open"}`, `{"id":4}`, `{"id":5,"status":"draft"}`)}.must(t)
	want := []string{`{"id":3,"status":"open"}`, `{"id":4}`}
	if got := r.records("items"); !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestHeadersInAdd reads the answer in add.
func TestHeadersInAdd(t *testing.T) {
	api := transport(func(r *http.Request) (*http.Response, error) {
		body := `{"data":[{"id":1}],"meta":{"n":7}}`
		return testrig.Answer(r, 200, body, "X-Shop", "eu"), nil
	})
	definition := strings.Replace(policed(`add: {shop: "{{ headers['x-shop'] }}", n: "{{ response.meta.n }}"}`), "{type: page, param: page}", "{type: none}", 1)
	want := []string{`{"id":1,"shop":"eu","n":7}`}
	if got := (setup{definition: definition, api: api}).must(t).records("items"); !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
