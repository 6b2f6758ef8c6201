//go:build !small

package xlsx

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// types are those that a schema has for a column.
type types uint8

const (
	texts types = 1 << iota
	numbers
	integers
	booleans
)

// typesOf are the types that a schema has for each column.
func typesOf(schema []byte) map[string]types {
	var s struct {
		Properties map[string]struct {
			Type json.RawMessage `json:"type"`
		} `json:"properties"`
	}
	if json.Unmarshal(schema, &s) != nil { // there is none
		return nil
	}
	all := map[string]types{}
	for name, property := range s.Properties {
		var names []string
		if json.Unmarshal(property.Type, &names) != nil {
			names = make([]string, 1)
			_ = json.Unmarshal(property.Type, &names[0]) // another type says nothing
		}
		for _, one := range names {
			all[name] |= map[string]types{"string": texts, "number": numbers, "integer": integers | numbers, "boolean": booleans}[one]
		}
	}
	return all
}

// wants reports whether a text is a number or a boolean that a column has instead of
// texts.
func (t types) wants(text []byte) bool {
	switch {
	case t == 0 || t&texts != 0:
		return false
	case t&booleans != 0 && (string(text) == "true" || string(text) == "false"):
		return true
	case t&numbers == 0 || !isNumberText(text):
		return false
	}
	return t&integers == 0 || !bytes.ContainsAny(text, ".eE")
}

// appendText appends a text as JSON.
func appendText(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, errors.New("the text is not of UTF-8")
	}
	return append(file.AppendEscaped(append(dst, '"'), text), '"'), nil
}
