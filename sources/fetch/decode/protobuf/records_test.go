//go:build !small

package protobuf_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// delimited are messages behind their lengths.
func delimited(messages ...[]byte) (b []byte) {
	for _, m := range messages {
		b = protowire.AppendBytes(b, m)
	}
	return b
}

// failure reads a file that has a fault, and returns it.
func failure(t *testing.T, p *sources.Protobuf, b []byte) *file.Error {
	t.Helper()
	_, err := all(t, p, bytes.NewReader(b))
	var bad *file.Error
	if !errors.As(err, &bad) {
		t.Fatalf("the error is %v, want a *file.Error", err)
	}
	return bad
}

func TestFieldsAreInTheOrderOfTheProto(t *testing.T) {
	p := text(t, "M", `syntax = "proto3"; message M { int32 z = 9; string a_b = 1; oneof o { int32 x = 3; int32 y = 2; } }`)
	m := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "t")
	m = append(m, 2<<3, 7, 9<<3, 5)
	lines, err := all(t, p, bytes.NewReader(delimited(m, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(bytes.Join(lines, []byte("\n"))), `{"z":5,"a_b":"t","y":7}`+"\n"+`{"z":0,"a_b":""}`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMapsAreInTheOrderOfTheFile(t *testing.T) {
	p := text(t, "M", `syntax = "proto3"; message M { map<string, int32> m = 1; map<sint32, bool> n = 2; }`)
	for _, n := range []int{3, 100} {
		var m []byte
		var want []string
		for i := range n {
			key := string(rune('z' - i%26))
			e := protowire.AppendString([]byte{1<<3 | 2}, key)
			m = protowire.AppendBytes(append(m, 1<<3|2), append(e, 2<<3, byte(i)))
		}
		for i := max(0, n-26); i < n; i++ { // the last one of each key
			want = append(want, `"`+string(rune('z'-i%26))+`":`+strconv.Itoa(i))
		}
		// The key -1 twice; its 64 bits are cut to 32.
		m = append(m, 2<<3|2, 4, 1<<3, 1, 2<<3, 0, 2<<3|2, 8, 1<<3, 0x81, 0x80, 0x80, 0x80, 0x10, 2<<3, 1)
		lines, err := all(t, p, bytes.NewReader(delimited(m)))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(lines[0]), `{"m":{`+strings.Join(want, ",")+`},"n":{"-1":true}}`; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// Every pair of messages one behind the other is one message.
func TestPairsAreMergedAsGoogleDoes(t *testing.T) {
	o := newOracle(t)
	for _, name := range []string{"shop.All", "shop.Old", "shop.New"} {
		list := messages(t, name)
		for i, a := range list {
			for k := i % 3; k < len(list); k += 3 {
				b := list[k]
				if len(a)+len(b) < 500 {
					o.against(t, name, append(bytes.Clone(a), b...))
				}
			}
		}
	}
}

func TestTruncatedAtEveryByte(t *testing.T) {
	for name, message := range files {
		p, b := descriptor(t, message), read(t, "testdata", name+".bin")
		whole, err := all(t, p, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		ends, at := map[int]int{0: 0}, 0
		for i, m := range messages(t, name) {
			at += protowire.SizeBytes(len(m))
			ends[at] = i + 1
		}
		for n := range min(len(b), 4000) {
			lines, err := all(t, p, iotest.HalfReader(bytes.NewReader(b[:n])))
			if rows, between := ends[n]; between {
				if err != nil || len(lines) != rows {
					t.Fatalf("%s, %d bytes: %d records, %v; want %d", name, n, len(lines), err, rows)
				}
				continue
			}
			var bad *file.Error
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &bad) || bad.Row != int64(len(lines)+1) {
				t.Fatalf("%s, %d bytes: %v, want io.ErrUnexpectedEOF in row %d", name, n, err, len(lines)+1)
			}
			for i := range lines {
				if !bytes.Equal(lines[i], whole[i]) {
					t.Fatalf("%s, %d bytes: record %d is another one", name, n, i)
				}
			}
		}
	}
}

// A file with a byte changed is what Google's library says it is, or an error.
func TestEachByteFlipped(t *testing.T) {
	o := newOracle(t)
	for name, message := range files {
		for _, m := range messages(t, name) {
			if len(m) > 200 {
				continue
			}
			for i := range m {
				for _, x := range []byte{0x80, 0xff} {
					m[i] ^= x
					o.against(t, message, m)
					m[i] ^= x
				}
			}
		}
	}
}

// The same with lengths too: whatever comes, no panic, and an error is a *file.Error.
func TestFlippedLengths(t *testing.T) {
	for name, message := range files {
		p, b := descriptor(t, message), read(t, "testdata", name+".bin")
		b = b[:min(len(b), 1000)]
		step := 1
		if testing.Short() {
			step = 11
		}
		for i := 0; i < len(b); i += step {
			b[i] ^= 0x81
			lines, err := all(t, p, bytes.NewReader(b))
			var bad *file.Error
			if err != nil && !errors.As(err, &bad) || err != nil && strings.Contains(err.Error(), "runtime error") {
				t.Fatalf("%s, byte %d: %v", name, i, err)
			}
			for _, line := range lines {
				value(t, line)
			}
			b[i] ^= 0x81
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	const proto = `syntax = "proto2"; message M { optional string name = 1; optional M inner = 2; map<string, M> all = 3; required int32 id = 4; oneof o { M x = 5; string y = 6; } }`
	p := text(t, "M", proto)
	id := []byte{4 << 3, 1}
	with := func(b ...byte) []byte { return append(bytes.Clone(id), b...) }
	for _, tt := range []struct {
		name    string
		message []byte
		offset  int64 // of the message
		want    string
	}{
		{"text is not UTF-8", with(1<<3|2, 3, 'a', 0xff, 'b'), 5, "field name: the text is not UTF-8"},
		{"in a message", with(2<<3|2, 5, 4<<3, 1, 1<<3|2, 1, 0xff), 8, "field inner.name: the text is not UTF-8"},
		{"in a map", with(3<<3|2, 7, 2<<3|2, 5, 4<<3, 1, 1<<3|2, 1, 0xff), 10, "field all.name: the text is not UTF-8"},
		{"a key", with(3<<3|2, 3, 1<<3|2, 1, 0xff), 6, "field all: the text is not UTF-8"},
		{"replaced", with(1<<3|2, 1, 0xff, 1<<3|2, 0), 4, "field name: the text is not UTF-8"},
		{"not the one of a oneof any more", with(5<<3|2, 3, 1<<3|2, 1, 0xff, 6<<3|2, 0), 6, "text is not UTF-8"},
		{"required", nil, 0, "field id: the field is required, and the message has none"},
		{"required in a message", with(2<<3|2, 0), 4, "field inner.id: the field is required"},
		{"a length past the end", with(1<<3|2, 9, 'a'), 2, "field name: unexpected EOF"},
		{"a field number 0", with(0, 1), 2, "no field begins here"},
		{"a wire type that is none", with(1<<3 | 7), 2, "unknown field 1"},
		{"an end without a beginning", with(9<<3 | 4), 2, "unknown field 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := failure(t, p, delimited(id, tt.message))
			if !strings.Contains(bad.Error(), tt.want) || bad.Row != 2 || bad.Offset != 4+tt.offset {
				t.Errorf("%v (row %d, byte %d), want %q in row 2, byte %d", bad, bad.Row, bad.Offset, tt.want, 4+tt.offset)
			}
		})
	}
	t.Run("the first message", func(t *testing.T) {
		bad := failure(t, p, []byte(`{"id": 1, "name": "a JSON file, which is no file of messages, as is easily seen by anybody, but not here, where it is 124 long"}`))
		if !strings.Contains(bad.Error(), "each behind its length (as writeDelimitedTo writes them)") {
			t.Errorf("%v says nothing of lengths", bad)
		}
	})
}

func TestLengthsThatLie(t *testing.T) {
	p := text(t, "M", `syntax = "proto3"; message M { bytes b = 1; }`)
	for _, tt := range []struct {
		name string
		file []byte
		want string
		eof  bool
	}{
		{"more than a record has", protowire.AppendVarint(nil, 3e9), "is 3000000000 bytes: more than a record may have", false},
		{"the most of a varint", protowire.AppendVarint(nil, 1<<64-1), "18446744073709551615 bytes", false},
		{"no varint", bytes.Repeat([]byte{0xff}, 11), "ten bytes are no varint", false},
		{"more than 64 bits", append(bytes.Repeat([]byte{0xff}, 9), 2), "ten bytes are no varint", false},
		{"past the end", append(protowire.AppendVarint(nil, 50_000_000), "abc"...), "has 3 bytes, and its length says 50000000", true},
		{"of a length", []byte{0x80}, "ends within the length", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			bad := failure(t, p, tt.file)
			runtime.ReadMemStats(&after)
			if !strings.Contains(bad.Error(), tt.want) || errors.Is(bad, io.ErrUnexpectedEOF) != tt.eof {
				t.Errorf("%v, want %q", bad, tt.want)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
				t.Errorf("%d bytes were allocated for a few of the file", got)
			}
		})
	}
}

func TestLongMessages(t *testing.T) {
	p := text(t, "M", `syntax = "proto3"; message M { string s = 1; }`)
	var list [][]byte
	var want []string
	for _, n := range []int{65_533, 65_536, 3 << 20, 10, 1<<20 - 4} {
		s := strings.Repeat("x", n)
		list = append(list, protowire.AppendString([]byte{1<<3 | 2}, s))
		want = append(want, `{"s":"`+s+`"}`)
	}
	lines, err := all(t, p, iotest.DataErrReader(bytes.NewReader(delimited(list...))))
	if err != nil || len(lines) != len(want) {
		t.Fatalf("%d records, %v", len(lines), err)
	}
	for i := range want {
		if string(lines[i]) != want[i] {
			t.Errorf("record %d is another one", i)
		}
	}
}

// What the file itself cannot be read for is passed on.
func TestErrorsOfTheFile(t *testing.T) {
	p := text(t, "M", `syntax = "proto3"; message M { string s = 1; }`)
	broken := errors.New("the connection is gone")
	for _, n := range []int{0, 1, 5} {
		b := delimited(protowire.AppendString([]byte{1<<3 | 2}, "0123456789"))
		_, err := all(t, p, io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want %v", n, err, broken)
		}
	}
}
