//go:build !small

package avro_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/avro"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/ulikunitz/xz"
)

const marker = "0123456789abcdef"

// counted is a length or a number before what follows it.
func counted(n int64, b []byte) []byte { return append(binary.AppendVarint(nil, n), b...) }

func sized(b []byte) []byte { return counted(int64(len(b)), b) }

// header begins a file.
func header(schema, codec string) []byte {
	b := append([]byte("Obj\x01"), counted(3, nil)...)
	for _, entry := range [][2]string{{"user.note", "nothing"}, {"avro.schema", schema}, {"avro.codec", codec}} {
		b = append(append(b, sized([]byte(entry[0]))...), sized([]byte(entry[1]))...)
	}
	return append(append(b, 0), marker...)
}

// block is a block of count records.
func block(count int64, values []byte) []byte {
	return append(counted(count, sized(values)), marker...)
}

// container is a file with one block.
func container(schema string, count int64, values ...byte) []byte {
	return append(header(schema, "null"), block(count, values)...)
}

func record(fields string) string {
	return `{"type":"record","name":"R","fields":[` + fields + `]}`
}

func field(name, of string) string { return fmt.Sprintf(`{"name":%q,"type":%s}`, name, of) }

// TestWrong reads files that are wrong, and wants an error that says so.
func TestWrong(t *testing.T) {
	long, text := record(field("n", `"long"`)), record(field("s", `"string"`))
	nulls := record(field("a", `{"type":"array","items":"null"}`))
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"no Avro", []byte("id,name\n1,a\n"), `byte 4: begins with "id,n"; an object container file begins with "Obj\x01"`},
		{"no schema", append([]byte("Obj\x01\x00"), marker...), "the header has no avro.schema"},
		{"codec", header(long, "lz4"), `avro.codec is "lz4"; null, deflate`},
		{"schema is no JSON", container("{", 0), "avro.schema: unexpected EOF"},
		{"more JSON", container(`"int" 5`, 0), "JSON follows the schema"},
		{"schema is no UTF-8", container("\"\xff\"", 0), "avro.schema: is not UTF-8"},
		{"unknown type", container(record(field("x", `"Other"`)), 0), `field "x": type "Other" is not defined before its use`},
		{"number for a type", container("5", 0), "5 stands where a type is wanted"},
		{"no name", container(`{"type":"record","fields":[]}`, 0), "type record has no name"},
		{"no fields", container(`{"type":"record","name":"R"}`, 0), `record "R" has no fields`},
		{"nameless field", container(record(`{"type":"int"}`), 0), `field 1 of record "R" has no name`},
		{"a field twice", container(record(field("x", `"int"`)+","+field("x", `"int"`)), 0), `two fields "x"`},
		{"a type twice", container(record(field("x", `{"type":"enum","name":"R","symbols":[]}`)), 0), `type "R" is defined twice`},
		{"negative fixed", container(`{"type":"fixed","name":"F","size":-1}`, 0), `fixed "F" has the size -1`},
		{"symbol", container(`{"type":"enum","name":"E","symbols":[1]}`, 0), "the symbol 1"},
		{"no items", container(`{"type":"array"}`, 0), "type array has no items"},
		{"endless", container(record(field("x", `"R"`)), 1), `type "R": a record that holds itself by its fields alone has no end`},
		{"endless in a union", container(record(field("x", `["null",{"type":"record","name":"S","fields":[`+field("y", `"S"`)+`]}]`)), 1), `type "S": a record that holds itself`},

		{"marker", append(header(long, "null"), counted(1, append(sized([]byte{2}), "0123456789abcdeX"...))...), "stood before this place, behind a block"},
		{"count below zero", container(long, -1, 2), "the block claims -1 records"},
		{"size below zero", append(header(long, "null"), counted(1, counted(-5, nil))...), "a length of -5 bytes"},
		{"huge size", append(header(long, "null"), counted(1, counted(1<<40, nil))...), "a length of 1099511627776 bytes; at least 0 and at most 67108864"},
		{"size that lies", append(header(long, "null"), counted(1, counted(60<<20, []byte{1, 2}))...), "the file ends too early"},
		{"too many records", container(long, 1<<40, 2), "claims 1099511627776 records of 1 bytes or more; it has 1 bytes"},
		{"records of no bytes", container(record(field("x", `"null"`)), 1<<40), "records that take no bytes"},
		{"no records", container(long, 0, 2), "claims no records in 1 bytes"},
		{"bytes left", container(long, 1, 2, 2, 2), fmt.Sprintf("row 1, byte %d: 2 bytes follow the last record of the block", len(header(long, "null"))+3)},
		{"overlong number", container(long, 1, bytes.Repeat([]byte{0x80}, 11)...), "field n: a number of more than 64 bits"},
		{"number cut", container(long, 1, 0x80), "field n: the block ends inside of a value"},
		{"int", container(record(field("i", `"int"`)), 1, counted(1<<31, nil)...), "more than 32 bits stands where an int"},
		{"boolean", container(`"boolean"`, 1, 2), "field value: the byte 2 stands for a boolean"},
		{"text too long", container(text, 2, append(sized([]byte("ok")), counted(9, []byte("x"))...)...), "row 2"},
		{"text of negative length", container(text, 1, counted(-1, []byte("x"))...), "field s: a value of -1 bytes"},
		{"no UTF-8", container(text, 1, sized([]byte("ab\xffc"))...), "field s: byte 2 of a string is 0xff, which is no UTF-8"},
		{"key is no UTF-8", container(`{"type":"map","values":"int"}`, 1, append(counted(1, sized([]byte("\xff"))), 2, 0)...), "key of a map: byte 0"},
		{"symbol beyond", container(`{"type":"enum","name":"E","symbols":["A"]}`, 1, 2), "symbol 1 of an enum that has 1"},
		{"branch beyond", container(`["null","int"]`, 1, 4), "branch 2 of a union that has 2"},
		{"branch below", container(`["null","int"]`, 1, 1), "branch -1 of a union that has 2"},
		{"empty union", container(record(field("x", "[]")), 1, 0), "branch 0 of a union that has 0"},
		{"array too long", container(`{"type":"array","items":"int"}`, 1, counted(1<<50, []byte{2, 0})...), "1125899906842624 items, where 2 bytes have room for 2"},
		{"items of no bytes", container(nulls, 1, counted(1<<50, []byte{0})...), "have room for 65536"},
		{"lowest count", container(nulls, 1, counted(math.MinInt64, []byte{0, 0})...), "9223372036854775808 items"},
		{"items end elsewhere", container(`{"type":"array","items":"int"}`, 1, 1, 4, 2, 0), "1 items end -1 bytes behind the place"},
		{"items longer than the block", container(`{"type":"array","items":"int"}`, 1, 1, 40, 2, 0), "items of 20 bytes, where 2 are left"},
		{"long decimal", container(`{"type":"bytes","logicalType":"decimal","precision":4}`, 1, sized(make([]byte, 5000))...), "a decimal of 5000 bytes"},
		{"big-decimal", container(`{"type":"bytes","logicalType":"big-decimal"}`, 1, sized([]byte{40, 1})...), "a big-decimal whose number is longer"},
		{"big-decimal without scale", container(`{"type":"bytes","logicalType":"big-decimal"}`, 1, sized([]byte{2, 1})...), "a big-decimal without a scale"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.file)
			var at *file.Error
			if !errors.As(err, &at) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			sameSkipped(t, test.file)
		})
	}
}

// TestNested leads an error to its field, however deep.
func TestNested(t *testing.T) {
	list := `{"type":"record","name":"L","fields":[` + field("ok", `"boolean"`) + "," + field("next", `["null","L"]`) + `]}`
	_, err := read(container(list, 1, 1, 2, 1, 2, 7))
	if err == nil || !strings.Contains(err.Error(), "field next.next.ok: the byte 7") {
		t.Error(err)
	}
	deep := bytes.Repeat([]byte{1, 2}, 9_999)
	got, err := read(container(list, 1, append(deep, 1, 0)...))
	if want := strings.Repeat(`{"ok":true,"next":`, 10_000) + "null" + strings.Repeat("}", 10_000) + "\n"; err != nil || got != want {
		t.Errorf("10,000 deep: %d bytes, want %d, %v", len(got), len(want), err)
	}
	_, err = read(container(list, 1, append(deep, 1, 2, 1, 0)...))
	if err == nil || !strings.Contains(err.Error(), "next.….next") || !strings.Contains(err.Error(), "more than 10000 deep") {
		t.Error(err)
	}
}

// TestGroups reads arrays and maps in several groups, with and without their lengths.
func TestGroups(t *testing.T) {
	schema := record(field("a", `{"type":"array","items":"int"}`) + "," + field("m", `{"type":"map","values":"null"}`))
	values := []byte{2, 2, 3, 4, 4, 6, 4, 8, 10, 0, 1, 4, 2, 'x', 2, 2, 'y', 0}
	got, err := read(append(container(schema, 1, values...), block(0, nil)...))
	if want := `{"a":[1,2,3,4,5],"m":{"x":null,"y":null}}` + "\n"; err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	entries := append(counted(100_000, nil), bytes.Repeat([]byte{2, 'k'}, 100_000)...)
	if _, err := read(container(`{"type":"map","values":"null"}`, 1, append(entries, 0)...)); err != nil {
		t.Errorf("a map of many nulls: %v", err)
	}
}

// TestBombs unpacks blocks that become far too long.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 65<<20)
	var deflated, packed bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.BestSpeed)
	_, _ = w.Write(zeros)
	_ = w.Close()
	stream := zeros
	if testing.Short() { // packing all of it as one takes a second
		stream = zeros[:1<<20]
	}
	x, _ := xz.NewWriter(&packed)
	_, _ = x.Write(stream)
	_ = x.Close()
	e, _ := zstd.NewWriter(nil)
	for codec, packed := range map[string][]byte{
		"deflate": deflated.Bytes(), "xz": bytes.Repeat(packed.Bytes(), len(zeros)/len(stream)),
		"zstandard": e.EncodeAll(zeros, nil), "snappy": append(snappy.Encode(nil, zeros), 0, 0, 0, 0),
	} {
		_, err := read(append(header(`"bytes"`, codec), block(1, packed)...))
		if err == nil || !strings.Contains(err.Error(), "unpacks to more than 67108864 bytes") {
			t.Errorf("%s: %v", codec, err)
		}
	}
	sum := append(snappy.Encode(nil, []byte("\x02a")), 1, 2, 3, 4)
	if _, err := read(append(header(`"string"`, "snappy"), block(1, sum)...)); err == nil || !strings.Contains(err.Error(), "the CRC32 of its bytes is") {
		t.Error(err)
	}
}

// TestLargeClaims measures what files take that claim to be large and are not.
func TestLargeClaims(t *testing.T) {
	const most = 24 << 20
	types := []string{`"null"`}
	for i := range 60 { // each type holds the one before it twice: 2^60 nulls
		types = append(types, fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i+1, types[i], i))
		if i == 0 {
			types[1] = `{"type":"record","name":"R1","fields":[{"name":"a","type":"null"},{"name":"b","type":"null"}]}`
		}
	}
	for name, b := range map[string][]byte{
		"a block of 60 MiB":     append(header(`"bytes"`, "null"), counted(1, counted(60<<20, []byte{1, 2}))...),
		"a dictionary of 4 GiB": append(header(`"bytes"`, "xz"), block(1, claimDictionary(t))...),
		"a schema of 4 MiB":     append([]byte("Obj\x01\x02"), append(sized([]byte("avro.schema")), counted(4<<20, []byte("{"))...)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(b)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err == nil && name != "a dictionary of 4 GiB" || took > most {
			t.Errorf("%s: %d bytes taken, %v", name, took, err)
		}
	}
	_, err := read(container(types[60], 1))
	if err == nil || !strings.Contains(err.Error(), "longer than 52428800 bytes as JSON") {
		t.Errorf("types that double: %v", err)
	}
	records, err := avro.Open(memory(container(types[60], 0)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(records.(file.Schemed).Schema()); n > 2<<20 {
		t.Errorf("types that double have a JSON Schema of %d bytes", n)
	}
}

// claimDictionary packs a block whose header claims a dictionary of 4 GiB.
func claimDictionary(t *testing.T) []byte {
	var packed bytes.Buffer
	w, err := xz.WriterConfig{DictCap: 1 << 20}.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("\x02a"))
	_ = w.Close()
	b := packed.Bytes()
	const property = 12 + 4 // the header's length, its flags, the filter, the length of its property
	end := 12 + 4*(int(b[12])+1)
	b[property] = 40
	binary.LittleEndian.PutUint32(b[end-4:], crc32.ChecksumIEEE(b[12:end-4]))
	return b
}
