package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// readTemplate compiles text where it stands. Numbers and booleans are their text.
func readTemplate(r *reader, n *document.Node, k key) any {
	if !n.Scalar() {
		return r.wants(n, k)
	}
	t, fault := r.templates.Compile(k.scope, n.Text, k.only...)
	switch {
	case fault == nil:
		return t
	case fault.Msg != "":
		r.ProblemIn(n, fault.Offset, "%s", fault.Msg)
	default:
		r.ProblemIn(n, fault.Offset, "%s", r.Unknown(fault.What, fault.Name, fault.Known))
	}
	return nil
}

// readCondition compiles a template that is true or false.
func readCondition(r *reader, n *document.Node, k key) any {
	if !n.Scalar() || !expr.IsTemplate(n.Text) {
		return r.wants(n, k)
	}
	return readTemplate(r, n, k)
}

// readParams reads a map of names to trees, each left in its child.
func readParams(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Map {
		return r.wants(n, k)
	}
	header := k.name == "headers"
	for _, m := range n.Fields {
		if header && !sources.IsHeaderName(m.Name) {
			r.ProblemAt(m.Line, m.Column, n.Place(), "%q is not the name of a header", document.Clip(m.Name))
		}
		m.Value.Read = readTree(r, m.Value, k)
	}
	return true
}

func readAnyTree(r *reader, n *document.Node, k key) any {
	return readTree(r, n, k)
}

// readTree reads a value with templates in it.
func readTree(r *reader, n *document.Node, k key) sources.Tree {
	switch n.Shape {
	case document.Text:
		t, _ := readTemplate(r, n, k).(*expr.Template)
		return sources.Tree{Leaf: t}
	case document.Number:
		return sources.Tree{Const: expr.JSON(n.Text)}
	case document.Bool:
		return sources.Tree{Const: expr.Bool(n.Text == "true")}
	case document.List:
		t := sources.Tree{IsList: true}
		for _, item := range n.Items {
			t.List = append(t.List, readTree(r, item, k))
		}
		return t
	case document.Map:
		t := sources.Tree{IsMap: true}
		for _, m := range n.Fields {
			t.Fields = append(t.Fields, sources.Param{Name: m.Name, Value: readTree(r, m.Value, k)})
		}
		return t
	}
	return sources.Tree{Const: expr.Null()}
}

// paramsOf returns the params of a map; nil where it is absent.
func paramsOf(n *document.Node) (list []sources.Param) {
	for _, m := range n.Members() {
		if tree, ok := m.Value.Read.(sources.Tree); ok && m.Value.Shape != document.Null {
			list = append(list, sources.Param{Name: m.Name, Value: tree})
		}
	}
	return list
}
