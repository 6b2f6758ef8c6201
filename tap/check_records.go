package tap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// checker holds a stream's schema and checks records against it, by the
// stream's policies. It is used from one goroutine.
type checker struct {
	stream     *sources.Stream
	doc        json.RawMessage // without deselected fields; nil: not known yet
	inferred   bool            // not written by a person: it widens before a record is refused
	told       json.RawMessage // doc as a SCHEMA line has it
	schema     *schema.Schema
	given      *schema.Schema // as it was at the start of the run
	fields     *schema.Fields
	keys       []string // of the primary key
	kept       []string // fields that never become null: the primary and replication key
	wanted     schema.Wanted
	expected   *schema.Expectation // what a record is checked for in one pass
	due        bool                // a SCHEMA line must come before the next record
	grown      bool                // it is wider than it was at the start of the run
	repairs    []schema.Repair     // of the last record that on_invalid: nullify let pass
	quarantine quarantine
	unfit      unfit
	newField   sources.Policy // on_new_field; drop where the catalog chose the fields
	full       bool           // the schema takes no more fields
	unknown    bool           // found by the last look for new fields
	pointer    string         // of the first of them
}

// newChecker returns the checker of a stream.
func newChecker(s *plan.Stream, work *workFolder, log *slog.Logger) (*checker, error) {
	c := &checker{
		stream: s.Definition, inferred: s.Definition.Schema.Text == nil, keys: s.Keys, kept: s.Keys,
		newField: s.NewField(), wanted: schema.Wanted{Fields: s.Keys, Cut: s.Mask.Paths(), Value: s.ReplicationKey},
		quarantine: quarantine{work: work, stream: s.Name}, unfit: unfit{log: log, stream: s.Name},
	}
	c.wanted.Drop = c.newField == sources.Drop
	if s.ReplicationKey != "" {
		c.kept = append(slices.Clip(c.keys), s.ReplicationKey)
	}
	doc, whose := s.Schema()
	if doc == nil {
		return c, nil
	}
	if err := c.use(doc); err != nil {
		return nil, fmt.Errorf("stream %s: %s: %w", s.Name, whose, err)
	}
	c.grown, c.given = false, c.schema
	return c, nil
}

// known reports whether there is a schema.
func (c *checker) known() bool { return c.schema != nil }

// use makes doc the schema.
func (c *checker) use(doc []byte) error {
	s, err := schema.Compile(doc)
	if err != nil {
		return err
	}
	fields, err := schema.NewFields(doc)
	if err != nil {
		return err
	}
	c.doc, c.schema, c.fields, c.expected = s.Bytes(), s, fields, s.Expect(c.wanted)
	told := schema.NullsAsText(c.doc)
	c.due, c.grown = c.due || !bytes.Equal(told, c.told), true
	c.told = told
	return nil
}

// nulled are the places in the last record of what became null.
func (c *checker) nulled() []string {
	if len(c.repairs) == 0 {
		return nil
	}
	var pointers []string
	for i := range c.repairs {
		pointers = append(pointers, c.repairs[i].Pointer)
	}
	return pointers
}

// check checks the record that stands in dst from start on, after a first look
// at it. It returns dst, the record perhaps changed, and false for a record that
// does not leave.
func (c *checker) check(dst []byte, start int, found schema.Finding, n *counts) ([]byte, bool, error) {
	c.repairs = nil
	if found.Fits && (found.Known || c.takesAll()) {
		return dst, true, nil
	}
	dst, err := c.checkFields(dst, start, n)
	if err != nil {
		return dst, false, err
	}
	record := dst[start:]
	if v := missingKey(record, c.keys); v != nil {
		return c.refuse(dst, start, v, n)
	}
	v := c.schema.Check(record)
	if v != nil && (c.inferred || c.given.Check(record) == nil) { // what evolved gives way too
		if err := c.grow(schema.Widen, record); err != nil {
			return dst, false, fmt.Errorf("%s: record %s: %w", c.stream.Name, keyText(record, c.keys), err)
		}
		v = c.schema.Check(record)
	}
	if v == nil {
		return dst, true, nil
	}
	return c.refuse(dst, start, v, n)
}

// missingKey is a record without a value in one of its primary key's fields:
// no target could store it, or a target would take it for another record.
func missingKey(record []byte, keys []string) *schema.Violation {
	for _, k := range keys {
		switch v := catalog.Field(record, k); {
		case v == nil:
			return &schema.Violation{Pointer: "/" + k, Rule: "required", Want: "a field of the primary key"}
		case v[0] == 'n', v[0] == '{', v[0] == '[':
			return &schema.Violation{Pointer: "/" + k, Rule: "type", Want: "text, a number or a boolean, as a field of the primary key", Value: string(clip(v))}
		}
	}
	return nil
}

// refuse applies on_invalid.
func (c *checker) refuse(dst []byte, start int, v *schema.Violation, n *counts) ([]byte, bool, error) {
	record := dst[start:]
	n.invalid++
	switch c.stream.Schema.OnInvalid {
	case sources.Pass:
		c.unfit.tell("a record does not fit its schema: it is passed on as it came", keyText(record, c.keys), v)
		return dst, true, nil
	case sources.Quarantine:
		c.unfit.tell("a record does not fit its schema: it goes to "+c.quarantine.path(), keyText(record, c.keys), v)
		n.quarantined++
		return dst, false, c.quarantine.add(record, v)
	case sources.Nullify:
		return c.nullify(dst, start, n)
	}
	way := "correct the definition, or say on_invalid: pass, quarantine or nullify"
	if missingKey(record, c.keys) != nil {
		way = "correct primary_key, or say on_invalid: pass or quarantine"
	}
	return dst, false, fmt.Errorf("%s: %w: record %s: %w (%s)", c.stream.Name, errUnfit, keyText(record, c.keys), v, way)
}

// takesAll reports whether new fields change nothing.
func (c *checker) takesAll() bool {
	policy := c.newField
	return policy == sources.Pass || policy == sources.Evolve && c.full
}

// nullify replaces what does not fit by null. A record to which that does not
// help fails the stream.
func (c *checker) nullify(dst []byte, start int, n *counts) ([]byte, bool, error) {
	record, end := dst[start:], len(dst)
	key := keyText(record, c.keys)
	stuck := missingKey(record, c.keys)
	if stuck == nil {
		dst, c.repairs, stuck = c.schema.AppendRepaired(dst, record, c.kept)
	}
	if stuck != nil {
		return dst, false, fmt.Errorf("%s: %w: record %s: %w, which null cannot mend (correct the definition, or say on_invalid: pass or quarantine)",
			c.stream.Name, errUnfit, key, stuck)
	}
	n.nullified++
	n.nulls += int64(len(c.repairs))
	for i := range c.repairs {
		c.unfit.tell("a value does not fit the schema: "+c.repairs[i].Pointer+" is null now", key, &c.repairs[i].Broken)
	}
	return dst[:start+copy(dst[start:], dst[end:])], true, nil
}

// checkFields applies on_new_field.
func (c *checker) checkFields(dst []byte, start int, n *counts) ([]byte, error) {
	policy := c.newField
	if c.takesAll() {
		return dst, nil
	}
	record := dst[start:]
	c.unknown = false
	c.fields.Unknown(record, c.found)
	if !c.unknown {
		return dst, nil
	}
	switch policy {
	case sources.Drop:
		end := len(dst)
		dst = c.fields.AppendWithout(dst, record)
		return dst[:start+copy(dst[start:], dst[end:])], nil
	case sources.Fail:
		return dst, fmt.Errorf("%s: %w: record %s: %s: a field that the schema does not name (on_new_field: fail)",
			c.stream.Name, errUnfit, keyText(record, c.keys), c.pointer)
	}
	before, fields := c.schema, c.countUnknown(record)
	if err := c.grow(schema.AddFields, record); err != nil {
		return dst, fmt.Errorf("%s: record %s: %w", c.stream.Name, keyText(record, c.keys), err)
	}
	c.full = c.schema == before // objects keyed by data would grow it for ever
	if !c.full {
		n.fields += fields
	}
	return dst, nil
}

// countUnknown returns how many different fields of a record are new.
func (c *checker) countUnknown(record []byte) int64 {
	fields := map[string]bool{}
	c.fields.Unknown(record, func(pointer string, _ []byte) bool {
		fields[pointer] = true
		return true
	})
	return int64(len(fields))
}

// found notes that there is a new field, and looks no further.
func (c *checker) found(pointer string, _ []byte) bool {
	c.unknown, c.pointer = true, pointer
	return false
}

// grow makes the schema wider, as how says, for the record's sake.
func (c *checker) grow(how func(doc, record []byte) ([]byte, bool, error), record []byte) error {
	wider, changed, err := how(c.doc, record)
	if err != nil || !changed {
		return err
	}
	return c.use(wider)
}
