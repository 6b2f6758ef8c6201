package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Schema is what is known of the schema of a stream: one for all its
// partitions. Its methods may be called from any goroutine.
type Schema struct {
	stream   *plan.Stream
	inferred bool           // not written by a person: it widens before a record is refused
	given    *schema.Schema // as it was at the start of the run
	now      atomic.Pointer[Known]

	mu    sync.Mutex // of what follows, and to replace now
	grown bool       // it is wider than it was at the start of the run
}

// Known is a schema as it was at a time: it only widens, so that records which
// fit an earlier one fit the later ones.
type Known struct {
	Version  int // of what a SCHEMA line has of it, from 1; 0: there is none
	stream   *plan.Stream
	doc      json.RawMessage // without deselected fields; nil: not known yet
	written  json.RawMessage // doc as a SCHEMA line has it
	full     bool            // it takes no more fields
	compiled *schema.Schema
	fields   *schema.Fields
	expected *check.Expectation // what a record is checked for in one pass
}

// NewSchema returns what is known of a stream's schema before its records
// come.
func NewSchema(s *plan.Stream) (*Schema, error) {
	k := &Schema{stream: s, inferred: s.Definition.Schema.Text == nil}
	k.now.Store(&Known{stream: s})
	doc, whose := s.Schema()
	if doc == nil {
		return k, nil
	}
	if err := k.Use(doc); err != nil {
		return nil, fmt.Errorf("stream %s: %s: %w", s.Name, whose, err)
	}
	k.grown, k.given = false, k.now.Load().compiled
	return k, nil
}

// Now is the schema as it is.
func (k *Schema) Now() *Known { return k.now.Load() }

// Known reports whether there is a schema.
func (k *Schema) Known() bool { return k.Now().compiled != nil }

// Use makes doc the schema.
func (k *Schema) Use(doc []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.use(doc)
}

// infer makes the schema what is inferred from records, unless there is one by
// now.
func (k *Schema) infer(doc []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Known() {
		return nil
	}
	return k.use(doc)
}

// use makes doc the schema; mu is held.
func (k *Schema) use(doc []byte) error {
	s, err := schema.Compile(doc)
	if err != nil {
		return err
	}
	fields, err := schema.NewFields(doc)
	if err != nil {
		return err
	}
	wanted := check.Wanted{
		Fields: k.stream.Keys, Cut: k.stream.Mask.Paths(), Value: k.stream.ReplicationKey, Drop: k.stream.NewField() == sources.Drop,
	}
	before := k.Now()
	next := &Known{
		Version: before.Version, stream: k.stream, doc: s.Bytes(), compiled: s, fields: fields, expected: s.Expect(wanted), full: before.full,
	}
	next.written = infer.NullsAsText(next.doc)
	if !bytes.Equal(next.written, before.written) {
		next.Version++
	}
	k.now.Store(next)
	k.grown = true
	return nil
}

// check returns how a record breaks the schema, nil if it does not.
func (k *Schema) check(record []byte) *schema.Violation { return k.Now().compiled.Check(record) }

// givesWay reports whether the schema widens for a record that breaks it: nobody
// wrote it, or what the record breaks evolved in this run.
func (k *Schema) givesWay(record []byte) bool {
	return k.inferred || k.given.Check(record) == nil
}

// add adds the fields of a record that are new, and returns how many there are:
// another partition may have added some since they were found. Where that changes
// nothing, objects are keyed by data, which would grow the schema for ever.
func (k *Schema) add(record []byte) (added int64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.Now()
	if added = before.unknown(record); added == 0 || before.full {
		return 0, nil
	}
	if err := k.grow(infer.AddFields, record); err != nil || k.Now() != before {
		return added, err
	}
	next := *before
	next.full = true
	k.now.Store(&next)
	return 0, nil
}

// unknown returns how many different fields a record has that the schema does not
// name.
func (k *Known) unknown(record []byte) int64 {
	fields := map[string]bool{}
	k.fields.Unknown(record, func(pointer string, _ []byte) bool {
		fields[pointer] = true
		return true
	})
	return int64(len(fields))
}

// widen makes the schema take a record that breaks it.
func (k *Schema) widen(record []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.grow(infer.Widen, record)
}

// grow makes the schema wider, as how says, for a record's sake; mu is held.
func (k *Schema) grow(how func(doc, record []byte) ([]byte, bool, error), record []byte) error {
	wider, changed, err := how(k.Now().doc, record)
	if err != nil || !changed {
		return err
	}
	return k.use(wider)
}

// Doc returns the schema without deselected fields; nil where none is known.
func (k *Schema) Doc() json.RawMessage { return k.Now().doc }

// New reports whether the schema was inferred from records of this run: it is
// wider than the one that the run began with.
func (k *Schema) New() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inferred && k.grown && k.Known()
}

// Line returns what must come before the first record of the schema, in a version
// of the table; 0: it has none.
func (k *Known) Line(p Protocol, version int64) []byte {
	doc := k.written
	if k.stream.MarksDeleted() {
		doc = catalog.WithDeletedAt(doc, p.DeletedAt(), k.stream.Keys)
	}
	return p.AppendSchema(nil, &message.Schema{Stream: k.stream.Name, Document: doc, Keys: k.stream.Keys, ReplicationKey: k.stream.ReplicationKey, Version: version})
}
