package scan

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// BodyErrorKind says in which way a body is not what its definition says.
type BodyErrorKind int

const (
	NotJSON        BodyErrorKind = iota + 1 // the body is not one JSON value
	NotUTF8                                 // a string holds bytes that are not UTF-8
	TooDeep                                 // nested deeper than MaxDepth
	Missing                                 // nothing at the records path
	NotArray                                // the records path leads to something else than an array
	NotObject                               // a record, or the place of keyed records, is not an object
	RecordTooLarge                          // a record is larger than MaxRecord
	Twice                                   // a key on the way to the records stands twice
	RestTooLarge                            // what stands beside the records of a long body is larger than MaxRest
)

// String returns the kind's name: "not JSON".
func (k BodyErrorKind) String() string {
	switch k {
	case NotJSON:
		return "not JSON"
	case NotUTF8:
		return "not UTF-8"
	case TooDeep:
		return "too deep"
	case Missing:
		return "missing"
	case NotArray:
		return "not an array"
	case NotObject:
		return "not an object"
	case RecordTooLarge:
		return "record too large"
	case Twice:
		return "a key twice"
	case RestTooLarge:
		return "rest too large"
	}
	return fmt.Sprintf("BodyErrorKind(%d)", int(k))
}

// BodyError says that a body is not what the definition says it is. The
// answer that brought it is no page: neither an empty one nor the last one.
type BodyError struct {
	Kind   BodyErrorKind
	Offset int64  // byte of the body at which it shows
	Path   string // gjson path of the place, "@this" for the body itself; "" where the body could not be read
	Msg    string // what was expected and what came, with up to 40 bytes of it
}

// Error says what is wrong with the body: what was expected and what came.
func (e *BodyError) Error() string {
	switch e.Kind {
	case NotJSON, NotUTF8, TooDeep:
		return e.Kind.String() + ": " + e.Msg
	}
	return "records: " + e.Msg
}

// ExcerptSize is how many bytes of a body an error shows.
const ExcerptSize = 40

// Excerpt returns what text holds from the given byte on, on one line,
// ready to stand at the end of a message. Letters stay, of any script: whoever
// takes secrets out of it has to know them again.
func Excerpt(text []byte, from int) string {
	from = min(max(from, 0), len(text))
	near := text[from:min(len(text), from+ExcerptSize)]
	if len(bytes.TrimSpace(near)) == 0 {
		return ""
	}
	return ", near `" + strings.Map(pagePrintable, string(near)) + "`"
}

func pagePrintable(r rune) rune {
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return '.'
	}
	return r
}
