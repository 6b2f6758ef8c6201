package xml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/transform"

	"github.com/tap-rest/tap-rest/testshare"
)

// asked is a text that notes whether more was asked for than there is.
type asked struct {
	in    io.ByteReader
	ended bool
}

func (a *asked) ReadByte() (byte, error) {
	c, err := a.in.ReadByte()
	a.ended = a.ended || err != nil
	return c, err
}

func (a *asked) Read(p []byte) (int, error) {
	c, err := a.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// byEncodingXML is what encoding/xml makes of a document: a line for each token, the
// last one for its error. It is what the scanner is held against.
func byEncodingXML(in []byte) (all []string) {
	mark := 0
	if bytes.HasPrefix(in, []byte("\ufeff")) {
		mark = 3
	}
	text := &asked{in: bytes.NewReader(in[mark:])}
	d := xml.NewDecoder(text)
	d.CharsetReader = func(label string, rest io.Reader) (io.Reader, error) {
		from, err := new(tokens).charset(label)
		if err != nil {
			return nil, err
		}
		return transform.NewReader(rest, *from), nil
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		var syntax *xml.SyntaxError
		switch at := d.InputOffset() + int64(mark); {
		case errors.As(err, &charsetError{}):
			return append(all, "charset")
		case err != nil && text.ended:
			return append(all, fmt.Sprintf("%d: the document ends too early: unexpected EOF", at))
		case errors.As(err, &syntax):
			return append(all, fmt.Sprintf("%d: %s", at, syntax.Msg))
		case err != nil:
			return append(all, fmt.Sprintf("%d: %s", at, err))
		}
		switch token := token.(type) {
		case xml.StartElement:
			line := fmt.Sprintf("<%s", token.Name.Local)
			for _, a := range token.Attr {
				line += fmt.Sprintf(" %q:%s=%q", a.Name.Space, a.Name.Local, a.Value)
			}
			all = append(all, line)
		case xml.EndElement:
			all = append(all, "</"+token.Name.Local)
		case xml.CharData:
			all = append(all, fmt.Sprintf("%q", token))
		case xml.Directive:
			all = append(all, fmt.Sprintf("<!%q", token))
		default:
			all = append(all, "nothing")
		}
	}
}

// byTokens is what the scanner makes of it.
func byTokens(in io.Reader) (all []string) {
	t := newTokens(in)
	for {
		token, err := t.scan()
		switch {
		case err == io.EOF:
			return all
		case errors.As(err, &charsetError{}):
			return append(all, "charset")
		case err != nil:
			text := strings.TrimPrefix(err.Error(), "xml, byte ")
			return append(all, text)
		}
		switch token {
		case startTag:
			line := "<" + t.name.local
			for _, a := range t.attributes {
				line += fmt.Sprintf(" %q:%s=%q", t.spaceOf(a.name), a.name.local, t.bytes(a.value))
			}
			all = append(all, line)
		case endTag:
			all = append(all, "</"+t.name.local)
		case chars:
			all = append(all, fmt.Sprintf("%q", t.text))
		case directive:
			all = append(all, fmt.Sprintf("<!%q", t.text))
		default:
			all = append(all, "nothing")
		}
	}
}

// documents are what the comparison begins with.
var documents = []string{
	`<r><a>text</a></r>`, "<r><a> t\n</a></r>", `<r><a></a><b/></r>`, "<r>\r\n\r<b a='\r\n'/></r>\r",
	`<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a i:nil="true"/></r>`,
	`<r><a b="1">t</a><c d=""/></r>`, `<r>a<![CDATA[<&"]]><!-- no --><?no no?>b</r>`, `<r>&lt;&#x1F600;&#10;&#13;&amp;&quot;&apos;&gt;</r>`,
	`<p:r xmlns:p="u:p" xmlns="u:q"><a p:x="1" xml:lang="de" q:y="2"/><p:a xmlns:p="v"><b p:x=""/></p:a><b p:x=""/></p:r>`,
	`<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://localhost/r.dtd" [<!ENTITY x ">"><!-- > -->]><r/>`, "\ufeff<r>é</r>\n",
	"<?xml version='1.0' encoding='ISO-8859-1'?><r>\xe9</r>", `<?xml version="1.1"?><r/>`, `<?xml version="1.0" encoding="klingon"?><r/>`,
	`<?xml encoding='Shift_JIS'?><r>` + "\xff\xff</r>", `<?xml encoding="utf-16"?><r/>`,
	`<r>]]></r>`, `<r>]]&gt;]] ></r>`, `<r a="]]>"/>`, `<r><![CDATA[]]]]><![CDATA[]]></r>`, "<r>\x01</r>", "<r a='\x01'/>", "<r>\x00</r>", "<r>\ufffe</r>", "<r>\xed\xa0\x80</r>",
	`<r>&nbsp;</r>`, `<r>&;</r>`, `<r>& </r>`, `<r>&amp</r>`, `<r>&#x;</r>`, `<r>&#65</r>`, `<r>&#1;</r>`, `<r>&#xD800;&#xFFFF;</r>`, `<r>&#99999999999999999999;</r>`, `<r a='&lt;x'/>`,
	`<r a="<"/>`, `<r a=b/>`, `<r a/>`, `<r a = "1"b='2' />`, `<r a:b:c="1"/>`, `<a:b:c/>`, `<:a></:a>`, `<a:></a:>`, `<1/>`, `<é ü="1"></é>`, "<\xff/>", `<·/>`, `<a·/>`, `< a/>`, `</>`, `<r / >`, `<r//>`,
	`</r>`, `<r></s>`, `<p:r></q:r>`, `<p:r></r>`, `<r></r s>`, `<r></r >`, `<r></ r>`, `<r>`, `<r/><s/>x`, `x<r/>`,
	`<!-->--><r/>`, `<!--->--><r/>`, `<!----><r/>`, `<!-- -- --><r/>`, `<!- x><r/>`, `<![CDATA[x]]><r/>`, `<![CDAT[x]]>`, `<!><r/>`, `<!"><r/>`, `<!a<!-x>><r/>`, `<!a<>>`, `<? a?>`, `<?a?><r/>`, `<??>`, `<?1?>`, `<?a:b:c ?><r/>`,
	`<r xmlns:p="" p:a="1" a="1"/>`, `<r xmlns:p="xmlns" p:a="1"/>`, `<r xmlns:xml="u" xml:a="1" xmlns:="x" xmlns::a="y"/>`,
	strings.Repeat("<a><b>", 300) + strings.Repeat("</b></a>", 300), `<r a="` + strings.Repeat("x&lt;", 9000) + `">` + strings.Repeat("y\r\n", 9000) + `<b b="` + strings.Repeat("é", 70000) + `"/></r>`,
}

// compareTokens holds a document against encoding/xml, read at once and byte by byte.
func compareTokens(t *testing.T, in []byte) {
	if bytes.HasPrefix(in, []byte{0xfe, 0xff}) || bytes.HasPrefix(in, []byte{0xff, 0xfe}) {
		return // UTF-16, which encoding/xml does not know of
	}
	want := byEncodingXML(in)
	for _, r := range []io.Reader{bytes.NewReader(in), iotest.OneByteReader(bytes.NewReader(in)), iotest.DataErrReader(bytes.NewReader(in))} {
		got := byTokens(r)
		if n := len(want); n > 0 && slices.Contains(got, "charset") && (want[n-1] == "charset" || want[n-1][0] <= '9' && want[n-1][0] >= '0') {
			continue // both refuse it: how much comes before, and what goes first, depends on buffers
		}
		if !slices.Equal(got, want) {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Errorf("%.200q\nis   %.200q\nwant %.200q", in, got[i:], want[i:])
			return
		}
	}
}

// TestAsEncodingXML reads documents, whole, cut at every byte and with every byte
// changed, as encoding/xml does: the same tokens, or the same error at the same byte.
func TestAsEncodingXML(t *testing.T) {
	for _, text := range documents {
		compareTokens(t, []byte(text))
		if len(text) > 300 {
			continue
		}
		for i := range len(text) {
			compareTokens(t, []byte(text[:i]))
			if testing.Short() && i%4 > 0 || testshare.Race && i%20 > 0 {
				continue
			}
			for _, c := range "\x00\r<>&]['\"/!-?:;=#x1 é" {
				compareTokens(t, []byte(text[:i]+string(c)+text[i+1:]))
			}
		}
	}
}

// TestPythonDocumentsAsEncodingXML does so with random documents.
func TestPythonDocumentsAsEncodingXML(t *testing.T) {
	in, err := os.ReadFile("testdata/documents.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(in) {
		var c struct{ XML string }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		compareTokens(t, []byte(c.XML))
	}
}

func FuzzAsEncodingXML(f *testing.F) {
	for _, text := range documents {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) { compareTokens(t, in) })
}
