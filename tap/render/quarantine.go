package render

import (
	"bytes"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// quarantine keeps the records of a stream that do not fit, in a file. Those of
// a page wait until it is saved, before the page leaves: a STATE never covers a
// record that is nowhere.
type quarantine struct {
	path    string // of the file
	context json.RawMessage
	lines   bytes.Buffer
}

// quarantined is a line of a quarantine file.
type quarantined struct {
	Pointer string          `json:"pointer"`           // JSON pointer of what breaks the rule
	Rule    string          `json:"rule"`              // keyword of JSON Schema
	Want    string          `json:"want"`              // by the rule
	Context json.RawMessage `json:"context,omitempty"` // that the record came in, without secrets; absent: the stream has none
	Record  json.RawMessage `json:"record"`            // as it would have left
}

func (q *quarantine) add(record []byte, v *schema.Violation) error {
	e := json.NewEncoder(&q.lines)
	e.SetEscapeHTML(false) // the record stays as it came
	return e.Encode(quarantined{v.Pointer, v.Rule, v.Want, q.context, record})
}

// save saves the records of a page that do not fit. A page whose records cannot be kept
// does not leave: the next run goes on with it.
func (q *quarantine) save(stream string, page *fetch.Page) error {
	if q.lines.Len() == 0 {
		return nil
	}
	defer q.lines.Reset()
	err := workdir.Append(q.path, q.lines.Bytes())
	if err == nil {
		return nil
	}
	return &fetch.Error{
		Class: fetch.Transient, Stream: stream, Request: page.Request, Err: err,
		Advice: "a record that does not fit its schema cannot be written to the quarantine file: make room on its disk, and the next run goes on with this answer",
	}
}
