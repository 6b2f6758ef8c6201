package jsonl

import (
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// whole finds a file that is one JSON document in which the records likely lie deeper.
type whole struct {
	n    int64  // records
	list string // the path of an array of objects in the first one; "": there is none
	trailer
}

// see looks at a record.
func (w *whole) see(record []byte) {
	if w.n++; w.n == 1 {
		w.list = listIn(gjson.ParseBytes(record), "", 2)
		w.begin(record)
		return
	}
	w.follow(record)
}

// listIn is the path of an array of objects, so deep at most.
func listIn(object gjson.Result, under string, depth int) (path string) {
	object.ForEach(func(name, value gjson.Result) bool {
		at := under + gjson.Escape(name.Str)
		switch {
		case value.IsArray() && value.Get("0").IsObject():
			path = at
		case value.IsObject() && depth > 1:
			path = listIn(value, at+".", depth-1)
		}
		return path == ""
	})
	return path
}

// Remarks say of a file that it is one object with an array in it. Where one has several
// records, all are as they should be.
func (w *whole) Remarks() []file.Remark {
	text := ""
	switch {
	case w.n == 0:
		return nil
	case w.n == 1 && w.list == "":
		return nil
	case w.n == 1:
		text = fmt.Sprintf("decode: jsonl takes the whole file for one record, and that has a list of objects at %[1]s: if these are the records, leave decode out (or write decode: json), and write records: %[1]s", w.list)
	}
	return []file.Remark{{About: "decode: jsonl", Text: text}}
}
