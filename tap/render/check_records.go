package render

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/findings"
	"github.com/tap-rest/tap-rest/tap/report"
)

// checker checks the records of a partition against the schema of their stream,
// by the stream's policies. It is used from one goroutine.
type checker struct {
	stream     *sources.Stream
	schema     *Schema
	keys       []string        // of the primary key
	kept       []string        // fields that never become null: the primary and replication key
	newField   sources.Policy  // on_new_field; drop where the catalog chose the fields
	repairs    []schema.Repair // of the last record that on_invalid: nullify let pass
	quarantine quarantine
	violations violationLog
	page       *fetch.Page // under way
	unknown    bool        // found by the last look for new fields
	pointer    string      // of the first of them
}

// newChecker returns the checker of a stream's records.
func newChecker(s *plan.Stream, known *Schema, o *Options) *checker {
	c := &checker{
		stream: s.Definition, schema: known, keys: s.Keys, kept: s.Keys, newField: s.NewField(),
		quarantine: quarantine{path: o.Quarantine, context: o.Context}, violations: violationLog{log: o.Log, stream: s.Name, all: o.Findings},
	}
	if s.ReplicationKey != "" {
		c.kept = append(slices.Clip(c.keys), s.ReplicationKey)
	}
	return c
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
func (c *checker) check(dst []byte, start int, found check.Finding, n *report.Counts) ([]byte, bool, error) {
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
	v := c.schema.check(record)
	if v != nil && (c.schema.givesWay(record)) { // what evolved gives way too
		if err := c.schema.widen(record); err != nil {
			return dst, false, fmt.Errorf("%s: record %s: %w", c.stream.Name, findings.KeyText(record, c.keys), err)
		}
		v = c.schema.check(record)
	}
	if v == nil {
		return dst, true, nil
	}
	return c.refuse(dst, start, v, n)
}

// missingKey is a record without one value in one of its primary key's fields:
// no target could store it, or a target would take it for another record. Of two values
// under one name targets keep the last, and others the first.
func missingKey(record []byte, keys []string) *schema.Violation {
	for _, k := range keys {
		switch v := raw.Text(record).Field(k); {
		case v == nil:
			return &schema.Violation{Pointer: "/" + k, Rule: "required", Want: "a field of the primary key"}
		case v[0] == 'n', v[0] == '{', v[0] == '[':
			return &schema.Violation{Pointer: "/" + k, Rule: "type", Want: "text, a number or a boolean, as a field of the primary key", Value: string(findings.Clip(v))}
		default:
			if last := raw.Text(record).LastField(k); !bytes.Equal(v, last) {
				return &schema.Violation{Pointer: "/" + k, Rule: "twice", Want: "one value for a field of the primary key", Value: string(findings.Clip(v)) + " and " + string(findings.Clip(last))}
			}
		}
	}
	return nil
}

// refuse applies on_invalid.
func (c *checker) refuse(dst []byte, start int, v *schema.Violation, n *report.Counts) ([]byte, bool, error) {
	record := dst[start:]
	switch c.stream.Schema.OnInvalid {
	case sources.Pass:
		n[report.PassedOn]++
		c.violations.warn("a record does not fit its schema: it is passed on as it came", findings.KeyText(record, c.keys), v)
		return dst, true, nil
	case sources.Quarantine:
		c.violations.warn("a record does not fit its schema: it goes to "+c.quarantine.path, findings.KeyText(record, c.keys), v)
		n[report.Quarantined]++
		return dst, false, c.quarantine.add(record, v)
	case sources.Nullify:
		return c.nullify(dst, start, n)
	}
	if err := c.lacksKey(record); err != nil {
		return dst, false, err
	}
	way := "correct the definition, or say on_invalid: pass, quarantine or nullify"
	if missingKey(record, c.keys) != nil {
		way = "correct primary_key, or say on_invalid: pass or quarantine"
	}
	return dst, false, fmt.Errorf("%s: %w: record %s: %w (%s)", c.stream.Name, errMisfit, findings.KeyText(record, c.keys), v, way)
}

// takesAll reports whether new fields change nothing.
func (c *checker) takesAll() bool {
	policy := c.newField
	return policy == sources.Pass || policy == sources.Evolve && c.schema.Now().full
}

// nullify replaces what does not fit by null. A record to which that does not
// help fails the stream.
func (c *checker) nullify(dst []byte, start int, n *report.Counts) ([]byte, bool, error) {
	record, end := dst[start:], len(dst)
	key := findings.KeyText(record, c.keys)
	if err := c.lacksKey(record); err != nil {
		return dst, false, err
	}
	stuck := missingKey(record, c.keys)
	if stuck == nil {
		dst, c.repairs, stuck = c.schema.Now().compiled.AppendRepaired(dst, record, c.kept)
	}
	if stuck != nil {
		return dst, false, fmt.Errorf("%s: %w: record %s: %w, which null cannot mend (correct the definition, or say on_invalid: pass or quarantine)",
			c.stream.Name, errMisfit, key, stuck)
	}
	n[report.Nullified]++
	n[report.NullifiedValue] += int64(len(c.repairs))
	for i := range c.repairs {
		c.violations.warn("a value does not fit the schema: "+c.repairs[i].Pointer+" is null now", key, &c.repairs[i].Broken)
	}
	return dst[:start+copy(dst[start:], dst[end:])], true, nil
}

// checkFields applies on_new_field.
func (c *checker) checkFields(dst []byte, start int, n *report.Counts) ([]byte, error) {
	policy := c.newField
	if c.takesAll() {
		return dst, nil
	}
	record := dst[start:]
	c.unknown = false
	c.schema.Now().fields.Unknown(record, c.found)
	if !c.unknown {
		return dst, nil
	}
	switch policy {
	case sources.Drop:
		end := len(dst)
		dst = c.schema.Now().fields.AppendWithout(dst, record)
		return dst[:start+copy(dst[start:], dst[end:])], nil
	case sources.Fail:
		return dst, fmt.Errorf("%s: %w: record %s: %s: a field that the schema does not name (on_new_field: fail)",
			c.stream.Name, errMisfit, findings.KeyText(record, c.keys), c.pointer)
	}
	added, err := c.schema.add(record)
	if err != nil {
		return dst, fmt.Errorf("%s: record %s: %w", c.stream.Name, findings.KeyText(record, c.keys), err)
	}
	n[report.NewField] += added
	return dst, nil
}

// found notes that there is a new field, and looks no further.
func (c *checker) found(pointer string, _ []byte) bool {
	c.unknown, c.pointer = true, pointer
	return false
}
