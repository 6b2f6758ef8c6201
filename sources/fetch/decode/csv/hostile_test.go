package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/csv"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// stream is a file that is read only once.
type stream struct{ io.Reader }

func (stream) At() (io.ReaderAt, int64, error) { return nil, 0, errors.ErrUnsupported }

// count returns how many records a reader's file has, and the longest one's length.
func count(in io.Reader, o sources.CSV) (n, longest int, err error) {
	records, err := csv.Open(stream{in}, &file.Options{Decode: &sources.Decode{CSV: o}})
	if err != nil {
		return 0, 0, err
	}
	defer records.Close()
	var dst []byte
	for {
		if dst, err = records.Next(dst[:0]); err == io.EOF {
			return n, longest, nil
		} else if err != nil {
			return n, longest, err
		}
		n, longest = n+1, max(longest, len(dst))
	}
}

// TestBlockBorders moves every kind of byte over the border of a block.
func TestBlockBorders(t *testing.T) {
	o := sources.CSV{Delimiter: '§', Quote: 'þ', Comment: '¤'}
	rows := "1§þ2þþ,\r\n3þ\r\n\r\n¤ no\n\"é\"§\\😀\n"
	want := `{"a":"1","b":"2þ,\r\n3"}` + "\n" + `{"a":"\"é\"","b":"\\😀"}` + "\n"
	for shift := range 60 {
		fill := strings.Repeat("x", 64<<10-shift)
		got, err := readAll("a§b\n"+fill+"§\n"+rows, o, "")
		if rest, _ := strings.CutPrefix(got, `{"a":"`+fill+`","b":""}`+"\n"); err != nil || rest != want {
			t.Fatalf("shift %d: got %.300s, %v", shift, rest, err)
		}
		_, err = readAll("a§b\n"+fill+"§\n"+rows+"þ1þx", o, "")
		if where := fmt.Sprintf("row 7, byte %d: text stands behind", 5+len(fill)+3+len(rows)+5); err == nil || !strings.Contains(err.Error(), where) {
			t.Fatalf("shift %d: got %v, want %s", shift, err, where)
		}
	}
}

// TestBlockBordersOfPlainRows moves a character of two bytes, the first byte alone, and a
// line end of two over the border of a block.
func TestBlockBordersOfPlainRows(t *testing.T) {
	for shift := range 30 {
		fill := strings.Repeat("x", 64<<10-10-shift) + ",1\r\n"
		got, err := readAll("a,b\r\n"+fill+"2,é\r\n3,4\r\n", sources.CSV{}, "")
		if want := `{"a":"2","b":"é"}` + "\n" + `{"a":"3","b":"4"}` + "\n"; err != nil || !strings.HasSuffix(got, want) {
			t.Fatalf("shift %d: got %.100s, %v", shift, got[max(0, len(got)-100):], err)
		}
		_, err = readAll("a,b\r\n"+fill+"2,\xc3\r\n3,4\r\n", sources.CSV{}, "")
		if where := fmt.Sprintf("row 3, byte %d: the bytes here are not UTF-8", 5+len(fill)+2); err == nil || !strings.Contains(err.Error(), where) {
			t.Fatalf("shift %d: got %v, want %s", shift, err, where)
		}
		_, err = readAll("a,b\r\n"+fill+"2,3\r4\r\n", sources.CSV{}, "")
		if where := fmt.Sprintf("row 3, byte %d: a carriage return (CR) stands alone", 5+len(fill)+3); err == nil || !strings.Contains(err.Error(), where) {
			t.Fatalf("shift %d: got %v, want %s", shift, err, where)
		}
	}
}

// TestLatin1BehindManyFields: the text up to a byte that is no UTF-8 is looked at once,
// and not for each field before it, which would take minutes.
func TestLatin1BehindManyFields(t *testing.T) {
	names := make([]string, 1<<15)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	row := strings.Repeat(`"`+strings.Repeat("x", 100)+`",`, len(names)-1)
	_, err := readAll(row+"1\n"+row+"\xe9\n", sources.CSV{Names: names}, "")
	if where := fmt.Sprintf("row 2, byte %d: the bytes here are not UTF-8", 2*len(row)+2); err == nil || !strings.Contains(err.Error(), where) {
		t.Errorf("got %v, want %s", err, where)
	}
}

func TestSmallReads(t *testing.T) {
	text := orders(200 << 10)
	want, err := readAll(text, sources.CSV{}, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]io.Reader{
		"one byte":       iotest.OneByteReader(strings.NewReader(text)),
		"half":           iotest.HalfReader(strings.NewReader(text)),
		"data with EOF":  iotest.DataErrReader(strings.NewReader(text)),
		"data with half": iotest.DataErrReader(iotest.HalfReader(strings.NewReader(text))),
	} {
		n, _, err := count(in, sources.CSV{})
		if err != nil || n != strings.Count(want, "\n") {
			t.Errorf("%s: %d records, %v, want %d", name, n, err, strings.Count(want, "\n"))
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "a", "a,b\n1,2\n", "a,b\n1,2\n3", "a,b\n1,2\n3,\"", "a,b\r\n1,2\r\n3,4\r"} {
		n, _, err := count(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), sources.CSV{})
		if want := max(strings.Count(text, "\n")-1, 0); err != broken || n != want {
			t.Errorf("%q: %d records, %v; want %d, broken", text, n, err, want)
		}
	}
}

func TestLongRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads rows of 50 MiB, six times")
	}
	long := strings.Repeat("x", file.MaxRecord-20)
	n, longest, err := count(io.MultiReader(strings.NewReader("a,b\n1,2\n"+long[:9<<20]+",2\n"), strings.NewReader("1,2\n"+long+",2\n1,2\n")), sources.CSV{})
	if err != nil || n != 5 || longest < len(long) {
		t.Errorf("got %d records, the longest of %d bytes, %v", n, longest, err)
	}
	for name, row := range map[string]string{
		"field":   long + long[:30] + ",2\n",
		"escapes": strings.Repeat("\t", file.MaxRecord*2/3) + ",2\n",
		"names":   `,2` + "\n",
	} {
		_, _, err := count(strings.NewReader("a,b\n1,2\n"+row), sources.CSV{})
		if name == "names" {
			_, _, err = count(strings.NewReader(long+",b\n1,2"+long[:30]+"\n"), sources.CSV{})
		}
		if err == nil || !strings.Contains(err.Error(), "the record is longer than 50 MiB") {
			t.Errorf("%s: got %v, want too long", name, err)
		}
	}
}

// endless is a file that never ends.
type endless string

func (e endless) Read(b []byte) (int, error) {
	n := copy(b, e)
	for n < len(b) {
		n += copy(b[n:], b[:n])
	}
	return n, nil
}

func TestEndlessRows(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads rows of 50 MiB, four times")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, text := range []string{`"`, "\t"} {
		if _, _, err := count(io.MultiReader(strings.NewReader("a,b\n1,\""), endless(text)), sources.CSV{}); err == nil {
			t.Errorf("%q without an end: no error", text)
		}
		if _, _, err := count(endless(text), sources.CSV{}); err == nil {
			t.Errorf("a header of %q without an end: no error", text)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+8<<20 {
		t.Errorf("%d bytes are still held", after.HeapAlloc-before.HeapAlloc)
	}
	if after.Sys > 900<<20 {
		t.Errorf("%d MiB were taken", after.Sys>>20)
	}
}

// TestLongComment shows that what is passed over is not held.
func TestLongComment(t *testing.T) {
	in := io.MultiReader(strings.NewReader("skipped"), io.LimitReader(endless("x"), 200<<20), strings.NewReader("\na\n#"), io.LimitReader(endless("x"), 200<<20), strings.NewReader("\n1\n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, _, err := count(in, sources.CSV{SkipLines: 1, Comment: '#'})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err != nil || n != 1 || taken > 2<<20 {
		t.Errorf("got %d records, %v, %d bytes allocated", n, err, taken)
	}
}

const small = "\ufeffid,\"na\"\"me\",v\r\n1,\"x\r\n\"\"y\"\"\",2\r\n\r\n#c\r\n2,\"\\é\t😀\",\r\n3,,-1.5e3"

var smallOptions = sources.CSV{Comment: '#', NullValues: []string{"2"}}

// TestSuite: what comes before a cut is a beginning of the whole file's records, or
// differs from it in its last row only.
func TestSuite(t *testing.T) {
	for name, schema := range map[string]string{"texts": "", "numbers": `{"properties":{"v":{"type":["null","number"]}}}`} {
		open := func(in file.File) (file.Records, error) {
			return csv.Open(in, &file.Options{Decode: &sources.Decode{CSV: smallOptions}, Schema: json.RawMessage(schema)})
		}
		decodetest.Suite(t, open, decodetest.Sample{Name: name, Bytes: []byte(small), Text: true})
	}
}

// FuzzCSV compares with encoding/csv what both of them read.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(small), byte(0), byte('#'), false)
	f.Add([]byte("a;b\n'1;''2';3\n"), byte(';'), byte(0), true)
	f.Add([]byte("a\tb\n\"1\"\t\"\"\n\n\n"), byte('\t'), byte(0), false)
	f.Add([]byte("a,b\n\"1\"x,\n"), byte(0), byte(0), true)
	f.Fuzz(func(t *testing.T, text []byte, delimiter, comment byte, loose bool) {
		o := sources.CSV{Delimiter: rune(delimiter), Comment: rune(comment), LooseQuotes: loose, NullValues: []string{"-"}}
		got, err := readAll(string(text), o, `{"additionalProperties":{"type":["null","number","object"]}}`)
		for line := range strings.Lines(got) {
			if !json.Valid([]byte(line)) || !utf8.ValidString(line) {
				t.Fatalf("%q is not JSON", line)
			}
		}
		again, errAgain := readAll(string(text), o, `{"additionalProperties":{"type":["null","number","object"]}}`)
		if again != got || fmt.Sprint(errAgain) != fmt.Sprint(err) {
			t.Fatalf("read again: %q, %v; want %q, %v", again, errAgain, got, err)
		}
		sameSkipped(t, string(text), o, "")
		if bytes.HasPrefix(text, []byte("\ufeff")) || loose {
			return
		}
		o.NullValues = nil
		got, err = readAll(string(text), o, "")
		want, names, errStd := standard(text, o)
		// encoding/csv passes over blank lines of one column, and makes LF of CRLF in quotes.
		if err != nil || errStd != nil || names == 1 || bytes.Contains(text, []byte("\r")) {
			return
		}
		if got != want {
			t.Errorf("got %q, encoding/csv reads %q", got, want)
		}
	})
}

// standard returns what encoding/csv reads, as JSON, and how many columns it finds.
func standard(text []byte, o sources.CSV) (string, int, error) {
	r := stdcsv.NewReader(bytes.NewReader(text))
	if o.Delimiter != 0 {
		r.Comma = o.Delimiter
	}
	r.Comment = o.Comment
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return "", 0, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	quote := func(s string) {
		_ = e.Encode(s)
		b.Truncate(b.Len() - 1)
	}
	for _, row := range rows[1:] {
		for i, field := range row {
			b.WriteByte("{,"[min(i, 1)])
			quote(rows[0][i])
			b.WriteByte(':')
			quote(field)
		}
		b.WriteString("}\n")
	}
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(b.String()), len(rows[0]), nil
}
