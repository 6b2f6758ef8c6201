package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/times"
)

// A function computes a value from its arguments, which it must not keep.
type function func(r *run, args []Value) (Value, error)

// A builtin is a function, filter, method or test of the language.
type builtin struct {
	params string // see parameters; of a filter, test or method the first is what it is applied to
	call   function
	on     []Kind // of a method: what it is for
	varies bool   // its value depends on more than its arguments
}

// arguments are what stands in the parentheses of a call.
type arguments struct {
	positional []node
	keywords   []keyword
}

type keyword struct {
	at    int
	name  string
	value node
}

// arguments reads them, with the parentheses, if there are any.
func (p *parser) arguments() arguments {
	var args arguments
	if !p.accept("(") {
		return args
	}
	for p.err == nil && !p.accept(")") {
		p.argument(&args)
		if !p.tok.is(")") {
			p.expect(",")
		}
	}
	return args
}

// argument reads one: an expression, or name=expression.
func (p *parser) argument(args *arguments) {
	if p.tok.kind == tokenName {
		ahead := p.lex
		if next, err := ahead.next(); err == nil && next.is("=") {
			name := p.advance()
			p.advance()
			args.keywords = append(args.keywords, keyword{at: name.at, name: name.text, value: p.expression(powerIf)})
			return
		}
	}
	if len(args.keywords) > 0 {
		p.fail(p.tok.at, "an argument without a name follows one with a name")
		return
	}
	args.positional = append(args.positional, p.expression(powerIf))
}

// bind returns the nodes of all parameters of b, in order. The subject stands before the
// arguments.
func (p *parser) bind(b builtin, name token, subject []node, args arguments) []node {
	if p.err != nil {
		return nil
	}
	given := append(slices.Clone(subject), args.positional...)
	keywords := slices.Clone(args.keywords)
	var bound []node
	for _, param := range parameters(b.params) {
		if param.rest {
			bound, given = append(bound, given...), nil
			break
		}
		var value node
		if len(given) > 0 {
			value, given = given[0], given[1:]
		} else {
			value, keywords = p.named(param, name, keywords)
		}
		bound = append(bound, p.prepare(param, name, value))
	}
	switch {
	case len(given) > 0:
		p.fail(name.at, "too many arguments for %s(%s)", name.text, signature(b, len(subject)))
	case len(keywords) > 0:
		p.fail(keywords[0].at, "%s(%s) has no argument %q", name.text, signature(b, len(subject)), keywords[0].name)
	}
	return bound
}

// named returns the argument that was given by name, undefined if it may be left out.
func (p *parser) named(param parameter, name token, keywords []keyword) (node, []keyword) {
	for i, k := range keywords {
		if k.name == param.name {
			return k.value, slices.Delete(keywords, i, i+1)
		}
	}
	if !param.optional {
		p.fail(name.at, "%s needs the argument %q", name.text, param.name)
	}
	return constant(Value{flags: flagAbsent}), keywords
}

// prepare checks a constant argument, and compiles it where it is a regular expression.
func (p *parser) prepare(param parameter, name token, n node) node {
	if !n.constant || n.value.kind != KindString {
		return n
	}
	var err error
	switch param.kind {
	case "regex":
		var compiled Value
		if compiled, err = compilePattern(n.value.str()); err == nil {
			return constant(compiled)
		}
	case "zone":
		_, err = times.Zone(n.value.str())
	}
	if err != nil {
		p.fail(name.at, "%s: %v", name.text, err)
	}
	return n
}

// signature returns the parameters of b as its user writes them, after those of the subject.
func signature(b builtin, subject int) string {
	var names []string
	for _, param := range parameters(b.params)[subject:] {
		names = append(names, param.shown)
	}
	return strings.Join(names, ", ")
}

// invoke makes the node of a call.
func (p *parser) invoke(b builtin, name token, subject []node, args arguments) node {
	bound := p.bind(b, name, subject, args)
	if p.err != nil {
		return node{}
	}
	call := b.checked(name.text)
	eval := func(r *run) (Value, error) {
		v, err := r.call(call, bound)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", name.text, err)
		}
		return v, nil
	}
	if b.varies {
		return p.impure(eval, needMore, bound...)
	}
	return p.pure(eval, bound...)
}

// function reads a call of a function after its name.
func (p *parser) function(name token) node {
	b, ok := functions[name.text]
	if !ok {
		what := "unknown function"
		if p.scope.Slot(name.text) >= 0 {
			what = "this is a value, not a function:"
		}
		p.fail(name.at, "%s %q%s", what, name.text, suggest(name.text, sortedKeys(functions)))
		return node{}
	}
	return p.invoke(b, name, nil, p.arguments())
}

// filter reads a filter after its |.
func (p *parser) filter(subject node) node {
	name := p.name()
	args := p.arguments()
	return p.applyFilter(name, subject, args)
}

// applyFilter makes the node of a filter.
func (p *parser) applyFilter(name token, subject node, args arguments) node {
	if p.err != nil {
		return node{}
	}
	switch name.text {
	case "map":
		return p.mapItems(name, subject, args)
	case "select", "reject", "selectattr", "rejectattr":
		return p.selectItems(name, subject, args)
	}
	b, ok := filters[name.text]
	if !ok {
		names := append(sortedKeys(filters), "map", "select", "reject", "selectattr", "rejectattr")
		p.fail(name.at, "unknown filter %q%s", name.text, suggest(name.text, names))
		return node{}
	}
	return p.invoke(b, name, []node{subject}, args)
}

// test reads a test after its is.
func (p *parser) test(subject node) node {
	negated := p.accept("not")
	name := p.name()
	args := arguments{}
	switch {
	case p.tok.is("("):
		args = p.arguments()
	case p.startsOperand():
		args.positional = []node{p.expression(powerUnary)}
	}
	n := p.applyTest(name, subject, args)
	if negated && p.err == nil {
		return p.unary((*run).not, n)
	}
	return n
}

// startsOperand reports whether what follows is the argument of a test without parentheses, as
// in x is divisibleby 3.
func (p *parser) startsOperand() bool {
	switch p.tok.kind {
	case tokenNumber, tokenString:
		return true
	case tokenOperator:
		return p.tok.text == "[" || p.tok.text == "{"
	case tokenName:
		return !slices.Contains([]string{"and", "or", "not", "in", "is", "if", "else"}, p.tok.text)
	}
	return false
}

// applyTest makes the node of a test.
func (p *parser) applyTest(name token, subject node, args arguments) node {
	if p.err != nil {
		return node{}
	}
	b, ok := tests[name.text]
	if !ok {
		p.fail(name.at, "unknown test %q%s", name.text, suggest(name.text, sortedKeys(tests)))
		return node{}
	}
	return p.invoke(b, name, []node{subject}, args)
}

// method reads a call of a method after its name.
func (p *parser) method(subject node, name token) node {
	b, ok := methods[name.text]
	if !ok {
		p.fail(name.at, "unknown method %q%s", name.text, suggest(name.text, sortedKeys(methods)))
		return node{}
	}
	return p.invoke(b, name, []node{subject}, p.arguments())
}

func sortedKeys[V any](table map[string]V) []string {
	return slices.Sorted(maps.Keys(table))
}
