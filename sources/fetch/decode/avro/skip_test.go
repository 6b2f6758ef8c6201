//go:build !small

package avro_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/testshare"
)

// isTime tells a time, which what is passed over need not hold.
var isTime = regexp.MustCompile(`^[-+]?(P.*S|[0-9T:.Z+-]*[:-][0-9T:.Z+-]*)$`)

// sameSkipped checks that Skip passes over the records that Next makes, holds their
// text, and fails where and as Next does. It returns how many records there were.
func sameSkipped(t *testing.T, b []byte) int {
	t.Helper()
	made, err := read(b)
	records, errOpen := open(memory(b))
	if errOpen != nil {
		return 0
	}
	defer records.Close()
	n, got, errSkip := 0, bytes.Buffer{}, error(nil)
	for errSkip == nil {
		var some int
		var text []byte
		if some, text, errSkip = records.(file.Skipper).Skip(); errSkip == nil {
			n += some
			got.Write(text)
		}
	}
	if errSkip == io.EOF {
		errSkip = nil
	}
	if want := strings.Count(made, "\n"); n != want || fmt.Sprint(errSkip) != fmt.Sprint(err) {
		t.Fatalf("passed over %d records, %v; want %d, %v", n, errSkip, want, err)
	}
	if len(made) > 1<<20 {
		return n
	}
	d := json.NewDecoder(strings.NewReader(made))
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		if text, ok := token.(string); ok && !isTime.MatchString(text) && !bytes.Contains(got.Bytes(), []byte(text)) {
			t.Fatalf("what was passed over lacks %q", text)
		}
	}
}

// TestSkip passes over the records of each file, whole, cut at every byte and with
// bytes changed.
func TestSkip(t *testing.T) {
	names, err := filepath.Glob("testdata/*.avro")
	if err != nil || len(names) < 12 {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			whole := load(t, name)
			if n := sameSkipped(t, whole); n == 0 && filepath.Base(name) != "none.avro" {
				t.Fatal("no record was passed over")
			}
			begin := bytes.Index(whole, []byte("0123456789abcdef"))
			step, blocks := 1+len(whole)/2000, 40
			if testing.Short() {
				step *= 23
				if strings.Contains(name, "bzip2") { // whose reader begins with megabytes, for each block
					step, blocks = 3*step, 4
				}
			}
			long := append(bytes.Clone(whole), bytes.Repeat(whole[begin+16:], blocks)...)
			sameSkipped(t, long)
			if testshare.Race {
				step *= 5
			}
			for i := max(begin, 0); i < len(whole); i += step {
				sameSkipped(t, whole[:i])
				for _, mask := range []byte{1, 2, 0x80, 0xff, 0x20} {
					flipped := bytes.Clone(whole)
					flipped[i] ^= mask
					sameSkipped(t, flipped)
				}
			}
		})
	}
}

// TestSkipBounds passes over records that lie deep in each other, are long, or take no
// bytes.
func TestSkipBounds(t *testing.T) {
	list := `{"type":"record","name":"L","fields":[` + field("ok", `"boolean"`) + "," + field("next", `["null","L"]`) + `]}`
	deep := bytes.Repeat([]byte{1, 2}, 9_999)
	symbol := `{"type":"array","items":{"type":"enum","name":"E","symbols":["` + strings.Repeat("S", 1<<20) + `"]}}`
	for name, b := range map[string][]byte{
		"deep":          container(list, 1, append(bytes.Clone(deep), 1, 0)...),
		"too deep":      container(list, 1, append(deep, 1, 2, 1, 0)...),
		"long symbols":  container(symbol, 1, append(counted(40, make([]byte, 40)), 0)...),
		"too long":      container(symbol, 1, append(counted(60, make([]byte, 60)), 0)...),
		"zeros":         container(`{"type":"bytes","logicalType":"decimal","precision":9000,"scale":9000}`, 2, 2, 1, 2, 2),
		"no bytes":      container(record(field("x", `"null"`)), 100_000),
		"escaped":       container(`"string"`, 1, sized(bytes.Repeat([]byte{1}, 9<<20))...),
		"long escapes":  container(`"string"`, 1, sized(bytes.Repeat([]byte{'\n'}, 9<<20))...),
		"bytes":         container(`"bytes"`, 2, append(sized(make([]byte, 20<<20)), 0)...),
		"too many":      container(`"bytes"`, 1, sized(make([]byte, 40<<20))...),
		"whole numbers": container(`{"type":"bytes","logicalType":"decimal","precision":30}`, 2, 2, 200, 1, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9),
	} {
		t.Run(name, func(t *testing.T) { sameSkipped(t, b) })
	}
}

// TestSkipShows: what stands in a block otherwise than as text is shown as it stands in
// records, and so are names.
func TestSkipShows(t *testing.T) {
	for _, c := range []struct {
		name, schema, want string
		values             []byte
	}{
		{"long", `"long"`, "1234567890", counted(1234567890, nil)},
		{"int", `"int"`, "-12345678", counted(-12345678, nil)},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":9}`, "305419896", sized([]byte{0x12, 0x34, 0x56, 0x78})},
		{"fixed decimal", `{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9}`, "305419896", []byte{0x12, 0x34, 0x56, 0x78}},
		{"big-decimal", `{"type":"bytes","logicalType":"big-decimal"}`, "1234.5678", sized(append(sized([]byte{0x00, 0xbc, 0x61, 0x4e}), 8))},
		{"bytes", `"bytes"`, "aGlkZGVu", sized([]byte("hidden"))},
		{"fixed", `{"type":"fixed","name":"F","size":6}`, "aGlkZGVu", []byte("hidden")},
		{"UUID", `{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, "30313233-3435-3637-3839-616263646566", []byte(marker)},
		{"symbol", `{"type":"enum","name":"E","symbols":["hidden"]}`, "hidden", []byte{0}},
		{"name", record(field("hidden", `"null"`)), "hidden", nil},
		{"name of what is no record", `"null"`, "value", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := container(c.schema, 1, c.values...)
			if made, err := read(whole); err != nil || !strings.Contains(made, c.want) {
				t.Fatalf("the record is %s, %v; want %s in it", made, err, c.want)
			}
			records, err := open(memory(whole))
			if err != nil {
				t.Fatal(err)
			}
			if n, text, err := records.(file.Skipper).Skip(); n != 1 || err != nil || !bytes.Contains(text, []byte(c.want)) {
				t.Errorf("%d records passed over, %q, %v; want %s in it", n, text, err, c.want)
			}
		})
	}
}

// BenchmarkSkip is BenchmarkNext without records.
func BenchmarkSkip(b *testing.B) {
	one := load(b, "testdata/small_null.avro")
	begin := bytes.Index(one, []byte("0123456789abcdef")) + 16
	whole := append(bytes.Clone(one[:begin]), bytes.Repeat(one[begin:], 1000)...)
	b.SetBytes(int64(len(whole)))
	b.ReportAllocs()
	for b.Loop() {
		records, err := open(memory(whole))
		for err == nil {
			_, _, err = records.(file.Skipper).Skip()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
