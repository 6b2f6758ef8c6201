package expr

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// A Scope is the list of names that templates may use. It does not change.
type Scope struct {
	names []string
	jinja bool
}

// NewScope returns a scope of the names, whose slots are 0, 1, …
func NewScope(names ...string) *Scope { return (&Scope{}).Extend(names...) }

// Extend returns a scope with more names after those of s. The names of s keep their slots, so
// that one [Vars] serves both.
func (s *Scope) Extend(names ...string) *Scope {
	extended := &Scope{names: slices.Clone(s.names), jinja: s.jinja}
	for _, name := range names {
		if extended.Slot(name) < 0 {
			extended.names = append(extended.names, name)
		}
	}
	return extended
}

// Jinja returns a copy of s whose templates render exactly as Jinja does.
func (s *Scope) Jinja() *Scope { return &Scope{names: s.names, jinja: true} }

// Slot returns the place of name in [Vars], -1 if there is no such name.
func (s *Scope) Slot(name string) int { return slices.Index(s.names, name) }

// Vars are the values of a scope's names, by slot. What is beyond its end is undefined.
type Vars []Value

// A Template is text with expressions in it, compiled. It may be used from several goroutines.
type Template struct {
	source   string
	pieces   []piece
	reads    []read
	cells    int // that a Loop may keep
	constant bool
	value    Value // where constant
	runs     sync.Pool
}

// A read is where a name occurs in a template, and the keys that follow it.
type read struct {
	name string
	keys []string
}

// A piece of a template is text or an expression.
type piece struct {
	text   string
	source string // of an expression: {{ … }}
	at     int
	node   node
}

// IsTemplate reports whether text has anything in it that [Scope.Compile] would not take as it is.
func IsTemplate(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#")
}

// Source returns the text that t was compiled from.
func (t *Template) Source() string { return t.source }

// MarshalText returns the text that t was compiled from.
func (t *Template) MarshalText() ([]byte, error) { return []byte(t.source), nil }

// Const returns the value of a template that has no expressions, or only constant ones.
func (t *Template) Const() (Value, bool) { return t.value, t.constant }

// Uses reports whether name occurs in t, as a name of its scope.
func (t *Template) Uses(name string) bool {
	return slices.ContainsFunc(t.reads, func(r read) bool { return r.name == name })
}

// Reads returns where in the value of name t looks, once for each time that name occurs: the keys
// that lead there, none where t looks at all of it. What t does with the value that is there, an
// index or a filter, is not told.
func (t *Template) Reads(name string) [][]string {
	var all [][]string
	for _, r := range t.reads {
		if r.name == name {
			all = append(all, r.keys)
		}
	}
	return all
}

// Eval returns the value of t. A template that is one {{ }} whole keeps the type of its value;
// any other is a String. Errors are of type *[EvalError].
func (t *Template) Eval(vars Vars) (Value, error) {
	if t.constant {
		return t.value, nil
	}
	r := t.begin(vars)
	defer t.end(r)
	return t.eval(r)
}

func (t *Template) eval(r *run) (Value, error) {
	if len(t.pieces) == 1 && t.pieces[0].source != "" {
		return t.pieces[0].eval(r)
	}
	text, err := t.render(r, nil)
	return String(string(text)), err
}

// Text returns what t prints. Errors are of type *[EvalError].
func (t *Template) Text(vars Vars) (string, error) {
	if t.constant && t.value.kind == KindString {
		return t.value.str(), nil
	}
	r := t.begin(vars)
	defer t.end(r)
	text, err := t.render(r, nil)
	return string(text), err
}

// Path returns the text of t as part of a URL's path: what each {{ }} prints is percent-encoded
// as one segment, / too, unless it was marked by the filter safe. A value that is undefined or
// null is an error, as is one that prints "." or "..", or leaves a segment empty: the request
// would ask for something else.
func (t *Template) Path(vars Vars) (string, error) {
	r := t.begin(vars)
	defer t.end(r)
	text, err := t.render(r, pathSegment)
	return string(text), err
}

func (t *Template) begin(vars Vars) *run {
	r := t.runs.Get().(*run)
	r.reset(vars)
	return r
}

func (t *Template) end(r *run) {
	r.reset(nil)
	t.runs.Put(r)
}

// render appends the pieces, the values of expressions after encode, if there is one.
func (t *Template) render(r *run, encode func(r *run, v Value, alone bool) (Value, error)) ([]byte, error) {
	var dst []byte
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.source == "" {
			dst = append(dst, p.text...)
			continue
		}
		v, err := p.eval(r)
		if err != nil {
			return nil, err
		}
		if encode != nil {
			if v, err = encode(r, v, t.alone(i)); err != nil {
				return nil, p.fail(err)
			}
		}
		if dst, err = r.appendText(dst, v); err != nil {
			return nil, p.fail(err)
		}
	}
	return dst, nil
}

// alone reports whether an expression is a segment of a path by itself.
func (t *Template) alone(i int) bool {
	before, behind := "/", "/"
	if i > 0 {
		before = t.pieces[i-1].text
	}
	if i+1 < len(t.pieces) {
		behind = t.pieces[i+1].text
	}
	return strings.HasSuffix(before, "/") && (strings.HasPrefix(behind, "/") || strings.HasPrefix(behind, "?"))
}

func pathSegment(r *run, v Value, alone bool) (Value, error) {
	if v.Missing() {
		return Value{}, fmt.Errorf("the value is %s: the path would have a hole", v.kind)
	}
	if v.Safe() {
		return v, nil
	}
	text, err := r.text(v)
	if err != nil {
		return Value{}, err
	}
	switch {
	case text == "" && alone:
		return Value{}, errors.New("the value is an empty text: the path would have a hole (where that is right, mark it by the filter safe)")
	case text == "." || text == "..":
		return Value{}, fmt.Errorf("the value is %q: it would lead to another path", text)
	}
	return String(url.PathEscape(text)), nil
}

func (p *piece) eval(r *run) (Value, error) {
	v, err := p.node.eval(r)
	if err != nil {
		return Value{}, p.fail(err)
	}
	return v, nil
}

func (p *piece) fail(err error) error {
	return &EvalError{Expr: p.source, Offset: p.at, Err: err}
}

// An EvalError says which expression could not be evaluated, and why. It shows no values, since
// those may be secrets.
type EvalError struct {
	Expr   string // {{ … }} as it is written
	Offset int    // its place in the template, in bytes
	Err    error
}

func (e *EvalError) Error() string { return fmt.Sprintf("%s: %v", e.Expr, e.Err) }

func (e *EvalError) Unwrap() error { return e.Err }

// A SyntaxError says where a template is wrong.
type SyntaxError struct {
	Offset int    // into Text, in bytes
	Msg    string // what is wrong
	Text   string // the template
}

func syntaxError(text string, at int, message string) error {
	return &SyntaxError{Offset: at, Msg: message, Text: text}
}

// Error shows what is wrong and the text around it, the place marked by "»".
func (e *SyntaxError) Error() string {
	const around = 30
	at := min(max(e.Offset, 0), len(e.Text))
	before, after := e.Text[:at], e.Text[at:]
	if len(before) > around {
		before = "…" + strings.ToValidUTF8(before[len(before)-around:], "")
	}
	if len(after) > around {
		after = strings.ToValidUTF8(after[:around], "") + "…"
	}
	return fmt.Sprintf("%s, at byte %d: %s»%s", e.Msg, e.Offset, before, after)
}
