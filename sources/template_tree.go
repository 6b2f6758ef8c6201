package sources

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Tree is a JSON-like value with templates in its leaves: a parameter, a
// header, a body. Exactly one of its parts is set; IsList and IsMap tell empty
// lists and maps apart.
type Tree struct {
	Leaf   *expr.Template // text, or a constant of any kind
	Const  expr.Value     // a scalar of the file that is not text, when Leaf is nil
	List   []Tree
	IsList bool
	Fields []Param
	IsMap  bool
}

// Tree returns all of a body: of GraphQL the JSON that carries the query.
func (b *Body) Tree() Tree {
	switch b.Kind {
	case BodyForm:
		return Tree{IsMap: true, Fields: b.Form}
	case BodyText:
		return Tree{Leaf: b.Text}
	case BodyGraphQL:
		t := Tree{IsMap: true, Fields: []Param{{Name: "query", Value: Tree{Leaf: b.Query}}}}
		if len(b.Variables) > 0 {
			t.Fields = append(t.Fields, Param{Name: "variables", Value: Tree{IsMap: true, Fields: b.Variables}})
		}
		return t
	}
	return b.JSON
}

// Eval returns the value of the tree. Members that come out undefined or null
// are left out, and so are undefined elements of a list.
func (t Tree) Eval(vars expr.Vars) (expr.Value, error) {
	if t.Leaf != nil {
		return t.Leaf.Eval(vars)
	}
	return t.EvalBy(func(leaf *expr.Template) (expr.Value, error) { return leaf.Eval(vars) })
}

// EvalBy is Eval with the values of the leaves from eval.
func (t Tree) EvalBy(eval func(leaf *expr.Template) (expr.Value, error)) (expr.Value, error) {
	switch {
	case t.Leaf != nil:
		return eval(t.Leaf)
	case t.IsList:
		return t.evalList(eval)
	case t.IsMap:
		return t.evalMap(eval)
	}
	return t.Const, nil
}

func (t Tree) evalList(eval func(*expr.Template) (expr.Value, error)) (expr.Value, error) {
	items := make([]expr.Value, 0, len(t.List))
	for _, item := range t.List {
		v, err := item.EvalBy(eval)
		if err != nil {
			return expr.Undefined(), err
		}
		if v.Kind() != expr.KindUndefined {
			items = append(items, v)
		}
	}
	return expr.List(items), nil
}

func (t Tree) evalMap(eval func(*expr.Template) (expr.Value, error)) (expr.Value, error) {
	keys := make([]string, 0, len(t.Fields))
	values := make([]expr.Value, 0, len(t.Fields))
	for _, f := range t.Fields {
		v, err := f.Value.EvalBy(eval)
		if err != nil {
			return expr.Undefined(), err
		}
		if !v.Missing() {
			keys, values = append(keys, f.Name), append(values, v)
		}
	}
	return expr.Dict(keys, values), nil
}

// Uses reports whether a template in the tree uses the name.
func (t Tree) Uses(name string) bool {
	return t.any(func(leaf *expr.Template) bool { return leaf.Uses(name) })
}

// any reports whether a template in the tree is one of those.
func (t Tree) any(is func(*expr.Template) bool) bool {
	if t.Leaf != nil {
		return is(t.Leaf)
	}
	return slices.ContainsFunc(t.List, func(item Tree) bool { return item.any(is) }) ||
		slices.ContainsFunc(t.Fields, func(f Param) bool { return f.Value.any(is) })
}
