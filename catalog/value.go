package catalog

import (
	"iter"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// kind is what a JSON value is; it reads as a word in error messages.
type kind string

const (
	object  kind = "an object"
	array   kind = "a list"
	text    kind = "text"
	number  kind = "a number"
	boolean kind = "true or false"
	null    kind = "null"
)

// maxNesting is how deep in a document there is something to read: what is
// inside of deeper values is passed over. A field takes two levels, so that is
// some 60 fields inside each other. It bounds the time to read a document, each
// level of which is walked over once more.
const maxNesting = 128

// value is a value in a document that is proven to be JSON.
type value struct {
	doc     raw.Text
	at, end int // doc[at:end], without white space around it
	depth   int // values that it is inside of
}

// rootOf returns the value that doc is.
func rootOf(doc []byte) value {
	return valueAt(doc, raw.Text(doc).AfterSpace(0), 0)
}

func valueAt(doc raw.Text, at, depth int) value {
	return value{doc: doc, at: at, end: doc.AfterValue(at), depth: depth}
}

func (v value) json() raw.Text { return v.doc[v.at:v.end] }

// holds reports whether the byte at offset at belongs to v.
func (v value) holds(at int) bool { return v.at <= at && at < v.end }

func (v value) kind() kind {
	if v.at == v.end {
		return null
	}
	switch v.doc[v.at] {
	case '{':
		return object
	case '[':
		return array
	case '"':
		return text
	case 't', 'f':
		return boolean
	case 'n':
		return null
	}
	return number
}

// members goes over the members of the object v, doubles included. Any other
// value has none.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		for c := v.items(); c.Keyed && c.Next(); {
			if !yield(c.Key.Unquote(), v.item(&c)) {
				return
			}
		}
	}
}

// elements goes over the elements of the array v. Any other value has none.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		for c := v.items(); !c.Keyed && c.Next(); {
			if !yield(c.Index, v.item(&c)) {
				return
			}
		}
	}
}

func (v value) items() raw.Items {
	if v.depth == maxNesting {
		return raw.Items{}
	}
	return v.doc.Items(v.at)
}

// item returns the value where c stands, which is in v.
func (v value) item(c *raw.Items) value {
	return value{doc: v.doc, at: c.Start, end: c.End, depth: v.depth + 1}
}
