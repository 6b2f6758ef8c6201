package xml

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// begin looks at the first bytes, and drops a byte order mark.
func (t *tokens) begin() error {
	t.begun = true
	t.ahead(3)
	if t.err != nil && t.err != io.EOF {
		return t.err
	}
	t.ended = false
	head := t.b[:t.end]
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		t.at, t.marked = 3, true
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		t.marked = true
		from := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		t.recode(strict{from, "utf-16"})
	}
	return nil
}

// recode reads the file in an encoding from here on.
func (t *tokens) recode(from strict) {
	t.goOn(transform.NewReader(t.rest(), from))
}

// declares goes on as the XML declaration says.
func (t *tokens) declares(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var from *strict
	var unknown error
	d.CharsetReader = func(label string, rest io.Reader) (io.Reader, error) {
		from, unknown = t.charset(label)
		return rest, unknown
	}
	if _, err := d.RawToken(); err != nil {
		return err
	}
	if from != nil {
		t.recode(*from)
	}
	return nil
}

// charset is how the text goes on where the XML declaration names an encoding other
// than UTF-8; nil: as before.
func (t *tokens) charset(label string) (*strict, error) {
	if t.marked {
		return nil, nil
	}
	encoding, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("the encoding %q is not known", label)
	}
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return nil, fmt.Errorf("the declaration names the encoding %s, but the file has no byte order mark and is not written in it", label)
	}
	return &strict{encoding.NewDecoder(), label}, nil
}

// charsetError says that bytes are no text in an encoding.
type charsetError struct{ name string }

func (e charsetError) Error() string {
	return "the document has bytes that are no text in the encoding " + e.name
}

// strict refuses what a decoder does not know, instead of putting U+FFFD in its place.
type strict struct {
	transform.Transformer
	name string
}

// Transform decodes src.
func (s strict) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	nDst, nSrc, err = s.Transformer.Transform(dst, src, atEOF)
	if bytes.Contains(dst[:nDst], []byte("\uFFFD")) {
		return nDst, nSrc, charsetError{s.name}
	}
	return nDst, nSrc, err
}
