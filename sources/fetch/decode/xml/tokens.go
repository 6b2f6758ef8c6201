package xml

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// token is a part of a document.
type token uint8

const (
	startTag  token = iota
	endTag          // also what an empty element ends with
	chars           // text, or a CDATA section
	directive       // <!…>
	nothing         // a comment or an instruction
)

// tokens are those of a document, none of them longer than it may be. What they refuse,
// and what they say of it, is what encoding/xml does: TestAsEncodingXML compares them.
// What a token holds is good until the next one.
type tokens struct {
	window
	names
	begun  bool
	marked bool // a byte order mark says the encoding, whatever the declaration says

	name       *name // of a tag
	attributes []attribute
	empty      bool   // the start tag is an end tag, too
	text       []byte // of chars and a directive
	coded      bool   // since it was false, a text had characters by number, or other line ends
	made       []byte // texts that do not stand in the document as they are
}

// attribute is one of a start tag.
type attribute struct {
	name  *name
	value span
}

// span is a part of the token at hand, by its distance from the beginning, or of what
// was made for it.
type span struct {
	from, to int
	made     bool
}

// bytes is the text of a span.
func (t *tokens) bytes(s span) []byte {
	if s.made {
		return t.made[s.from:s.to]
	}
	return t.b[t.from+s.from : t.from+s.to]
}

func newTokens(in io.Reader) *tokens {
	t := &tokens{window: window{in: in, keep: none, b: make([]byte, windowSize), most: file.MaxRecord}}
	t.last = new(name)
	return t
}

// scan returns the next token; io.EOF where the document ends.
func (t *tokens) scan() (token, error) {
	if !t.begun {
		if err := t.begin(); err != nil {
			return nothing, err
		}
	}
	if t.empty {
		t.empty = false
		t.name = t.pop()
		return endTag, nil
	}
	t.from, t.made = t.at, t.made[:0]
	if t.at == t.end && !t.more() {
		if len(t.open) == 0 && t.err == io.EOF {
			return nothing, io.EOF
		}
		return nothing, t.explain(errEnds)
	}
	token, err := t.one()
	if err != nil {
		return nothing, t.explain(err)
	}
	return token, nil
}

// one scans the token that begins here.
func (t *tokens) one() (token, error) {
	if t.b[t.at] != '<' {
		if i, seen := plain(t.b, t.at, ']'*low); t.b[i] == '<' && seen&high == 0 { // as almost always
			t.text, t.at = t.b[t.at:i], i
			return chars, nil
		}
		t.most = file.MaxRecord
		s, err := t.scanText(0, false)
		t.text = t.bytes(s)
		return chars, err
	}
	t.most = maxTag
	if !t.ahead(2) {
		t.at = t.end
		return nothing, errEnds
	}
	switch t.b[t.at+1] {
	case '/':
		return endTag, t.endTag()
	case '?':
		t.at += 2
		return nothing, t.instruction()
	case '!':
		t.at += 2
		return t.declaration()
	}
	return startTag, t.startTag()
}

// startTag scans a start tag.
func (t *tokens) startTag() error {
	t.attributes = t.attributes[:0]
	i := t.at + 1
	if n := t.last.next; n != nil && n.follows(t.b[i:], '>') { // as almost always
		t.last, t.name = n, n
		t.at = i + len(n.raw) + 1
		return t.push(n)
	}
	t.at = i
	n, err := t.scanName("element name after <")
	if err != nil {
		return err
	}
	t.name = n
	for {
		t.space()
		c, ok := t.next()
		switch {
		case !ok:
			return errEnds
		case c == '>':
			return t.opened()
		case c == '/':
			if c, ok = t.next(); !ok || c != '>' {
				return errors.New("expected /> in element")
			}
			t.empty = true
			return t.opened()
		}
		t.at--
		if err := t.attribute(); err != nil {
			return err
		}
	}
}

// opened is the end of a start tag: what the tag declares holds in it, too.
func (t *tokens) opened() error {
	if err := t.push(t.name); err != nil {
		return err
	}
	for _, a := range t.attributes {
		var err error
		switch {
		case a.name.prefix == "xmlns":
			err = t.declare(a.name.local, string(t.bytes(a.value)))
		case a.name.raw == "xmlns":
			err = t.declare("", string(t.bytes(a.value)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// attribute scans a name and a value.
func (t *tokens) attribute() error {
	n, err := t.scanName("attribute name in element")
	if err != nil {
		return err
	}
	t.space()
	if c, ok := t.next(); !ok || c != '=' {
		return errors.New("attribute name without = in element")
	}
	t.space()
	quote, ok := t.next()
	if !ok || quote != '"' && quote != '\'' {
		return errors.New("unquoted or missing attribute value in element")
	}
	value, err := t.scanText(quote, false)
	t.attributes = append(t.attributes, attribute{n, value})
	return err
}

// follows reports whether a name stands at the beginning of what is left of a window,
// and that byte behind it.
func (n *name) follows(b []byte, c byte) bool {
	size := len(n.raw)
	return len(b) > size && b[size] == c && string(b[:size]) == n.raw
}

// scanName scans a name; what says where it stands.
func (t *tokens) scanName(what string) (*name, error) {
	raw, ok := t.scanBytes()
	if !ok {
		return nil, errors.New("expected " + what)
	}
	n, err := t.find(raw)
	if err == errColons {
		err = errors.New("expected " + what)
	}
	return n, err
}

// scanBytes scans the bytes that a name may have, at least one and one that is none
// behind them.
func (t *tokens) scanBytes() (raw []byte, ok bool) {
	from := t.at - t.from
	for {
		for inName[t.b[t.at]] {
			t.at++
		}
		if t.at < t.end {
			raw = t.b[t.from+from : t.at]
			return raw, len(raw) > 0
		}
		if !t.more() {
			return nil, false
		}
	}
}

// endTag scans an end tag.
func (t *tokens) endTag() error {
	t.at += 2
	if depth := len(t.open); depth > 0 {
		if n := t.open[depth-1]; n.follows(t.b[t.at:], '>') { // as almost always
			t.at += len(n.raw) + 1
			t.name = t.pop()
			return nil
		}
	}
	n, err := t.scanName("element name after </")
	if err != nil {
		return err
	}
	t.space()
	if c, ok := t.next(); !ok || c != '>' {
		return errors.New("invalid characters between </" + n.local + " and >")
	}
	if err := t.closes(n); err != nil {
		return err
	}
	t.name = t.pop()
	return nil
}

// instruction scans what stands behind <?, the XML declaration among it.
func (t *tokens) instruction() error {
	raw, ok := t.scanBytes()
	if !ok {
		return errors.New("expected target name after <?")
	}
	if !plainName(string(raw)) {
		if err := judge(string(raw)); err != nil {
			return err
		}
	}
	declares := string(raw) == "xml"
	t.space()
	if !t.behind("?>") {
		return errEnds
	}
	if declares {
		return t.declares(string(t.b[t.from:t.at]))
	}
	return nil
}

// behind goes on behind the next place of a text, and reports whether it comes.
func (t *tokens) behind(text string) bool {
	for {
		i := bytes.Index(t.b[t.at:t.end], []byte(text))
		if i >= 0 {
			t.at += i + len(text)
			return true
		}
		t.at = max(t.at, t.end-len(text)+1)
		if !t.more() {
			t.at = t.end
			return false
		}
	}
}

// declaration scans what stands behind <!.
func (t *tokens) declaration() (token, error) {
	c, ok := t.next()
	switch {
	case !ok:
		return nothing, errEnds
	case c == '-':
		return nothing, t.comment()
	case c == '[':
		t.most = file.MaxRecord
		for _, want := range []byte("CDATA[") {
			if c, ok := t.next(); !ok || c != want {
				return nothing, errors.New("invalid <![ sequence")
			}
		}
		s, err := t.scanText(0, true)
		t.text = t.bytes(s)
		return chars, err
	}
	t.made = append(t.made, c)
	err := t.directive()
	t.text = t.made
	return directive, err
}

// comment scans what stands behind <!-.
func (t *tokens) comment() error {
	t.most = file.MaxRecord
	if c, ok := t.next(); !ok || c != '-' {
		return errors.New("invalid sequence <!- not part of <!--")
	}
	if !t.behind("--") {
		return errEnds
	}
	if c, ok := t.next(); !ok || c != '>' {
		return errors.New(`invalid sequence "--" not allowed in comments`)
	}
	return nil
}

// directive scans the rest of a directive into made: with a space in the place of each
// comment. What stands in quotes has no < and >.
func (t *tokens) directive() error {
	var quote byte
	for depth := 0; ; {
		c, ok := t.next()
		switch {
		case !ok:
			return errEnds
		case quote == 0 && c == '>' && depth == 0:
			return nil
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '>':
			depth--
		case c == '<':
			if t.ahead(3) && string(t.b[t.at:t.at+3]) == "!--" {
				if t.at += 3; !t.behind("-->") {
					return errEnds
				}
				c = ' '
			} else {
				depth++
			}
		}
		t.made = append(t.made, c)
	}
}

// errEnds is for explain, which says more.
var errEnds = io.ErrUnexpectedEOF

// explain says where an error is. That the text cannot be read goes before all else.
func (t *tokens) explain(err error) error {
	switch {
	case t.err != nil && t.err != io.EOF:
		if errors.As(t.err, &limitError{}) || errors.As(t.err, &charsetError{}) {
			return t.wrong(t.err)
		}
		return t.err
	case t.ended:
		return t.wrong(fmt.Errorf("the document ends too early: %w", errEnds))
	}
	return t.wrong(err)
}

// wrong is an error where the scanner stands.
func (t *tokens) wrong(err error) error { return wrap(t.offset(), err) }
