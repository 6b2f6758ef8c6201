package xml_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xml"
)

// document is a file in memory.
type document struct{ io.Reader }

func (document) At() (io.ReaderAt, int64, error) { return nil, 0, errors.New("not asked for") }

func read(in io.Reader, schema, path string) (string, error) {
	var records []string
	if path != "" {
		records = strings.Split(path, ".")
	}
	r, err := xml.Open(document{in}, &file.Options{Decode: &sources.Decode{}, Schema: json.RawMessage(schema)}, records)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

var golden = []struct{ name, schema, path, in, want string }{
	{"text", "", "", `<r><a>text</a></r>`, `{"r":{"a":"text"}}`},
	{"text is not trimmed", "", "", "<r><a> t\n</a></r>", `{"r":{"a":" t\n"}}`},
	{"empty", "", "", `<r><a></a><b/></r>`, `{"r":{"a":null,"b":null}}`},
	{"layout", "", "", "<r><a>\n </a><b>  </b></r>", `{"r":{"a":null,"b":"  "}}`},
	{"nil", "", "", `<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a i:nil="true"/></r>`, `{"r":{"a":null}}`},
	{"attribute and text", "", "", `<r><a b="1">t</a><c d=""/></r>`, `{"r":{"a":{"@b":"1","#text":"t"},"c":{"@d":""}}}`},
	{"repeated", "", "", `<r><b>1</b><c>2</c><b>3</b></r>`, `{"r":{"b":["1","3"],"c":"2"}}`},
	{"mixed", "", "", `<r>one <b>2</b> three</r>`, `{"r":{"#text":"one  three","b":"2"}}`},
	{"white space between", "", "", "<r> <b>2</b> <c/>\n</r>", `{"r":{"b":"2","c":null}}`},
	{"CDATA and comments", "", "", `<r>a<![CDATA[<&"]]><!-- no --><?no no?>b</r>`, `{"r":"a<&\"b"}`},
	{"references", "", "", `<r>&lt;&#x1F600;&#10;</r>`, "{\"r\":\"<\U0001F600\\n\"}"},
	{"namespaces", "", "", `<p:r xmlns:p="u:p" xmlns="u:q"><a p:x="1"/><p:a/></p:r>`, `{"r":{"a":[{"@x":"1"},null]}}`},
	{"attributes of one name", "", "", `<r xmlns:p="u:p" x="1" p:x="2"/>`, `{"r":{"@x":["1","2"]}}`},
	{"DOCTYPE", "", "", `<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://localhost/r.dtd"><r/>`, `{"r":null}`},
	{"byte order mark", "", "", "\ufeff<r>é</r>\n", `{"r":"é"}`},
	{"a mark that says otherwise than the declaration", "", "", "\ufeff<?xml version='1.0' encoding='ISO-8859-1'?><r>\u00e9</r>", "{\"r\":\"\u00e9\"}"},
	{"latin1", "", "", "<?xml version='1.0' encoding='ISO-8859-1'?><r>\xe9</r>", `{"r":"é"}`},
	{"UTF-16", "", "", "\xff\xfe<\x00r\x00>\x00\xe9\x00<\x00/\x00r\x00>\x00", `{"r":"é"}`},
	{"@this", "", "@this", `<r><a>1</a></r>`, `{"r":{"a":"1"}}`},

	{"records", "", "L.C", `<L a="x"><P>1</P><C><k>1</k></C><P>2</P><C><k>2</k></C> <T>t</T> </L>`,
		"{\"L\":{\"C\":[{\"k\":\"1\"},\n{\"k\":\"2\"}],\"@a\":\"x\",\"P\":[\"1\",\"2\"],\"T\":\"t\"}}"},
	{"one record", "", "L.C", `<L><C><k>1</k></C></L>`, `{"L":{"C":[{"k":"1"}]}}`},
	{"no record", "", "L.C", `<L><T>t</T></L>`, `{"L":{"C":[],"T":"t"}}`},
	{"empty parent", "", "L.C", `<L/>`, `{"L":{"C":[]}}`},
	{"no parent", "", "L.M.C", `<L><T>t</T></L>`, `{"L":{"T":"t"}}`},
	{"deep", "", "L.M.C", `<L><T>t</T><M n="2"><C><C>1</C></C><C/></M><U/></L>`,
		"{\"L\":{\"M\":{\"C\":[{\"C\":\"1\"},\nnull],\"@n\":\"2\"},\"T\":\"t\",\"U\":null}}"},
	{"a path within something else", "", "L.M.C", `<L><X><M><C>1</C></M></X><M/></L>`, `{"L":{"M":{"C":[]},"X":{"M":{"C":"1"}}}}`},
	{"the root is the record", "", "L", `<L><a>1</a></L>`, `{"L":[{"a":"1"}]}`},
	{"another root", "", "L.C", `<Error><Code>1</Code></Error>`, `{"Error":{"Code":"1"}}`},

	{"numbers", `{"properties":{"i":{"type":["null","integer"]},"n":{"type":"number"},"b":{"type":"boolean"},"s":{"type":"string"},"m":{"anyOf":[{"type":"integer"},{"type":"string"}]}}}`,
		"L.C", `<L><C><i> 9007199254740993 </i><n>-0.10e3</n><b>true</b><s>1</s><m>1</m></C></L>`,
		`{"L":{"C":[{"i":9007199254740993,"n":-0.10e3,"b":true,"s":"1","m":"1"}]}}`},
	{"no numbers", `{"properties":{"i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"boolean"}}}`,
		"L.C", `<L><C><i>1.5</i><n>+1</n><b>1</b></C><C><i>007</i><n>0x1</n><b>True</b></C></L>`,
		"{\"L\":{\"C\":[{\"i\":\"1.5\",\"n\":\"+1\",\"b\":\"1\"},\n{\"i\":\"007\",\"n\":\"0x1\",\"b\":\"True\"}]}}"},
	{"arrays", `{"properties":{"t":{"type":"array","items":{"type":"integer"}},"o":{"properties":{"t":{"type":["null","array"]},"@a":{"type":"number"}}}}}`,
		"L.C", `<L><C><t>1</t><o a="2"><t/></o></C><C><t>1</t><t>2</t></C><C><t/></C></L>`,
		"{\"L\":{\"C\":[{\"t\":[1],\"o\":{\"@a\":2,\"t\":[]}},\n{\"t\":[1,2]},\n{\"t\":[]}]}}"},
	{"schema of the whole document", `{"properties":{"r":{"properties":{"a":{"type":"integer"}}}}}`, "", `<r><a>1</a></r>`, `{"r":{"a":1}}`},
}

func TestMapping(t *testing.T) {
	for _, c := range golden {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := read(in, c.schema, c.path)
				if err != nil || got != c.want {
					t.Errorf("%s\nis   %s, %v\nwant %s", c.in, got, err, c.want)
				}
				if !json.Valid([]byte(got)) {
					t.Errorf("%s is no JSON", got)
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, path, in, want string }{
		{"wrong end", "", `<r><b>1</a></r>`, "xml, byte 11: element <b> closed by </a>"},
		{"entity", "", `<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>`, "entities are not expanded"},
		{"external entity", "", `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>`, "entities are not expanded"},
		{"unknown entity", "", `<!DOCTYPE r SYSTEM "r.dtd"><r>&nbsp;</r>`, "invalid character entity &nbsp;"},
		{"declaration within", "", `<r><!DOCTYPE r></r>`, "only a DOCTYPE before the root element"},
		{"second root", "", `<r/><s/>`, "xml, byte 8: a second root element, <s>"},
		{"second root behind records", "L.C", `<L/><L/>`, "a second root element, <L>"},
		{"text behind", "", `<r/> x`, `found "x" outside of the root element`},
		{"text before", "", `x<r/>`, `found "x" outside of the root element`},
		{"nothing", "", ``, "the document has no root element"},
		{"attribute twice", "", `<r a="1" a="2"/>`, "element <r> has the attribute a twice"},
		{"second parent", "L.M.C", `<L><M/><M/></L>`, `element <M>, on the way to the records at ["L" "M" "C"], comes a second time`},
		{"no UTF-8", "", "<r>\xe9</r>", "invalid UTF-8"},
		{"encoding", "", `<?xml version="1.0" encoding="klingon"?><r/>`, `the encoding "klingon" is not known`},
		{"no text of the encoding", "", "<?xml version='1.0' encoding='Shift_JIS'?><r>\xff\xff</r>", "no text in the encoding Shift_JIS"},
		{"deep", "", strings.Repeat("<a>", 10_001), "nested deeper than 10000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(strings.NewReader(c.in), "", c.path)
			var wrong *file.Error
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.80s\ngot  %v\nwant %s", c.in, err, c.want)
			}
		})
	}
}

// TestDeep is as deep as it may be.
func TestDeep(t *testing.T) {
	const deep = 10_000
	got, err := read(strings.NewReader(strings.Repeat("<a>", deep)+strings.Repeat("</a>", deep)), "", "")
	want := strings.Repeat(`{"a":`, deep) + "null" + strings.Repeat("}", deep)
	if err != nil || got != want {
		t.Errorf("got %.40s…, %v", got, err)
	}
}

const listing = `<?xml version="1.0"?><!-- é --><L xmlns="u:l"><T>2</T><C n="1"><k>a&amp;b</k><k/></C><![CDATA[x]]><C>y</C></L>`

func TestCutAtEveryByte(t *testing.T) {
	for _, path := range []string{"", "L.C"} {
		for i := range len(listing) {
			_, err := read(strings.NewReader(listing[:i]), "", path)
			var wrong *file.Error
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &wrong) {
				t.Errorf("cut at %d: %v", i, err)
			}
		}
	}
}

func TestFlipEveryByte(t *testing.T) {
	for i := range len(listing) {
		for _, with := range []byte{1, 4, 0x20, 0x80, 0xff} {
			in := []byte(listing)
			in[i] ^= with
			if got, err := read(bytes.NewReader(in), "", "L.C"); err == nil && !json.Valid([]byte(got)) {
				t.Errorf("byte %d: %s is no JSON", i, got)
			}
		}
	}
}

// TestBombs are documents that ask for more memory than they may have.
func TestBombs(t *testing.T) {
	for _, c := range []struct{ name, begin, more, path, want string }{
		{"name", "<", "aaaaaaaaaaaaaaaaaaaa", "", "a tag is longer than"},
		{"attributes", "<a", ` b=""`, "", "a tag is longer than"},
		{"many attributes", "<a" + strings.Repeat(` b=""`, 1001) + ">", "x", "", "more than 1000 attributes"},
		{"comment", "<!--", "xxxxxxxxxxxxxxxxxxxx", "", "a text than"},
		{"namespaces", "", `<a xmlns:p="` + strings.Repeat("u", 1000) + `">`, "", "names and namespaces of the elements that are open"},
		{"elements beside", "<L>", "<b/>", "L.C", "beside the records"},
		{"elements in a record", "<L><C>", "<b/>", "L.C", "the record is longer"},
		{"the whole document", "<L>", "<C>x</C>", "", "the document is longer"},
	} {
		if testing.Short() && c.want != "more than 1000 attributes" { // each takes about a second
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(io.MultiReader(strings.NewReader(c.begin), &endless{text: c.more}), "", c.path)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if used := after.Sys - before.Sys; used > 600<<20 {
				t.Errorf("took %d bytes", used)
			}
		})
	}
}

// endless repeats a text.
type endless struct {
	text string
	at   int // in the text
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	n += copy(p[n:], e.text[:e.at])
	for n < len(p) {
		n += copy(p[n:], p[:n/len(e.text)*len(e.text)])
	}
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// TestRecordsStream reads records before the document has ended.
func TestRecordsStream(t *testing.T) {
	more := iotest.ErrReader(errors.New("reset"))
	got, err := read(io.MultiReader(strings.NewReader(`<L><C>1</C><C>2</C><C>`), more), "", "L.C")
	if got != "{\"L\":{\"C\":[\"1\",\n\"2\",\n" || err == nil || err.Error() != "reset" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestManyNames has more names in one element than are compared one by one.
func TestManyNames(t *testing.T) {
	var in, want strings.Builder
	in.WriteString("<r>")
	for range 2 {
		for i := range 2000 {
			in.WriteString("<n" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + "/>")
		}
	}
	in.WriteString("</r>")
	for i := range 2000 {
		want.WriteString(`,"n` + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + `":[null,null]`)
	}
	got, err := read(strings.NewReader(in.String()), "", "")
	if err != nil || got != `{"r":{`+want.String()[1:]+`}}` {
		t.Errorf("got %.100s…, %v", got, err)
	}
}

func FuzzXML(f *testing.F) {
	for _, c := range golden {
		f.Add([]byte(c.in), c.path)
	}
	f.Fuzz(func(t *testing.T, in []byte, path string) {
		got, err := read(bytes.NewReader(in), "", path)
		if err == nil && !json.Valid([]byte(got)) {
			t.Errorf("%q with %q is %s: no JSON", in, path, got)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	const record = "<Contents>\n  <Key>folder/file-000123.parquet</Key>\n  <LastModified>2024-01-02T03:04:05.000Z</LastModified>\n" +
		"  <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>\n  <Size>123456</Size>\n  <StorageClass>STANDARD</StorageClass>\n</Contents>\n"
	in := "<ListBucketResult>" + strings.Repeat(record, 10_000) + "</ListBucketResult>"
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := xml.Open(document{strings.NewReader(in)}, nil, []string{"ListBucketResult", "Contents"})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
