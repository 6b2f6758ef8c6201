package unpack

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlEnvelope reads the text of the element at a path in an XML envelope, and proves
// what stands around it. Of that text it reads the characters itself: encoding/xml holds
// a text as a whole.
type xmlEnvelope struct {
	in      *input
	path    string
	steps   []string
	tokens  *xml.Decoder
	bound   boundedToken
	depth   int      // of elements that are open
	along   int      // how many of them, from the root, are steps of the path
	deepest int      // that along was
	there   []string // the elements that stand at the step behind
	root    bool     // was read
	found   bool
	state   int
	cdata   bool // the text goes on in a CDATA section
}

// boundedToken bounds how much of an input is one token.
type boundedToken struct {
	*input
	left int
	last [2]byte
}

func (b *boundedToken) ReadByte() (byte, error) {
	if b.left--; b.left < 0 {
		return 0, fmt.Errorf("a part of the envelope is longer than %d MiB", maxToken>>20)
	}
	c, err := b.input.ReadByte()
	b.last = [2]byte{b.last[1], c}
	return c, err
}

func (e *xmlEnvelope) Read(p []byte) (int, error) {
	if e.state == nothingRead {
		e.bound.input = e.in
		e.tokens = xml.NewDecoder(&e.bound)
		if err := e.walk(); err != nil {
			return 0, e.ended(err)
		}
		e.state = inText
	}
	if e.state == inText {
		n, ended, err := e.text(p)
		if err != nil || !ended {
			return n, notEOFOf(err)
		}
		e.state = allRead
		if n > 0 {
			return n, nil
		}
	}
	return 0, e.ended(e.walk())
}

// ended is the end of the envelope where the text was found.
func (e *xmlEnvelope) ended(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		if strings.Contains(syntax.Msg, "unexpected EOF") {
			return io.ErrUnexpectedEOF
		}
		return fmt.Errorf("the envelope is no XML: line %d: %s", syntax.Line, syntax.Msg)
	}
	if err != io.EOF {
		return err
	}
	switch {
	case !e.root:
		return io.ErrUnexpectedEOF
	case !e.found:
		return missing(e.path, e.steps[e.deepest], e.there)
	}
	return io.EOF
}

// walk reads until the text begins or, behind that, to the end of the envelope.
func (e *xmlEnvelope) walk() error {
	for {
		e.bound.left = maxToken
		token, err := e.tokens.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if at, err := e.start(t.Name.Local); err != nil || at {
				return err
			}
		case xml.EndElement:
			e.depth--
			e.along = min(e.along, e.depth)
		case xml.CharData:
			if e.depth == 0 && strings.TrimSpace(string(t)) != "" {
				return errors.New("the envelope is no XML: a text stands outside of its root element")
			}
		case xml.Directive:
			return errors.New("the envelope has a <!DOCTYPE>, which no answer needs: nothing is read with it")
		}
	}
}

// start enters an element, and reports whether its text is the one that is read.
func (e *xmlEnvelope) start(name string) (at bool, err error) {
	if e.depth == 0 && e.root {
		return false, errors.New("the envelope is no XML: it has a second root element")
	}
	if e.root = true; e.depth == maxDepth {
		return false, fmt.Errorf("the envelope has more than %d levels", maxDepth)
	}
	e.depth++
	if e.along != e.depth-1 || e.along == len(e.steps) {
		return false, nil
	}
	if name != e.steps[e.along] {
		if e.along == e.deepest && len(e.there) < shownMembers {
			e.there = append(e.there, strconv.Quote(shorten(name)))
		}
		return false, nil
	}
	if e.along++; e.along < len(e.steps) {
		if e.along > e.deepest {
			e.deepest, e.there = e.along, nil
		}
		return false, nil
	}
	if e.found {
		return false, fmt.Errorf("%s stands there twice", e.path)
	}
	e.found = true
	return true, nil
}

// text reads characters of the text into p, which has room for one. ended says that
// the element's end comes next.
func (e *xmlEnvelope) text(p []byte) (n int, ended bool, err error) {
	if e.bound.last == [2]byte{'/', '>'} {
		return 0, true, nil
	}
	for len(p)-n >= utf8.UTFMax {
		chunk, err := e.in.Peek(max(len("<![CDATA["), min(e.in.Buffered(), len(p)-n)))
		if len(chunk) == 0 {
			return n, false, err
		}
		chunk = chunk[:min(len(chunk), len(p)-n)]
		set := inXML
		if e.cdata {
			set = inCDATA
		}
		if plain, valid := set.plain(chunk); plain > 0 {
			if !valid {
				return n, false, errText
			}
			n += copy(p[n:], chunk[:plain])
			_, _ = e.in.Discard(plain) // they are there
			continue
		}
		made, ended, err := e.markup(p[n:])
		if n += made; err != nil || ended {
			return n, ended, err
		}
	}
	return n, false, nil
}

// inXML and inCDATA are the bytes that do not stand for themselves in a text.
var (
	inXML   = setOf("<&\r", "\t\n")
	inCDATA = setOf("]\r", "\t\n")
)

// markup reads what does not stand for itself.
func (e *xmlEnvelope) markup(p []byte) (n int, ended bool, err error) {
	next, err := e.in.Peek(len("<![CDATA["))
	text := string(next)
	switch {
	case text[0] == '\r':
		return e.lineEnd(p, text)
	case e.cdata && strings.HasPrefix(text, "]]>"):
		e.cdata = false
		_, _ = e.in.Discard(3) // they are there
	case e.cdata && text[0] == ']':
		p[0], _ = e.in.ReadByte()
		n = 1
	case strings.HasPrefix(text, "</"):
		return 0, true, nil
	case text == "<![CDATA[":
		e.cdata = true
		_, _ = e.in.Discard(len(text)) // they are there
	case strings.HasPrefix(text, "<!--"):
		err = e.passOver("<!--", "-->")
	case strings.HasPrefix(text, "<?"):
		err = e.passOver("<?", "?>")
	case text[0] == '&':
		var r rune
		if r, err = e.entity(); err == nil {
			n = utf8.EncodeRune(p, r)
		}
	case text[0] < ' ':
		err = fmt.Errorf("the envelope is no XML: its text has %q in it", text[0])
	case text[0] != '<' || err != nil:
		err = io.ErrUnexpectedEOF // inside of a character, or of what < begins
	default:
		err = fmt.Errorf("%s holds elements, and not a text alone", e.path)
	}
	return n, false, err
}

// lineEnd reads the end of a line as XML has it: one \n.
func (e *xmlEnvelope) lineEnd(p []byte, text string) (int, bool, error) {
	_, _ = e.in.ReadByte() // it is there
	if strings.HasPrefix(text, "\r\n") {
		return 0, false, nil
	}
	p[0] = '\n'
	return 1, false, nil
}

// passOver reads a comment or an instruction.
func (e *xmlEnvelope) passOver(begin, end string) error {
	_, _ = e.in.Discard(len(begin)) // they are there
	var last string
	for {
		c, err := e.in.ReadByte()
		if err != nil {
			return err
		}
		last += string(rune(c))
		last = last[max(0, len(last)-len(end)):]
		if last == end {
			return nil
		}
	}
}

// entities are those that need no declaration.
var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// entity reads a character that is written between & and a semicolon.
func (e *xmlEnvelope) entity() (rune, error) {
	text, err := e.in.Peek(12)
	name, _, ended := strings.Cut(string(text), ";")
	if !ended {
		if len(text) < 12 {
			return 0, err
		}
		return 0, fmt.Errorf("the envelope is no XML: %q is no character", text)
	}
	_, _ = e.in.Discard(len(name) + 1) // they are there
	name = name[1:]
	if r, known := entities[name]; known {
		return r, nil
	}
	number, base := strings.TrimPrefix(name, "#"), 10
	if hex, ok := strings.CutPrefix(number, "x"); ok {
		number, base = hex, 16
	}
	code, bad := strconv.ParseUint(number, base, 32)
	r := rune(code)
	if !strings.HasPrefix(name, "#") || bad != nil || !utf8.ValidRune(r) || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
		return 0, fmt.Errorf("the envelope is no XML: &%s; is no character", name)
	}
	return r, nil
}
