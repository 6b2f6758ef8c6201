//go:build !small

package parquet_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func flatFile(rows int, c column) []byte {
	return build(rows, []*thrift{group("root", required, 1), leaf(c.physical, "a", required)}, c)
}

func optionalFile(rows int, c column) []byte {
	return build(rows, []*thrift{group("root", required, 1), leaf(c.physical, "a", optional)}, c)
}

// same are levels that are all the same, in one run.
func same(n int, level byte) []byte {
	run := append(binary.AppendUvarint(nil, uint64(n)<<1), level)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
}

func deep(n int) []*thrift {
	schema := []*thrift{group("root", required, 1)}
	for range n {
		schema = append(schema, annotated("g", repeated, 1, isList))
	}
	return append(schema, leaf(1, "a", required))
}

func many(n int) []*thrift {
	schema := []*thrift{group("root", required, n)}
	for i := range n {
		schema = append(schema, leaf(1, "a"+strings.Repeat("x", i%7)+string(rune('0'+i%10))+string(rune(1000+i)), required))
	}
	return schema
}

func zeros(n int) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(make([]byte, n), nil)
}

// A lie is a file that claims what it has not, and what the error says of it.
type lie struct {
	file []byte
	want string
}

// refuse proves that lies are refused before there is memory for what they claim.
func refuse(t *testing.T, lies map[string]lie) {
	for name, test := range lies {
		t.Run(name, func(t *testing.T) {
			var err error
			allocated := allocations(func() { err = drain(test.file, 10) })
			if err == nil || !strings.Contains(err.Error(), test.want) || !isError(err) {
				t.Errorf("got %v, want a *file.Error with %q", err, test.want)
			}
			if allocated > 400<<20 {
				t.Errorf("%d MiB were allocated", allocated>>20)
			}
		})
	}
}

func TestLyingFooters(t *testing.T) {
	refuse(t, map[string]lie{
		"no parquet":           {[]byte(`{"error":"no such export"}`), `begins with "{\"er"`},
		"nothing":              {nil, "has 0 bytes"},
		"encrypted":            {append(flatFile(0, column{physical: 1})[:40:40], "\x08\x00\x00\x00PARE"...), "encrypted"},
		"footer of 4 GiB":      {[]byte("PAR1\xff\xff\xff\xffPAR1"), "4294967295 bytes"},
		"billions of columns":  {finish([]byte("PAR1"), new(thrift).int32(1, 1).list(2, math.MaxUint32, group("root", required, math.MaxInt32))), "footer: unexpected EOF"},
		"children claimed":     {build(0, []*thrift{group("root", required, math.MaxInt32), leaf(1, "a", required)}), "fewer columns than its groups claim"},
		"children below zero":  {build(0, []*thrift{group("root", required, 1), group("g", optional, -5)}), "has -5 columns"},
		"many columns":         {build(0, many(20000)), "20000 columns; at most 16384"},
		"too many columns":     {build(0, many(70000)), "more than 65536"},
		"columns of no group":  {build(0, []*thrift{group("root", required, 1), leaf(1, "a", required), leaf(1, "b", required)}), "1 columns that no group claims"},
		"column twice":         {build(0, []*thrift{group("root", required, 2), leaf(1, "a", required), leaf(1, "a", required)}), `column "a" is there twice`},
		"name":                 {build(0, []*thrift{group("root", required, 1), leaf(1, "\xff", required)}), "is not UTF-8"},
		"deep":                 {build(0, deep(5000)), "more than 100 groups"},
		"rows without columns": {build(math.MaxInt, []*thrift{group("root", required, 0)}), "the schema has no columns"},
		"rows below zero":      {flatFile(-1, column{physical: 1}), "claims -1 rows"},
		"rows of the file":     {finish([]byte("PAR1"), new(thrift).list(2, 1, group("root", required, 0)).int64(3, 5).list(4, 0)), "the file claims 5 rows; its row groups have 0"},
		"columns of a group":   {build(1, []*thrift{group("root", required, 1), leaf(1, "a", required)}), "row group 1 has 0 columns; the schema has 1"},
		"scale":                {build(0, []*thrift{group("root", required, 1), leaf(1, "a", required).int32(6, 5).int32(7, math.MaxInt32)}), "scale 2147483647"},
		"fixed":                {build(0, []*thrift{group("root", required, 1), leaf(7, "a", required)}), "each value has 0 bytes"},
		"no type for it":       {build(0, []*thrift{group("root", required, 1), leaf(4, "a", required).int32(6, 6)}), "DATE is not possible"},
		"unknown type":         {build(0, []*thrift{group("root", required, 1), leaf(8, "a", required)}), "unknown physical type 8"},
	})
}

func TestLyingPages(t *testing.T) {
	size := 1 << 30
	if testing.Short() {
		size = 600 << 20
	}
	bomb := zeros(size)
	one := plain32(1)
	index := []byte{3, 2, 7} // the index 7, of 3 bits, once
	refuse(t, map[string]lie{
		"values":                {flatFile(2, column{physical: 1, entries: 1, plain: one}), "claims 1 values; its row group has 2 rows"},
		"physical type":         {build(1, []*thrift{group("root", required, 1), leaf(2, "a", required)}, column{physical: 1, entries: 1, plain: one}), "physical type 1 in a row group and 2"},
		"page too long":         {flatFile(1, column{physical: 1, entries: 1, plain: one, header: dataHeader(1, 0, math.MaxInt32, math.MaxInt32)}), "claims 2147483647 bytes"},
		"page below zero":       {flatFile(1, column{physical: 1, entries: 1, plain: one, header: dataHeader(1, 0, -4, -4)}), "claims -4 bytes"},
		"values of a page":      {flatFile(1, column{physical: 1, entries: 1, plain: one, header: dataHeader(math.MaxInt32, 0, 4, 4)}), "claims 2147483647 values; its column has 1"},
		"unpacked":              {flatFile(1, column{physical: 1, entries: 1, codec: 6, plain: one, header: dataHeader(1, 0, math.MaxInt32, 4)}), "4 bytes cannot become the 2147483647"},
		"unpacked without":      {flatFile(1, column{physical: 1, entries: 1, plain: one, header: dataHeader(1, 0, 8, 4)}), "4 bytes cannot become the 8"},
		"bomb":                  {flatFile(1, column{physical: 1, entries: 1, codec: 6, plain: bomb, header: dataHeader(1, 0, size, len(bomb))}), "more than 512 MiB"},
		"bomb with a lie":       {flatFile(1, column{physical: 1, entries: 1, codec: 6, plain: bomb, header: dataHeader(1, 0, 4, len(bomb))}), "size"},
		"too few unpacked":      {flatFile(1, column{physical: 1, entries: 1, codec: 6, plain: zeros(4), header: dataHeader(1, 0, 8, len(zeros(4)))}), "became 4 bytes; its header says 8"},
		"codec":                 {flatFile(1, column{physical: 1, entries: 1, codec: 3, plain: one}), "codec 3 is not read"},
		"encoding":              {flatFile(1, column{physical: 1, entries: 1, plain: one, header: dataHeader(1, 77, 4, 4)}), "encoding 77"},
		"page type":             {flatFile(1, column{physical: 1, entries: 1, plain: one, header: new(thrift).int32(1, 9).int32(2, 4).int32(3, 4)}), "unknown type 9"},
		"index":                 {flatFile(1, column{physical: 1, entries: 1, dictionary: append(dictionaryHeader(1, 4, 4).end(), one...), plain: index, header: dataHeader(1, 8, 3, 3)}), "index 7 is not in the dictionary, which has 1"},
		"no dictionary":         {flatFile(1, column{physical: 1, entries: 1, plain: index, header: dataHeader(1, 8, 3, 3)}), "which has 0 values"},
		"dictionary":            {flatFile(1, column{physical: 6, entries: 1, dictionary: append(dictionaryHeader(math.MaxInt32, 4, 4).end(), plain32(0)...), plain: index, header: dataHeader(1, 8, 3, 3)}), "unexpected EOF"},
		"dictionary of numbers": {flatFile(1, column{physical: 1, entries: 1, dictionary: append(dictionaryHeader(math.MaxInt32, 4, 4).end(), one...), plain: index, header: dataHeader(1, 8, 3, 3)}), "unexpected EOF"},
		"length of a text":      {flatFile(1, column{physical: 6, entries: 1, plain: plain32(math.MaxUint32)}), "unexpected EOF"},
		"no value":              {flatFile(1, column{physical: 1, entries: 1}), "unexpected EOF"},
		"level":                 {optionalFile(1, column{physical: 1, definitions: []byte{3}, plain: one}), "levels"},
		"too few levels":        {optionalFile(2, column{physical: 1, entries: 2, definitions: []byte{1}, plain: one}), "unexpected EOF"},
		"delta":                 {flatFile(1, column{physical: 1, entries: 1, plain: []byte{0x80, 1, 3, 1, 0}, header: dataHeader(1, 5, 5, 5)}), "DELTA_BINARY_PACKED"},
		"text":                  {build(1, []*thrift{group("root", required, 1), text("a", required)}, column{physical: 6, entries: 1, plain: plainText("\xff")}), `row 1, byte 4: column "a": a text is not UTF-8`},
		"JSON":                  {build(1, []*thrift{group("root", required, 1), leaf(6, "a", required).int32(6, 19)}, column{physical: 6, entries: 1, plain: plainText("{")}), `row 1, byte 4: column "a": is JSON, says the file`},
		"lists that disagree": {build(1, []*thrift{group("root", required, 1), group("g", repeated, 2), leaf(1, "a", required), leaf(1, "b", required)},
			column{physical: 1, repetitions: []byte{0, 1}, definitions: []byte{1, 1}, plain: plain32(1, 2)},
			column{physical: 1, repetitions: []byte{0}, definitions: []byte{1}, plain: one}), "another shape"},
		"structures that disagree": {build(1, []*thrift{group("root", required, 1), group("g", optional, 2), leaf(1, "a", required), leaf(1, "b", required)},
			column{physical: 1, definitions: []byte{1}, plain: one},
			column{physical: 1, definitions: []byte{0}}), "another shape"},
		"more values than rows": {build(1, []*thrift{group("root", required, 1), leaf(1, "a", repeated)},
			column{physical: 1, repetitions: []byte{0, 0}, definitions: []byte{1, 1}, plain: plain32(1, 2)}), "more values than its row group has rows"},
		"endless record": {build(1, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), group("list", repeated, 1), leaf(1, "a", optional)},
			column{physical: 1, entries: 1 << 30, plain: append(endless(), same(1<<30, 2)...)}), "the record has more than 50 MiB"},
		"key": {build(1, []*thrift{group("root", required, 1), annotated("m", required, 1, isMap), group("kv", repeated, 2), text("key", optional), leaf(1, "value", required)},
			column{physical: 6, repetitions: []byte{0}, definitions: []byte{1}},
			column{physical: 1, repetitions: []byte{0}, definitions: []byte{1}, plain: one}), "the key of a map is null"},
	})
}

// endless are repetition levels of one record with 2^30 elements.
func endless() []byte {
	runs := append([]byte{2, 0}, append(binary.AppendUvarint(nil, (1<<30-1)<<1), 1)...)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...)
}

// TestBillionsOfRows proves that a row costs no memory until it is read.
func TestBillionsOfRows(t *testing.T) {
	b := optionalFile(1<<30, column{physical: 1, entries: 1 << 30, plain: same(1<<30, 0)})
	var err error
	if allocated := allocations(func() { err = drain(b, 1000) }); err != nil || allocated > 1<<20 {
		t.Errorf("got %v and %d bytes allocated, want at most 1 MiB", err, allocated)
	}
}

// TestNoGarbage proves that no record costs memory of its own.
func TestNoGarbage(t *testing.T) {
	r, err := open(read(t, "bench/orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dst := make([]byte, 0, 1<<12)
	next := func() {
		if dst, err = r.Next(dst[:0]); err != nil {
			t.Fatal(err)
		}
	}
	next()
	if n := testing.AllocsPerRun(2000, next); n > 0 {
		t.Errorf("got %v allocations per record, want none", n)
	}
	if !bytes.HasPrefix(dst, []byte(`{"id":2001,`)) {
		t.Errorf("got %s, want the record with the id 2001", dst)
	}
}
