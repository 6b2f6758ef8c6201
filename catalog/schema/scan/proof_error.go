package scan

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// fail notes why the text is not JSON. The first reason stands.
func (p *Proof) fail(kind BodyErrorKind, i int, format string, args ...any) int {
	if p.Fault == nil {
		p.Fault = &BodyError{Kind: kind, Offset: p.At(i), Msg: fmt.Sprintf(format, args...) + Excerpt(p.Text, i-ExcerptSize/2)}
	}
	return -1
}

// At is where in the body the text's byte i is.
func (p *Proof) At(i int) int64 { return p.From + int64(i) }

// NotJSON ends the proof: the text is no JSON at byte i, for the reason msg. It returns -1.
func (p *Proof) NotJSON(i int, msg string) int {
	return p.fail(NotJSON, i, "%s", msg)
}

// TooDeep ends the proof: at byte i there are more containers in each other than [MaxDepth].
// It returns -1.
func (p *Proof) TooDeep(i int) int {
	return p.fail(TooDeep, i, "more than %d levels at byte %d", MaxDepth, p.At(i))
}

// endsIn says that the text ends too early: in the middle of something, or
// where something was expected.
func (p *Proof) endsIn(i int, where string) int {
	return p.fail(NotJSON, i, "ends %s at byte %d", where, p.At(i))
}

// NotExpected says that something else than want stands at i.
func (p *Proof) NotExpected(i int, want string) int {
	if i >= len(p.Text) {
		return p.endsIn(len(p.Text), "where "+want+" was expected")
	}
	return p.fail(NotJSON, i, "expected %s at byte %d, found %s", want, p.At(i), scanShow(p.Text[i]))
}

// NotClosed says that neither a comma nor the closer follows an element.
func (p *Proof) NotClosed(i int, closer byte) int {
	within := "an array"
	if closer == '}' {
		within = "an object"
	}
	if i >= len(p.Text) {
		return p.endsIn(len(p.Text), "in the middle of "+within)
	}
	return p.NotExpected(i, fmt.Sprintf("',' or '%c' in %s", closer, within))
}

// NotString says why a string is none: it breaks the rules at i.
func (p *Proof) NotString(i int) int {
	switch {
	case i >= len(p.Text) || !utf8.FullRune(p.Text[i:]):
		return p.endsIn(len(p.Text), "in the middle of a string")
	case p.Text[i] >= utf8.RuneSelf:
		return p.fail(NotUTF8, i, "byte %d is %#02x in a string", p.At(i), p.Text[i])
	case p.Text[i] == '\\':
		return p.fail(NotJSON, i, "unknown escape in a string at byte %d", p.At(i))
	}
	return p.fail(NotJSON, i, "control character %#02x in a string at byte %d", p.Text[i], p.At(i))
}

// NotNumber says why a number is none: it breaks the rules at i.
func (p *Proof) NotNumber(i int) int {
	switch {
	case i >= len(p.Text):
		return p.endsIn(i, "in the middle of a number")
	case p.Text[i]-'0' <= 9:
		return p.fail(NotJSON, i, "a number begins with 0 at byte %d", p.At(i-1))
	}
	return p.NotExpected(i, "a digit of a number")
}

// notLiteral says that the word at i is not the one that it begins like.
func (p *Proof) notLiteral(i int, want string) int {
	if rest := p.Text[i:]; len(rest) < len(want) && want[:len(rest)] == string(rest) {
		return p.endsIn(len(p.Text), "in the middle of "+want)
	}
	return p.fail(NotJSON, i, "expected %s at byte %d", want, p.At(i))
}

// notValue says that no value begins with the byte at i, and what the body
// seems to be instead.
func (p *Proof) notValue(i int) int {
	const bom = 3
	if p.Depth == 0 && p.At(0) <= bom && len(bytes.TrimSpace(p.Text[:i])) == 0 {
		if hint := scanLooksLike(p.Text[i:]); hint != "" {
			return p.fail(NotJSON, i, "byte %d is %s (looks like %s)", p.At(i), scanShow(p.Text[i]), hint)
		}
	}
	return p.NotExpected(i, "a value")
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
