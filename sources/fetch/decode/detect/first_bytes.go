package detect

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
)

// magics are the beginnings of files that nothing else begins with.
var magics = []struct {
	begins string
	format sources.Format
	layer  string
}{
	{"PAR1", sources.FormatParquet, ""},
	{"Obj\x01", sources.FormatAvro, ""},
	{"\x1f\x8b\x08", "", "gzip"},
	{"\x28\xb5\x2f\xfd", "", "zstd"},
	{"BZh", "", "bz2"},
	{"\xfd7zXZ\x00", "", "xz"},
	{"PK\x05\x06", "", "zip"},
	{"PK\x03\x04", "", "zip"},
}

// Packed reports whether a body begins as one in a layer of that kind does.
func Packed(begins []byte, kind string) bool {
	guess, _ := certain(begins)
	return len(guess.Unpack) > 0 && guess.Unpack[0].Kind == kind
}

// certain is what the first bytes say beyond doubt.
func certain(begins []byte) (Guess, bool) {
	for _, m := range magics {
		if !bytes.HasPrefix(begins, []byte(m.begins)) {
			continue
		}
		if m.layer == "bz2" && (len(begins) < 4 || begins[3] < '1' || begins[3] > '9' || isText(begins)) {
			continue
		}
		why := fmt.Sprintf("first bytes %q", m.begins)
		switch {
		case m.format != "":
			return Guess{Format: m.format, Why: why}, true
		case m.layer == "zip" && isWorkbook(begins):
			return Guess{Format: sources.FormatXLSX, Why: "members of a workbook in a ZIP archive"}, true
		}
		return packed(m.layer, why), true
	}
	const at = 257
	if len(begins) >= at+5 && string(begins[at:at+5]) == "ustar" {
		return packed("tar", `"ustar" at byte 257`), true
	}
	return Guess{}, false
}

func packed(layer, why string) Guess {
	return Guess{Unpack: []sources.Packing{{Kind: layer}}, Why: why}
}

// isWorkbook reports whether a ZIP archive has a member that only workbooks have.
func isWorkbook(begins []byte) bool {
	const header, nameLength = 30, 26
	for {
		i := bytes.Index(begins, []byte("PK\x03\x04"))
		if i < 0 || len(begins) < i+header {
			return false
		}
		begins = begins[i:]
		length := int(binary.LittleEndian.Uint16(begins[nameLength:]))
		name := string(begins[header:min(len(begins), header+length)])
		if name == "[Content_Types].xml" || strings.HasPrefix(name, "xl/") {
			return true
		}
		begins = begins[header:]
	}
}

// isHTML reports whether a page begins there.
func isHTML(begins []byte) bool {
	text := strings.ToLower(string(trim(begins[:min(len(begins), 1024)])))
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}

// trim takes the byte order mark and white space off.
func trim(begins []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(begins, []byte("\ufeff")), " \t\r\n")
}

// looks is what a text without a name looks like.
func looks(begins []byte) (sources.Format, string) {
	text := trim(begins)
	if len(text) == 0 || !isText(begins) {
		return "", ""
	}
	switch text[0] {
	case 0x1e:
		return sources.FormatJSONL, "first byte RS, as in JSON text sequences"
	case '<':
		return sources.FormatXML, "first byte <"
	case '{', '[':
		if another(text) {
			return sources.FormatJSONL, "a JSON value behind the first one"
		}
		return sources.FormatJSON, fmt.Sprintf("first byte %c", text[0])
	}
	if d, n := delimiter(begins); n > 0 {
		return sources.FormatCSV, fmt.Sprintf("%d times %q in the first line", n, d)
	}
	return "", ""
}

// another reports whether a JSON value stands behind the first one.
func another(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	if d.Decode(&value) != nil {
		return false
	}
	_, err := d.Token()
	return err == nil || !errors.Is(err, io.EOF) && bytes.HasPrefix(trim(text[d.InputOffset():]), text[:1])
}

// isText reports whether the bytes may be a text in UTF-8, which goes on.
func isText(begins []byte) bool {
	for i := 0; i < len(begins); {
		r, n := utf8.DecodeRune(begins[i:])
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(begins[i:])
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != 0x1e {
			return false
		}
		i += n
	}
	return true
}

// delimiter is what stands most often in the first line outside of quotes, and how often.
func delimiter(begins []byte) (most byte, n int) {
	const delimiters = ",\t;|"
	var counts [len(delimiters)]int
	quoted := false
	for _, c := range trim(begins) {
		if c == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if c == '\n' || c == '\r' {
			break
		}
		if i := strings.IndexByte(delimiters, c); i >= 0 {
			counts[i]++
		}
	}
	for i, count := range counts {
		if count > n {
			most, n = delimiters[i], count
		}
	}
	return most, n
}
