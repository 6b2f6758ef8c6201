package xml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// mostTold is how many elements are told of.
const mostTold = 5

// Remarks say, of a document that was read to its end, that no element is at the path of
// the records, though others are there that hold some.
func (d *document) Remarks() []file.Remark {
	const key = "records"
	if d.found {
		return []file.Remark{{About: key}}
	}
	if d.way.path == nil { // who looks for the records finds the error
		return nil
	}
	paths, near := d.way.likely(&d.beside)
	if len(paths) == 0 {
		return nil
	}
	asked := strings.Join(d.way.path, ".")
	text := fmt.Sprintf("records: %s is the path of no element in the answer; elements that may be meant are at %s: ", asked, strings.Join(paths, ", "))
	if near != "" {
		text += fmt.Sprintf("did you mean %q?", near)
	} else {
		text += "if one of them is the records, write that"
	}
	return []file.Remark{{About: key, Text: text}}
}

// likely are the paths of elements that may be meant for the records: those that have a
// name like theirs, those that came several times, and those that hold text in elements.
func (w *way) likely(t *tree) (paths []string, near string) {
	places := w.places(t)
	var several, single, like []string
	for i := range t.nodes {
		n := &t.nodes[i]
		at := int32(i)
		if n.name == "" || n.name[0] == '@' || n.name == "#text" || n.parent == none || t.find(n.parent, n.name) != at {
			continue
		}
		place := places[n.parent]
		if place == nil {
			continue
		}
		path := append(slices.Clone(place), n.name)
		places[at] = path
		name := strings.Join(path, ".")
		switch holds := t.holds(at); {
		case len(path) == len(w.path) && nearest.Name(w.path[len(path)-1], []string{n.name}) != "":
			like = append(like, name)
		case (holds || t.attributed(at)) && n.same != none && n.name != "link":
			several = append(several, name)
		case holds:
			single = append(single, name)
		}
	}
	if len(like) > 0 {
		near = like[0]
	}
	paths = slices.Concat(like, several, single)
	return paths[:min(len(paths), mostTold)], near
}

// places are the paths of the elements on the way to the records: in the tree of what
// stands beside those, each stands apart.
func (w *way) places(t *tree) map[int32][]string {
	places := map[int32][]string{}
	depth := 0
	for i, n := range t.nodes {
		if n.name == "" && n.parent == none {
			places[int32(i)] = slices.Clone(w.path[:min(depth, len(w.path))])
			depth++
		}
	}
	return places
}

// holds reports whether an element has others in it that hold none themselves.
func (t *tree) holds(at int32) bool {
	for i := t.nodes[at].first; i != none; i = t.nodes[i].next {
		if name := t.nodes[i].name; name[0] != '@' && name != "#text" && !t.holdsAny(i) {
			return true
		}
	}
	return false
}

// holdsAny reports whether an element has others in it.
func (t *tree) holdsAny(at int32) bool {
	for i := t.nodes[at].first; i != none; i = t.nodes[i].next {
		if name := t.nodes[i].name; name[0] != '@' && name != "#text" {
			return true
		}
	}
	return false
}

// attributed reports whether an element has an attribute.
func (t *tree) attributed(at int32) bool {
	first := t.nodes[at].first
	return first != none && t.nodes[first].name[0] == '@'
}
