package unpack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxDepth is how deep an envelope may be nested, and maxToken how long any part of it
// may be but for the text that is read, in bytes.
const (
	maxDepth = 1_000
	maxToken = 8 << 20
)

// openPath begins to read the text at a path in an envelope, whose first byte says
// which it is.
func openPath(from file.File, how *sources.Packing, member string) (Files, error) {
	steps, err := how.Steps()
	if err != nil {
		return nil, err
	}
	l := &layer{kind: "path", member: member, in: newInput(from), most: Most}
	text, err := openEnvelope(l.in, how.Path, steps)
	if err != nil {
		return nil, l.fail(err)
	}
	// Reads of fewer bytes than a character has go to a buffer.
	l.text = bufio.NewReaderSize(text, 16<<10)
	source := file.NewSource(l, nil, Most)
	return &one{File: source, close: source.Close}, nil
}

func openEnvelope(in *input, path string, steps []string) (io.Reader, error) {
	if bom, _ := in.Peek(3); string(bom) == "\ufeff" {
		_, _ = in.Discard(3) // they are there
	}
	first, err := in.afterSpace()
	if err != nil {
		return nil, file.NotEOF(err)
	}
	_ = in.UnreadByte() // it was the last to be read
	switch first {
	case '<':
		return &xmlEnvelope{in: in, path: path, steps: steps}, nil
	case '{', '[':
		return &jsonEnvelope{in: in, path: path, steps: steps}, nil
	}
	begins, _ := in.Peek(16) // fewer, if there are no more
	return nil, fmt.Errorf("the answer is neither JSON nor XML: it begins with %q: leave path out of unpack", begins)
}

// afterSpace reads the first byte that is no white space.
func (in *input) afterSpace() (byte, error) {
	for {
		c, err := in.ReadByte()
		if err != nil || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, err
		}
	}
}

// missing is the error of a path that leads nowhere, which lists what is there.
func missing(path, step string, there []string) error {
	if len(there) == 0 {
		return fmt.Errorf("there is no %s: %q is missing", path, step)
	}
	return fmt.Errorf("there is no %s: %q is missing beside %s", path, step, strings.Join(there, ", "))
}

var errText = errors.New("the text is not of UTF-8")

// cutRune returns how many bytes at the end of text are the beginning of a character.
func cutRune(text []byte) int {
	for i := 1; i <= min(3, len(text)); i++ {
		c := text[len(text)-i]
		if c < 0x80 {
			return 0
		}
		if c >= 0xc0 {
			need := 2
			if c >= 0xf0 {
				need = 4
			} else if c >= 0xe0 {
				need = 3
			}
			if need > i {
				return i
			}
			return 0
		}
	}
	return 0
}

// bytesSet is a set of bytes.
type bytesSet [256]bool

// setOf is the set of some bytes and of all control characters but those excepted.
func setOf(some, except string) *bytesSet {
	var set bytesSet
	for c := range byte(' ') {
		set[c] = strings.IndexByte(except, c) < 0
	}
	for _, c := range []byte(some) {
		set[c] = true
	}
	return &set
}

// plain is how many bytes stand before the first one of the set, and whether all of them
// are of UTF-8. Where there is none, a character that text cuts is not counted.
func (set *bytesSet) plain(text []byte) (n int, valid bool) {
	var all byte
	for n < len(text) && !set[text[n]] {
		all |= text[n]
		n++
	}
	if all < utf8.RuneSelf {
		return n, true
	}
	if n == len(text) {
		n -= cutRune(text)
	}
	return n, utf8.Valid(text[:n])
}
