package openapi

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// servers sets base_url: that of the first server, which the user may change.
func (r *reader) servers() {
	if r.old {
		r.base = r.out.BaseURL(r.oldServer(), r.file, "host, basePath and schemes of the document")
		r.out.Client.Set("base_url", r.base, "")
		return
	}
	list := r.root.Get("servers").List()
	note := "the first of the document's servers"
	var address string
	if len(list) > 0 {
		address = outline.Text(list[0], "url")
	}
	if len(list) == 0 {
		note = "the document names no server"
	}
	var others []string
	for _, server := range list[min(1, len(list)):] {
		others = append(others, outline.Line(outline.Text(server, "url")))
	}
	if len(others) > 0 {
		note += "; others: " + strings.Join(others[:min(5, len(others))], ", ")
	}
	if strings.Contains(address, "{") && isWeb(outline.Braces().ReplaceAllString(address, "x")) {
		r.base = r.variables(address, list[0])
		r.out.Client.Set("base_url", r.base, note)
		return
	}
	r.base = r.out.BaseURL(address, r.file, note)
	r.out.Client.Set("base_url", r.base, "")
}

// variables makes settings of the variables of a server's URL.
func (r *reader) variables(address string, server *document.Node) string {
	known := map[string]string{}
	return outline.Braces().ReplaceAllStringFunc(address, func(text string) string {
		name := text[1 : len(text)-1]
		if known[name] == "" {
			of := server.Get("variables").Get(name)
			schema := outline.Plain()
			value, allowed := outline.Text(of, "default"), outline.Texts(of.Get("enum"))
			choice(schema, allowed)
			if value != "" && (len(allowed) == 0 || slices.Contains(allowed, value)) {
				schema.Set("default", value, "")
			}
			known[name] = r.out.Setting(name, schema, true, "of the server's URL: "+cmp.Or(outline.Line(outline.Text(of, "description")), name))
		}
		return known[name]
	})
}

// mostChoices is how many values a setting may be one of.
const mostChoices = 50

func choice(schema *draft.Map, allowed []string) {
	if len(allowed) == 0 || len(allowed) > mostChoices {
		return
	}
	var list []any
	seen := map[string]bool{}
	for _, value := range allowed {
		if !seen[value] {
			list = append(list, value)
		}
		seen[value] = true
	}
	schema.Set("enum", list, "")
}

// isWeb reports whether a text is a URL that can be asked.
func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (r *reader) oldServer() string {
	host, path := outline.Text(r.root, "host"), outline.Text(r.root, "basePath")
	if host == "" {
		return path
	}
	scheme := "https"
	if schemes := outline.Texts(r.root.Get("schemes")); len(schemes) > 0 && !slices.Contains(schemes, "https") {
		scheme = schemes[0]
	}
	return fmt.Sprintf("%s://%s/%s", scheme, host, strings.TrimPrefix(path, "/"))
}

// ownServer is where an operation goes that does not go where the others do.
func (r *reader) ownServer(l *list, item *document.Node) string {
	for _, n := range []*document.Node{l.node, item} {
		if list := n.Get("servers").List(); len(list) > 0 {
			if address := outline.Text(list[0], "url"); isWeb(address) && !strings.Contains(address, "{") {
				return outline.Literal(strings.TrimSuffix(outline.WithoutUser(address), "/"))
			}
			r.out.Leave("%s: a server of its own, %s", l.Place(), outline.Line(outline.Text(list[0], "url")))
			return ""
		}
	}
	return ""
}
