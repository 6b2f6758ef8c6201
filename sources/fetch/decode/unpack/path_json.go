package unpack

import (
	"fmt"
	"io"
	"strconv"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// jsonEnvelope reads the text at a path in a JSON envelope, and proves what stands
// around it.
type jsonEnvelope struct {
	in    *input
	path  string
	steps []string
	open  []byte // what closes the objects and arrays that the text lies in
	state int
}

// What was read of an envelope.
const (
	nothingRead = iota
	inText
	allRead
)

func (e *jsonEnvelope) Read(p []byte) (int, error) {
	if e.state == nothingRead {
		if err := e.find(); err != nil {
			return 0, file.NotEOF(err)
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
	if err := e.rest(); err != nil {
		return 0, file.NotEOF(err)
	}
	return 0, io.EOF
}

func notEOFOf(err error) error {
	if err == nil {
		return nil
	}
	return file.NotEOF(err)
}

// find reads until the first character of the text.
func (e *jsonEnvelope) find() error {
	for i, step := range e.steps {
		c, err := e.in.afterSpace()
		if err != nil {
			return err
		}
		var there []string
		found := false
		switch c {
		case '{':
			e.open = append(e.open, '}')
			found, there, err = e.key(step)
		case '[':
			e.open = append(e.open, ']')
			found, there, err = e.index(step)
		default:
			return e.noText(i, c)
		}
		if err != nil {
			return err
		}
		if !found {
			e.open = e.open[:len(e.open)-1]
			if err := e.rest(); err != nil {
				return err
			}
			return missing(e.path, step, there)
		}
	}
	c, err := e.in.afterSpace()
	if err == nil && c != '"' {
		err = e.noText(len(e.steps), c)
	}
	return err
}

// noText is the error of a value that begins with c, where something else is wanted.
func (e *jsonEnvelope) noText(steps int, c byte) error {
	what := "a number"
	switch c {
	case '"':
		what = "a text"
	case '{':
		what = "an object"
	case '[':
		what = "an array"
	case 'n':
		what = "null"
	case 't', 'f':
		what = "a boolean"
	}
	if steps == len(e.steps) {
		return fmt.Errorf("%s is %s, and not a text", e.path, what)
	}
	return fmt.Errorf("there is no %s: %s stands where %q would be looked up", e.path, what, e.steps[steps])
}

// key reads an object until the value of a key.
func (e *jsonEnvelope) key(step string) (found bool, there []string, err error) {
	for first := true; ; first = false {
		key, ended, err := e.nextKey(first)
		if err != nil || ended {
			return false, there, err
		}
		if string(key) == step {
			return true, nil, nil
		}
		if len(there) < shownMembers {
			there = append(there, strconv.Quote(shorten(string(key))))
		}
		if err := e.skip(0); err != nil {
			return false, nil, err
		}
	}
}

// nextKey reads a key of an object and the colon, or the object's end.
func (e *jsonEnvelope) nextKey(first bool) (key []byte, ended bool, err error) {
	c, err := e.in.afterSpace()
	if err != nil || c == '}' && first {
		return nil, true, err
	}
	if !first {
		if c == '}' {
			return nil, true, nil
		}
		if c != ',' {
			return nil, false, e.unexpected(c, "a comma or }")
		}
		if c, err = e.in.afterSpace(); err != nil {
			return nil, false, err
		}
	}
	if c != '"' {
		return nil, false, e.unexpected(c, "a key in quotes")
	}
	if key, err = e.short(); err != nil {
		return nil, false, err
	}
	if c, err = e.in.afterSpace(); err == nil && c != ':' {
		err = e.unexpected(c, "a colon")
	}
	return key, false, err
}

// index reads an array until an element.
func (e *jsonEnvelope) index(step string) (found bool, there []string, err error) {
	want, err := strconv.Atoi(step)
	if err != nil || want < 0 {
		return false, nil, fmt.Errorf("there is no %s: an array stands where %q would be looked up: write an index there, as in files.0", e.path, step)
	}
	for i := 0; ; i++ {
		ended, err := e.nextElement(i == 0)
		if err != nil || ended {
			return false, []string{fmt.Sprintf("%d others", i)}, err
		}
		if i == want {
			return true, nil, nil
		}
		if err := e.skip(0); err != nil {
			return false, nil, err
		}
	}
}

// nextElement reads until an element of an array, or the array's end.
func (e *jsonEnvelope) nextElement(first bool) (ended bool, err error) {
	c, err := e.in.afterSpace()
	switch {
	case err != nil:
		return false, err
	case c == ']':
		return true, nil
	case first:
		return false, e.in.UnreadByte()
	case c != ',':
		return false, e.unexpected(c, "a comma or ]")
	}
	return false, nil
}

// rest reads what stands behind the text, to the end of the envelope.
func (e *jsonEnvelope) rest() error {
	for len(e.open) > 0 {
		depth := len(e.open) - 1
		for ended := false; !ended; {
			var err error
			if e.open[depth] == '}' {
				var key []byte
				key, ended, err = e.nextKey(false)
				if err == nil && !ended && depth < len(e.steps) && string(key) == e.steps[depth] {
					err = fmt.Errorf("the key %q of %s stands there twice", key, e.path)
				}
			} else {
				ended, err = e.nextElement(false)
			}
			if err == nil && !ended {
				err = e.skip(depth)
			}
			if err != nil {
				return err
			}
		}
		e.open = e.open[:depth]
	}
	c, err := e.in.afterSpace()
	if err == nil {
		return e.unexpected(c, "the end of the envelope")
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func (e *jsonEnvelope) unexpected(c byte, want string) error {
	_ = e.in.UnreadByte() // the error names its place
	return fmt.Errorf("the envelope is no JSON: %q stands where %s would be right", c, want)
}
