package catalog

import (
	"encoding/json"
	"iter"
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
	doc     []byte
	at, end int // doc[at:end], without white space around it
	depth   int // values that it is inside of
}

// rootOf returns the value that doc is.
func rootOf(doc []byte) value {
	return valueAt(doc, skipSpace(doc, 0), 0)
}

func valueAt(doc []byte, at, depth int) value {
	return value{doc: doc, at: at, end: skipValue(doc, at), depth: depth}
}

func (v value) raw() []byte { return v.doc[v.at:v.end] }

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

// text returns what the string v says.
func (v value) text() string {
	var s string
	if err := json.Unmarshal(v.raw(), &s); err != nil {
		return "" // not a string: the caller looked at kind
	}
	return s
}

// members goes over the members of the object v, doubles included. Any other
// value has none.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if v.kind() != object || v.depth == maxNesting {
			return
		}
		for i := v.at + 1; ; i++ {
			key, at, ok := nextKey(v.doc, i)
			if !ok {
				return
			}
			member := valueAt(v.doc, at, v.depth+1)
			if !yield(unquote(key), member) {
				return
			}
			i = skipSpace(v.doc, member.end)
			if i >= v.end || v.doc[i] != ',' {
				return
			}
		}
	}
}

// elements goes over the elements of the array v. Any other value has none.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		if v.kind() != array || v.depth == maxNesting {
			return
		}
		i := skipSpace(v.doc, v.at+1)
		for n := 0; i < v.end && v.doc[i] != ']'; n++ {
			element := valueAt(v.doc, i, v.depth+1)
			if !yield(n, element) {
				return
			}
			i = skipSpace(v.doc, element.end)
			if i >= v.end || v.doc[i] != ',' {
				return
			}
			i = skipSpace(v.doc, i+1)
		}
	}
}

// unquote returns the name that a key, as it is written, stands for.
func unquote(key []byte) string {
	if !isEscaped(key) {
		return string(key)
	}
	quoted := make([]byte, 0, len(key)+2)
	quoted = append(append(append(quoted, '"'), key...), '"')
	return value{doc: quoted, end: len(quoted)}.text()
}
