package sources

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// reader checks nodes against the grammar and leaves in each what it reads.
type reader struct {
	*document
	scopes   [inRecord + 1]*expr.Scope
	settings *Settings // nil until read
	open     opener
}

// opener reads a schema file beside the definition.
type opener func(name string) ([]byte, error)

func newReader(d *document, open opener) *reader {
	s := NewScopes()
	return &reader{document: d, open: open, scopes: [...]*expr.Scope{s.Request, s.Response, s.Record}}
}

// object reads a map of known keys.
func (r *reader) object(n *node, k key) any {
	if n.shape != isMap {
		return r.wants(n, k)
	}
	for _, m := range n.fields {
		r.member(n, m, k.of)
	}
	r.needs(n, k.of.keys)
	if k.of.by != "" {
		r.variant(n, k.of, !k.of.deferred)
	}
	if k.of.check != nil {
		k.of.check(r, n, k.of)
	}
	return true
}

// member reads one key of a map.
func (r *reader) member(n *node, m member, o *object) {
	if m.name == o.by {
		return
	}
	k, _, found := o.lookup(m.name)
	if !found {
		msg := r.unknown("key", m.name, append(o.names(), byName(o)...))
		if has(o.others, m.name) {
			msg = fmt.Sprintf("unknown key %q; it belongs in defaults or in a stream", m.name)
		}
		r.problemAt(m.line, m.column, n.place(), "%s", msg)
		return
	}
	if m.value.shape == isNull && k.null {
		m.value.shape, m.value.text = isText, "null"
	}
	if m.value.shape == isNull {
		return
	}
	m.value.read = k.kind.read(r, m.value, k)
	if m.value.read == nil || !k.isLater(m.value.text) {
		return
	}
	name := shortPlace(lastName(n), k.name)
	if m.value.scalar() && k.later[0] != "*" {
		name += " " + m.value.text
	}
	r.problem(m.value, "%s is not supported yet", name)
}

func byName(o *object) []string {
	if o.by == "" {
		return nil
	}
	return []string{o.by}
}

func has(keys []key, name string) bool {
	for _, k := range keys {
		if k.name == name {
			return true
		}
	}
	return false
}

// lastName returns the last key, not index, that leads to the node.
func lastName(n *node) string {
	for ; n != nil; n = n.parent {
		if n.step != "" && !strings.HasPrefix(n.step, "[") {
			return n.step
		}
	}
	return ""
}

// needs reports the required keys that are not there.
func (r *reader) needs(n *node, keys []key) {
	for _, k := range keys {
		if k.need && !n.has(k.name) {
			r.problem(n, "needs %s: %s", k.name, k.kind.wants)
		}
	}
}

// variant checks the keys of a map against the value of the key that picks
// its variant. Whole says that nothing will be inherited into it any more.
func (r *reader) variant(n *node, o *object, whole bool) {
	by := n.get(o.by)
	if by == nil {
		if whole {
			r.problem(n, "needs %s: %s", o.by, strings.Join(o.variantNames(), ", "))
		}
		return
	}
	v := o.variant(by.text)
	if !by.scalar() || v == nil {
		r.problem(by, "%s", r.unknown("type", by.text, o.variantNames()))
		return
	}
	by.read = v.name
	if v.later {
		r.problem(by, "%s %s is not supported yet", shortPlace(lastName(n), o.by), v.name)
	}
	for _, m := range n.fields {
		_, variants, found := o.lookup(m.name)
		if found && variants != nil && !has(v.keys, m.name) {
			r.problemAt(m.line, m.column, n.place(), "key %q belongs to type %s, not to %s", m.name, strings.Join(variants, ", "), v.name)
		}
	}
	if whole {
		r.needs(n, v.keys)
	}
}

// objects reads a list of maps.
func (r *reader) objects(n *node, k key) any {
	if n.shape != isList {
		return r.wants(n, k)
	}
	for _, item := range n.items {
		item.read = r.object(item, key{name: k.name, kind: aMap, of: k.of})
	}
	return true
}

func (r *reader) objectOrObjects(n *node, k key) any {
	if n.shape == isMap {
		return r.object(n, k)
	}
	return r.objects(n, k)
}

// template compiles text where it stands. Numbers and booleans are their text.
func (r *reader) template(n *node, k key) any {
	if !n.scalar() {
		return r.wants(n, k)
	}
	t, err := r.scopes[k.scope].Compile(n.text)
	if err != nil {
		r.templateProblem(n, err)
		return nil
	}
	if !r.usesOnly(n, t, k.only) || !r.knownSettings(n) || !r.knownMembers(n, t) {
		return nil
	}
	return t
}

// members are what the values of names have whose members the format fixes: any
// other would be undefined, and its parameter left out of the request.
var members = map[string][]string{
	"window": {"start", "end"},
	"page":   {"token", "number", "offset", "size", "records"},
}

// knownMembers reports a member that no value of the name has.
func (r *reader) knownMembers(n *node, t *expr.Template) bool {
	for name, known := range members {
		for _, keys := range t.Reads(name) {
			if len(keys) > 0 && !slices.Contains(known, keys[0]) {
				r.problem(n, "%s", r.unknown("member of "+name, keys[0], known))
				return false
			}
		}
	}
	return true
}

// templateProblem reports a template that does not compile, at the place in
// the text where that is a place in the file.
func (r *reader) templateProblem(n *node, err error) {
	var syntax *expr.SyntaxError
	if !errors.As(err, &syntax) {
		r.problem(n, "%v", err)
		return
	}
	r.problemAt(n.line, n.column+r.inText(n, syntax.Offset), n.place(), "%s", syntax.Msg)
}

// inText returns how many characters of the file's line the offset in the
// node's text stands behind the node; 0 where the text does not stand in the
// file as it is, but folded or escaped.
func (r *reader) inText(n *node, offset int) int {
	if n.line > len(r.lines) || offset < 0 || offset > len(n.text) {
		return 0
	}
	line := []rune(r.lines[n.line-1])
	if n.column-1 >= len(line) {
		return 0
	}
	rest := string(line[n.column-1:])
	for _, quote := range []string{"", `"`, "'"} {
		if strings.HasPrefix(rest, quote+n.text[:offset]) {
			return len(quote) + utf8.RuneCountInString(n.text[:offset])
		}
	}
	return 0
}

// slotNames are the names that templates see.
var slotNames = []string{"config", "partition", "window", "page", "auth", "now", "response", "headers", "record", "parent"}

// usesOnly reports whether the template keeps to the names; none: to all.
func (r *reader) usesOnly(n *node, t *expr.Template, only []string) bool {
	if len(only) == 0 {
		return true
	}
	for _, name := range slotNames {
		if t.Uses(name) && !slices.Contains(only, name) {
			r.problem(n, "%s cannot be used here, only %s", name, strings.Join(only, " and "))
			return false
		}
	}
	return true
}

var (
	// expression finds the expressions in a template. A string with }} in it
	// ends one early: what is behind goes unchecked, nothing more.
	expression = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	configName = regexp.MustCompile(`(?:^|[^\w.'"])config(?:` +
		`\s*(?:\.|\|)\s*get\s*\(\s*['"]([^'"\\]*)['"]\s*[,)]|` + // config.get('a'), config | get('a')
		`\s*\[\s*['"]([^'"\\]*)['"]\s*\]|` + // config['a']
		`\.([A-Za-z_]\w*)(\s*\()?)`) // config.a, or a method of all settings: config.items()
)

// knownSettings reports whether the settings that the text uses are declared:
// a mistyped one would be undefined, and left out of the request.
func (r *reader) knownSettings(n *node) bool {
	if r.settings == nil || !r.settings.closed() {
		return true
	}
	for _, e := range expression.FindAllStringIndex(n.text, -1) {
		for _, at := range configName.FindAllStringSubmatchIndex(n.text[e[0]:e[1]], -1) {
			begin, end := firstGroup(at)
			if begin < 0 {
				continue
			}
			begin, end = e[0]+begin, e[0]+end
			if name := n.text[begin:end]; !r.settings.declares(name) {
				r.problemAt(n.line, n.column+r.inText(n, begin), n.place(), "%s", r.undeclared(name))
				return false
			}
		}
	}
	return true
}

// firstGroup returns where the setting's name is in what configName found, -1
// where it is a method's.
func firstGroup(at []int) (begin, end int) {
	const method = 4
	if at[2*method] >= 0 {
		return -1, -1
	}
	for i := 2; i < 2*method; i += 2 {
		if at[i] >= 0 {
			return at[i], at[i+1]
		}
	}
	return -1, -1
}

// undeclared says that a template uses a setting which nobody is asked for.
func (r *reader) undeclared(name string) string {
	names := r.settings.names()
	if len(names) == 0 {
		return fmt.Sprintf("unknown setting %q: declare it under settings.properties", name)
	}
	return r.unknown("setting", name, names)
}

// condition compiles a template that is true or false.
func (r *reader) condition(n *node, k key) any {
	if !n.scalar() || !expr.IsTemplate(n.text) {
		return r.wants(n, k)
	}
	return r.template(n, k)
}

// params reads a map of names to trees, each left in its child.
func (r *reader) params(n *node, k key) any {
	if n.shape != isMap {
		return r.wants(n, k)
	}
	header := k.name == "headers"
	for _, m := range n.fields {
		if header && !headerName(m.name) {
			r.problemAt(m.line, m.column, n.place(), "%q is not the name of a header", clip(m.name))
		}
		m.value.read = r.tree(m.value, k)
	}
	return true
}

func (r *reader) anyTree(n *node, k key) any {
	return r.tree(n, k)
}

// tree reads a value with templates in it.
func (r *reader) tree(n *node, k key) Tree {
	switch n.shape {
	case isText:
		t, _ := r.template(n, k).(*expr.Template)
		return Tree{Leaf: t}
	case isNumber:
		return Tree{Const: expr.JSON(n.text)}
	case isBool:
		return Tree{Const: expr.Bool(n.text == "true")}
	case isList:
		t := Tree{IsList: true}
		for _, item := range n.items {
			t.List = append(t.List, r.tree(item, k))
		}
		return t
	case isMap:
		t := Tree{IsMap: true}
		for _, m := range n.fields {
			t.Fields = append(t.Fields, Param{m.name, r.tree(m.value, k)})
		}
		return t
	}
	return Tree{Const: expr.Null()}
}

// paramsOf returns the params of a map; nil where it is absent.
func paramsOf(n *node) []Param {
	if n == nil {
		return nil
	}
	var list []Param
	for _, m := range n.fields {
		if tree, ok := m.value.read.(Tree); ok && m.value.shape != isNull {
			list = append(list, Param{m.name, tree})
		}
	}
	return list
}
