package unpack

import "fmt"

// skip reads a value, which stands that deep in one that is passed over.
func (e *jsonEnvelope) skip(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the envelope has more than %d levels", maxDepth)
	}
	c, err := e.in.afterSpace()
	if err != nil {
		return err
	}
	switch {
	case c == '"':
		return e.skipText()
	case c == '{' || c == '[':
		return e.skipAll(c, depth)
	case c == '-' || c >= '0' && c <= '9':
		return e.skipNumber(c)
	}
	for _, word := range []string{"true", "false", "null"} {
		if c == word[0] {
			return e.skipWord(word)
		}
	}
	return e.unexpected(c, "a value")
}

// skipAll reads an object or an array that begins with c.
func (e *jsonEnvelope) skipAll(c byte, depth int) error {
	for first := true; ; first = false {
		var ended bool
		var err error
		if c == '{' {
			_, ended, err = e.nextKey(first)
		} else {
			ended, err = e.nextElement(first)
		}
		if err != nil || ended {
			return err
		}
		if err := e.skip(depth + 1); err != nil {
			return err
		}
	}
}

func (e *jsonEnvelope) skipWord(word string) error {
	for _, want := range []byte(word[1:]) {
		c, err := e.in.ReadByte()
		if err != nil {
			return err
		}
		if c != want {
			return e.unexpected(c, word)
		}
	}
	return nil
}

// skipNumber reads a number that begins with c.
func (e *jsonEnvelope) skipNumber(c byte) (err error) {
	if c == '-' {
		if c, err = e.in.ReadByte(); err != nil {
			return err
		}
	}
	next := byte('0')
	if c != '0' {
		_ = e.in.UnreadByte() // it was the last to be read
		next, err = e.digits()
	} else {
		next, err = e.in.ReadByte()
	}
	if err == nil && next == '.' {
		next, err = e.digits()
	}
	if err == nil && next|0x20 == 'e' {
		if next, err = e.in.ReadByte(); err == nil && next != '+' && next != '-' {
			err = e.in.UnreadByte()
		}
		if err == nil {
			_, err = e.digits()
		}
	}
	if err != nil {
		return err
	}
	return e.in.UnreadByte() // it stands behind the number
}

// digits reads digits, of which there must be one, and the byte behind them.
func (e *jsonEnvelope) digits() (behind byte, err error) {
	for n := 0; ; n++ {
		c, err := e.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if c < '0' || c > '9' {
			if n == 0 {
				return 0, e.unexpected(c, "a digit")
			}
			return c, nil
		}
	}
}
