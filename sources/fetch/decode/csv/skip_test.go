package csv_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// sameSkipped checks that Skip passes over the records that Next makes, holds their
// text, and fails where and as Next does.
func sameSkipped(t *testing.T, text string, o sources.CSV, schema string) {
	t.Helper()
	made, err := readAll(text, o, schema)
	records, openErr := open(text, o, schema)
	if openErr != nil {
		return
	}
	defer records.Close()
	n, got, errSkip := 0, strings.Builder{}, error(nil)
	for errSkip == nil {
		var some int
		var text []byte
		if some, text, errSkip = records.(file.Skipper).Skip(); errSkip == nil {
			n += some
			got.Write(text)
			got.WriteByte('\n')
		}
	}
	if errSkip == io.EOF {
		errSkip = nil
	}
	if want := strings.Count(made, "\n"); n != want || fmt.Sprint(errSkip) != fmt.Sprint(err) {
		t.Fatalf("%q: passed over %d records, %v; want %d, %v", text, n, errSkip, want, err)
	}
	const few = 10_000
	for _, part := range strings.Split(made[:min(len(made), few)], `"`) { // texts without escapes; numbers, with what stands around them
		if part = strings.Trim(part, ":,{}\n"); !strings.ContainsAny(part, `\:{`) && !strings.Contains(got.String(), part) && part != "null" && strings.ToLower(part) == part {
			t.Errorf("%q: what was passed over lacks %q", text, part)
		}
	}
}

// TestSkip passes over rows of every kind, right and wrong, cut at every byte and with
// every byte changed.
func TestSkip(t *testing.T) {
	const schema = `{"properties":{"v":{"type":["null","number"]}}}`
	o := sources.CSV{Comment: '#', NullValues: []string{"2"}}
	texts := []string{small, "a,b\n1,2\n3,4", "a,b\n1,2\r\n\"3\",4\n5,\"6\n,7\"\n", "a\n1\n\n2\n", "a,b\n1,\"2\"\"3\"\n4,5\n", "a,b,c\nü,é,12345678901\nx,y,z\n"}
	for _, text := range texts {
		sameSkipped(t, text, o, schema)
		for i := range len(text) {
			sameSkipped(t, text[:i], o, schema)
			for _, c := range []byte("\x00\n\r\t,\";#\x80a") {
				sameSkipped(t, text[:i]+string([]byte{c})+text[i+1:], o, schema)
				sameSkipped(t, text[:i]+string([]byte{c})+text[i:], sources.CSV{LooseQuotes: true}, schema)
				sameSkipped(t, text[:i]+string([]byte{c})+text[i:], sources.CSV{Delimiter: '\t', Quote: '\'', ShortRows: true}, schema)
				sameSkipped(t, text[:i]+string([]byte{c})+text[i:], sources.CSV{Unquoted: true}, schema)
			}
		}
	}
	sameSkipped(t, orders(300<<10), sources.CSV{}, ordersSchema)
	sameSkipped(t, strings.ReplaceAll(orders(300<<10), "SKU", `"SKU, ""`), sources.CSV{}, "") // wrong rows
}

// TestSkipManyBlocks: rows that are not right, and rows with quotes, stand among bare
// ones in any block of a long file.
func TestSkipManyBlocks(t *testing.T) {
	text := strings.ReplaceAll(orders(300<<10), `"left at door, ok"`, "left at door")
	lines := strings.SplitAfter(text, "\n")
	for seed := range uint64(10) {
		p := rand.New(rand.NewPCG(seed, 5))
		some := slices.Clone(lines)
		for range 1 + p.IntN(3) {
			at := 1 + p.IntN(len(some)-2)
			some[at] = []string{"\n", "1,2\n", `1,2,3,4,"5",6,7,8,9,0` + "\n", `1,2,3,4,"5""",6,7,8,9,0` + "\n", "1,2,3,4,5,6,7,8,9,\r\n", "1,2,3,4,5,6,7,8,9,\xff\n",
				"1,2,3,4,5\t,6,7,8,9,\n", "1,2,3,4,5,6,7,8,9,0,1\n", "1,2,3,4,5\x00,6,7,8,9,\n", "#\n"}[p.IntN(10)]
		}
		sameSkipped(t, strings.Join(some, ""), sources.CSV{Comment: '#'}, ordersSchema)
	}
}

// TestSkipShowsNames: a row that holds the names of the columns again comes alone and as
// a record, among rows of every kind.
func TestSkipShowsNames(t *testing.T) {
	for _, rows := range []string{"1,2\n3,4\n", "1,2\r\n", "\"1\",2\n", "1,\"2\"\"3\"\n", "1,\"2\n3\"\n", ""} {
		text := "a,b\n" + strings.Repeat("1,2\n"+rows+"a,b\n", 50_000)
		records, err := open(text, sources.CSV{}, "")
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for err == nil {
			var n int
			var text []byte
			if n, text, err = records.(file.Skipper).Skip(); n == 1 && string(text) == `{"a":"a","b":"b"}` {
				found++
			}
		}
		if found != 50_000 || err != io.EOF {
			t.Errorf("among %q: found %d rows of names, %v; want 50000", rows, found, err)
		}
		records.Close()
	}
}

// BenchmarkSkip is BenchmarkNext without records.
func BenchmarkSkip(b *testing.B) {
	text := orders(4 << 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		records, err := open(text, sources.CSV{}, ordersSchema)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, _, err = records.(file.Skipper).Skip()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
