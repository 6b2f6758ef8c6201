package postman

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLike reports whether a text is a collection.
func LooksLike(data []byte) bool {
	head := data[:min(len(data), 64<<10)]
	return bytes.Contains(head, []byte("schema.getpostman.com")) || bytes.Contains(head, []byte(`"_postman_id"`))
}

type reader struct {
	file     string
	out      *outline.Outline
	values   map[string]*document.Node // variables of the collection
	settings map[string]string         // variables → templates of their settings
	requests []*request
	paths    []string
	left     leftovers
}

type leftovers struct {
	writes, scripts int
	single          []string
}

// request is one that reads.
type request struct {
	*outline.Operation
	base string
	auth *document.Node // its own, or that of the folder
}

// Read makes a definition of a collection. File names it in messages.
func Read(file string, data []byte) (*draft.Definition, error) {
	root, err := outline.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if inner := root.Get("collection"); inner != nil && !root.Has("item") {
		root = inner
	}
	items := root.Get("item")
	if items == nil || items.Shape != document.List {
		return nil, fmt.Errorf("%s:%d: no collection of Postman: the key item is missing; export it as a collection of version 2.1", file, root.Line)
	}
	title := cmp.Or(outline.Text(root.Get("info"), "name"), outline.Text(root, "name"))
	r := &reader{
		file: file, values: map[string]*document.Node{}, settings: map[string]string{},
		out: outline.New(title, title, "the collection of Postman "+cmp.Or(outline.Line(title), "without a name")),
	}
	r.variables(root.Get("variable"))
	r.scripts(root)
	r.folder(items, root.Get("auth"), "", 0)
	if len(r.requests) == 0 {
		return nil, fmt.Errorf("%s:%d: none of the requests reads a list: streams are made of requests by GET", file, items.Line)
	}
	r.base()
	r.auth()
	operations := make([]*outline.Operation, len(r.requests))
	for i, q := range r.requests {
		operations[i] = q.Operation
	}
	r.out.Add(operations, r.paths)
	r.leave()
	return r.out.Definition()
}

func (r *reader) variables(list *document.Node) {
	for _, n := range list.List() {
		if key := cmp.Or(outline.Text(n, "key"), outline.Text(n, "id")); key != "" && r.values[key] == nil {
			r.values[key] = n
		}
	}
}

func (r *reader) scripts(n *document.Node) {
	for _, event := range n.Get("event").List() {
		for _, line := range outline.Texts(event.Get("script").Get("exec")) {
			if strings.TrimSpace(line) != "" {
				r.left.scripts++
				break
			}
		}
	}
}

// deepest is how many folders may lie in one another.
const deepest = 50

func (r *reader) folder(items, auth *document.Node, place string, depth int) {
	if depth > deepest {
		return
	}
	for _, item := range items.List() {
		r.scripts(item)
		own := auth
		if a := item.Get("auth"); a != nil {
			own = a
		}
		name := strings.TrimPrefix(place+" / "+outline.Line(outline.Text(item, "name")), " / ")
		if inner := item.Get("item"); inner != nil {
			r.variables(item.Get("variable"))
			r.folder(inner, own, name, depth+1)
			continue
		}
		if q := item.Get("request"); q != nil {
			if a := q.Get("auth"); a != nil {
				own = a
			}
			r.request(item, q, own, name)
		}
	}
}

// base makes the base URL that most requests have the client's.
func (r *reader) base() {
	count := map[string]int{}
	for _, q := range r.requests {
		count[q.base]++
	}
	best := slices.MaxFunc(slices.Sorted(maps.Keys(count)), func(a, b string) int { return cmp.Compare(count[a], count[b]) })
	base := ""
	if name, isVariable := variable(best); isVariable {
		value := r.values[name]
		base = r.out.BaseURL(outline.Text(value, "value"), "", "the variable "+outline.Line(name))
		r.settings[name] = base
	} else {
		base = r.out.BaseURL(best, "", "where the collection's requests go")
	}
	r.out.Client.Set("base_url", base, "")
	for _, q := range r.requests {
		if q.base != best {
			q.Server = r.text(q.base, false)
		}
	}
}

func (r *reader) leave() {
	if n := len(r.left.single); n > 0 {
		r.out.Leave("requests that read no list (a stream of one record has single: true): %s", strings.Join(r.left.single[:min(n, 200)], ", "))
	}
	if r.left.writes > 0 {
		r.out.Leave("%d requests that write, or that are no GET: a tap reads", r.left.writes)
	}
	if r.left.scripts > 0 {
		r.out.Leave("%d scripts: they are not run; what they compute goes into templates or auth", r.left.scripts)
	}
}
