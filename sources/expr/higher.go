package expr

import (
	"strconv"
	"strings"
)

// current is the node of the item that map, select and their like are looking at.
func current() node {
	return node{needs: needItem, eval: func(r *run) (Value, error) { return r.item, nil }}
}

// each makes a node that evaluates inner for every item of the subject, and collects what keep
// returns for it. The parts are what inner depends on beyond the item.
func (p *parser) each(subject, inner node, parts []node, keep func(item, result Value) (Value, bool)) node {
	if p.err != nil {
		return node{}
	}
	if more := inner.needs &^ needItem; more != 0 {
		parts = append(parts, node{needs: more})
	}
	n := p.pure(func(r *run) (Value, error) {
		v, err := subject.eval(r)
		if err != nil {
			return Value{}, err
		}
		items, err := r.items(v)
		if err != nil {
			return Value{}, err
		}
		outer := r.item
		defer func() { r.item = outer }()
		collected := make([]Value, 0, len(items))
		for _, item := range items {
			r.item = item
			result, err := inner.eval(r)
			if err != nil {
				return Value{}, err
			}
			if kept, ok := keep(item, result); ok {
				collected = append(collected, kept)
			}
			if err := r.spend(itemWork); err != nil {
				return Value{}, err
			}
		}
		return r.made(List(collected), 0)
	}, append(parts, subject)...)
	if n.depth <= inner.depth {
		n.depth = inner.depth + 1
	}
	return n
}

// mapItems makes the node of map(attribute='x', default=0), or of map('filter', arguments…).
func (p *parser) mapItems(name token, subject node, args arguments) node {
	result := func(_, result Value) (Value, bool) { return result, true }
	parts := args.nodes()
	if len(args.positional) == 0 {
		b := builtin{params: "value attribute default?", call: attributeOr}
		return p.each(subject, p.invoke(b, name, []node{current()}, args), parts, result)
	}
	filter, rest, ok := p.literalName(name, args)
	if !ok {
		return node{}
	}
	return p.each(subject, p.applyFilter(filter, current(), rest), parts, result)
}

// selectItems makes the nodes of select('test', …) and selectattr('attribute', 'test', …), and of
// reject and rejectattr, which keep the others.
func (p *parser) selectItems(name token, subject node, args arguments) node {
	parts := args.nodes()
	tested := current()
	if strings.HasSuffix(name.text, "attr") {
		attribute, rest, ok := p.literalName(name, args)
		if !ok {
			return node{}
		}
		path := constant(String(attribute.text))
		b := builtin{params: "value attribute default?", call: attributeOr}
		tested, args = p.invoke(b, name, []node{current(), path}, arguments{}), rest
	}
	if len(args.positional) > 0 {
		test, rest, ok := p.literalName(name, args)
		if !ok {
			return node{}
		}
		tested = p.applyTest(test, tested, rest)
	}
	want := strings.HasPrefix(name.text, "select")
	return p.each(subject, tested, parts, func(item, result Value) (Value, bool) {
		return item, result.Truth() == want
	})
}

// nodes returns all arguments.
func (a arguments) nodes() []node {
	nodes := append([]node(nil), a.positional...)
	for _, k := range a.keywords {
		nodes = append(nodes, k.value)
	}
	return nodes
}

// literalName takes the first argument, which is the name of a filter, test or attribute.
func (p *parser) literalName(name token, args arguments) (token, arguments, bool) {
	if p.err != nil {
		return token{}, args, false
	}
	if len(args.positional) == 0 || !args.positional[0].constant {
		p.fail(name.at, "%s needs a name in quotes as its first argument", name.text)
		return token{}, args, false
	}
	first := args.positional[0].value
	args.positional = args.positional[1:]
	return token{kind: tokenName, at: name.at, text: first.Text()}, args, true
}

// attributeOr returns the attribute of an item, or a default where it is not there.
func attributeOr(r *run, a []Value) (Value, error) {
	v, err := r.follow(a[0], a[1])
	if err == nil && v.kind == KindUndefined {
		v = a[2]
	}
	return v, err
}

// follow returns what lies under a path of names and numbers with dots between them. Without a
// path it is v itself.
func (r *run) follow(v, path Value) (Value, error) {
	if path.Missing() {
		return v, nil
	}
	text, err := r.text(path)
	if err != nil {
		return Value{}, err
	}
	for name := range strings.SplitSeq(text, ".") {
		key := String(name)
		if i, err := strconv.Atoi(name); err == nil {
			key = Int(int64(i))
		}
		if v, err = r.subscript(v, key); err != nil {
			return Value{}, err
		}
	}
	return v, nil
}
