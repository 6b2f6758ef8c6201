package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// ParseSinger reads a Singer state: {"bookmarks": {stream: bookmark}}, also
// one wrapped as {"singer_state": …}, as Meltano's backends do, and a whole
// STATE line. Errors are of type *Error.
func ParseSinger(file string, data []byte) (*State, error) {
	s := &State{}
	document, err := members(data)
	if err != nil {
		return nil, &Error{File: file, Msg: syntax(data, err)}
	}
	if inner := unwrap(document); inner != nil {
		return ParseSinger(file, inner)
	}
	if err := recognise(document); err != nil {
		return nil, &Error{File: file, Msg: err.Error()}
	}
	for _, e := range document {
		if e.name != "bookmarks" {
			s.rest = append(s.rest, e)
			continue
		}
		if s.streams, err = members(e.raw); err != nil {
			msg := "expected an object of streams"
			if twice, is := errors.AsType[errTwice](err); is {
				msg = twice.Error() + wayOut
			}
			return nil, &Error{File: file, Place: "bookmarks", Msg: msg}
		}
	}
	for _, e := range s.streams {
		if _, err := s.bookmark(file, e.name, ""); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// unwrap returns the state that a document is wrapped around, nil if it is
// none of those.
func unwrap(document []entry) json.RawMessage {
	switch {
	case len(document) == 1 && document[0].name == "singer_state":
		return document[0].raw
	case len(document) == 2 && document[0].name == "type" && string(document[0].raw) == `"STATE"` && document[1].name == "value":
		return document[1].raw
	}
	return nil
}

// recognise refuses a document that is no state: it must not be taken for an
// empty one. Taps that have no bookmarks yet write currently_syncing alone.
func recognise(document []entry) error {
	for _, e := range document {
		if e.name == "bookmarks" || e.name == "currently_syncing" {
			return nil
		}
	}
	if len(document) == 0 {
		return nil
	}
	return fmt.Errorf("%q is no key of a state: expected {\"bookmarks\": …}%s", document[0].name, wayOut)
}

// wayOut is what to do about a state that is none.
const wayOut = "; give the last STATE line's value, or leave --state out to read everything anew"

// syntax says why a document is none.
func syntax(data []byte, err error) string {
	var se *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "the file is empty" + wayOut
	case errors.As(err, &se):
		before := data[:min(int(se.Offset), len(data))]
		return fmt.Sprintf("line %d: not JSON: %v%s", 1+bytes.Count(before, []byte("\n")), se, wayOut)
	}
	return err.Error() + wayOut
}

// members returns the members of a JSON object in their order. One that stands twice is
// an error: of two bookmarks nobody knows which is meant.
func members(data []byte) ([]entry, error) {
	if !json.Valid(data) {
		var any json.RawMessage
		return nil, json.Unmarshal(data, &any)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	document := raw.Text(data).Root()
	if document[0] != '{' {
		return nil, errors.New("expected an object")
	}
	var all []entry
	for c := document.Items(0); c.Next(); {
		one := entry{name: c.Key.Unquote(), raw: bytes.Clone(c.Value())}
		if slices.ContainsFunc(all, func(e entry) bool { return e.name == one.name }) {
			return nil, errTwice{one.name}
		}
		all = append(all, one)
	}
	return all, nil
}

// errTwice is a member that stands twice in an object.
type errTwice struct{ name string }

func (e errTwice) Error() string { return fmt.Sprintf("%q stands there twice", e.name) }

func put(all []entry, e entry) []entry {
	for i := range all {
		if all[i].name == e.name {
			all[i] = e
			return all
		}
	}
	return append(all, e)
}

// Bookmark returns what the state says of a stream, nil if it does not know
// it. replicationKey is the stream's own: states of older taps hold the value
// under that name.
func (s *State) Bookmark(file, stream, replicationKey string) (*Bookmark, error) {
	b, err := s.bookmark(file, stream, replicationKey)
	if err != nil || b == nil || !s.strict {
		return b, err
	}
	raw, _ := s.raw(stream)
	if err := recogniseBlob(raw, b); err != nil {
		return nil, &Error{File: file, Place: s.Place(stream), Msg: err.Error()}
	}
	return b, nil
}

// written is a bookmark as this program and the Singer SDK write it. The
// SDK's progress_markers are of an unfinished sync and say nothing that
// counts.
type written struct {
	ReplicationKey string           `json:"replication_key"`
	Value          json.RawMessage  `json:"replication_key_value"`
	Zone           string           `json:"zone"`
	Pass           *Pass            `json:"pass"`
	Sync           *Sync            `json:"sync"`
	Contexts       Contexts         `json:"contexts"`
	Parents        map[string]Since `json:"parents"`
	Rows           *Rows            `json:"rows"`
	Resume         []*Resume        `json:"resume"`
	Partitions     []partitionSDK   `json:"partitions"`
}

func (s *State) bookmark(file, stream, replicationKey string) (*Bookmark, error) {
	raw, known := s.raw(stream)
	if !known || null(raw) {
		return nil, nil
	}
	place := s.Place(stream)
	var w written
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, &Error{File: file, Place: place, Msg: shapeMsg(err)}
	}
	b := &Bookmark{ReplicationKey: w.ReplicationKey, Value: present(w.Value), Zone: w.Zone, Pass: w.Pass, Sync: w.Sync, Contexts: w.Contexts, Parents: w.Parents, Rows: w.Rows}
	if err := b.adopt(raw, &w, replicationKey); err != nil {
		return nil, &Error{File: file, Place: place, Msg: err.Error()}
	}
	if err := b.resume(w.Resume); err != nil {
		return nil, &Error{File: file, Place: place + ".resume", Msg: err.Error()}
	}
	return b, nil
}

// Place is where a stream stands in the document, for messages.
func (s *State) Place(stream string) string {
	if s.strict {
		return "the state of stream " + stream
	}
	return "bookmarks." + stream
}

func (b *Bookmark) resume(all []*Resume) error {
	if len(all) > 1 {
		return errors.New("expected one element")
	}
	if len(all) == 0 || all[0] == nil {
		return nil
	}
	r := all[0]
	switch {
	case r.Version != Version:
		return fmt.Errorf("written in version %d of the format, this program knows %d: use the newer program, "+
			"or set resume to null to read the open partitions anew", r.Version, Version)
	case r.AsOf.IsZero():
		return errors.New("as_of is missing")
	}
	if err := scalar(r.From); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	r.From = present(r.From)
	for i := range r.Open {
		o := &r.Open[i]
		if err := scalar(o.High); err != nil {
			return fmt.Errorf("open[%d].high: %w", i, err)
		}
		if null(o.Next) {
			return fmt.Errorf("open[%d].next is missing", i)
		}
		o.High = present(o.High)
	}
	b.Resume = r
	return nil
}

// shapeMsg says which key is not of the right type.
func shapeMsg(err error) string {
	var te *json.UnmarshalTypeError
	if !errors.As(err, &te) {
		return err.Error()
	}
	if te.Field == "" {
		return "expected an object, got " + te.Value
	}
	return fmt.Sprintf("%s: expected %s, got %s", te.Field, shapeOf(te.Type), te.Value)
}

// shapeOf is what JSON calls the values of a type.
func shapeOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// AppendSinger writes the state as one line, the value of a STATE message.
func (s *State) AppendSinger(dst []byte) []byte {
	dst = append(dst, '{')
	for _, e := range s.rest {
		dst = appendMember(dst, e)
		dst = append(dst, ',')
	}
	dst = append(dst, `"bookmarks":{`...)
	for i, e := range s.streams {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMember(dst, e)
	}
	return append(dst, '}', '}')
}

func appendMember(dst []byte, e entry) []byte {
	name, err := json.Marshal(e.name)
	if err != nil {
		panic(fmt.Sprintf("a string is always JSON: %v", err))
	}
	return e.appendCompact(append(append(dst, name...), ':'))
}

// appendCompact appends what the state says of the entry, as one line.
func (e entry) appendCompact(dst []byte) []byte {
	b := bytes.NewBuffer(dst)
	if err := json.Compact(b, e.raw); err != nil {
		panic(fmt.Sprintf("state of %s: %v", e.name, err)) // it was parsed
	}
	return b.Bytes()
}
