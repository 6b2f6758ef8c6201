package definition

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// template compiles text where it stands. Numbers and booleans are their text.
func (r *reader) template(n *document.Node, k key) any {
	if !n.Scalar() {
		return r.wants(n, k)
	}
	t, err := r.scopes[k.scope].Compile(n.Text)
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
func (r *reader) knownMembers(n *document.Node, t *expr.Template) bool {
	for name, known := range members {
		for _, keys := range t.Reads(name) {
			if len(keys) > 0 && !slices.Contains(known, keys[0]) {
				r.Problem(n, "%s", r.Unknown("member of "+name, keys[0], known))
				return false
			}
		}
	}
	return true
}

// templateProblem reports a template that does not compile, at the place in
// the text where that is a place in the file.
func (r *reader) templateProblem(n *document.Node, err error) {
	var syntax *expr.SyntaxError
	if !errors.As(err, &syntax) {
		r.Problem(n, "%v", err)
		return
	}
	r.ProblemAt(n.Line, n.Column+r.inText(n, syntax.Offset), n.Place(), "%s", syntax.Msg)
}

// inText returns how many characters of the file's line the offset in the
// node's text stands behind the node; 0 where the text does not stand in the
// file as it is, but folded or escaped.
func (r *reader) inText(n *document.Node, offset int) int {
	if n.Line > len(r.Lines) || offset < 0 || offset > len(n.Text) {
		return 0
	}
	line := []rune(r.Lines[n.Line-1])
	if n.Column-1 >= len(line) {
		return 0
	}
	rest := string(line[n.Column-1:])
	for _, quote := range []string{"", `"`, "'"} {
		if strings.HasPrefix(rest, quote+n.Text[:offset]) {
			return len(quote) + utf8.RuneCountInString(n.Text[:offset])
		}
	}
	return 0
}

// slotNames are the names that templates see.
var slotNames = []string{"config", "partition", "window", "page", "auth", "now", "response", "headers", "record", "parent"}

// usesOnly reports whether the template keeps to the names; none: to all.
func (r *reader) usesOnly(n *document.Node, t *expr.Template, only []string) bool {
	if len(only) == 0 {
		return true
	}
	for _, name := range slotNames {
		if t.Uses(name) && !slices.Contains(only, name) {
			r.Problem(n, "%s cannot be used here, only %s", name, strings.Join(only, " and "))
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
func (r *reader) knownSettings(n *document.Node) bool {
	if r.settings == nil || !r.settings.Closed() {
		return true
	}
	for _, e := range expression.FindAllStringIndex(n.Text, -1) {
		for _, at := range configName.FindAllStringSubmatchIndex(n.Text[e[0]:e[1]], -1) {
			begin, end := firstGroup(at)
			if begin < 0 {
				continue
			}
			begin, end = e[0]+begin, e[0]+end
			if name := n.Text[begin:end]; !r.settings.Declares(name) {
				r.ProblemAt(n.Line, n.Column+r.inText(n, begin), n.Place(), "%s", r.undeclared(name))
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
	names := r.settings.Names()
	if len(names) == 0 {
		return fmt.Sprintf("unknown setting %q: declare it under settings.properties", name)
	}
	return r.Unknown("setting", name, names)
}

// condition compiles a template that is true or false.
func (r *reader) condition(n *document.Node, k key) any {
	if !n.Scalar() || !expr.IsTemplate(n.Text) {
		return r.wants(n, k)
	}
	return r.template(n, k)
}

// params reads a map of names to trees, each left in its child.
func (r *reader) params(n *document.Node, k key) any {
	if n.Shape != document.Map {
		return r.wants(n, k)
	}
	header := k.name == "headers"
	for _, m := range n.Fields {
		if header && !headerName(m.Name) {
			r.ProblemAt(m.Line, m.Column, n.Place(), "%q is not the name of a header", document.Clip(m.Name))
		}
		m.Value.Read = r.tree(m.Value, k)
	}
	return true
}

func (r *reader) anyTree(n *document.Node, k key) any {
	return r.tree(n, k)
}

// tree reads a value with templates in it.
func (r *reader) tree(n *document.Node, k key) sources.Tree {
	switch n.Shape {
	case document.Text:
		t, _ := r.template(n, k).(*expr.Template)
		return sources.Tree{Leaf: t}
	case document.Number:
		return sources.Tree{Const: expr.JSON(n.Text)}
	case document.Bool:
		return sources.Tree{Const: expr.Bool(n.Text == "true")}
	case document.List:
		t := sources.Tree{IsList: true}
		for _, item := range n.Items {
			t.List = append(t.List, r.tree(item, k))
		}
		return t
	case document.Map:
		t := sources.Tree{IsMap: true}
		for _, m := range n.Fields {
			t.Fields = append(t.Fields, sources.Param{Name: m.Name, Value: r.tree(m.Value, k)})
		}
		return t
	}
	return sources.Tree{Const: expr.Null()}
}

// paramsOf returns the params of a map; nil where it is absent.
func paramsOf(n *document.Node) []sources.Param {
	if n == nil {
		return nil
	}
	var list []sources.Param
	for _, m := range n.Fields {
		if tree, ok := m.Value.Read.(sources.Tree); ok && m.Value.Shape != document.Null {
			list = append(list, sources.Param{Name: m.Name, Value: tree})
		}
	}
	return list
}
