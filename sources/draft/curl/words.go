package curl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// Env looks a variable of the environment up, as os.LookupEnv does.
type Env func(name string) (value string, set bool)

var (
	cmdMarks        = pattern.New(`\^"|\^\r?\n`)
	powershellMarks = pattern.New("`[ \t]*\r?\n")
	powershellCurl  = pattern.New(`^\s*(?:PS [^>\n]*> ?|& ?)?curl\.exe\b`)
)

// words splits a command line as its shell would. cut names the operator that
// ended it, as |; "" where all of it was read.
func words(text string, env Env) (all []string, cut string, err error) {
	switch {
	case powershellMarks().MatchString(text), powershellCurl().MatchString(text) && !cmdMarks().MatchString(text):
		return powershellWords(text, env)
	case cmdMarks().MatchString(text):
		return cmdWords(text), "", nil
	}
	s := &scanner{text: text, env: env}
	err = s.shell()
	return s.words, s.cut, err
}

// scanner collects words.
type scanner struct {
	text  string
	at    int
	env   Env
	words []string
	word  strings.Builder
	begun bool // of the word, which may be empty
	cut   string
}

func (s *scanner) next() (c byte, ok bool) {
	if s.at >= len(s.text) {
		return 0, false
	}
	s.at++
	return s.text[s.at-1], true
}

func (s *scanner) peek() byte {
	if s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) put(text string) {
	s.word.WriteString(text)
	s.begun = true
}

// end ends the word.
func (s *scanner) end() {
	if s.begun {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.begun = false
}

// shell splits as a shell of Unix does.
func (s *scanner) shell() error {
	for {
		c, ok := s.next()
		if !ok {
			s.end()
			return nil
		}
		if done, err := s.shellByte(c); done || err != nil {
			s.end()
			return err
		}
	}
}

// shellByte takes a character outside of quotes.
func (s *scanner) shellByte(c byte) (done bool, err error) {
	switch c {
	case ' ', '\t', '\r', '\n':
		s.end()
	case '\\':
		s.escape()
	case '\'':
		return false, s.quoted(single)
	case '"':
		return false, s.quoted(double)
	case '$':
		if s.peek() == '\'' {
			s.at++
			return false, s.quoted(ansi)
		}
		return false, s.variable()
	case '`':
		return false, errCommand
	case '|', ';', '>', '<':
		s.cut = string(c)
		return true, nil
	case '&':
		if next := s.peek(); next == 0 || next == '&' || next == ' ' || next == '\n' || !s.begun {
			s.cut = "&"
			return true, nil
		}
		s.put("&") // of an address without quotes
	case '#':
		if !s.begun {
			s.at += lineEnd(s.text[s.at:])
			return false, nil
		}
		s.put("#")
	default:
		s.put(string([]byte{c}))
	}
	return false, nil
}

func lineEnd(text string) int {
	if at := strings.IndexByte(text, '\n'); at >= 0 {
		return at
	}
	return len(text)
}

// escape takes what stands behind a backslash outside of quotes: a line that goes on, where
// the line ends, spaces before that too, which copying leaves there.
func (s *scanner) escape() {
	rest := s.text[s.at:]
	if trimmed := strings.TrimLeft(rest, " \t\r"); trimmed == "" || trimmed[0] == '\n' {
		s.at += min(len(rest)-len(trimmed)+1, len(rest))
		s.end()
		return
	}
	c, _ := s.next()
	s.put(string([]byte{c}))
}

var errQuote = errors.New("a quote of the line is not closed: is it all of the line?")

// errCommand is what a line is told that runs another command by backticks.
var errCommand = errors.New("the line runs another command, in `…`: write what it prints in its place")

// quotes are one kind of quotes of a shell.
type quotes struct {
	end      byte                   // closes them
	doubled  bool                   // twice, it is a character
	escape   byte                   // 0: nothing escapes
	escaped  func(s *scanner)       // takes what stands behind the escape
	variable func(s *scanner) error // takes what stands behind $, which is a character where this is nil
	runs     byte                   // begins another command; 0: nothing does
}

// The quotes of a shell of Unix, and those of PowerShell.
var (
	single           = &quotes{end: '\''}
	double           = &quotes{end: '"', escape: '\\', escaped: (*scanner).escapeInDouble, variable: (*scanner).variable, runs: '`'}
	ansi             = &quotes{end: '\'', escape: '\\', escaped: (*scanner).ansiEscape} // $'…'
	powershellSingle = &quotes{end: '\'', doubled: true}
	powershellDouble = &quotes{end: '"', doubled: true, escape: '`', escaped: (*scanner).backtick, variable: (*scanner).powershellVariable}
)

// quoted takes what stands in quotes.
func (s *scanner) quoted(q *quotes) error {
	s.put("")
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return errQuote
		case c == q.end && q.doubled && s.peek() == c:
			s.at++
			s.put(string([]byte{c}))
		case c == q.end:
			return nil
		case c == q.escape && q.escaped != nil:
			q.escaped(s)
		case c == '$' && q.variable != nil:
			if err := q.variable(s); err != nil {
				return err
			}
		case c == q.runs && c != 0:
			return errCommand
		default:
			s.put(string([]byte{c}))
		}
	}
}

// escapeInDouble takes what stands behind a backslash in double quotes.
func (s *scanner) escapeInDouble() {
	switch c := s.peek(); {
	case c == '\n':
		s.at++
	case c != 0 && strings.IndexByte("$`\"\\", c) >= 0:
		s.at++
		s.put(string([]byte{c}))
	default:
		s.put(`\`)
	}
}

var variableName = pattern.New(`^(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

// variable takes a variable of the environment.
func (s *scanner) variable() error {
	if s.peek() == '(' {
		return errors.New("the line runs another command, in $(…): write what it prints in its place")
	}
	m := variableName().FindStringSubmatch(s.text[s.at:])
	if m == nil {
		s.put("$")
		return nil
	}
	name := m[1] + m[2]
	value, set := s.env(name)
	if !set && m[1] == "" && strings.HasPrefix(s.word.String(), "http") {
		s.put("$") // $top, $filter of an address in double quotes
		return nil
	}
	if !set {
		return fmt.Errorf("the line uses the variable %s, which is not set: write export %s=… before it, or put the value into the line", name, name)
	}
	s.at += len(m[0])
	s.put(value)
	return nil
}

// ansiEscapes are those of $'…' that are one character.
var ansiEscapes = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", 'a': "\a", 'b': "\b", 'e': "\x1b", 'E': "\x1b", 'f': "\f", 'v': "\v", '\\': `\`, '\'': "'", '"': `"`, '?': "?"}

func (s *scanner) ansiEscape() {
	c, ok := s.next()
	if !ok {
		return
	}
	if text, known := ansiEscapes[c]; known {
		s.put(text)
		return
	}
	digits, base := 0, 16
	switch c {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '0', '1', '2', '3', '4', '5', '6', '7':
		s.at--
		digits, base = 3, 8
	}
	n := 0
	for n < digits && s.at+n < len(s.text) && isDigit(s.text[s.at+n], base) {
		n++
	}
	value, err := strconv.ParseUint(s.text[s.at:s.at+n], base, 32)
	if n == 0 || err != nil {
		s.put(`\` + string([]byte{c}))
		return
	}
	s.at += n
	if c == 'u' || c == 'U' {
		s.put(string(utf8.AppendRune(nil, s.surrogate(rune(value)))))
		return
	}
	s.put(string([]byte{byte(value)}))
}

// surrogate joins the halves of a character that is written as two of 16 bits, as
// browsers write it.
func (s *scanner) surrogate(high rune) rune {
	if high < 0xD800 || high > 0xDBFF || !strings.HasPrefix(s.text[s.at:], `\u`) || s.at+6 > len(s.text) {
		return high
	}
	low, err := strconv.ParseUint(s.text[s.at+2:s.at+6], 16, 32)
	if err != nil || low < 0xDC00 || low > 0xDFFF {
		return high
	}
	s.at += 6
	return 0x10000 + (high-0xD800)<<10 + rune(low) - 0xDC00
}

func isDigit(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '7':
		return true
	case base == 8:
		return false
	}
	return c >= '8' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
