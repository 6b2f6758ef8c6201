package schema

import (
	"bytes"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// kinds is a set of JSON types.
type kinds uint8

// In the order in which a list of types is written: a target that takes the
// first type that is not null takes the one that can hold the others.
const (
	kindNull kinds = 1 << iota
	kindString
	kindObject
	kindArray
	kindBoolean
	kindInteger
	kindNumber
)

// name returns the word of JSON Schema for a single kind.
func (k kinds) name() string {
	switch k {
	case kindNull:
		return "null"
	case kindString:
		return "string"
	case kindObject:
		return "object"
	case kindArray:
		return "array"
	case kindBoolean:
		return "boolean"
	case kindInteger:
		return "integer"
	default:
		return "number"
	}
}

// kindNamed returns the kind that JSON Schema calls name, or 0.
func kindNamed(name string) kinds {
	for k := kindNull; k <= kindNumber; k <<= 1 {
		if k.name() == name {
			return k
		}
	}
	return 0
}

// kindAt returns the kind of the value that begins at i; a number is an
// integer if it is written without fraction and exponent.
func kindAt(t raw.Text, i int) kinds {
	if i >= len(t) {
		return kindNull
	}
	switch t[i] {
	case '{':
		return kindObject
	case '[':
		return kindArray
	case '"':
		return kindString
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	}
	if bytes.ContainsAny(t[i:t.AfterValue(i)], ".eE") {
		return kindNumber
	}
	return kindInteger
}

// allows reports whether a value of the kind is of one of the types, as the
// judge sees it: 1.0 and 1e3 are integers.
func (k kinds) allows(kind kinds, value []byte) bool {
	switch kind {
	case kindInteger:
		return k&(kindInteger|kindNumber) != 0
	case kindNumber:
		return k&kindNumber != 0 || k&kindInteger != 0 && isIntegral(value)
	default:
		return k&kind != 0
	}
}

// kindsOf returns the kinds that a value which begins with this byte can be of.
func kindsOf(first byte) kinds {
	switch first {
	case '"':
		return kindString
	case '{':
		return kindObject
	case '[':
		return kindArray
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	}
	return kindInteger | kindNumber
}

// isOne reports whether values of the kinds have one type, null apart.
func (k kinds) isOne() bool {
	if k&kindNumber != 0 {
		k &^= kindInteger
	}
	k &^= kindNull
	return k&(k-1) == 0
}

// anyKind is what a schema without the keyword type allows.
const anyKind = kindNumber<<1 - 1
