package catalog

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says where a catalog is wrong, and what to do about it.
type Error struct {
	File   string // as it was given
	Line   int    // from 1 on
	Column int    // in characters, from 1 on
	Place  string // streams[2] (orders) metadata[4].breadcrumb; "" for the whole file
	Msg    string // what is wrong there, and the way out
}

func (e *Error) Error() string {
	at := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Place != "" {
		at += e.Place + ": "
	}
	return at + e.Msg
}

// errorAt returns an Error about the byte at offset at of doc.
func errorAt(file string, doc []byte, at int, format string, args ...any) *Error {
	before := doc[:min(max(at, 0), len(doc))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &Error{
		File:   file,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: utf8.RuneCount(line) + 1,
		Msg:    fmt.Sprintf(format, args...),
	}
}

// placeOf writes the way from v down to offset at: members by their names,
// elements by their numbers, and entries of the catalog by their stream too.
func placeOf(v value, at int) string {
	var place strings.Builder
	for inside := true; inside; {
		inside = false
		for key, member := range v.members() {
			if member.holds(at) {
				separate(&place)
				place.WriteString(key)
				v, inside = member, true
				break
			}
		}
		for i, element := range v.elements() {
			if element.holds(at) {
				fmt.Fprintf(&place, "[%d]", i)
				writeStream(&place, element)
				v, inside = element, true
				break
			}
		}
	}
	return strings.TrimSpace(place.String())
}

// separate puts a dot between two steps of a place.
func separate(place *strings.Builder) {
	if s := place.String(); s != "" && !strings.HasSuffix(s, " ") {
		place.WriteByte('.')
	}
}

// writeStream adds the name of the stream whose entry v is.
func writeStream(place *strings.Builder, v value) {
	name := ""
	for key, member := range v.members() {
		if member.kind() == text && (key == "tap_stream_id" || key == "stream" && name == "") {
			name = member.json().Unquote()
		}
	}
	if name != "" {
		fmt.Fprintf(place, " (%s) ", name)
	}
}
