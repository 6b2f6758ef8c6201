package openapi

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLike reports whether a text is an OpenAPI document, as far as its
// beginning says.
func LooksLike(data []byte) bool {
	head := data[:min(len(data), 64<<10)]
	for _, mark := range []string{`"openapi"`, `"swagger"`, "\nopenapi:", "\nswagger:"} {
		if bytes.Contains(head, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("openapi:")) || bytes.HasPrefix(head, []byte("swagger:"))
}

// reader holds what is known of a document.
type reader struct {
	file  string
	root  *document.Node
	old   bool // Swagger 2
	out   *outline.Outline
	nodes map[string]*document.Node // by reference
	types map[string]*outline.Type  // by reference
	lists []*list
	left  leftovers
	base  string // template of the base URL
	paths []string
}

// leftovers are operations that become no streams.
type leftovers struct {
	single  []string // GET of one record
	unknown int      // references that lead nowhere, or to another document
	ref     string   // the first of them
	writes  int
}

// Read makes a definition of a document. File names it in messages; where it
// is a URL, relative servers are relative to it.
func Read(file string, data []byte) (*draft.Definition, error) {
	root, err := outline.Parse(file, data)
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, root: root, nodes: map[string]*document.Node{}, types: map[string]*outline.Type{}}
	version := outline.Text(root, "openapi")
	if r.old = version == ""; r.old {
		version = outline.Text(root, "swagger")
	}
	switch {
	case version == "":
		return nil, fmt.Errorf("%s:%d: no OpenAPI document: the key openapi (or swagger) is missing", file, root.Line)
	case r.old && !strings.HasPrefix(version, "2"), !r.old && !strings.HasPrefix(version, "3"):
		return nil, fmt.Errorf("%s:%d: version %s: OpenAPI 3 and Swagger 2 are read; convert the document to one of them", file, root.Line, document.Clip(version))
	}
	paths := root.Get("paths")
	if paths == nil || paths.Shape != document.Map || len(paths.Fields) == 0 {
		return nil, fmt.Errorf("%s:%d: the document has no paths, so there is nothing to read; is it part of a larger one?", file, root.Line)
	}
	info := root.Get("info")
	kind := "the OpenAPI " + version
	if r.old {
		kind = "the Swagger " + version
	}
	title := outline.Text(info, "title")
	r.out = outline.New(title, title, outline.Line(fmt.Sprintf("%s document of %s, version %s", kind, cmp.Or(outline.Line(title), "an API"), cmp.Or(outline.Text(info, "version"), "unknown"))))
	r.operations(paths)
	if len(r.lists) == 0 {
		return nil, fmt.Errorf("%s:%d: none of the %d paths answers a GET with a list of objects, so no stream can be made of them; write one by hand, with single: true where one record is all", file, paths.Line, len(paths.Fields))
	}
	r.servers()
	r.streams()
	r.security()
	r.leave()
	return r.out.Definition()
}

// follow returns what a node refers to, or the node itself; nil where a
// reference leads nowhere.
func (r *reader) follow(n *document.Node) *document.Node {
	for range 20 {
		if n == nil || n.Shape != document.Map {
			return n
		}
		ref := n.Get("$ref")
		if ref == nil || ref.Shape != document.Text {
			return n
		}
		n = r.at(ref.Text)
	}
	return nil
}

// at returns the node of a reference within the document.
func (r *reader) at(ref string) *document.Node {
	if n, known := r.nodes[ref]; known {
		return n
	}
	var n *document.Node
	if pointer, local := strings.CutPrefix(ref, "#"); local {
		n = r.root
		for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			if step == "" {
				continue
			}
			if plain, err := url.PathUnescape(step); err == nil {
				step = plain
			}
			n = member(n, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
	}
	if n == nil {
		if r.left.unknown++; r.left.ref == "" {
			r.left.ref = ref
		}
	}
	r.nodes[ref] = n
	return n
}

func member(n *document.Node, step string) *document.Node {
	if n != nil && n.Shape == document.List {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i]
		}
		return nil
	}
	return n.Get(step)
}

// leave lists what becomes no stream.
func (r *reader) leave() {
	if n := len(r.left.single); n > 0 {
		const most = 300
		names := r.left.single[:min(n, most)]
		more := ""
		if n > most {
			more = fmt.Sprintf(" and %d more", n-most)
		}
		r.out.Leave("operations that answer no list (a stream of one record has single: true): %s%s", strings.Join(names, ", "), more)
	}
	if r.left.writes > 0 {
		r.out.Leave("%d operations that write (POST, PUT, PATCH, DELETE): a tap reads", r.left.writes)
	}
	if r.left.unknown > 0 {
		r.out.Leave("%d references lead nowhere in this document (the first is %s): bundle it into one file to have what they name", r.left.unknown, document.Clip(r.left.ref))
	}
}
