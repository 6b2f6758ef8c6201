package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// lines are those records of a file that name a parent, or those that name none.
type lines struct {
	file.Records
	name     string
	quoted   []byte // name, as it stands in a text, unless that escapes it
	children bool

	found  bool     // a record has a field of that name
	looked int      // records before that one whose fields were looked at
	fields []string // of those
}

const (
	mostLooked = 1000 // records whose fields are looked at, to be told of
	mostFields = 20   // names of fields that are told of
)

// of returns the records that a stream wants.
func of(all file.Records, o *sources.JSONL) file.Records {
	if o.ParentID == "" {
		return all
	}
	return &lines{Records: all, name: o.ParentID, quoted: raw.Quote(o.ParentID), children: o.Children}
}

// Next appends the next of them. One that is no JSON is of either kind: who proves it
// says what is wrong with it.
func (l *lines) Next(dst []byte) ([]byte, error) {
	from := len(dst)
	for {
		out, err := l.Records.Next(dst[:from])
		if err != nil || l.named(out[from:]) == l.children || !json.Valid(out[from:]) {
			return out, err
		}
		dst = out
	}
}

// named reports whether a record names a parent: a member of its own does, and is not
// null.
func (l *lines) named(record []byte) bool {
	if !l.found {
		l.look(record)
	}
	if !bytes.Contains(record, l.quoted) && bytes.IndexByte(record, '\\') < 0 {
		return false
	}
	id := raw.Text(record).LastField(l.name)
	l.found = l.found || id != nil
	return id != nil && string(id) != "null"
}

// look takes note of the fields of a record.
func (l *lines) look(record []byte) {
	if l.looked == mostLooked || len(l.fields) == mostFields {
		return
	}
	l.looked++
	for i := 1; i < len(record) && len(l.fields) < mostFields; i++ {
		key, value, ok := raw.Text(record).Member(i)
		if !ok {
			return
		}
		if name := key.Unquote(); !slices.Contains(l.fields, name) {
			l.fields = append(l.fields, name)
		}
		i = raw.Text(record).AfterSpace(raw.Text(record).AfterValue(value)) // at the comma
	}
}

// Remarks say that no record has a field of the name.
func (l *lines) Remarks() []file.Remark {
	const key = "decode.parent_id"
	switch {
	case l.found:
		return []file.Remark{{About: key}}
	case l.looked == 0:
		return nil
	}
	what := "parents, as if none had children"
	if l.children {
		what = "parents, so that no record is left"
	}
	text := fmt.Sprintf("%s: %s is a field of no line of the file, so all of them are taken for %s; %s has the fields %s: ", key, l.name, what, l.counted(), l.fieldNames())
	if near := nearest.Name(l.name, l.fields); near != "" {
		text += fmt.Sprintf("did you mean %q?", near)
	} else {
		text += "if one of them names the parent, write that; if lines have no parents, leave parent_id out"
	}
	return []file.Remark{{About: key, Text: text}}
}

// counted says whose fields were looked at.
func (l *lines) counted() string {
	if l.looked == 1 {
		return "its line"
	}
	return fmt.Sprintf("one or the other of its first %d lines", l.looked)
}

func (l *lines) fieldNames() string {
	const long = 40
	var names []string
	for _, name := range l.fields {
		if len(name) > long {
			name = name[:long] + "…"
		}
		names = append(names, name)
	}
	if len(names) == mostFields {
		names = append(names, "…")
	}
	return strings.ToValidUTF8(strings.Join(names, ", "), "")
}

// Unproven says that the records may be no JSON.
func (l *lines) Unproven() {}
