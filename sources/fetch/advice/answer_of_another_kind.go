package advice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

const (
	saysNothing = "nothing says what it is: decode in the stream does, or the API gives JSON for another Accept header, parameter or path"
	logIn       = "such pages ask for a login or tell of an error: check base_url, path and auth"
	noAnswer    = `where that means that there are no records, a rule can say so: {status: 200, when: "{{ response is undefined }}", do: skip}`
)

// Kind says what a body is, of which the beginning is enough, and what to
// do; quote makes parts of the body fit for a line of a message. It is "" for one that may be the beginning of a JSON text.
func Kind(body []byte, h http.Header, quote func(string) string) (what, tip string) {
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\uFEFF")), " \t\r\n")
	kind, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	thing := detect.What(&detect.Seen{ContentType: kind, Begins: body})
	switch {
	case len(text) == 0:
		return "empty", noAnswer
	case text[0] == '<':
		return markup(text, kind, quote)
	case bytes.HasPrefix(text, []byte("\x1f\x8b")):
		return "compressed with gzip, and its Content-Encoding does not say so", "write unpack: [gzip], and decode where JSON is not what it holds"
	case thing.Certain && thing.Packed:
		return thing.Is, thing.Write + ", and decode where JSON is not what its files are"
	case thing.Certain:
		return thing.Is, thing.Write
	case isLines(text):
		return "one JSON text per line (NDJSON)", "write decode: jsonl"
	case looksLikeCSV(text, kind == "text/csv"):
		if !utf8.Valid(text) {
			return "no JSON and looks like CSV, but is not UTF-8", "write decode: csv, and its charset, as charset: windows-1252"
		}
		return "no JSON and looks like CSV", "write decode: csv"
	case !utf8.Valid(text) && json.Valid(text):
		return "JSON, but not UTF-8", "say in which encoding it is, as charset: iso-8859-1"
	case !mayBeJSON(text):
		return "a text, but no JSON", saysNothing
	}
	return "", ""
}

var (
	htmlStart = pattern.New(`(?i)^(?:<!doctype html|<html|<head|<body)|<html[\s>]`)
	htmlTitle = pattern.New(`(?is)<title[^>]*>(.*?)</title>`)
)

// markup tells HTML, with the title of the page, from other XML.
func markup(text []byte, kind string, quote func(string) string) (what, tip string) {
	if !htmlStart().Match(text[:min(len(text), 1<<10)]) && strings.TrimSpace(kind) != "text/html" {
		return "XML", "write decode: xml, and in records the path of its elements from the root on"
	}
	what = "an HTML page"
	if title := htmlTitle().FindSubmatch(text[:min(len(text), 64<<10)]); title != nil {
		what += fmt.Sprintf(" titled %q", quote(html.UnescapeString(string(title[1]))))
	}
	return what, logIn
}

// isLines reports whether a text holds a whole JSON text and the beginning of
// another one on a line behind it.
func isLines(text []byte) bool {
	if text[0] != '{' && text[0] != '[' {
		return false
	}
	var first json.RawMessage
	d := json.NewDecoder(bytes.NewReader(text))
	if d.Decode(&first) != nil {
		return false
	}
	rest := text[d.InputOffset():]
	next := bytes.TrimLeft(rest, " \t\r\n")
	return len(next) > 0 && (next[0] == '{' || next[0] == '[') && bytes.IndexByte(rest[:len(rest)-len(next)], '\n') >= 0
}

// looksLikeCSV reports whether the first lines of a text have columns, equally
// many of them.
func looksLikeCSV(text []byte, said bool) bool {
	if text[0] == '{' || text[0] == '[' {
		return false
	}
	head, rest, more := bytes.Cut(text, []byte("\n"))
	row, _, _ := bytes.Cut(rest, []byte("\n"))
	for _, comma := range []string{",", ";", "\t", "|"} {
		n := bytes.Count(head, []byte(comma))
		if n > 0 && (said || more && len(bytes.TrimSpace(row)) > 0 && bytes.Count(row, []byte(comma)) == n) {
			return true
		}
	}
	return said
}

// mayBeJSON reports whether a text begins as JSON texts do.
func mayBeJSON(text []byte) bool {
	for _, word := range []string{"true", "false", "null"} {
		if n := min(len(word), len(text)); string(text[:n]) == word[:n] {
			return true
		}
	}
	return bytes.IndexByte([]byte(`{["-0123456789`), text[0]) >= 0
}
