package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// typeOf reads a schema. One that is referred to is read once, and may contain
// itself.
func (r *reader) typeOf(n *document.Node, depth int) *outline.Type {
	if n == nil || n.Shape != document.Map || depth > 60 {
		return &outline.Type{}
	}
	ref := outline.Text(n, "$ref")
	if ref == "" {
		t := new(outline.Type)
		r.fill(t, n, depth)
		return t
	}
	if t, known := r.types[ref]; known {
		return t
	}
	t := new(outline.Type)
	r.types[ref] = t
	if target := r.at(ref); target != nil {
		*t = *r.typeOf(target, depth+1)
	}
	return t
}

var kinds = map[string]bool{"string": true, "integer": true, "number": true, "boolean": true, "object": true, "array": true}

// fill reads what a schema says itself, then what it is composed of.
func (r *reader) fill(t *outline.Type, n *document.Node, depth int) {
	for _, kind := range outline.Texts(n.Get("type")) {
		if kinds[kind] && !slices.Contains(t.Kinds, kind) {
			t.Kinds = append(t.Kinds, kind)
		}
	}
	if len(t.Kinds) == 0 {
		if kind := implied(n); kind != "" {
			t.Kinds = []string{kind}
		}
	}
	if format := outline.Text(n, "format"); format == "date-time" || format == "date" {
		t.Format = format
	}
	required := map[string]bool{}
	for _, name := range outline.Texts(n.Get("required")) {
		required[name] = true
	}
	seen := map[string]bool{}
	for _, m := range n.Get("properties").Members() {
		if m.Value.Shape != document.Map || seen[m.Name] {
			continue
		}
		seen[m.Name] = true
		t.Fields = append(t.Fields, outline.Field{Name: m.Name, Type: r.typeOf(m.Value, depth+1), Required: required[m.Name] && !nullable(r.follow(m.Value))})
	}
	if items := n.Get("items"); items != nil {
		t.Items = r.typeOf(items, depth+1)
	}
	if values := n.Get("additionalProperties"); values != nil && values.Shape == document.Map {
		t.Values = r.typeOf(values, depth+1)
	}
	for _, part := range n.Get("allOf").List() {
		merge(t, r.typeOf(part, depth+1), true)
	}
	r.alternatives(t, append(slices.Clone(n.Get("oneOf").List()), n.Get("anyOf").List()...), depth)
}

// alternatives are what values are one of: all that any of them may be.
func (r *reader) alternatives(t *outline.Type, list []*document.Node, depth int) {
	if len(list) == 0 {
		return
	}
	open := false
	either := new(outline.Type)
	for _, n := range list {
		if isNull(n) {
			continue
		}
		one := r.typeOf(n, depth+1)
		open = open || len(one.Kinds) == 0
		merge(either, one, false)
	}
	if open { // one of them may be anything
		either.Kinds = nil
	}
	if len(t.Kinds) == 0 || len(either.Kinds) > 0 {
		merge(t, either, true)
	}
}

// merge adds to t what other says. Where both hold, a field is required that
// either requires; where one of them holds, none is.
func merge(t, other *outline.Type, both bool) {
	if t == other {
		return
	}
	for _, kind := range other.Kinds {
		if !slices.Contains(t.Kinds, kind) {
			t.Kinds = append(slices.Clone(t.Kinds), kind)
		}
	}
	if t.Format == "" || both {
		t.Format = cmp.Or(other.Format, t.Format)
	} else if other.Format != t.Format {
		t.Format = ""
	}
	at := make(map[string]int, len(t.Fields))
	fields := slices.Clone(t.Fields)
	for i, f := range fields {
		at[f.Name] = i
	}
	for _, f := range other.Fields {
		f.Required = f.Required && both
		if i, there := at[f.Name]; there {
			fields[i].Required = fields[i].Required || f.Required
			if len(fields[i].Type.Kinds) == 0 {
				fields[i].Type = f.Type
			} else if !both && fields[i].Type != f.Type && !slices.Equal(fields[i].Type.Kinds, f.Type.Kinds) {
				fields[i].Type = union(fields[i].Type, f.Type)
			}
			continue
		}
		at[f.Name] = len(fields)
		fields = append(fields, f)
	}
	t.Fields = fields
	if t.Items == nil {
		t.Items = other.Items
	}
	if t.Values == nil {
		t.Values = other.Values
	}
}

// union is a type of which values are one or the other, without what lies in
// them where they differ.
func union(a, b *outline.Type) *outline.Type {
	u := new(outline.Type)
	if len(a.Kinds) == 0 || len(b.Kinds) == 0 {
		return u
	}
	for _, kind := range append(slices.Clone(a.Kinds), b.Kinds...) {
		if !slices.Contains(u.Kinds, kind) {
			u.Kinds = append(u.Kinds, kind)
		}
	}
	return u
}

// implied is the kind of a schema that does not name it.
func implied(n *document.Node) string {
	switch {
	case n.Has("properties"), n.Has("additionalProperties"):
		return "object"
	case n.Has("items"):
		return "array"
	case n.Has("enum") && len(n.Get("enum").Items) > 0:
		for _, value := range n.Get("enum").Items {
			if value.Shape != document.Text && value.Shape != document.Null {
				return ""
			}
		}
		return "string"
	case n.Has("format"):
		if format := outline.Text(n, "format"); format == "date-time" || format == "date" {
			return "string"
		}
	}
	return ""
}

func isNull(n *document.Node) bool {
	list := outline.Texts(n.Get("type"))
	return len(list) == 1 && list[0] == "null"
}

// nullable reports whether a schema says that values may be null.
func nullable(n *document.Node) bool {
	if n == nil {
		return true
	}
	return outline.True(n, "nullable") || outline.True(n, "x-nullable") || slices.Contains(outline.Texts(n.Get("type")), "null") ||
		slices.ContainsFunc(append(slices.Clone(n.Get("anyOf").List()), n.Get("oneOf").List()...), isNull)
}

// jsonIn returns the schema of the answer in JSON, and whether the answer has one.
func (r *reader) jsonIn(response *document.Node) (schema *document.Node, found bool) {
	if r.old {
		schema = response.Get("schema")
		return schema, schema != nil
	}
	for _, m := range response.Get("content").Members() {
		media, _, _ := strings.Cut(strings.ToLower(m.Name), ";")
		if media = strings.TrimSpace(media); media == "application/json" || strings.HasSuffix(media, "+json") || media == "*/*" || media == "text/json" {
			return m.Value.Get("schema"), true
		}
	}
	return nil, false
}
