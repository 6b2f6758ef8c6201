package schema

import (
	"fmt"
	"sync"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/xeipuuv/gojsonschema"
)

// Schema is a compiled JSON Schema of one stream's records.
//
// gojsonschema does the judging, by the draft that $schema names (4, 6 or 7),
// else by all three together: exclusiveMinimum may be a boolean or a number.
// Unknown keywords and formats are ignored. What it does in its own way:
//
//   - A date-time may also be a time (12:30:00, 12:30:00Z) or a date; what
//     follows is Go's time.Parse, which takes a one-digit hour and a comma
//     before the fraction, but neither lower-case t and z nor second 60. A
//     time needs no offset.
//   - A format that it knows (date, time, date-time, hostname, email, ipv4,
//     ipv6, uri, uri-reference, uri-template, iri, iri-reference, uuid, regex,
//     json-pointer, relative-json-pointer) is not only for strings: every
//     number fails it. Other types are not asked.
//   - An email may be "Name <a@b>"; a uuid has lower-case digits; a uri needs
//     a scheme and no more; ipv4 takes ::1.2.3.4.
//   - 1.0 is an integer. multipleOf is exact: 19.99 is a multiple of 0.01.
//   - enum, const and uniqueItems compare numbers as float64.
//   - pattern is Go's RE2, unanchored: without lookaheads and backreferences.
//   - What stands beside a $ref is ignored, but for definitions.
//   - $id and id are ignored: a $ref is a pointer from the document's root.
//   - A schema that leads to itself by two branches at once (allOf of two that
//     both recurse) costs twice as much with each level of the record.
//
// A Schema is safe for concurrent use.
type Schema struct {
	doc   *model.Document
	judge *gojsonschema.Schema
	fast  func() *check.Expectation // of records that nothing else is asked of

	compiling sync.Mutex // held to look into doc, which takes itself apart as it is looked into
}

// Compile reads a JSON Schema. An error is a *model.SchemaError: broken JSON, an
// unknown type, a $ref that leads out of the document, to no schema or back to
// itself, a number beyond the limits of [Schema.Check], anything that
// gojsonschema refuses. Nothing is ever loaded from elsewhere.
func Compile(doc []byte) (*Schema, error) {
	d, err := model.Parse(doc)
	if err != nil {
		return nil, err
	}
	dropIDs(d.Root)
	judge, err := compileJudge(d.Root.Append(nil))
	if err != nil {
		return nil, blamed(d, err)
	}
	s := &Schema{doc: d, judge: judge}
	s.fast = sync.OnceValue(func() *check.Expectation { return s.Expect(check.Wanted{}) })
	return s, nil
}

// Expect returns the expectation that a record fits the schema and is what is
// wanted.
func (s *Schema) Expect(w check.Wanted) *check.Expectation {
	s.compiling.Lock()
	defer s.compiling.Unlock()
	return check.Expect(s.doc, w)
}

// accepts reports whether a record surely fits. false says nothing.
func (s *Schema) accepts(record []byte) bool { return s.fast().Look(record).Fits }

// Bytes returns the document as it was given, on one line. It must not be
// changed.
func (s *Schema) Bytes() []byte { return s.doc.Text }

// Check says whether the record fits; nil if it does. The record must be proven
// JSON; a number of more than 400 characters or with an exponent beyond ±400 is
// refused (rule "number").
func (s *Schema) Check(record []byte) *Violation {
	if s.accepts(record) {
		return nil
	}
	return s.judged(record)
}

// judged is Check by the judge alone: only it rejects.
func (s *Schema) judged(record []byte) *Violation {
	errs, v := s.Judge(record)
	if len(errs) > 0 {
		return newViolation(record, errs)
	}
	return v
}

// Judge returns all that the judge finds in a record, proven JSON, in no order;
// or what keeps the record from it.
func (s *Schema) Judge(record []byte) (errs []gojsonschema.ResultError, v *Violation) {
	if i := kinds.HugeNumber(record); i >= 0 {
		return nil, hugeViolation(record, i)
	}
	defer func() {
		if p := recover(); p != nil {
			if i := kinds.BeyondFloat(record); i >= 0 {
				v = beyondViolation(record, i)
				return
			}
			v = &Violation{Rule: "internal", Want: fmt.Sprintf("a record that can be judged (%v)", p), Value: shorten(record)}
		}
	}()
	// The loader decodes with UseNumber: no number passes through float64.
	result, err := s.judge.Validate(gojsonschema.NewBytesLoader(record))
	if err != nil {
		return nil, &Violation{Rule: "json", Want: "JSON (" + err.Error() + ")", Value: shorten(record)}
	}
	return result.Errors(), nil
}

// compileJudge hands a document to gojsonschema.
func compileJudge(text []byte) (judge *gojsonschema.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("gojsonschema: %v", p)
		}
	}()
	return gojsonschema.NewSchema(sealed{gojsonschema.NewBytesLoader(text)})
}

// sealed is a loader whose document cannot pull in others.
type sealed struct{ gojsonschema.JSONLoader }

func (sealed) LoaderFactory() gojsonschema.JSONLoaderFactory { return noLoaders{} }

type noLoaders struct{}

func (noLoaders) New(source string) gojsonschema.JSONLoader { return noLoader{source: source} }

type noLoader struct {
	gojsonschema.JSONLoader
	source string
}

func (l noLoader) LoadJSON() (any, error) {
	return nil, fmt.Errorf("%q leads outside the schema", l.source)
}

// dropIDs takes $id and id out wherever gojsonschema would look for them.
// They would move the place from which references start, or, in a default or
// an example, stand for another schema of that name.
func dropIDs(n *model.Node) {
	for _, e := range n.Elements() {
		dropIDs(e)
	}
	for _, name := range []string{"$id", "id"} {
		if _, ok := n.Text(name); ok {
			n.Remove(name)
		}
	}
	for _, m := range n.Members() {
		switch m.Name {
		case "const", "enum":
		case "properties", "dependencies", "patternProperties":
			for _, p := range m.Value.Members() {
				dropIDs(p.Value)
			}
		default:
			dropIDs(m.Value)
		}
	}
}

// blamed returns err, which gojsonschema gave without a place, with the place
// of the first schema that fails alone.
func blamed(d *model.Document, err error) error {
	draft := d.Root.Get("$schema")
	for _, n := range d.Schemas {
		if !n.IsObject() {
			continue
		}
		alone := d.Alone(n)
		if draft != nil {
			alone.Set("$schema", &model.Node{Raw: draft.Raw})
		}
		if _, own := compileJudge(alone.Append(nil)); own != nil {
			return &model.SchemaError{Pointer: n.At(), Msg: own.Error()}
		}
	}
	return &model.SchemaError{Msg: err.Error()}
}
