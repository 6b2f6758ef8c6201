package curl

import "strings"

// cmdWords splits as cmd.exe and then a program of Windows does: carets escape
// outside of quotes, and what a program is given has quotes and backslashes of its own.
func cmdWords(text string) []string { return programWords(withoutCarets(text)) }

// withoutCarets is a line as cmd.exe hands it over.
func withoutCarets(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '^' && !quoted && i+1 < len(text) && text[i+1] == '\n':
			i++ // the line goes on, and its first character is taken as it is
			if i+1 < len(text) {
				i++
				b.WriteByte(text[i])
			}
		case c == '^' && !quoted && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '^' && !quoted:
		default:
			quoted = quoted != (c == '"')
			b.WriteByte(c)
		}
	}
	return b.String()
}

// programWords splits a line as the runtime of C on Windows does.
func programWords(line string) (all []string) {
	s := &scanner{text: line}
	quoted := false
	for {
		c, ok := s.next()
		switch {
		case !ok:
			s.end()
			return s.words
		case c == '\\':
			quoted = s.backslashes(quoted)
		case c == '"' && quoted && s.peek() == '"':
			s.at++
			s.put(`"`)
		case c == '"':
			quoted = !quoted
			s.put("")
		case !quoted && (c == ' ' || c == '\t' || c == '\n'):
			s.end()
		default:
			s.put(string([]byte{c}))
		}
	}
}

// backslashes takes those from the one before on: before a quote two are one, and a
// single one makes the quote a character.
func (s *scanner) backslashes(quoted bool) bool {
	n := 1
	for s.peek() == '\\' {
		s.at++
		n++
	}
	if s.peek() != '"' {
		s.put(strings.Repeat(`\`, n))
		return quoted
	}
	s.put(strings.Repeat(`\`, n/2))
	s.at++
	if n%2 == 1 {
		s.put(`"`)
		return quoted
	}
	return !quoted
}
