package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/times"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota // }}
	tokenName
	tokenNumber
	tokenString
	tokenOperator
)

// A token is one word of an expression.
type token struct {
	kind  tokenKind
	at    int    // its offset in the template
	text  string // a name or an operator, as written
	value Value  // of a number or string
}

// is reports whether t is that operator, or the keyword of that spelling.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == tokenOperator || t.kind == tokenName)
}

// A lexer cuts one {{ }} into tokens.
type lexer struct {
	text  string // the whole template
	at    int
	open  []byte // brackets that are waiting for their other half
	strip bool   // it ended in -}}
}

// Operators, the longer before those that they begin with.
var operators = []string{
	"**", "//", "==", "!=", "<=", ">=",
	"+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|", "(", ")", "[", "]", "{", "}",
}

// next returns the next token. The end of the expression is not consumed twice.
func (l *lexer) next() (token, error) {
	rest := strings.TrimLeft(l.text[l.at:], " \t\r\n")
	l.at = len(l.text) - len(rest)
	if rest == "" {
		return token{}, l.fail("the {{ has no }}")
	}
	if len(l.open) == 0 {
		if end := closing(rest); end > 0 {
			return l.end(end), nil
		}
	}
	c, _ := utf8.DecodeRuneInString(rest)
	switch {
	case c == '_' || unicode.IsLetter(c):
		return l.name(), nil
	case c >= '0' && c <= '9':
		return l.number()
	case c == '"' || c == '\'':
		return l.string()
	}
	for _, operator := range operators {
		if strings.HasPrefix(rest, operator) {
			return l.operator(operator)
		}
	}
	return token{}, l.fail(fmt.Sprintf("%q has no meaning here", c))
}

// closing returns the length of the }} or -}} that text begins with.
func closing(text string) int {
	for _, end := range []string{"}}", "-}}", "+}}"} {
		if strings.HasPrefix(text, end) {
			return len(end)
		}
	}
	return 0
}

func (l *lexer) end(size int) token {
	t := token{kind: tokenEnd, at: l.at, text: "}}"}
	l.strip = l.text[l.at] == '-'
	l.at += size
	return t
}

func (l *lexer) fail(message string) error { return syntaxError(l.text, l.at, message) }

func (l *lexer) name() token {
	end := l.at
	for end < len(l.text) {
		c, size := utf8.DecodeRuneInString(l.text[end:])
		if c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		end += size
	}
	t := token{kind: tokenName, at: l.at, text: l.text[l.at:end]}
	l.at = end
	return t
}

// number reads 42, 4.2, 4e2, 0x2A, 0o52 or 0b101010, with single underscores between digits.
func (l *lexer) number() (token, error) {
	size := numberSize(l.text[l.at:])
	text := strings.ReplaceAll(l.text[l.at:l.at+size], "_", "")
	t := token{kind: tokenNumber, at: l.at, text: text}
	if len(text) > maxDigits {
		return token{}, l.fail(errDigits.Error())
	}
	switch {
	case len(text) > 1 && text[0] == '0' && strings.IndexByte("xXoObB", text[1]) >= 0:
		i, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return token{}, l.fail("this is not a number of 64 bits")
		}
		t.value = Int(i)
	default:
		n, ok := parseNumber(text)
		if !ok {
			return token{}, l.fail("this is not a number")
		}
		t.value = n.value()
	}
	l.at += size
	return t, nil
}

// numberSize returns the length of the number that text begins with, valid or not.
func numberSize(text string) int {
	if len(text) > 1 && text[0] == '0' && strings.IndexByte("xXoObB", text[1]) >= 0 {
		return 2 + prefixOf(text[2:], "0123456789abcdefABCDEF_")
	}
	n := prefixOf(text, "0123456789_")
	if n+1 < len(text) && text[n] == '.' && times.Digits(text[n+1:]) > 0 {
		n += 1 + prefixOf(text[n+1:], "0123456789_")
	}
	if n < len(text) && text[n]|0x20 == 'e' {
		exponent := n + 1
		if exponent < len(text) && (text[exponent] == '+' || text[exponent] == '-') {
			exponent++
		}
		if size := times.Digits(text[exponent:]); size > 0 {
			n = exponent + size
		}
	}
	return n
}

// prefixOf returns how many of the first bytes of text are in set.
func prefixOf(text, set string) int {
	n := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune(set, c) })
	if n < 0 {
		return len(text)
	}
	return n
}

// string reads a literal in quotes.
func (l *lexer) string() (token, error) {
	start := l.at
	quote := l.text[start]
	for i := start + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case quote:
			l.at = i + 1
			return l.unescape(start, l.text[start+1:i])
		}
	}
	return token{}, l.fail("the string has no end")
}

func (l *lexer) unescape(start int, body string) (token, error) {
	text, ok := unescape(body)
	if !ok {
		l.at = start
		return token{}, l.fail("the string has a broken escape")
	}
	return token{kind: tokenString, at: start, value: String(text)}, nil
}

func (l *lexer) operator(text string) (token, error) {
	t := token{kind: tokenOperator, at: l.at, text: text}
	switch text {
	case "(", "[", "{":
		l.open = append(l.open, text[0])
	case ")", "]", "}":
		last := len(l.open) - 1
		if last < 0 {
			return token{}, l.fail(fmt.Sprintf("the %s closes nothing", text))
		}
		if l.open[last] != opposite(text[0]) {
			return token{}, l.fail(fmt.Sprintf("the %c is not closed before this %s", l.open[last], text))
		}
		l.open = l.open[:last]
	}
	l.at += len(text)
	return t, nil
}

func opposite(bracket byte) byte {
	switch bracket {
	case ')':
		return '('
	case ']':
		return '['
	}
	return '{'
}

// unescape reads the escapes of a Python string. A backslash before anything else stays, as
// regular expressions need it.
func unescape(body string) (string, bool) {
	if strings.IndexByte(body, '\\') < 0 {
		return body, true
	}
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(body, `\`)
		b.WriteString(text)
		if !found {
			return b.String(), true
		}
		if rest == "" {
			return "", false
		}
		c, size := rest[0], 1
		if i := strings.IndexByte(`ntrabfv\'"`, c); i >= 0 {
			b.WriteByte("\n\t\r\a\b\f\v\\'\""[i])
		} else if strings.IndexByte("xuU", c) >= 0 {
			r, ok := hexEscape(rest)
			if !ok {
				return "", false
			}
			b.WriteRune(r)
			size = 1 + hexDigits(c)
		} else if c >= '0' && c <= '7' {
			size = min(3, prefixOf(rest, "01234567"))
			r, _ := strconv.ParseUint(rest[:size], 8, 16)
			b.WriteRune(rune(r))
		} else if c != '\n' {
			b.WriteString(`\` + rest[:1])
		}
		body = rest[size:]
	}
}

// hexDigits returns how many digits follow \x, \u or \U.
func hexDigits(c byte) int {
	switch c {
	case 'x':
		return 2
	case 'u':
		return 4
	}
	return 8
}

func hexEscape(text string) (rune, bool) {
	size := hexDigits(text[0])
	if len(text) < 1+size {
		return 0, false
	}
	r, err := strconv.ParseUint(text[1:1+size], 16, 31)
	return rune(r), err == nil && r <= unicode.MaxRune
}
