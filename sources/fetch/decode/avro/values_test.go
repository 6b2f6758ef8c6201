//go:build !small

package avro_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/avro"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

func zigzag(n int64) []byte { return binary.AppendVarint(nil, n) }

// TestValues are those that fastavro cannot write or read, or reads in its own way.
func TestValues(t *testing.T) {
	int16 := func(size, precision, scale string) string {
		return `{"type":"fixed","name":"F","size":` + size + `,"logicalType":"decimal","precision":` + precision + `,"scale":` + scale + `}`
	}
	long := func(logical string) string { return `{"type":"long","logicalType":"` + logical + `"}` }
	tests := []struct {
		name, of string
		value    []byte
		want     string
	}{
		{"day after 9999", `{"type":"int","logicalType":"date"}`, zigzag(2932897), `"+10000-01-01"`},
		{"day before 0", `{"type":"int","logicalType":"date"}`, zigzag(-719529), `"-0001-12-31"`},
		{"last day", `{"type":"int","logicalType":"date"}`, zigzag(math.MaxInt32), `"+5881580-07-11"`},
		{"first day", `{"type":"int","logicalType":"date"}`, zigzag(math.MinInt32), `"-5877641-06-23"`},
		{"last instant", long("timestamp-millis"), zigzag(math.MaxInt64), `"+292278994-08-17T07:12:55.807Z"`},
		{"first instant", long("timestamp-millis"), zigzag(math.MinInt64), `"-292275055-05-16T16:47:04.192Z"`},
		{"first micros", long("local-timestamp-micros"), zigzag(math.MinInt64), `"-290308-12-21T19:59:05.224192"`},
		{"25 hours", `{"type":"int","logicalType":"time-millis"}`, zigzag(90_000_001), `"25:00:00.001"`},
		{"before the day", long("time-micros"), zigzag(-1), `"-00:00:00.000001"`},
		{"negative zero", `"double"`, []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, `-0`},
		{"decimal without bytes", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, []byte{0}, `0.00`},
		{"decimal of 9 bytes", `{"type":"bytes","logicalType":"decimal","precision":40,"scale":1}`, sized([]byte{0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}), `-922337203685477580.8`},
		{"decimal with a huge scale", `{"type":"bytes","logicalType":"decimal","precision":2000000000,"scale":2000000000}`, sized([]byte{7}), `7e-2000000000`},
		{"big-decimal with a huge scale", `{"type":"bytes","logicalType":"big-decimal"}`, sized(append(sized([]byte{0xf9}), zigzag(math.MinInt32)...)), `-7e2147483648`},
		{"a fixed decimal that fits", int16("2", "4", "2"), []byte{0xff, 0xff}, `-0.01`},
		{"precision without room", int16("2", "5", "2"), []byte{0xff, 0xff}, `"//8="`},
		{"scale over precision", int16("2", "3", "4"), []byte{0xff, 0xff}, `"//8="`},
		{"precision of text", int16("2", `"3"`, "0"), []byte{0xff, 0xff}, `"//8="`},
		{"uuid of 15", `{"type":"fixed","name":"F","size":1,"logicalType":"uuid"}`, []byte{1}, `"AQ=="`},
		{"duration of 1", `{"type":"fixed","name":"F","size":1,"logicalType":"duration"}`, []byte{1}, `"AQ=="`},
		{"logical type of a field", `"long","logicalType":"timestamp-millis"`, zigzag(5), `5`},
		{"a type in a type", `{"type":{"type":["null","int"]}}`, []byte{2, 6}, `3`},
		{"control characters", `"string"`, sized([]byte("\x00\x1f\x7f\b\u2028")), `"\u0000\u001f` + "\x7f" + `\u0008` + "\u2028" + `"`},
		{"symbols to escape", `{"type":"enum","name":"E","symbols":["a\"<b>"]}`, []byte{0}, `"a\"<b>"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := read(container(record(`{"name":"x","type":`+test.of+`}`), 1, test.value...))
			if want := `{"x":` + test.want + "}\n"; err != nil || got != want {
				t.Errorf("got  %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

// TestDecimals compares decimals of all lengths with math/big.
func TestDecimals(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := 1; size <= 4096; size += 1 + size/8 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		want := new(big.Int).SetBytes(b)
		if b[0] >= 0x80 {
			want.Sub(want, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
		}
		got, err := read(container(`{"type":"bytes","logicalType":"decimal","precision":10000}`, 1, sized(b)...))
		if err != nil || got != `{"value":`+want.String()+"}\n" {
			t.Errorf("%d bytes: got %s, %v", size, got, err)
		}
	}
}

// TestFloats compares with encoding/json.
func TestFloats(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		single, double := math.Float32frombits(random.Uint32()), math.Float64frombits(random.Uint64())
		var b []byte
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(single))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(double))
		want, err := json.Marshal(struct {
			X float32 `json:"x"`
			Y float64 `json:"y"`
		}{single, double})
		if err != nil {
			continue // NaN
		}
		got, err := read(container(record(field("x", `"float"`)+","+field("y", `"double"`)), 1, b...))
		if err != nil || got != string(want)+"\n" {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

// TestSpaces finds types by their names and namespaces.
func TestSpaces(t *testing.T) {
	schema := `{"type":"record","name":"R","namespace":"a.b","fields":[
		{"name":"x","type":{"type":"enum","name":"c.E","symbols":["X"]}},
		{"name":"y","type":{"type":"record","name":"In","namespace":"","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["Y"],"aliases":["Z"]}}]}},
		{"name":"z","type":{"type":"enum","name":"E","symbols":["Z"]}},
		{"name":"all","type":{"type":"array","items":["c.E","a.b.E","E","In"]}}]}`
	got, err := read(container(schema, 1, 0, 0, 0, 8, 0, 0, 2, 0, 4, 0, 6, 0, 0))
	if want := `{"x":"X","y":{"e":"Y"},"z":"Z","all":["X","Z","Z",{"e":"Y"}]}` + "\n"; err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// TestSchema compares JSON Schemas with what they should be, and the records of the
// file with them.
func TestSchema(t *testing.T) {
	tests := []struct{ of, want string }{
		{`"null"`, `{"type":"null"}`},
		{`"boolean"`, `{"type":"boolean"}`},
		{`["null","long"]`, `{"type":["null","integer"]}`},
		{`"float"`, `{"type":["null","number"]}`},
		{`"bytes"`, `{"type":"string","contentEncoding":"base64"}`},
		{`{"type":"bytes","logicalType":"decimal","precision":4}`, `{"type":"number"}`},
		{`{"type":"string","logicalType":"uuid"}`, `{"type":"string","format":"uuid"}`},
		{`["null",{"type":"int","logicalType":"date"}]`, `{"type":["null","string"],"format":"date"}`},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, `{"type":"string","format":"date-time"}`},
		{`{"type":"long","logicalType":"local-timestamp-nanos"}`, `{"type":"string"}`},
		{`{"type":"int","logicalType":"time-millis"}`, `{"type":"string"}`},
		{`["null",{"type":"enum","name":"E","symbols":["A","B"]}]`, `{"type":["null","string"],"enum":["A","B",null]}`},
		{`["null",{"type":"array","items":"int"}]`, `{"type":["null","array"],"items":{"type":"integer"}}`},
		{`{"type":"map","values":["string","null"]}`, `{"type":"object","additionalProperties":{"type":["null","string"]}}`},
		{`["int","string","long","null"]`, `{"type":["null","integer","string"]}`},
		{`["null","int","bytes"]`, `{"anyOf":[{"type":["null","integer"]},{"type":["null","string"],"contentEncoding":"base64"}]}`},
		{`["null","R"]`, `{"type":["null","object"]}`},
		{`["null",{"type":"record","name":"I","fields":[{"name":"y","type":"int"},{"name":"r","type":["R","null"]}]}]`,
			`{"type":["null","object"],"properties":{"y":{"type":"integer"},"r":{"type":["null","object"]}}}`},
	}
	for _, test := range tests {
		records, err := avro.Open(memory(container(record(`{"name":"x","type":`+test.of+`}`), 0)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := records.(file.Schemed).Schema()
		records.Close()
		if want := `{"type":"object","properties":{"x":` + test.want + `}}`; !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s\n got %s\nwant %s", test.of, got, want)
		}
	}
}
