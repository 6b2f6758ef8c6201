package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/times"
)

// formatOperator is 'text' % values, where a tuple holds several.
func (r *run) formatOperator(layout string, v Value) (Value, error) {
	if v.kind == KindList && v.flags&flagTuple != 0 {
		return r.format(layout, v.items())
	}
	return r.format(layout, []Value{v})
}

// formatFilter is the filter: 'text'|format(values…).
func formatFilter(r *run, a []Value) (Value, error) {
	return r.format(a[0].text, a[1:])
}

// format replaces the directives of Python's % operator: %s, %r, %d, %f, %e, %g, %x, %X, %o and
// %%, with the flags - + 0 # and space, a width and a precision of up to three digits.
func (r *run) format(layout string, args []Value) (Value, error) {
	var dst []byte
	used := 0
	for {
		text, rest, found := strings.Cut(layout, "%")
		dst = append(dst, text...)
		if len(dst) > maxText {
			return Value{}, errText
		}
		if !found {
			break
		}
		directive, verb, rest, err := cutVerb(rest)
		if err != nil {
			return Value{}, err
		}
		layout = rest
		if verb == '%' {
			dst = append(dst, '%')
			continue
		}
		if used == len(args) {
			return Value{}, errors.New("there are fewer values than directives")
		}
		if dst, err = r.appendVerb(dst, directive, verb, args[used]); err != nil {
			return Value{}, err
		}
		used++
	}
	if used < len(args) {
		return Value{}, errors.New("there are more values than directives")
	}
	return r.string(string(dst))
}

// cutVerb cuts flags, width and precision, and the verb after them.
func cutVerb(text string) (directive string, verb byte, rest string, err error) {
	n := prefixOf(text, "-+0# ")
	width := times.Digits(text[n:])
	n += width
	precision := 0
	if n < len(text) && text[n] == '.' {
		precision = times.Digits(text[n+1:])
		n += 1 + precision
	}
	if n == len(text) || width > 3 || precision > 3 {
		return "", 0, "", errors.New("a directive of the format is incomplete")
	}
	return text[:n], text[n], text[n+1:], nil
}

func (r *run) appendVerb(dst []byte, directive string, verb byte, v Value) ([]byte, error) {
	switch verb {
	case 's':
		text, err := r.text(v)
		return fmt.Appendf(dst, "%"+directive+"s", text), err
	case 'r':
		if err := r.spend(v.weight()); err != nil {
			return nil, err
		}
		return fmt.Appendf(dst, "%"+directive+"s", printer{jinja: r.jinja}.repr(nil, v)), nil
	case 'd', 'i', 'u', 'x', 'X', 'o':
		return appendInteger(dst, directive, verb, v)
	case 'f', 'F', 'e', 'E', 'g', 'G':
		n, ok := v.number()
		if !ok {
			return nil, fmt.Errorf("%%%c is not for %s", verb, v.kind)
		}
		return fmt.Appendf(dst, "%"+directive+string(verb), n.float64()), nil
	}
	return nil, fmt.Errorf("%%%c is not known", verb)
}

func appendInteger(dst []byte, directive string, verb byte, v Value) ([]byte, error) {
	if v.kind == KindString {
		return nil, fmt.Errorf("%%%c is not for %s", verb, v.kind)
	}
	n, ok := readInt(v, 10)
	if !ok {
		return nil, fmt.Errorf("%%%c is not for %s", verb, v.kind)
	}
	if verb == 'i' || verb == 'u' {
		verb = 'd'
	}
	i, err := n.bigInt()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(dst, "%"+directive+string(verb), i), nil
}
