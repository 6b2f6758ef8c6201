package csv_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// typeOf returns the type that a value has as one of a column, "" for none.
func typeOf(value string) string {
	switch {
	case value == "null":
		return "null"
	case value == "true" || value == "false":
		return "boolean"
	case value[0] == '"':
		return "string"
	case value[0] == '{' || value[0] == '[' || len(value) > raw.MaxNumber || strings.ContainsAny(value, "eE"):
		return ""
	case strings.Contains(value, "."):
		return "number"
	}
	return "integer"
}

// checkRows holds what Rows says against records that Next makes of the same file.
func checkRows(t *testing.T, text string, o sources.CSV, schema string, size int) (records, odd int) {
	t.Helper()
	one, err := open(text, o, schema)
	many, manyErr := open(text, o, schema)
	if fmt.Sprint(err) != fmt.Sprint(manyErr) {
		t.Fatalf("%v and %v", err, manyErr)
	}
	if err != nil {
		return 0, 0
	}
	var rows raw.Rows
	for {
		dst, ends, err := many.(file.Columned).Rows(nil, nil, size, &rows)
		if len(ends) == 0 {
			_, want := one.Next(nil)
			if err == nil || fmt.Sprint(err) != fmt.Sprint(want) {
				t.Errorf("%q: the error is %v, want %v", text, err, want)
			}
			return records, odd
		}
		if err != nil || len(rows.Values) != len(ends)*len(rows.Columns) || len(dst) != ends[len(ends)-1] {
			t.Fatalf("%q: %v, %d values, %d records, %d bytes", text, err, len(rows.Values), len(ends), len(dst))
		}
		records, odd = records+len(ends), odd+len(rows.Odd)
		begin, values := 0, rows.Values
		for i, end := range ends {
			record, err := one.Next(nil)
			if err != nil || string(record) != string(dst[begin:end]) {
				t.Fatalf("%q: got %s, want %s, %v", text, dst[begin:end], record, err)
			}
			checkValues(t, string(dst[:end]), begin, rows.Columns, values, slices.Contains(rows.Odd, i))
			begin, values = end, values[len(rows.Columns):]
		}
	}
}

// checkValues holds what is known of a record's values against it.
func checkValues(t *testing.T, text string, begin int, columns []raw.Column, values []int32, odd bool) {
	t.Helper()
	at, differ := begin, false
	for c, column := range columns {
		lead := string("{,"[min(c, 1)]) + string(column.Key) + ":"
		if !strings.HasPrefix(text[at:], lead) {
			t.Fatalf("%s: want %s at %d", text[begin:], lead, at-begin)
		}
		value := text[at+len(lead) : values[c]]
		if !json.Valid([]byte(value)) {
			t.Fatalf("%s: the value of %s is %s", text[begin:], column.Key, value)
		}
		differ = differ || !slices.Contains(column.Types, typeOf(value))
		at = int(values[c])
	}
	if text[at:] != "}" || differ != odd {
		t.Errorf("%s is odd: %v, want %v by %v", text[begin:], odd, differ, columns)
	}
}

// TestRowsAreRecords: records come as by Next, and what is said of them is so.
func TestRowsAreRecords(t *testing.T) {
	fields := []string{"", "", "1", "1", "7", "-3", "0", "00", "0.5", "12.50", "1.", ".5", "1e3", "123456789", "12345678", "1234567.", "+1", strings.Repeat("9", 33), "true", "FALSE", "yes", "x", "NA", `"NA"`, `"a ""b"" c"`,
		`""`, "\"a\nb\"", "ü", `{"a": 1}`, "\"{\"\"a\"\": 1}\"", "\"[1, 2]\"", "a\tb", `\`}
	types := []string{`"string"`, `"integer"`, `"number"`, `"boolean"`, `["integer","null"]`, `["number","boolean","null"]`, `["string","null"]`, `"object"`, `["array","null"]`, `["null"]`, `[]`}
	records, odd := 0, 0
	for seed := range uint64(3_000) {
		p := rand.New(rand.NewPCG(seed, 3))
		columns := 1 + p.IntN(4)
		var b, schema strings.Builder
		for c := range columns {
			fmt.Fprintf(&b, "%sc%d", ","[:min(c, 1)], c)
			fmt.Fprintf(&schema, `%s"c%d":{"type":%s}`, ","[:min(c, 1)], c, types[p.IntN(len(types))])
		}
		end := []string{"\n", "\r\n"}[p.IntN(2)]
		b.WriteString(end)
		few := fields
		if p.IntN(2) == 0 {
			few = fields[2 : 6+p.IntN(8)]
		}
		for range p.IntN(6) {
			for c := range columns - p.IntN(60)/59 {
				b.WriteString(","[:min(c, 1)])
				b.WriteString(few[p.IntN(len(few))])
			}
			b.WriteString(end)
		}
		o := sources.CSV{ShortRows: p.IntN(3) == 0}
		if p.IntN(3) == 0 {
			o.NullValues = []string{"NA", "1"}
		}
		n, m := checkRows(t, b.String(), o, `{"properties":{`+schema.String()+`}}`, 1+p.IntN(100))
		records, odd = records+n, odd+m
	}
	if odd < records/10 || odd > records*9/10 {
		t.Errorf("%d of %d records are odd: this says little", odd, records)
	}
}

// TestRowsAllocateNothing once their memory has grown.
func TestRowsAllocateNothing(t *testing.T) {
	records, err := open(orders(1<<20), sources.CSV{}, ordersSchema)
	if err != nil {
		t.Fatal(err)
	}
	var dst []byte
	var ends []int
	var rows raw.Rows
	next := func() {
		if dst, ends, err = records.(file.Columned).Rows(dst[:0], ends[:0], 64<<10, &rows); err != nil {
			t.Fatal(err)
		}
	}
	next()
	next()
	if n := testing.AllocsPerRun(4, next); n > 1 { // a block
		t.Errorf("%v allocations of %d records", n, len(ends))
	}
	if len(rows.Odd) > 0 {
		t.Errorf("records %v are odd", rows.Odd)
	}
}
