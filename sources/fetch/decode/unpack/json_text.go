package unpack

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// text reads a string, behind its first quote, into p, which has room for a character.
// ended says that its last quote was read.
func (e *jsonEnvelope) text(p []byte) (n int, ended bool, err error) {
	for len(p)-n >= utf8.UTFMax {
		chunk, err := e.in.Peek(max(utf8.UTFMax, min(e.in.Buffered(), len(p)-n)))
		if len(chunk) == 0 {
			return n, false, err
		}
		chunk = chunk[:min(len(chunk), len(p)-n)]
		if plain, valid := inJSON.plain(chunk); plain > 0 {
			if !valid {
				return n, false, errText
			}
			n += copy(p[n:], chunk[:plain])
			_, _ = e.in.Discard(plain) // they are there
			continue
		}
		switch chunk[0] {
		case '"':
			_, _ = e.in.Discard(1) // it is there
			return n, true, nil
		case '\\':
			r, err := e.escape()
			if err != nil {
				return n, false, err
			}
			n += utf8.EncodeRune(p[n:], r)
		default:
			if chunk[0] < ' ' {
				return n, false, fmt.Errorf("the envelope is no JSON: a text has %q in it, which would be escaped", chunk[0])
			}
			return n, false, file.NotEOF(err) // the file ends inside of a character
		}
	}
	return n, false, nil
}

// inJSON are the bytes that do not stand for themselves in a string.
var inJSON = setOf(`"\\`, "")

// escapes are the characters that stand for others behind a backslash.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads a character that is written with a backslash.
func (e *jsonEnvelope) escape() (rune, error) {
	_, _ = e.in.ReadByte() // the backslash
	c, err := e.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if c != 'u' {
		r, known := escapes[c]
		if !known {
			return 0, e.unexpected(c, "a character that may be escaped")
		}
		return r, nil
	}
	r, err := e.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	behind, err := e.in.Peek(2)
	if len(behind) < 2 {
		return 0, err
	}
	if string(behind) == `\u` {
		_, _ = e.in.Discard(2) // they are there
		second, err := e.hex()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			return pair, nil
		}
	}
	return 0, errors.New("the text has half a surrogate pair, which is no character")
}

func (e *jsonEnvelope) hex() (rune, error) {
	var digits [4]byte
	if _, err := io.ReadFull(e.in, digits[:]); err != nil {
		return 0, err
	}
	r, err := strconv.ParseUint(string(digits[:]), 16, 16)
	if err != nil {
		return 0, fmt.Errorf("the envelope is no JSON: %q are no four hexadecimal digits", digits[:])
	}
	return rune(r), nil
}

// short reads a string into memory, behind its first quote.
func (e *jsonEnvelope) short() (text []byte, err error) {
	var part [256]byte
	for {
		n, ended, err := e.text(part[:])
		if text = append(text, part[:n]...); err != nil || ended {
			return text, err
		}
		if len(text) > maxToken {
			return nil, fmt.Errorf("a key is longer than %d MiB", maxToken>>20)
		}
	}
}

func (e *jsonEnvelope) skipText() error {
	var part [4096]byte
	for {
		if _, ended, err := e.text(part[:]); err != nil || ended {
			return err
		}
	}
}
