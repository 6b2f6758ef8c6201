//go:build !small

package protobuf_test

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is a field of a message with bytes.
func bytesField(n protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

// Bombs end in an error, and take no more memory than a few records.
func TestBombs(t *testing.T) {
	const most = 400 << 20
	wide := "syntax = \"proto3\"; message M { M m = 1; repeated M r = 2; repeated E e = 3; repeated bool b = 4; map<int32, E> k = 5; string s = 6; oneof o { E x = 7; R y = 8; }"
	for i := range 100 {
		wide += " string a_field_with_quite_a_long_name_" + strconv.Itoa(i) + " = " + strconv.Itoa(100+i) + ";"
	}
	wide += " } message E {} message R { repeated M r = 1; }"
	p := text(t, "M", wide)
	const size = 20 << 20
	for _, tt := range []struct {
		name    string
		message func() []byte
		want    string
	}{
		{"empty messages with many fields", func() []byte { return bytes.Repeat([]byte{2<<3 | 2, 0}, size/2) }, "longer than a record may be"},
		{"those, replaced", func() []byte {
			return append(bytesField(8, bytes.Repeat([]byte{1<<3 | 2, 0}, size/2)), 7<<3|2, 0)
		}, "longer than a record may be"},
		{"parts of fields in turn", func() []byte { return bytes.Repeat([]byte{3<<3 | 2, 0, 4 << 3, 1}, size/4) }, "come in more than"},
		{"entries of a map", func() []byte { return bytes.Repeat([]byte{5<<3 | 2, 0}, size/2) }, "more than 2097152 entries"},
		{"packed", func() []byte { return bytesField(4, make([]byte, size)) }, "longer than a record may be"},
		{"escapes", func() []byte { return bytesField(6, make([]byte, size)) }, "longer than a record may be"},
	} {
		if testing.Short() && tt.name != "entries of a map" { // each takes about a second
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			m := delimited(tt.message())
			debug.FreeOSMemory()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			bad := failure(t, p, m)
			runtime.ReadMemStats(&after)
			if !strings.Contains(bad.Error(), tt.want) {
				t.Errorf("%v, want %q", bad, tt.want)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%d MiB were allocated", got>>20)
			}
		})
	}
}

// Messages in messages: as deep as Google's library goes, and no deeper.
func TestDepth(t *testing.T) {
	p := text(t, "M", `syntax = "proto2"; message M { optional M m = 1; optional group G = 2 { optional group G = 2 {} } extensions 3; }`)
	nested := func(depth int) []byte {
		var sizes []int
		for n := 0; len(sizes) < depth; {
			sizes = append(sizes, n)
			n += 1 + protowire.SizeVarint(uint64(n))
		}
		var b []byte
		for i := len(sizes) - 1; i >= 0; i-- {
			b = protowire.AppendVarint(append(b, 1<<3|2), uint64(sizes[i]))
		}
		return b
	}
	lines, err := all(t, p, bytes.NewReader(delimited(nested(9_999))))
	if err != nil || bytes.Count(lines[0], []byte(`{"m":`)) != 10_000 {
		t.Fatalf("9,999 deep: %v", err)
	}
	if bad := failure(t, p, delimited(nested(10_000))); !strings.Contains(bad.Error(), "too deep") {
		t.Errorf("10,000 deep: %v", bad)
	}
	// Two million deep; its lengths are quadratic to make, and no matter.
	if bad := failure(t, p, delimited(bytes.Repeat([]byte{9<<3 | 3}, 2<<20))); bad.Row != 1 {
		t.Errorf("unknown groups: %v", bad)
	}
}

func TestGroupsAreNotDeep(t *testing.T) {
	p := text(t, "M", `syntax = "proto2"; message M { optional group G = 2 { optional M m = 3; } }`)
	// Message, group, message, group, …: each group is 2 bytes and a message's length.
	nested := func(depth int) (b []byte) {
		for range depth {
			b = append([]byte{2<<3 | 3}, append(bytesField(3, b), 2<<3|4)...)
		}
		return b
	}
	if _, err := all(t, p, bytes.NewReader(delimited(nested(100)))); err != nil {
		t.Errorf("100 groups: %v", err)
	}
	if bad := failure(t, p, delimited(nested(101))); !strings.Contains(bad.Error(), "groups lie more than 100 deep") {
		t.Errorf("101 groups: %v", bad)
	}
}
