package outline

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"go.yaml.in/yaml/v3"
)

// Limits of a document. The largest ones known, those of Microsoft Graph and
// GitHub, have 35 MB of YAML and 12 MB of JSON.
const (
	MaxJSON  = 128 << 20
	MaxYAML  = 48 << 20  // a byte of it takes more memory
	maxNodes = 3_000_000 // values; of YAML, whose keys are nodes too, keys and values
	maxDepth = 500

	// aliasFactor is how many times as many values a document of YAML may have with its
	// aliases expanded as are written in it, and aliasFree how many in any case.
	aliasFactor, aliasFree = 10, 100_000
)

// lessOfIt is the way out of a document that is too large.
const lessOfIt = "take the parts out that are not needed"

// errTooMuch is a document over a limit: whatever else it may be, it is not read.
type errTooMuch struct{ what string }

func (e errTooMuch) Error() string { return e.what + ": " + lessOfIt }

// boundJSON counts what a text of JSON has, before anything is made of it. line is where a
// limit is passed.
func boundJSON(data []byte) (line int, err error) {
	depth, values, line := 0, 1, 1
	quoted := false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c == '\n':
			line++
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			depth++
			values++
		case c == ']', c == '}':
			depth--
		case c == ',':
			values++
		}
		switch {
		case depth > maxDepth:
			return line, errTooMuch{fmt.Sprintf("nested deeper than %d", maxDepth)}
		case values > 2*maxNodes: // each opening one may stand for itself and the first in it
			return line, errTooMuch{fmt.Sprintf("more than %d values", maxNodes)}
		}
	}
	return line, nil
}

// boundYAML does the same of YAML, as far as it can be told without reading it: a colon
// stands for a key and its value, a dash, a comma and a bracket for one value. What stands
// in texts counts as well.
func boundYAML(data []byte) (line int, err error) {
	values := 1
	for text := range bytes.Lines(data) {
		line++
		values += max(1, marksOf(text))
		if values > maxNodes {
			return line, errTooMuch{fmt.Sprintf("more than %d keys and values, by its lines, colons, commas and brackets", maxNodes)}
		}
	}
	return line, nil
}

// marksOf is how many keys and values a line of YAML may have, by its marks.
func marksOf(line []byte) (n int) {
	rest := bytes.TrimLeft(line, " ")
	for ; len(rest) > 0 && rest[0] == '-' && endsMark(rest[1:]); rest = bytes.TrimLeft(rest[1:], " ") {
		n++
	}
	if len(rest) > 0 && rest[0] == '?' && endsMark(rest[1:]) {
		n += 2
	}
	for i, c := range rest {
		switch c {
		case ',', '[', '{':
			n++
		case ':':
			if endsMark(rest[i+1:]) || i > 0 && (rest[i-1] == '"' || rest[i-1] == '\'') {
				n += 2
			}
		}
	}
	return n
}

// endsMark reports whether what stands before a text of YAML is a mark, and no text.
func endsMark(rest []byte) bool {
	return len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0
}

var yamlLine = pattern.New(`line (\d+)`)

// yamlError is an error of the YAML library, with the line where it has one.
func yamlError(file string, err error) error {
	if !strings.Contains(err.Error(), "exceeded max depth") {
		return fmt.Errorf("%s: neither JSON nor YAML: %w", file, err)
	}
	line := 1
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits
	}
	return fmt.Errorf("%s:%d: %w", file, line, errTooMuch{fmt.Sprintf("nested deeper than %d", maxDepth)})
}

// expansion counts the values of a document with its aliases expanded, without doing so.
type expansion struct {
	most  int
	sizes map[*yaml.Node]int // of what aliases stand for
	open  map[*yaml.Node]bool
	last  string // the alias that was expanded last; "": none was
}

// boundAliases is an error of a document that has too many keys and values, or whose
// aliases make much more of it than is written.
func boundAliases(root *yaml.Node) error {
	e := &expansion{most: min(maxNodes, aliasFactor*written(root)+aliasFree), sizes: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	_, err := e.size(root)
	return err
}

func written(y *yaml.Node) int {
	n := 1
	for _, child := range y.Content {
		n += written(child)
	}
	return n
}

func (e *expansion) size(y *yaml.Node) (n int, err error) {
	if y.Kind == yaml.AliasNode {
		return e.alias(y)
	}
	n = 1
	for _, child := range y.Content {
		more, err := e.size(child)
		if err != nil {
			return 0, err
		}
		if n += more; n > e.most {
			return 0, e.tooMuch(child)
		}
	}
	return n, nil
}

// tooMuch is the error of a document that has too many keys and values up to one of them.
func (e *expansion) tooMuch(at *yaml.Node) error {
	name := cmp.Or(nameOf(at), e.last)
	if name == "" {
		return fmt.Errorf("%d: %w", at.Line, errTooMuch{fmt.Sprintf("more than %d keys and values", e.most)})
	}
	return fmt.Errorf("%d: with its aliases expanded, as *%s, the document has more than %d values: write out what they stand for, or %s", at.Line, name, e.most, lessOfIt)
}

// nameOf is the first alias in a value; "" where there is none.
func nameOf(y *yaml.Node) string {
	if y.Kind == yaml.AliasNode {
		return y.Value
	}
	for _, child := range y.Content {
		if name := nameOf(child); name != "" {
			return name
		}
	}
	return ""
}

func (e *expansion) alias(y *yaml.Node) (int, error) {
	e.last = y.Value
	if n, known := e.sizes[y.Alias]; known {
		return n, nil
	}
	if e.open[y.Alias] {
		return 0, fmt.Errorf("%d: anchor %q contains itself", y.Line, y.Value)
	}
	e.open[y.Alias] = true
	n, err := e.size(y.Alias)
	delete(e.open, y.Alias)
	e.sizes[y.Alias] = n
	return n, err
}

// isTooMuch reports whether an error is that of a document over a limit.
func isTooMuch(err error) bool {
	_, is := errors.AsType[errTooMuch](err)
	return is
}
