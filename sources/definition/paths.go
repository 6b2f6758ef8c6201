package definition

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// bodyPath reads a gjson path. gjson itself takes any text and finds nothing;
// what is likely meant otherwise is a problem here.
func (r *reader) bodyPath(n *document.Node, k key) any {
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
	bracket  = regexp.MustCompile(`^([^\[\]{}"\\|@]+)\[(\d+|\*|)\](.*)$`)
	modifier = regexp.MustCompile(`(?:^|[.|])@([^.|:\\]*)`)
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
	if m := bracket.FindStringSubmatch(path); m != nil {
		step := m[2]
		if step == "*" || step == "" {
			step = "#"
		}
		return fmt.Sprintf("%q: a gjson path has no brackets; write %q", document.Clip(path), document.Clip(m[1]+"."+step+m[3]))
	}
	for _, at := range modifier.FindAllStringSubmatchIndex(path, -1) {
		if name := path[at[2]:at[3]]; !gjson.ModifierExists(name, nil) {
			begin := at[2] - 1
			literal := path[:begin] + strings.NewReplacer("@", `\@`, ".", `\.`).Replace(path[begin:])
			return fmt.Sprintf("%q: unknown gjson modifier %q; a key of that name is written '%s'", document.Clip(path), "@"+document.Clip(name), document.Clip(literal))
		}
	}
	return ""
}
