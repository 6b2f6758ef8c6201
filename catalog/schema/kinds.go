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
