package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A parameter is one of a builtin. In the tables it is written
//
//	name        a value as it is
//	name:int    an integer of 32 bits; what is undefined or null is 0
//	name:text   what the value prints, as a string
//	name:zone   text that names a time zone: a constant is checked
//	name:regex  a regular expression: a constant is compiled
//	name…?      may be left out, and is undefined then, marked by flagAbsent; so it stays
//	name…=x     likewise, but the function gets x, for null too
//	name*       all arguments that are left
type parameter struct {
	name, kind     string
	shown          string // in messages: name, name? or name*
	optional, rest bool
	fallback       Value // undefined: none
}

// parameters reads the parameters of a builtin.
func parameters(text string) []parameter {
	var all []parameter
	for _, field := range strings.Fields(text) {
		var p parameter
		var fallback string
		field, p.rest = strings.CutSuffix(field, "*")
		field, p.optional = strings.CutSuffix(field, "?")
		field, fallback, filled := strings.Cut(field, "=")
		p.name, p.kind, _ = strings.Cut(field, ":")
		if p.shown = p.name; p.rest {
			p.shown += "*"
		}
		if filled {
			p.optional, p.fallback = true, String(fallback)
		}
		if p.optional {
			p.shown += "?"
		}
		if n, err := strconv.Atoi(fallback); err == nil && p.kind == "int" {
			p.fallback = Int(int64(n))
		}
		all = append(all, p)
	}
	return all
}

// convert makes an argument what the function wants.
func (p *parameter) convert(r *run, v *Value) (err error) {
	switch {
	case v.Missing() && p.fallback.kind != KindUndefined:
		*v = p.fallback
	case v.Missing() && p.optional:
	case p.kind == "int":
		n, err := integer32(*v)
		*v = Int(int64(n))
		return err
	case v.kind != KindString || v.flags != 0: // no text as it is
		text, err := r.text(*v)
		*v = String(text)
		return err
	}
	return nil
}

// checked returns the function of b with its arguments converted. A method is refused where it is
// not one of the value; of what is missing it is nothing, or the default that get was given.
func (b *builtin) checked(name string) function {
	params := parameters(b.params)
	var typed []int
	for i, p := range params {
		if p.kind != "" && p.kind != "regex" {
			typed = append(typed, i)
		}
	}
	if b.on == nil && len(typed) == 0 {
		return b.call
	}
	return func(r *run, args []Value) (Value, error) {
		switch {
		case b.on == nil || slices.Contains(b.on, args[0].kind):
		case !args[0].Missing() || r.jinja:
			return Value{}, fmt.Errorf("%s has no such method", args[0].kind)
		case name == "get":
			return args[2], nil
		default:
			return Undefined(), nil
		}
		for _, i := range typed {
			if err := params[i].convert(r, &args[i]); err != nil {
				return Value{}, err
			}
		}
		return b.call(r, args)
	}
}

// integer32 returns a value that has to be an integer of 32 bits; what is missing is 0.
func integer32(v Value) (int, error) {
	if v.Missing() {
		return 0, nil
	}
	n, ok := v.number()
	if !ok || n.float || n.big || n.i != int64(int32(n.i)) {
		return 0, fmt.Errorf("want an integer, got %s", v.kind)
	}
	return int(n.i), nil
}
