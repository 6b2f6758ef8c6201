package kinds

import (
	"bytes"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Set is a set of JSON types.
type Set uint8

// In the order in which a list of types is written: a target that takes the
// first type that is not null takes the one that can hold the others.
const (
	Null Set = 1 << iota
	String
	Object
	Array
	Boolean
	Integer
	Number
)

// Name returns the word of JSON Schema for a single kind.
func (k Set) Name() string {
	switch k {
	case Null:
		return "null"
	case String:
		return "string"
	case Object:
		return "object"
	case Array:
		return "array"
	case Boolean:
		return "boolean"
	case Integer:
		return "integer"
	default:
		return "number"
	}
}

// Named returns the kind that JSON Schema calls name, or 0.
func Named(name string) Set {
	for k := Null; k <= Number; k <<= 1 {
		if k.Name() == name {
			return k
		}
	}
	return 0
}

// At returns the kind of the value that begins at i; a number is an
// integer if it is written without fraction and exponent.
func At(t raw.Text, i int) Set {
	if i >= len(t) {
		return Null
	}
	switch t[i] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Boolean
	case 'n':
		return Null
	}
	if bytes.ContainsAny(t[i:t.AfterValue(i)], ".eE") {
		return Number
	}
	return Integer
}

// Allows reports whether a value of the kind is of one of the types, as the
// judge sees it: 1.0 and 1e3 are integers.
func (k Set) Allows(kind Set, value []byte) bool {
	switch kind {
	case Integer:
		return k&(Integer|Number) != 0
	case Number:
		return k&Number != 0 || k&Integer != 0 && IsIntegral(value)
	default:
		return k&kind != 0
	}
}

// Of returns the kinds that a value which begins with this byte can be of.
func Of(first byte) Set {
	switch first {
	case '"':
		return String
	case '{':
		return Object
	case '[':
		return Array
	case 't', 'f':
		return Boolean
	case 'n':
		return Null
	}
	return Integer | Number
}

// IsOne reports whether values of the kinds have one type, null apart.
func (k Set) IsOne() bool {
	if k&Number != 0 {
		k &^= Integer
	}
	k &^= Null
	return k&(k-1) == 0
}

// Any is what a schema without the keyword type allows.
const Any = Number<<1 - 1
