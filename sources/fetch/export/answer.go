package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/xml"
)

// AsJSON is an answer about a job as JSON, which it may not have been: XML and plain text
// are seen so. An answer may be empty.
func AsJSON(answer []byte, h http.Header) ([]byte, error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(answer, []byte("\uFEFF")))
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case len(answer) == 0:
	case kind == "text/plain" && !isJSONText(text) && utf8.Valid(text):
		quoted, err := json.Marshal(string(text))
		if err != nil {
			panic("export: a text that is not JSON: " + err.Error()) // each is
		}
		return quoted, nil
	case len(text) > 0 && text[0] == '<':
		doc, err := xmlAsJSON(answer)
		if err != nil {
			return nil, fmt.Errorf("the answer about the export's job is no whole XML text: %w", err)
		}
		return doc, nil
	case !gjson.ValidBytes(answer):
		return nil, errors.New("the answer about the export's job is no whole JSON text")
	}
	return answer, nil
}

// isJSONText reports whether a plain text is JSON, or was meant to be: an id may look as
// a number does in JSON, 12e4, and is none.
func isJSONText(text []byte) bool {
	if len(text) == 0 || bytes.IndexByte([]byte("{[\""), text[0]) >= 0 {
		return true
	}
	return gjson.ValidBytes(text) && len(bytes.Trim(text, "0123456789.eE+-")) > 0
}

// xmlAsJSON is an XML document as decode: xml reads it, whole. A page for people is
// none.
func xmlAsJSON(text []byte) ([]byte, error) {
	doc, err := xml.Open(textFile{bytes.NewReader(text)}, nil, nil)
	if err != nil {
		return nil, err
	}
	defer doc.Close()
	all, err := io.ReadAll(doc)
	if err != nil {
		return nil, err
	}
	gjson.ParseBytes(all).ForEach(func(root, _ gjson.Result) bool {
		if strings.EqualFold(root.Str, "html") {
			err = errors.New("it is an HTML page")
		}
		return true
	})
	return all, err
}

// textFile is a text as a file.
type textFile struct{ *bytes.Reader }

// At returns the whole text, and its size in bytes.
func (f textFile) At() (io.ReaderAt, int64, error) { return f.Reader, f.Size(), nil }
