//go:build !small

package protobuf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

func schemaOf(t *testing.T, p *sources.Protobuf) json.RawMessage {
	t.Helper()
	return open(t, p, strings.NewReader("")).(file.Schemed).Schema()
}

func TestSchema(t *testing.T) {
	p := text(t, "M", `syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message M {
  int64 a = 1; optional uint64 b = 2; repeated double c = 3; E d = 4; bytes e = 5;
  map<int32, N> f = 6; oneof o { bool g = 7; N h = 8; }
  google.protobuf.Timestamp i = 9; google.protobuf.StringValue j = 10; repeated M k = 11; N l = 12;
}
message N { M m = 1; }
enum E { ZERO = 0; }`)
	want := `{"type":"object","properties":{"a":{"type":"integer"},` +
		`"b":{"type":["integer","null"],"minimum":0,"maximum":18446744073709551615},` +
		`"c":{"type":"array","items":{"type":["number","null"]}},"d":{"type":["string","integer"]},` +
		`"e":{"type":"string","contentEncoding":"base64"},` +
		`"f":{"type":"object","additionalProperties":{"type":"object","properties":{"m":{"type":["object","null"]}}}},` +
		`"g":{"type":["boolean","null"]},"h":{"type":["object","null"],"properties":{"m":{"type":["object","null"]}}},` +
		`"i":{"type":["string","null"],"format":"date-time"},"j":{"type":["string","null"]},` +
		`"k":{"type":"array","items":{"type":"object"}},"l":{"type":["object","null"],"properties":{"m":{"type":["object","null"]}}}}}`
	if got := string(schemaOf(t, p)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every record is valid by the schema of its message.
func TestRecordsAreValid(t *testing.T) {
	for name, message := range files {
		p := descriptor(t, message)
		s, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schemaOf(t, p)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lines, err := all(t, p, bytes.NewReader(read(t, "testdata", name+".bin")))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range lines {
			result, err := s.Validate(gojsonschema.NewBytesLoader(line))
			if err != nil || !result.Valid() {
				t.Errorf("%s, record %d: %v %v", name, i, err, result.Errors())
			}
		}
	}
}

// Messages that hold each other would have a schema of billions of properties.
func TestSchemaIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`syntax = "proto3"; message M40 {}`)
	for i := range 40 {
		fmt.Fprintf(&b, " message M%d { M%d a = 1; M%d b = 2; M%d c = 3; }", i, i+1, i+1, i+1)
	}
	if got := schemaOf(t, text(t, "M0", b.String())); len(got) > 2<<20 || !json.Valid(got) {
		t.Errorf("the schema has %d bytes", len(got))
	}
}
