package render

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Schema is what is known of the schema of a stream: one for all its
// partitions. A stream has one partition as yet, and its renderer's goroutine
// uses the schema.
type Schema struct {
	stream   *plan.Stream
	inferred bool            // not written by a person: it widens before a record is refused
	doc      json.RawMessage // without deselected fields; nil: not known yet
	written  json.RawMessage // doc as a SCHEMA line has it
	due      bool            // a SCHEMA line must come before the next record
	grown    bool            // it is wider than it was at the start of the run
	full     bool            // it takes no more fields
	given    *schema.Schema  // as it was at the start of the run
	compiled *schema.Schema
	fields   *schema.Fields
	expected *schema.Expectation // what a record is checked for in one pass
}

// NewSchema returns what is known of a stream's schema before its records
// come.
func NewSchema(s *plan.Stream) (*Schema, error) {
	k := &Schema{stream: s, inferred: s.Definition.Schema.Text == nil}
	doc, whose := s.Schema()
	if doc == nil {
		return k, nil
	}
	if err := k.Use(doc); err != nil {
		return nil, fmt.Errorf("stream %s: %s: %w", s.Name, whose, err)
	}
	k.grown, k.given = false, k.compiled
	return k, nil
}

// Known reports whether there is a schema.
func (k *Schema) Known() bool { return k.compiled != nil }

// Use makes doc the schema.
func (k *Schema) Use(doc []byte) error {
	s, err := schema.Compile(doc)
	if err != nil {
		return err
	}
	fields, err := schema.NewFields(doc)
	if err != nil {
		return err
	}
	wanted := schema.Wanted{
		Fields: k.stream.Keys, Cut: k.stream.Mask.Paths(), Value: k.stream.ReplicationKey, Drop: k.stream.NewField() == sources.Drop,
	}
	k.doc, k.compiled, k.fields, k.expected = s.Bytes(), s, fields, s.Expect(wanted)
	written := schema.NullsAsText(k.doc)
	k.due, k.grown = k.due || !bytes.Equal(written, k.written), true
	k.written = written
	return nil
}

// check returns how a record breaks the schema, nil if it does not.
func (k *Schema) check(record []byte) *schema.Violation { return k.compiled.Check(record) }

// givesWay reports whether the schema widens for a record that breaks it: nobody
// wrote it, or what the record breaks evolved in this run.
func (k *Schema) givesWay(record []byte) bool {
	return k.inferred || k.given.Check(record) == nil
}

// add adds the fields of a record that are new. Where that changes nothing,
// objects are keyed by data, which would grow the schema for ever.
func (k *Schema) add(record []byte) error {
	before := k.compiled
	err := k.grow(schema.AddFields, record)
	k.full = err == nil && k.compiled == before
	return err
}

// grow makes the schema wider, as how says, for a record's sake.
func (k *Schema) grow(how func(doc, record []byte) ([]byte, bool, error), record []byte) error {
	wider, changed, err := how(k.doc, record)
	if err != nil || !changed {
		return err
	}
	return k.Use(wider)
}

// Doc returns the schema without deselected fields; nil where none is known.
func (k *Schema) Doc() json.RawMessage { return k.doc }

// New reports whether the schema was inferred from records of this run: it is
// wider than the one that the run began with.
func (k *Schema) New() bool { return k.inferred && k.grown && k.Known() }

// Line returns what must come before the records, where their schema is new.
func (k *Schema) Line(p Protocol) []byte {
	if !k.due {
		return nil
	}
	k.due = false
	return p.AppendSchema(nil, &message.Schema{Stream: k.stream.Name, Document: k.written, Keys: k.stream.Keys, ReplicationKey: k.stream.ReplicationKey})
}
