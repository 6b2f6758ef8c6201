//go:build !small

package xlsx

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// wants reports whether a text is a number or a boolean that a column has instead of
// texts.
func wants(t file.Types, text []byte) bool {
	switch {
	case t&file.Text != 0:
		return false
	case t&file.Boolean != 0 && (string(text) == "true" || string(text) == "false"):
		return true
	case t&file.Number == 0 || !isNumberText(text):
		return false
	}
	return t&file.Fraction != 0 || !bytes.ContainsAny(text, ".eE")
}

// appendText appends a text as JSON.
func appendText(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, errors.New("the text is not of UTF-8")
	}
	return append(file.AppendEscaped(append(dst, '"'), text), '"'), nil
}
