package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/nearest"
)

// maxSource bounds the text of a template.
const maxSource = 1 << 20

// Compile reads a template. Text without {{ is a constant string. Errors are of type
// *[SyntaxError].
func (s *Scope) Compile(text string) (*Template, error) {
	c := compiler{scope: s, text: text, fold: &run{jinja: s.jinja, nowSlot: -1}}
	if len(text) > maxSource {
		return nil, syntaxError("", 0, "the template is longer than 1 MiB")
	}
	if err := c.split(); err != nil {
		return nil, err
	}
	t := &Template{source: text, pieces: c.pieces, reads: c.reads, cells: c.cells}
	jinja, slot := s.jinja, s.Slot("now")
	t.runs.New = func() any { return &run{jinja: jinja, nowSlot: slot} }
	if err := t.settle(c.fold); err != nil {
		return nil, err
	}
	return t, nil
}

// A compiler cuts a template into pieces.
type compiler struct {
	scope  *Scope
	text   string
	fold   *run // evaluates what is constant
	pieces []piece
	reads  []read
	cells  int
}

// split goes through the text from one opening to the next.
func (c *compiler) split() error {
	if !IsTemplate(c.text) {
		c.add(c.text)
		return nil
	}
	at, strip := 0, false
	for {
		open := nextOpening(c.text[at:])
		if open < 0 {
			// As Jinja has it, one newline at the end is not part of the text.
			c.addBetween(strings.TrimSuffix(c.text[at:], "\n"), strip, false)
			return nil
		}
		tag := c.text[at+open:]
		c.addBetween(c.text[at:at+open], strip, len(tag) > 2 && tag[2] == '-')
		var err error
		if at, strip, err = c.tag(at + open); err != nil {
			return err
		}
	}
}

// nextOpening returns the place of the first {{, {% or {# in text.
func nextOpening(text string) int {
	for i := 0; i+1 < len(text); i++ {
		next := strings.IndexByte(text[i:], '{')
		if next < 0 || i+next+1 >= len(text) {
			return -1
		}
		i += next
		if strings.IndexByte("{%#", text[i+1]) >= 0 {
			return i
		}
	}
	return -1
}

// addBetween adds the text between two tags, without the space that a - in them strips.
func (c *compiler) addBetween(text string, left, right bool) {
	const space = " \t\r\n\f\v"
	if left {
		text = strings.TrimLeft(text, space)
	}
	if right {
		text = strings.TrimRight(text, space)
	}
	c.add(text)
}

func (c *compiler) add(text string) {
	if text != "" {
		c.pieces = append(c.pieces, piece{text: text})
	}
}

// tag reads what opens at an offset. It returns the offset after it, and whether it strips the
// space that follows.
func (c *compiler) tag(at int) (end int, strip bool, err error) {
	switch c.text[at+1] {
	case '%':
		return 0, false, syntaxError(c.text, at, "statements ({% %}) are not supported")
	case '#':
		size := strings.Index(c.text[at+2:], "#}")
		if size < 0 {
			return 0, false, syntaxError(c.text, at, "the comment has no #}")
		}
		end = at + 2 + size
		return end + 2, c.text[end-1] == '-' && size > 0, nil
	}
	p := parser{scope: c.scope, fold: c.fold, cells: &c.cells, lex: lexer{text: c.text, at: at + 2}}
	if p.lex.at < len(c.text) && strings.IndexByte("-+", c.text[p.lex.at]) >= 0 {
		p.lex.at++
	}
	n, err := p.parse()
	if err != nil {
		return 0, false, err
	}
	p.keep(n)
	c.reads = append(c.reads, p.reads...)
	c.pieces = append(c.pieces, piece{source: c.text[at:p.lex.at], at: at, node: n})
	return p.lex.at, p.lex.strip, nil
}

// settle computes t if it is constant. A constant expression that fails would always fail.
func (t *Template) settle(fold *run) error {
	t.constant = true
	for _, p := range t.pieces {
		if p.source == "" || p.node.constant {
			continue
		}
		if p.node.err != nil {
			return syntaxError(t.source, p.at, p.node.err.Error())
		}
		t.constant = false
	}
	if !t.constant {
		return nil
	}
	value, err := t.eval(fold)
	if failed := (*EvalError)(nil); errors.As(err, &failed) {
		return syntaxError(t.source, failed.Offset, failed.Err.Error())
	}
	t.value = value
	return nil
}

// suggest returns the name nearest to name, in words for the end of a message: "" if none is near.
func suggest(name string, names []string) string {
	if near := nearest.Name(name, names); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}
