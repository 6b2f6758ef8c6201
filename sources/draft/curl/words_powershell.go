package curl

import "strings"

// powershellWords splits as PowerShell does for curl.exe: backticks escape, also the
// ends of lines, and a quote in quotes is doubled.
func powershellWords(text string, env Env) (all []string, cut string, err error) {
	s := &scanner{text: strings.ReplaceAll(text, "\r\n", "\n"), env: env}
	for {
		c, ok := s.next()
		if !ok {
			break
		}
		switch c {
		case ' ', '\t', '\n':
			s.end()
		case '\'':
			err = s.quoted(powershellSingle)
		case '"':
			err = s.quoted(powershellDouble)
		case '`':
			s.backtick()
		case '|', ';', '>':
			s.end()
			return unslashed(s.words), string(c), nil
		default:
			s.put(string([]byte{c}))
		}
		if err != nil {
			return nil, "", err
		}
	}
	s.end()
	return unslashed(s.words), "", nil
}

// unslashed takes the backslashes away that older PowerShells want before quotes in what
// a program is given.
func unslashed(words []string) []string {
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, `\"`, `"`)
	}
	return words
}

// powershellVariable takes a variable of the environment, which PowerShell writes $env:NAME.
func (s *scanner) powershellVariable() error {
	s.text = s.text[:s.at] + strings.TrimPrefix(s.text[s.at:], "env:")
	return s.variable()
}

// backtick takes what stands behind one.
func (s *scanner) backtick() {
	rest := s.text[s.at:]
	if trimmed := strings.TrimLeft(rest, " \t"); trimmed == "" || trimmed[0] == '\n' {
		s.at += min(len(rest)-len(trimmed)+1, len(rest))
		return
	}
	c, _ := s.next()
	switch c {
	case 'n':
		s.put("\n")
	case 'r':
		s.put("\r")
	case 't':
		s.put("\t")
	case '0':
		s.put("\x00")
	default:
		s.put(string([]byte{c}))
	}
}
