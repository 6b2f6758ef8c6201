package detect

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
)

// Thing is what a file is, whatever the definition says.
type Thing struct {
	Is    string // behind "the file is"; "": nobody knows
	Write string // what the definition has to say, or whom to ask
	// Certain says that nothing else begins so, and Packed that other files are in it.
	Certain, Packed bool
	Charset         string         // of text in UTF-16; "": it is another
	Format          sources.Format // as which Write says to read it; "": it names none
	rows            bool           // it may be CSV
}

// String is a clause of an error; "" where nobody knows.
func (t Thing) String() string {
	if t.Is == "" {
		return ""
	}
	return "the file is " + t.Is + ": " + t.Write
}

// foreign are the beginnings of files that nobody reads here.
var foreign = []struct{ begins, is string }{
	{"\xd0\xcf\x11\xe0", "of an old Office program (.xls), which nobody reads here"},
	{"%PDF", "a PDF"},
}

// What says what a file is, for who could not read it as what the definition says.
func What(s *Seen) Thing {
	if g, ok := certain(s.Begins); ok && g.Unpack != nil {
		return Thing{Is: fmt.Sprintf("packed with %s (%s)", g.Unpack[0].Kind, g.Why), Write: fmt.Sprintf("write unpack: [%s]", g.Unpack[0].Kind), Certain: true, Packed: true}
	} else if ok {
		return Thing{Is: fmt.Sprintf("%s (%s)", g.Format, g.Why), Write: fmt.Sprintf("write decode: %s", g.Format), Certain: true, Format: g.Format}
	}
	for _, f := range foreign {
		if strings.HasPrefix(string(s.Begins), f.begins) {
			return Thing{Is: f.is, Write: "ask the API for another format", Certain: true}
		}
	}
	if charset := wide(s.Begins); charset != "" {
		return Thing{Is: "text in UTF-16", Write: "write charset: " + charset + " in the stream", Certain: true, Charset: charset}
	}
	return s.text()
}

// wide is the charset of a text in UTF-16, as the definition names it; "" where it is
// another.
func wide(begins []byte) string {
	switch {
	case bytes.HasPrefix(begins, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(begins, []byte("\xfe\xff")):
		return "utf-16be"
	}
	if begins = begins[:min(len(begins), 32)&^1]; len(begins) < 4 {
		return ""
	}
	zeros := [2]int{}
	for i, c := range begins {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(begins) / 2; {
	case zeros[0] == 0 && zeros[1] == half:
		return "utf-16le"
	case zeros[1] == 0 && zeros[0] == half:
		return "utf-16be"
	}
	return ""
}

// text says what a text is.
func (s *Seen) text() Thing {
	text := trim(s.Begins)
	delimiter, n := delimiter(s.Begins)
	switch {
	case len(text) == 0:
		return Thing{}
	case !isText(s.Begins) && isText(bytes.Map(ascii, s.Begins)):
		return Thing{Is: "text that is not UTF-8", Write: "write its charset in the stream, as charset: windows-1252", rows: true}
	case !isText(s.Begins):
		return Thing{}
	case s.IsPage(), n == 0 && mediaType(s.ContentType) == "text/html":
		return Thing{Is: fmt.Sprintf("a page of HTML, as logins and errors are: it begins with %q", excerpt(text)), Write: "check base_url, path and auth"}
	case text[0] == '<' && (n == 0 || bytes.HasPrefix(text, []byte("<?xml")) || bytes.HasPrefix(text, []byte("<!"))):
		return Thing{Is: "XML", Write: "write decode: xml, and in records the path of its elements, if it does not tell of an error", Format: sources.FormatXML}
	case isJSON(text) && another(text):
		return Thing{Is: "JSON, one value behind another", Write: "write decode: jsonl", Format: sources.FormatJSONL}
	case isJSON(text):
		return Thing{Is: fmt.Sprintf("JSON: it begins with %q", excerpt(text)), Write: "leave decode out, if it does not tell of an error"}
	case n > 0:
		return Thing{Is: fmt.Sprintf("CSV, by %d times %q in its first line", n, delimiter), Write: "write decode: csv", Format: sources.FormatCSV, rows: true}
	}
	return Thing{Is: fmt.Sprintf("a text: it begins with %q", excerpt(text)), Write: "see whether it tells of an error", rows: true}
}

// Explains reports whether a thing may be why a file could not be read as a format: not what
// asks for that format, and not CSV by a guess, where the first byte or Content-Type says that
// it is in the format.
func (s *Seen) Explains(t Thing, format sources.Format) bool {
	if t.Format != sources.FormatCSV {
		return t.Format != format
	}
	like, _ := looks(s.Begins)
	return format != sources.FormatCSV && Named(s.ContentType) != format && like != format
}

// IsPage reports whether the file is a page of HTML, or a piece of one.
func (s *Seen) IsPage() bool {
	text := trim(s.Begins)
	return isHTML(s.Begins) || mediaType(s.ContentType) == "text/html" && len(text) > 0 && text[0] == '<'
}

// ascii puts a letter in the place of what is none of ASCII.
func ascii(r rune) rune {
	if r >= utf8.RuneSelf {
		return 'x'
	}
	return r
}

// isJSON reports whether a text begins as JSON does that holds an object, and hardly
// anything else does.
func isJSON(text []byte) bool {
	inside := bytes.TrimLeft(text[1:], " \t\r\n")
	switch {
	case len(inside) == 0:
		return false
	case text[0] == '{':
		return inside[0] == '"' || inside[0] == '}'
	}
	return text[0] == '[' && bytes.IndexByte([]byte(`{["]`), inside[0]) >= 0
}

func excerpt(text []byte) []byte { return text[:min(len(text), 100)] }

// NoCSV says what a file is that is certainly no CSV; "" where it may be.
func NoCSV(s *Seen) string {
	thing := What(s)
	switch {
	case thing.rows:
		return ""
	case thing.Is == "" && len(s.Begins) > 0 && s.Begins[0] < '\t':
		return fmt.Sprintf("the file is no text: it begins with %q: write in decode what the API sends", s.Begins[:min(len(s.Begins), 16)])
	}
	return thing.String()
}

// NoXML says what a file is that is XML, but likely another one than the definition
// asks for; "" where it is that, or nothing of the kind. path is where the records lie.
func NoXML(s *Seen, path []string) string {
	if len(path) > 0 && strings.EqualFold(path[0], "html") || !s.IsPage() {
		return ""
	}
	return What(s).String()
}
