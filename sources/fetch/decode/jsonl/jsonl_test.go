package jsonl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/jsonl"
)

// lines is a file in memory.
type lines struct{ io.Reader }

func (lines) At() (io.ReaderAt, int64, error) { return nil, 0, errors.New("not asked for") }

func read(in io.Reader) (got []string, err error) {
	r, err := jsonl.Open(lines{in}, &file.Options{Decode: &sources.Decode{}})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var dst []byte
	for {
		if dst, err = r.Next(dst[:0]); err == io.EOF {
			return got, nil
		} else if err != nil {
			return got, err
		}
		got = append(got, string(dst))
	}
}

var golden = []struct {
	name, in string
	want     []string
}{
	{"lines", "{\"a\":1}\n{\"b\":2}\n", []string{`{"a":1}`, `{"b":2}`}},
	{"no line end at the end", "{}\n{}", []string{"{}", "{}"}},
	{"CR LF and blank lines", "\r\n {\"a\":1} \r\n\r\n\t\n{\"b\":2}\r\n", []string{`{"a":1}`, `{"b":2}`}},
	{"concatenated", `{"a":1}{"b":{"c":[{}]}}  {"d":2}`, []string{`{"a":1}`, `{"b":{"c":[{}]}}`, `{"d":2}`}},
	{"over several lines", "{\n \"a\":\r\n1,\"b\":[2\n]}{\"c\":\"\\\"\\n\"\n}", []string{`{  "a":  1,"b":[2 ]}`, `{"c":"\"\n" }`}},
	{"text sequence", "\x1e{\"a\":1}\n\x1e\x1e{\"b\":2}\n", []string{`{"a":1}`, `{"b":2}`}},
	{"byte order mark", "\ufeff{\"a\":\"\ufeff\"}", []string{"{\"a\":\"\ufeff\"}"}},
	{"braces in strings", `{"a}}]":"{[\"}\\"}{"b":"\\\\\"}"}`, []string{`{"a}}]":"{[\"}\\"}`, `{"b":"\\\\\"}"}`}},
	{"letters that look like braces", `{"Yy_":"yY__y","_":[[]]}{}`, []string{`{"Yy_":"yY__y","_":[[]]}`, `{}`}},
	{"empty", "", nil},
	{"white space", "\ufeff \n\x1e\n", nil},
}

func TestTexts(t *testing.T) {
	for _, c := range golden {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
				if got, err := read(in); err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%q\nis   %q, %v\nwant %q", c.in, got, err, c.want)
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"array", "\n[{}]", "jsonl, row 2, byte 1: found an array, \"[{}]\"; each text must be an object. Where one array holds all records, write `decode: json`"},
		{"number", "{}\n1\n", `jsonl, row 2, byte 3: found "1"; each text must be an object`},
		{"comma", "{},{}", `jsonl, row 1, byte 2: found ",{}"; each text must be an object`},
		{"HTML", "<html>\n<body>", `jsonl, row 1, byte 0: found "<html>"; each text must be an object`},
		{"end", "{}{\"a\":\n1", "jsonl, row 1, byte 9: the file ends within the record that begins at byte 2: unexpected EOF"},
		{"cut in a sequence", "\x1e{\"a\":\"b\x1e{\"c\":1}\n", "jsonl, row 1, byte 8: the record that begins at byte 1 is cut: the next separator (0x1E) comes within it: unexpected EOF"},
		{"line end in a string", "{\"a\":\"b\nc\"}", `jsonl, row 1, byte 7: a line ends within a string; there it must be written \n`},
		{"no UTF-8", "{\"a\":\"\xff\"}", "jsonl, row 1, byte 6: the record is not UTF-8 there: if the file is in another charset, write that in the stream, as charset: windows-1252"},
		{"deep", `{"a":` + strings.Repeat("[", 10_000), "jsonl, row 1, byte 10005: the record is nested deeper than 10000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(strings.NewReader(c.in))
			var wrong *file.Error
			if !errors.As(err, &wrong) || err.Error() != c.want {
				t.Errorf("%.80q\ngot  %v\nwant %s", c.in, err, c.want)
			}
			if cut := strings.HasSuffix(c.want, "EOF"); cut != errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v: wraps ErrUnexpectedEOF: %v", err, !cut)
			}
		})
	}
}

// TestNothingPasses puts texts that are no objects, but begin and end like ones, among
// others: as an array of records they must not be JSON.
func TestNothingPasses(t *testing.T) {
	for _, in := range []string{`{"a":1],[{"b":2}`, `{"a":1]}`, `{"a":[1}`, `{"a":{]}`, `{"a":1],[2}`, `{"a":"}`, `{"a":"}` + "\n" + `"}`, `{"a":[` + "\n" + `1}`, `{"a":\"}`, `{"a"}`} {
		got, err := read(strings.NewReader(in + "\n{}\n"))
		if err == nil && json.Valid([]byte("["+strings.Join(got, ",\n")+"]")) {
			t.Errorf("%s passes as %q", in, got)
		}
	}
}

const sample = "{\"a\":\"é\\\"}\"}\n{\"b\":[{},1]} {\"c\":null}\n"

func TestCutAtEveryByte(t *testing.T) {
	whole := []int{0, 13, 14, 26, 27, 37, 38}
	for i := range len(sample) + 1 {
		_, err := read(strings.NewReader(sample[:i]))
		if cut := !slices.Contains(whole, i); cut != errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func TestFlipEveryByte(t *testing.T) {
	const flat = "{\"a\":[1,\"b\"]} \r\n{\"c\":\"d\"}\n{}\n"
	for _, sample := range []string{sample, flat} {
		check(t, []byte(sample))
		for i := range len(sample) {
			for _, with := range []byte("{}[]\"\\,:\n\r\t x\x80") {
				check(t, []byte(sample[:i]+string([]byte{with})+sample[i+1:]))
				check(t, []byte(sample[:i]+string([]byte{with})+sample[i:]))
			}
			for _, with := range []byte{1, 2, 0x20, 0x80, 0xff} {
				in := []byte(sample)
				in[i] ^= with
				check(t, in)
			}
		}
	}
}

// check compares with encoding/json: what it takes for a row of objects is one here
// too, and nothing else is that and JSON.
func check(t *testing.T, in []byte) {
	got, err := read(bytes.NewReader(in))
	proven := err == nil
	for _, text := range got {
		proven = proven && json.Valid([]byte(text)) && !strings.ContainsAny(text, "\r\n")
	}
	want, ok := byStandard(in)
	if ok != proven {
		t.Errorf("%q: proven %v (%v), encoding/json says %v", in, proven, err, ok)
	}
	if ok && !slices.EqualFunc(got, want, func(a, b string) bool { return compact(a) == compact(b) }) {
		t.Errorf("%q: got %q, want %q", in, got, want)
	}
}

func compact(text string) string {
	var b bytes.Buffer
	_ = json.Compact(&b, []byte(text))
	return b.String()
}

func byStandard(in []byte) (texts []string, ok bool) {
	in = bytes.TrimPrefix(in, []byte("\ufeff"))
	d := json.NewDecoder(bytes.NewReader(in))
	for {
		var text json.RawMessage
		if err := d.Decode(&text); err == io.EOF {
			return texts, true
		} else if err != nil || text[0] != '{' || !json.Valid(text) || !bytes.Equal(bytes.ToValidUTF8(text, nil), text) {
			return nil, false
		}
		texts = append(texts, string(text))
	}
}

// TestLongRecord is longer than a record may be, in a file that does not end.
func TestLongRecord(t *testing.T) {
	_, err := read(io.MultiReader(strings.NewReader(`{"a":"`), endless{}))
	if want := fmt.Sprintf("jsonl, row 1, byte 0: the record is longer than %d bytes", file.MaxRecord); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestBorders puts records over the borders of the buffer.
func TestBorders(t *testing.T) {
	var in bytes.Buffer
	var want []string
	for i := range 300 {
		want = append(want, fmt.Sprintf(`{"a":%d,"b":"%s\"}","c":[{}]}`, i, strings.Repeat("é", i*17%3000)))
		in.WriteString(want[i] + strings.Repeat("\n", i%3))
	}
	want = append(want, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`)
	in.WriteString(want[300])
	got, err := read(&in)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %d records, %v", len(got), err)
	}
}

func FuzzJSONL(f *testing.F) {
	for _, c := range golden {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if bytes.IndexByte(in, 0x1e) >= 0 {
			_, _ = read(bytes.NewReader(in)) // encoding/json knows no sequences
			return
		}
		check(t, in)
	})
}

func BenchmarkNext(b *testing.B) {
	const record = `{"id":9007199254740993,"name":"A customer of \"ours\"","email":"someone@example.com","address":{"street":"Main street 17","city":"Springfield","zip":"12345"},"tags":["new","large","paid"],"created_at":"2024-01-02T03:04:05Z","note":"Some longer text, as people write it into forms, of more than one sentence. That is all."}` + "\n"
	in := []byte(strings.Repeat(record, 10_000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		r, err := jsonl.Open(lines{bytes.NewReader(in)}, nil)
		for err == nil {
			dst, err = r.Next(dst[:0])
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}

// TestNoAllocationPerRecord reads as many records as no allocation is made for.
func TestNoAllocationPerRecord(t *testing.T) {
	in := strings.Repeat("{\"a\":\"b\"}\n{\n}\x1e{}", 1000)
	r, err := jsonl.Open(lines{strings.NewReader(in)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	decodetest.NoAllocation(t, r, 1400)
}
