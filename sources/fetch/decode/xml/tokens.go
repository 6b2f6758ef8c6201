package xml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	bufferSize = 64 << 10
	maxTag     = 1 << 20 // bytes of a tag; its attributes take several times that
)

// tokens are those of a document, none of them longer than it may be.
type tokens struct {
	decoder *xml.Decoder
	source  *source
	wide    bool // the file is UTF-16, whatever its declaration says
	text    bool // the last token was text: the decoder has taken the < behind it
	begun   bool
	mark    int64 // length of the byte order mark, which the decoder has not seen
}

func newTokens(in io.Reader) *tokens { return &tokens{source: newSource(in)} }

// begin looks at the first bytes, and drops a byte order mark.
func (t *tokens) begin() error {
	t.begun = true
	head := t.source.peek(3)
	if err := t.source.err; err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		t.mark = 3
		t.source.from += 3
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		t.wide = true
		from := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		t.recode(t.source, strict{from, "utf-16"})
	}
	t.decoder = xml.NewDecoder(t.source)
	t.decoder.CharsetReader = t.charset
	return nil
}

// charset is called where the XML declaration names an encoding other than UTF-8.
func (t *tokens) charset(name string, rest io.Reader) (io.Reader, error) {
	if t.wide {
		return rest, nil
	}
	encoding, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("the encoding %q is not known", name)
	}
	if strings.HasPrefix(strings.ToLower(name), "utf-16") {
		return nil, fmt.Errorf("the declaration names the encoding %s, but the file has no byte order mark and is not written in it", name)
	}
	t.recode(rest, strict{encoding.NewDecoder(), name})
	return t.source, nil
}

// recode reads the file in an encoding from here on. From now on the new source
// counts how long tokens are.
func (t *tokens) recode(rest io.Reader, from strict) {
	t.source.most = math.MaxInt64 - bufferSize
	t.source = newSource(transform.NewReader(rest, from))
}

// next returns the next token, which is good until the one after it.
func (t *tokens) next() (xml.Token, error) {
	if !t.begun {
		if err := t.begin(); err != nil {
			return nil, err
		}
	}
	t.source.most = t.source.total + t.longest()
	token, err := t.decoder.Token()
	if err != nil {
		return nil, t.explain(err)
	}
	_, t.text = token.(xml.CharData)
	return token, nil
}

// longest is how long the next token may be: text more than a tag.
func (t *tokens) longest() int64 {
	head := t.source.peek(9)
	if !t.text {
		if len(head) == 0 || head[0] != '<' {
			return file.MaxRecord
		}
		head = head[1:]
	}
	if bytes.HasPrefix(head, []byte("![CDATA[")) || bytes.HasPrefix(head, []byte("!--")) {
		return file.MaxRecord
	}
	return maxTag
}

// explain says where an error of the decoder is.
func (t *tokens) explain(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF:
		return err
	case t.source.err != nil && t.source.err != io.EOF:
		if errors.As(t.source.err, &limitError{}) || errors.As(t.source.err, &charsetError{}) {
			return t.wrong(t.source.err)
		}
		return t.source.err
	case t.source.ended:
		return t.wrong(fmt.Errorf("the document ends too early: %w", io.ErrUnexpectedEOF))
	case errors.As(err, &syntax):
		return t.wrong(errors.New(syntax.Msg))
	}
	return t.wrong(err)
}

// wrong is an error where the decoder stands.
func (t *tokens) wrong(err error) error {
	return wrap(t.mark+t.decoder.InputOffset(), err)
}

// source is what the decoder reads from, a byte at a time. It ends with an error where
// a token is too long, as the decoder holds all of it.
type source struct {
	in       io.Reader
	buf      []byte
	from, to int   // what was read into buf and not yet taken
	total    int64 // bytes read
	most     int64 // of them
	ended    bool  // the decoder asked for more than there is
	err      error // of in, or of a token that is too long
}

func newSource(in io.Reader) *source {
	return &source{in: in, buf: make([]byte, bufferSize), most: bufferSize}
}

// ReadByte notes where the decoder asks for more than there is.
func (s *source) ReadByte() (byte, error) {
	if s.from == s.to {
		if err := s.fill(); err != nil {
			s.ended = err == io.EOF
			return 0, err
		}
	}
	c := s.buf[s.from]
	s.from++
	return c, nil
}

// Read is for a decoder of another encoding.
func (s *source) Read(p []byte) (int, error) {
	if s.from == s.to {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.from:s.to])
	s.from += n
	return n, nil
}

// peek returns the next n bytes, fewer where the file ends or fails.
func (s *source) peek(n int) []byte {
	for s.to-s.from < n && s.fill() == nil {
	}
	return s.buf[s.from:min(s.to, s.from+n)]
}

// fill reads more. Its errors stay.
func (s *source) fill() error {
	s.to = copy(s.buf, s.buf[s.from:s.to])
	s.from = 0
	for range 100 {
		switch {
		case s.err != nil:
			return s.err
		case s.total >= s.most+bufferSize:
			s.err = limitError{}
			return s.err
		}
		n, err := s.in.Read(s.buf[s.to:])
		s.to, s.total, s.err = s.to+n, s.total+int64(n), err
		if n > 0 {
			return nil
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

type limitError struct{}

func (limitError) Error() string {
	return fmt.Sprintf("a tag is longer than %d bytes, or a text than %d", maxTag, file.MaxRecord)
}

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
