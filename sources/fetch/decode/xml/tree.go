package xml

import (
	"bytes"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const none = -1

// nodeCost is what a node counts, in bytes, towards the limit of a tree.
const nodeCost = 32

// tree is an element with all that is in it. Nodes refer to each other by number, so
// that the memory of one record serves the next.
type tree struct {
	nodes   []node
	texts   []byte
	current int32 // the open element, where nodes are
	begun   int   // where the piece of text that has not ended begins in texts
	most    int   // bytes
	names   map[nameIn]int32
}

// node is an element, an attribute or a piece of text. Those of one name in one
// element are a chain, and the first ones of each name are a chain too.
type node struct {
	name     string // "@name": an attribute, "#text": text
	from, to int    // the text, in texts: of an element, if it is one text
	parent   int32
	first    int32 // the first node in this one
	last     int32 // of those that are the first of their name
	next     int32 // the first one of the next name
	same     int32 // the next one of this name
	lastSame int32
	kinds    int32 // how many names are in it
}

type nameIn struct {
	parent int32
	name   string
}

// walked is how many names of an element are compared before a map is asked.
const walked = 48

func (t *tree) opened() bool { return len(t.nodes) > 0 && t.current != none }

func (t *tree) full() bool { return len(t.texts)+nodeCost*len(t.nodes) > t.most }

// reset forgets everything but the memory, unless that is unusually much.
func (t *tree) reset() {
	clear(t.nodes)
	t.nodes, t.texts, t.begun, t.current = t.nodes[:0], t.texts[:0], 0, 0
	if cap(t.nodes) > 1<<16 {
		t.nodes = nil
	}
	if cap(t.texts) > 1<<20 {
		t.texts = nil
	}
	t.names = nil
}

// open opens an element in the open one.
func (t *tree) open(name string) int32 {
	if len(t.nodes) == 0 {
		t.current = t.openApart()
		return t.current
	}
	t.current = t.add(name)
	return t.current
}

// openApart opens an element that nothing leads to.
func (t *tree) openApart() int32 {
	at := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{parent: none, first: none, last: none, next: none, same: none, lastSame: at})
	t.current = at
	return at
}

func (t *tree) close() { t.current = t.nodes[t.current].parent }

// add puts a node into the open element.
func (t *tree) add(name string) int32 {
	at, in := int32(len(t.nodes)), t.current
	t.nodes = append(t.nodes, node{name: name, parent: in, first: none, last: none, next: none, same: none, lastSame: at})
	if twin := t.find(in, name); twin != none {
		t.nodes[t.nodes[twin].lastSame].same = at
		t.nodes[twin].lastSame = at
		return at
	}
	parent := &t.nodes[in]
	if parent.first == none {
		parent.first = at
	} else {
		t.nodes[parent.last].next = at
	}
	parent.last = at
	if parent.kinds++; parent.kinds > walked {
		if t.names == nil {
			t.names = make(map[nameIn]int32)
		}
		t.names[nameIn{in, name}] = at
	}
	return at
}

// find returns the first node of a name in an element, or none.
func (t *tree) find(in int32, name string) int32 {
	i := t.nodes[in].first
	for range walked {
		if i == none || t.nodes[i].name == name {
			return i
		}
		i = t.nodes[i].next
	}
	if i, ok := t.names[nameIn{in, name}]; ok {
		return i
	}
	return none
}

func (t *tree) attribute(name string, value []byte) {
	at := t.add(name)
	t.nodes[at].from = len(t.texts)
	t.texts = append(t.texts, value...)
	t.nodes[at].to, t.begun = len(t.texts), len(t.texts)
}

// piece adds text to the piece that has not ended.
func (t *tree) piece(text []byte) { t.texts = append(t.texts, text...) }

// endPiece ends a piece of text, at the end of its element or at the beginning of
// another one.
func (t *tree) endPiece(atEnd bool) {
	text := t.texts[t.begun:]
	if len(text) == 0 {
		return
	}
	if layout(text) == len(text) {
		// Alone in its element white space is text, unless it is layout.
		if !atEnd || t.hasElements() || bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
			t.texts = t.texts[:t.begun]
			return
		}
	}
	at := t.current
	if !atEnd || t.nodes[at].first != none || t.nodes[at].name == "" {
		at = t.add("#text")
	} // else the element is that text, as almost always
	t.nodes[at].from, t.nodes[at].to = t.begun, len(t.texts)
	t.begun = len(t.texts)
}

// layout returns how many bytes of white space a text begins with.
func layout(text []byte) int {
	for i, c := range text {
		if c > ' ' || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
	}
	return len(text)
}

func (t *tree) hasElements() bool {
	for i := t.nodes[t.current].first; i != none; i = t.nodes[i].next {
		if t.nodes[i].name[0] != '@' {
			return true
		}
	}
	return false
}

// appendValue appends what an element is.
func (t *tree) appendValue(dst []byte, at int32, s *schema) []byte {
	n := &t.nodes[at]
	switch {
	case n.name != "" && n.name[0] == '@':
		return s.appendText(dst, t.texts[n.from:n.to])
	case n.first == none && n.from < n.to:
		return s.appendText(dst, t.texts[n.from:n.to])
	case n.first == none:
		return append(dst, "null"...)
	case n.kinds == 1 && t.nodes[n.first].name == "#text":
		return t.appendTexts(dst, n.first, s)
	}
	dst = append(dst, '{')
	dst = t.appendMembers(dst, at, s, false)
	return append(dst, '}')
}

// appendMembers appends what is in an element, behind other members or as the first.
func (t *tree) appendMembers(dst []byte, at int32, s *schema, others bool) []byte {
	for i := t.nodes[at].first; i != none; i = t.nodes[i].next {
		if others {
			dst = append(dst, ',')
		}
		others = true
		name := t.nodes[i].name
		dst = appendName(dst, name)
		if name == "#text" {
			dst = t.appendTexts(dst, i, s.member(name))
		} else {
			dst = t.appendAll(dst, i, s.member(name))
		}
	}
	return dst
}

// appendAll appends the elements, or attributes, of one name.
func (t *tree) appendAll(dst []byte, first int32, s *schema) []byte {
	n := &t.nodes[first]
	array := s.array()
	switch {
	case n.same == none && !array:
		return t.appendValue(dst, first, s)
	case n.same == none && n.first == none && n.from == n.to && n.name[0] != '@':
		return append(dst, "[]"...)
	}
	if array {
		s = s.items
	}
	dst = append(dst, '[')
	for i := first; i != none; i = t.nodes[i].same {
		if i != first {
			dst = append(dst, ',')
		}
		dst = t.appendValue(dst, i, s)
	}
	return append(dst, ']')
}

// appendTexts appends the pieces of an element's text as one.
func (t *tree) appendTexts(dst []byte, first int32, s *schema) []byte {
	n := &t.nodes[first]
	if n.same == none {
		return s.appendText(dst, t.texts[n.from:n.to])
	}
	dst = append(dst, '"')
	for i := first; i != none; i = t.nodes[i].same {
		dst = file.AppendEscaped(dst, t.texts[t.nodes[i].from:t.nodes[i].to])
	}
	return append(dst, '"')
}
