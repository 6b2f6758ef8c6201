package jsonl

import (
	"bytes"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// lines are those records of a file that name a parent, or those that name none.
type lines struct {
	file.Records
	name     string
	quoted   []byte // name, as it stands in a text, unless that escapes it
	children bool
}

// of returns the records that a stream wants.
func of(all file.Records, o *sources.JSONL) file.Records {
	if o.ParentID == "" {
		return all
	}
	return &lines{all, o.ParentID, raw.Quote(o.ParentID), o.Children}
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
	if !bytes.Contains(record, l.quoted) && bytes.IndexByte(record, '\\') < 0 {
		return false
	}
	id := raw.Text(record).LastField(l.name)
	return id != nil && string(id) != "null"
}

// Unproven says that the records may be no JSON.
func (l *lines) Unproven() {}
