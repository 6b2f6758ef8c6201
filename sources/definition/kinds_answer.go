package definition

import (
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

// readPath reads a gjson path. gjson itself takes any text and finds nothing;
// what is likely meant otherwise is a problem here.
func readPath(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text && n.Shape != document.Number {
		return r.wants(n, k)
	}
	if msg := pathProblem(n.Text); msg != "" {
		r.Problem(n, "%s", msg)
		return nil
	}
	return n.Text
}

var (
	bracket  = pattern.New(`^([^\[\]{}"\\|@]+)\[(\d+|\*|)\](.*)$`)
	modifier = pattern.New(`(?:^|[.|])@([^.|:\\]*)`)
)

// pathProblem says what is wrong with a path, "" if nothing is.
func pathProblem(path string) string {
	switch {
	case path == "":
		return `is empty; "@this" is the whole body`
	case expr.IsTemplate(path):
		return "wants a path; there is no template here"
	case strings.HasPrefix(path, "header:"):
		return "wants a path into the body; a header cannot stand here"
	case path == "$" || path == ".":
		return fmt.Sprintf(`%q: the whole body is "@this"`, path)
	case strings.HasPrefix(path, "$."):
		return fmt.Sprintf("%q is JSONPath; the gjson path is %q", document.Clip(path), document.Clip(path[2:]))
	case strings.HasPrefix(path, "."), strings.HasSuffix(path, ".") && !strings.HasSuffix(path, `\.`):
		return fmt.Sprintf("%q: a path neither begins nor ends with a point", document.Clip(path))
	}
	if m := bracket().FindStringSubmatch(path); m != nil {
		step := m[2]
		if step == "*" || step == "" {
			step = "#"
		}
		return fmt.Sprintf("%q: a gjson path has no brackets; write %q", document.Clip(path), document.Clip(m[1]+"."+step+m[3]))
	}
	for _, at := range modifier().FindAllStringSubmatchIndex(path, -1) {
		if name := path[at[2]:at[3]]; !gjson.ModifierExists(name, nil) {
			begin := at[2] - 1
			literal := path[:begin] + strings.NewReplacer("@", `\@`, ".", `\.`).Replace(path[begin:])
			return fmt.Sprintf("%q: unknown gjson modifier %q; a key of that name is written '%s'", document.Clip(path), "@"+document.Clip(name), document.Clip(literal))
		}
	}
	return ""
}

func readColumns(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Text {
		return readPath(r, n, k)
	}
	return readSomeNames(r, n, k)
}

func readSteps(r *reader, n *document.Node, k key) any {
	items := n.List()
	if len(items) == 0 {
		return r.wants(n, k)
	}
	var list []string
	for _, item := range items {
		if path, ok := readPath(r, item, k).(string); ok {
			list = append(list, path)
		}
	}
	if len(list) < len(items) {
		return nil
	}
	return list
}

func readStatus(r *reader, n *document.Node, k key) any {
	var list []sources.StatusRange
	for _, item := range n.List() {
		s, ok := parseStatus(item.Text)
		if !item.Scalar() || !ok {
			return r.wants(item, k)
		}
		list = append(list, s)
	}
	if list == nil {
		return r.wants(n, k)
	}
	return list
}

// parseStatus reads 409 or 5xx.
func parseStatus(text string) (sources.StatusRange, bool) {
	switch text {
	case "timeout":
		return sources.StatusRange{From: sources.StatusTimeout, To: sources.StatusTimeout}, true
	case "too_large":
		return sources.StatusRange{From: sources.StatusTooLarge, To: sources.StatusTooLarge}, true
	}
	if len(text) != 3 || text[0] < '1' || text[0] > '5' {
		return sources.StatusRange{}, false
	}
	if class := int(text[0]-'0') * 100; strings.EqualFold(text[1:], "xx") {
		return sources.StatusRange{From: class, To: class + 99}, true
	}
	code, err := strconv.Atoi(text)
	return sources.StatusRange{From: code, To: code}, err == nil
}

func readRef(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Text && n.Shape != document.Number {
		return r.wants(n, k)
	}
	if expr.IsTemplate(n.Text) {
		if t, ok := readTemplate(r, n, k).(*expr.Template); ok {
			return sources.Ref{Template: t}
		}
		return nil
	}
	if name, found := strings.CutPrefix(n.Text, "header:"); found {
		name = strings.TrimSpace(name)
		if !sources.IsHeaderName(name) {
			r.Problem(n, "%q is not the name of a header", document.Clip(name))
			return nil
		}
		return sources.Ref{Header: textproto.CanonicalMIMEHeaderKey(name)}
	}
	if path, ok := readPath(r, n, k).(string); ok {
		return sources.Ref{Path: path}
	}
	return nil
}

// readRefs reads one Ref, or a map of them.
func readRefs(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Map {
		return readRef(r, n, k)
	}
	if len(n.Fields) == 0 {
		return r.wants(n, k)
	}
	for _, m := range n.Fields {
		m.Value.Read = readRef(r, m.Value, k)
	}
	return true
}

func readPathMap(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Map || len(n.Fields) == 0 {
		return r.wants(n, k)
	}
	for _, m := range n.Fields {
		if path, ok := readPath(r, m.Value, k).(string); ok {
			m.Value.Read = sources.Tree{Const: expr.String(path)}
		}
	}
	return true
}
