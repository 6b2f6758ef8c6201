package xml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxKnown is how many names are remembered, and longestKnown how long one of
	// them may be in bytes. Of others each one takes memory of its own.
	maxKnown     = 4096
	longestKnown = 256
	// maxOpen is how many bytes the names and the namespaces of all elements that are
	// open may have.
	maxOpen = 8 << 20

	instances = "http://www.w3.org/2001/XMLSchema-instance"
)

// name is a name as it stands in a document.
type name struct {
	raw    string // prefix:local
	prefix string
	local  string
	member string // of the JSON object, where an attribute has the name: "@" and local
	next   *name  // of the tag that came behind one of this name the last time
	key    *key   // once a flat record had it
}

// newName returns the name that stands in a document, where it is one.
func newName(raw string) (*name, error) {
	if !plainName(raw) {
		if err := judge(raw); err != nil {
			return nil, err
		}
	}
	n := &name{raw: raw, local: raw}
	if strings.Count(raw, ":") > 1 {
		return nil, errColons
	}
	if prefix, local, _ := strings.Cut(raw, ":"); prefix != "" && local != "" {
		n.prefix, n.local = prefix, local
	}
	n.member = "@" + n.local
	return n, nil
}

// errColons is a name with more than one colon.
var errColons = errors.New("two colons")

// plainName reports whether bytes that may be in a name are one for sure.
func plainName(raw string) bool {
	for i := range len(raw) {
		if raw[i] >= utf8.RuneSelf {
			return false
		}
	}
	c := raw[0]
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':'
}

// judge says whether a name is one by the tables of encoding/xml, which are those of
// XML 1.0.
func judge(raw string) error {
	_, err := xml.NewDecoder(strings.NewReader("<?" + raw + " ?>")).RawToken()
	if err != nil {
		return errors.New("invalid XML name: " + raw)
	}
	return nil
}

// inName are the bytes that names consist of.
var inName = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '_' || c == ':' || c == '.' || c == '-' || c >= utf8.RuneSelf
	}
	return t
}()

// names are those of a document: the ones that are known, and what the elements that
// are open have declared.
type names struct {
	known map[string]*name
	last  *name // of the start tag or the attribute that came last
	open  []*name
	size  int // of all that is open, in bytes

	spaces   map[string]string // of prefixes
	shadowed []shadow
}

// shadow is what a prefix stood for outside of an element.
type shadow struct {
	depth  int // of the element
	prefix string
	space  string
	is     bool // it stood for something
}

// find returns the name of these bytes, and notes that it comes behind the last one.
func (s *names) find(raw []byte) (*name, error) {
	n := s.known[string(raw)]
	if n == nil {
		var err error
		if n, err = newName(string(raw)); err != nil {
			return nil, err
		}
		if len(s.known) >= maxKnown || len(raw) > longestKnown {
			return n, nil // nothing leads to it
		}
		if s.known == nil {
			s.known = make(map[string]*name)
		}
		s.known[n.raw] = n
	}
	s.last.next = n
	s.last = n
	return n, nil
}

// push opens an element.
func (s *names) push(n *name) error {
	s.open = append(s.open, n)
	s.size += len(n.raw)
	if s.size > maxOpen {
		return s.tooMuch()
	}
	return nil
}

// pop closes the element that is open, whose name it returns, and forgets what the
// element has declared.
func (s *names) pop() *name {
	depth := len(s.open)
	n := s.open[depth-1]
	s.size -= len(n.raw)
	s.open[depth-1] = nil
	s.open = s.open[:depth-1]
	for i := len(s.shadowed) - 1; i >= 0 && s.shadowed[i].depth == depth; i-- {
		was := s.shadowed[i]
		s.size -= len(was.prefix) + len(s.spaces[was.prefix]) + nodeCost
		if was.is {
			s.spaces[was.prefix] = was.space
		} else {
			delete(s.spaces, was.prefix)
		}
		s.shadowed = s.shadowed[:i]
	}
	return n
}

// declare makes a prefix stand for a namespace within the element that is open.
func (s *names) declare(prefix, space string) error {
	was, is := s.spaces[prefix]
	s.shadowed = append(s.shadowed, shadow{len(s.open), prefix, was, is})
	if s.spaces == nil {
		s.spaces = make(map[string]string)
	}
	s.spaces[prefix] = space
	if s.size += len(prefix) + len(space) + nodeCost; s.size > maxOpen {
		return s.tooMuch()
	}
	return nil
}

func (s *names) tooMuch() error {
	return fmt.Errorf("the names and namespaces of the elements that are open are longer than %d bytes", maxOpen)
}

// spaceOf is the namespace of an attribute: its prefix, where that stands for nothing.
func (s *names) spaceOf(n *name) string {
	switch n.prefix {
	case "", "xmlns":
		return n.prefix
	case "xml":
		return "http://www.w3.org/XML/1998/namespace"
	}
	if space, ok := s.spaces[n.prefix]; ok {
		return space
	}
	return n.prefix
}

// hidden reports whether an attribute becomes no member: one that declares a namespace,
// or says that an element is null.
func (s *names) hidden(n *name) bool {
	switch space := s.spaceOf(n); space {
	case "", "xmlns":
		return space != "" || n.local == "xmlns"
	case instances:
		return n.local == "nil"
	}
	return false
}

// closes is what is wrong with an end tag.
func (s *names) closes(n *name) error {
	if len(s.open) == 0 {
		return errors.New("unexpected end element </" + n.local + ">")
	}
	is := s.open[len(s.open)-1]
	switch {
	case is.local != n.local:
		return errors.New("element <" + is.local + "> closed by </" + n.local + ">")
	case is.prefix != n.prefix:
		space := n.prefix
		if space == "" {
			space = `""`
		}
		return errors.New("element <" + is.local + "> in space " + is.prefix + " closed by </" + n.local + "> in space " + space)
	}
	return nil
}
