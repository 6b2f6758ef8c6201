package expr

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/times"
)

const (
	// maxDepth bounds how deep expressions nest.
	maxDepth = 200
	// maxChain bounds how many operators, names and calls depend on each other.
	maxChain = 1000
)

// A power says how tightly an operator binds. They are Jinja's, which differ from Python's: unary
// minus binds tighter than **, filters and tests tighter than both.
type power int

const (
	powerNone power = iota
	powerIf
	powerOr
	powerAnd
	powerNot
	powerCompare
	powerSum
	powerTilde
	powerProduct
	powerPower
	powerFilter
	powerUnary
	powerAccess
)

// A parser reads one expression: a Pratt parser, which climbs from operator to operator by their
// powers and compiles on the way. Its first error ends the input.
type parser struct {
	scope *Scope
	fold  *run
	lex   lexer
	tok   token // the one to be read next
	depth int
	reads []read // of names so far
	cells *int   // of the template so far
	err   error
}

// parse reads the expression up to }}.
func (p *parser) parse() (node, error) {
	p.advance()
	if p.tok.kind == tokenEnd {
		p.fail(p.tok.at, "the expression is empty")
	}
	n := p.tupleOrExpression()
	if p.tok.kind != tokenEnd {
		p.unexpected("}}")
	}
	return n, p.err
}

// advance returns the token that was next and reads another.
func (p *parser) advance() token {
	read := p.tok
	if p.err != nil {
		return read
	}
	next, err := p.lex.next()
	if err != nil {
		p.err = err
		next = token{kind: tokenEnd, at: p.lex.at}
	}
	p.tok = next
	return read
}

// fail notes the first error.
func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = syntaxError(p.lex.text, at, fmt.Sprintf(format, args...))
	}
	p.tok = token{kind: tokenEnd, at: at}
}

func (p *parser) unexpected(want string) {
	got := p.tok.text
	if p.tok.kind == tokenString {
		got = "a string"
	}
	p.fail(p.tok.at, "want %s, got %s", want, got)
}

// accept reads the operator or keyword, if it is next.
func (p *parser) accept(text string) bool {
	if !p.tok.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.unexpected(text)
	}
}

// name reads a name.
func (p *parser) name() token {
	if p.tok.kind != tokenName {
		p.unexpected("a name")
	}
	return p.advance()
}

// tupleOrExpression reads an expression, or several with commas between, which make a tuple.
func (p *parser) tupleOrExpression() node {
	first := p.expression(powerIf)
	if !p.tok.is(",") {
		return first
	}
	items := []node{first}
	for p.accept(",") {
		if p.tok.kind == tokenEnd || p.tok.is(")") {
			break
		}
		items = append(items, p.expression(powerIf))
	}
	return p.listOf(items, flagTuple)
}

// expression reads an expression whose operators bind at least as tightly as least.
func (p *parser) expression(least power) node {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tok.at, "the expression is nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.err != nil {
		return node{}
	}
	left := p.prefix()
	for p.err == nil {
		binding := p.infix()
		if binding < least || binding == powerNone {
			break
		}
		left = p.extend(left, binding)
	}
	return left
}

// infix returns how tightly the operator that is next binds what stands before it.
func (p *parser) infix() power {
	if p.tok.kind != tokenOperator && p.tok.kind != tokenName {
		return powerNone
	}
	switch p.tok.text {
	case "if":
		return powerIf
	case "or":
		return powerOr
	case "and":
		return powerAnd
	case "==", "!=", "<", "<=", ">", ">=", "in", "not":
		return powerCompare
	case "+", "-":
		return powerSum
	case "~":
		return powerTilde
	case "*", "/", "//", "%":
		return powerProduct
	case "**":
		return powerPower
	case "|", "is":
		return powerFilter
	case ".", "[", "(":
		return powerAccess
	}
	return powerNone
}

// extend reads the operator that is next and what stands after it.
func (p *parser) extend(left node, binding power) node {
	switch binding {
	case powerIf:
		return p.conditional(left)
	case powerCompare:
		return p.comparisons(left)
	}
	operator := p.advance()
	switch operator.text {
	case ".":
		return p.member(left)
	case "[":
		return p.brackets(left)
	case "(":
		p.fail(operator.at, "this cannot be called")
		return node{}
	case "|":
		return p.filter(left)
	case "is":
		return p.test(left)
	}
	right := p.expression(binding + 1)
	switch operator.text {
	case "or":
		return p.either(true, left, right)
	case "and":
		return p.either(false, left, right)
	case "~":
		return p.binary((*run).tilde, left, right)
	}
	return p.operate(operatorOf(operator.text), left, right)
}

func operatorOf(text string) operator {
	for op := opAdd; op < opPower; op++ {
		if op.String() == text {
			return op
		}
	}
	return opPower
}

// conditional reads the inline if; without else its value may be undefined.
func (p *parser) conditional(yes node) node {
	p.advance()
	condition := p.expression(powerOr)
	no := constant(Undefined())
	if p.accept("else") {
		no = p.expression(powerIf)
	}
	return p.choose(condition, yes, no)
}

// comparisons reads a chain of them.
func (p *parser) comparisons(first node) node {
	var rest []comparison
	for p.err == nil && p.infix() == powerCompare {
		operator := p.advance()
		compute := comparator(operator.text)
		switch operator.text {
		case "in":
			compute = (*run).in
		case "not":
			p.expect("in")
			compute = (*run).notIn
		}
		rest = append(rest, comparison{compute: compute, operand: p.expression(powerCompare + 1)})
	}
	if p.err != nil {
		return node{}
	}
	return p.compare(first, rest)
}

// prefix reads what an expression begins with.
func (p *parser) prefix() node {
	if p.tok.kind == tokenEnd {
		p.fail(p.tok.at, "the expression breaks off")
		return node{}
	}
	t := p.advance()
	switch t.kind {
	case tokenNumber:
		return constant(t.value)
	case tokenString:
		return p.strings(t)
	case tokenName:
		return p.word(t)
	}
	return p.opening(t)
}

// strings reads the rest of string literals that stand side by side, which are one.
func (p *parser) strings(t token) node {
	text := t.value.text
	for p.tok.kind == tokenString {
		text += p.advance().value.text
	}
	return constant(String(text))
}

func (p *parser) opening(t token) node {
	switch t.text {
	case "-":
		return p.unary((*run).negate, p.expression(powerUnary))
	case "+":
		return p.unary((*run).plus, p.expression(powerUnary))
	case "(":
		return p.parentheses()
	case "[":
		items := p.sequence("]")
		return p.listOf(items, 0)
	case "{":
		return p.dict()
	}
	p.fail(t.at, "want an expression, got %s", t.text)
	return node{}
}

// word reads a literal that is a word, not, a function's call or a name of the scope.
func (p *parser) word(t token) node {
	switch t.text {
	case "true", "True":
		return constant(Bool(true))
	case "false", "False":
		return constant(Bool(false))
	case "none", "None", "null":
		return constant(Null())
	case "not":
		return p.unary((*run).not, p.expression(powerNot))
	case "and", "or", "in", "is", "if", "else":
		p.fail(t.at, "want an expression, got %s", t.text)
		return node{}
	}
	if p.tok.is("(") {
		return p.function(t)
	}
	slot := p.scope.Slot(t.text)
	if slot < 0 {
		p.unknownName(t)
		return node{}
	}
	p.reads = append(p.reads, read{name: t.text})
	n := variable(slot)
	n.read = len(p.reads)
	return n
}

func (p *parser) unknownName(t token) {
	if _, ok := functions[t.text]; ok {
		p.fail(t.at, "%s is a function: write %s(…)", t.text, t.text)
		return
	}
	p.fail(t.at, "unknown name %q%s", t.text, suggest(t.text, p.scope.names))
}

// parentheses reads an expression in them, or a tuple.
func (p *parser) parentheses() node {
	if p.accept(")") {
		return p.listOf(nil, flagTuple)
	}
	n := p.tupleOrExpression()
	p.expect(")")
	return n
}

// sequence reads expressions with commas between, up to the closing bracket.
func (p *parser) sequence(end string) []node {
	var items []node
	for p.err == nil && !p.accept(end) {
		items = append(items, p.expression(powerIf))
		if !p.tok.is(end) {
			p.expect(",")
		}
	}
	return items
}

func (p *parser) dict() node {
	var keys, values []node
	for p.err == nil && !p.accept("}") {
		keys = append(keys, p.expression(powerIf))
		p.expect(":")
		values = append(values, p.expression(powerIf))
		if !p.tok.is("}") {
			p.expect(",")
		}
	}
	if p.err != nil {
		return node{}
	}
	return p.dictOf(keys, values)
}

// brackets reads an index or a slice after its [.
func (p *parser) brackets(x node) node {
	bounds := []node{constant(Null()), constant(Null()), constant(Null())}
	colons := 0
	for p.err == nil && !p.accept("]") {
		switch {
		case p.tok.is(":") && colons < 2:
			p.advance()
			colons++
		case p.tok.is(":"):
			p.unexpected("]")
		default:
			bounds[colons] = p.expression(powerIf)
			if !p.tok.is(":") && !p.tok.is("]") {
				p.unexpected("]")
			}
			if colons == 0 && p.accept("]") {
				return p.subscript(x, bounds[0])
			}
		}
	}
	if p.err == nil && colons == 0 {
		p.fail(p.tok.at, "the index is empty")
	}
	return p.slice(x, bounds[0], bounds[1], bounds[2])
}

// member reads what follows a dot: a method's call, a key, or an index as in x.0.
func (p *parser) member(x node) node {
	if p.tok.kind == tokenNumber && times.Digits(p.tok.text) == len(p.tok.text) {
		return p.subscript(x, constant(p.advance().value))
	}
	t := p.name()
	if p.tok.is("(") {
		return p.method(x, t)
	}
	return p.attribute(x, t.text)
}
