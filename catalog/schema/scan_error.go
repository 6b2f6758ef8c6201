package schema

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// fail notes why the text is not JSON. The first reason stands.
func (p *scanProof) fail(kind BodyErrorKind, i int, format string, args ...any) int {
	if p.fault == nil {
		p.fault = &BodyError{Kind: kind, Offset: p.at(i), Msg: fmt.Sprintf(format, args...) + pageExcerpt(p.text, i-pageExcerptSize/2)}
	}
	return -1
}

// at is where in the body the text's byte i is.
func (p *scanProof) at(i int) int64 { return p.from + int64(i) }

func (p *scanProof) notJSON(i int, msg string) int {
	return p.fail(NotJSON, i, "%s", msg)
}

func (p *scanProof) tooDeep(i int) int {
	return p.fail(TooDeep, i, "more than %d levels at byte %d", MaxDepth, p.at(i))
}

// endsIn says that the text ends too early: in the middle of something, or
// where something was expected.
func (p *scanProof) endsIn(i int, where string) int {
	return p.fail(NotJSON, i, "ends %s at byte %d", where, p.at(i))
}

// notExpected says that something else than want stands at i.
func (p *scanProof) notExpected(i int, want string) int {
	if i >= len(p.text) {
		return p.endsIn(len(p.text), "where "+want+" was expected")
	}
	return p.fail(NotJSON, i, "expected %s at byte %d, found %s", want, p.at(i), scanShow(p.text[i]))
}

// notClosed says that neither a comma nor the closer follows an element.
func (p *scanProof) notClosed(i int, closer byte) int {
	within := "an array"
	if closer == '}' {
		within = "an object"
	}
	if i >= len(p.text) {
		return p.endsIn(len(p.text), "in the middle of "+within)
	}
	return p.notExpected(i, fmt.Sprintf("',' or '%c' in %s", closer, within))
}

// notString says why a string is none: it breaks the rules at i.
func (p *scanProof) notString(i int) int {
	switch {
	case i >= len(p.text) || !utf8.FullRune(p.text[i:]):
		return p.endsIn(len(p.text), "in the middle of a string")
	case p.text[i] >= utf8.RuneSelf:
		return p.fail(NotUTF8, i, "byte %d is %#02x in a string", p.at(i), p.text[i])
	case p.text[i] == '\\':
		return p.fail(NotJSON, i, "unknown escape in a string at byte %d", p.at(i))
	}
	return p.fail(NotJSON, i, "control character %#02x in a string at byte %d", p.text[i], p.at(i))
}

// notNumber says why a number is none: it breaks the rules at i.
func (p *scanProof) notNumber(i int) int {
	switch {
	case i >= len(p.text):
		return p.endsIn(i, "in the middle of a number")
	case p.text[i]-'0' <= 9:
		return p.fail(NotJSON, i, "a number begins with 0 at byte %d", p.at(i-1))
	}
	return p.notExpected(i, "a digit of a number")
}

// notLiteral says that the word at i is not the one that it begins like.
func (p *scanProof) notLiteral(i int, want string) int {
	if rest := p.text[i:]; len(rest) < len(want) && want[:len(rest)] == string(rest) {
		return p.endsIn(len(p.text), "in the middle of "+want)
	}
	return p.fail(NotJSON, i, "expected %s at byte %d", want, p.at(i))
}

// notValue says that no value begins with the byte at i, and what the body
// seems to be instead.
func (p *scanProof) notValue(i int) int {
	const bom = 3
	if p.depth == 0 && p.at(0) <= bom && len(bytes.TrimSpace(p.text[:i])) == 0 {
		if hint := scanLooksLike(p.text[i:]); hint != "" {
			return p.fail(NotJSON, i, "byte %d is %s (looks like %s)", p.at(i), scanShow(p.text[i]), hint)
		}
	}
	return p.notExpected(i, "a value")
}

// scanLooksLike recognises what servers send in place of JSON.
func scanLooksLike(text []byte) string {
	for _, known := range []struct{ prefix, name string }{
		{"<?xml", "XML"},
		{"<", "HTML"},
		{"\x1f\x8b", "gzip"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"\xff\xfe", "UTF-16"},
		{"\xfe\xff", "UTF-16"},
		{"PK\x03\x04", "a ZIP file"},
		{")]}'", "JSON behind a guard against script inclusion"},
		{"'", "single quotes"},
	} {
		if bytes.HasPrefix(text, []byte(known.prefix)) {
			return known.name
		}
	}
	return ""
}

// scanShow returns a byte as messages write it: '<' or 0x00.
func scanShow(c byte) string {
	if c > ' ' && c < 0x7f {
		return fmt.Sprintf("'%c'", c)
	}
	return fmt.Sprintf("%#02x", c)
}
