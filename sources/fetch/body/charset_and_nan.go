package body

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

func openNaN(in *file.Source) (io.ReadCloser, error) {
	return io.NopCloser(transform.NewReader(in, &nanToNull{})), nil
}

// inCharset makes UTF-8 of texts in a charset, whose name the definition's check
// knows.
func inCharset(name string) func(io.Reader) io.Reader {
	return func(in io.Reader) io.Reader {
		encoding, err := htmlindex.Get(name)
		if err != nil {
			return failed{ErrCharset{Name: name}}
		}
		return transform.NewReader(in, &strictCharset{Transformer: unicode.BOMOverride(encoding.NewDecoder()), name: name, wide: strings.HasPrefix(strings.ToLower(name), "utf-16")})
	}
}

// failed is a text that cannot be read.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// ErrCharset is a body that is not written in its charset.
type ErrCharset struct {
	Name string
	UTF8 bool // but in UTF-8
}

func (e ErrCharset) Error() string {
	if e.UTF8 {
		return fmt.Sprintf("charset: %s: the answer is text in UTF-8", e.Name)
	}
	return fmt.Sprintf("charset: %s: the answer has bytes that are no text in it", e.Name)
}

// strictCharset is a decoder that refuses what it does not know, instead of
// putting U+FFFD in its place: nothing is invented.
type strictCharset struct {
	transform.Transformer
	name string
	wide bool // a character takes two bytes, one of which is 0 in ASCII; no longer true behind the beginning
}

var unknownRune = []byte("\uFFFD")

// isUTF8 reports whether bytes are a text in UTF-8, which may end within a character.
func isUTF8(text []byte) bool {
	for cut := range utf8.UTFMax {
		if utf8.Valid(text[:len(text)-cut]) {
			return true
		}
	}
	return false
}

// Transform decodes src.
func (s *strictCharset) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if s.wide && len(src) >= utf8.UTFMax {
		if bytes.IndexByte(src, 0) < 0 && isUTF8(src) {
			return 0, 0, ErrCharset{s.name, true}
		}
		s.wide = false
	}
	nDst, nSrc, err = s.Transformer.Transform(dst, src, atEOF)
	if bytes.Contains(dst[:nDst], unknownRune) {
		return nDst, nSrc, ErrCharset{Name: s.name}
	}
	return nDst, nSrc, err
}

// nanToNull puts null in the place of NaN, Infinity and -Infinity outside of
// strings, as Python and JavaScript libraries write them.
type nanToNull struct{ inString, escaped bool }

var notNumbers = []string{"NaN", "Infinity", "-Infinity"}

// Reset makes it ready for another body.
func (t *nanToNull) Reset() { *t = nanToNull{} }

// Transform copies src with null in place of what is no number.
func (t *nanToNull) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		put, taken := src[nSrc:nSrc+1], 1
		if !t.inString && strings.IndexByte("NI-", put[0]) >= 0 {
			word, more := notNumber(src[nSrc:])
			if more && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if word > 0 {
				put, taken = []byte("null"), word
			}
		}
		if nDst+len(put) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		t.pass(put[0])
		nDst += copy(dst[nDst:], put)
		nSrc += taken
	}
	return nDst, nSrc, nil
}

// pass notes whether the bytes to come are inside of a string.
func (t *nanToNull) pass(c byte) {
	switch {
	case t.escaped:
		t.escaped = false
	case c == '"':
		t.inString = !t.inString
	case c == '\\':
		t.escaped = t.inString
	}
}

// BareNaN reports whether a body that is no JSON would be, but for what is no
// number, and returns the first such word.
func BareNaN(body []byte) (word string, ok bool) {
	for _, w := range notNumbers[:2] { // the third one holds the second
		if bytes.Contains(body, []byte(w)) {
			word = w
			break
		}
	}
	if word == "" {
		return "", false
	}
	mended, _, err := transform.Bytes(&nanToNull{}, body)
	return word, err == nil && !json.Valid(body) && json.Valid(mended)
}

// notNumber returns the length of the word that text begins with, 0 for none,
// and whether that cannot be known without more text.
func notNumber(text []byte) (word int, more bool) {
	for _, w := range notNumbers {
		if bytes.HasPrefix(text, []byte(w)) {
			return len(w), false
		}
		more = more || strings.HasPrefix(w, string(text[:min(len(text), len(w))]))
	}
	return 0, more
}
