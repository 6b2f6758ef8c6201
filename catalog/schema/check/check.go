package check

import (
	"slices"
	"sync"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// verdict is what the fast check thinks of one value.
type verdict uint8

// In the order in which they win over each other within one value.
const (
	fits   verdict = iota // surely
	unsure                // the judge has to say
	breaks                // surely does not fit
)

// check is a compiled schema. Without any of the details below a value of the
// right kind fits, whatever is in it.
type check struct {
	kinds  kinds.Set // that are allowed; kindInteger alone wants whole numbers
	text   *textCheck
	number *numberCheck
	object *objectCheck
	array  *arrayCheck
	more   *moreCheck // what is asked of values of every kind
}

// program is a check and what a run of it needs.
type program struct {
	root    *check // nil: nothing is asked
	objects []*objectCheck
	slots   int  // of Run.usual
	named   bool // it can tell members that the schema does not name
	onePass bool // it can tell whether a record fits before something is cut out
}

// Run is the fast check at work on one text. It is for one goroutine at a
// time.
type Run struct {
	proof   *scan.Proof
	program *program
	usual   []usualMember // of each object
	seen    []uint64      // members seen of the objects that are open and have more than 64
	texts   texts
	effort  int         // branches that may still be tried
	unknown bool        // a member was met that the schema does not name
	value   scan.Span   // of the field that was asked for
	Cuts    []scan.Span // what is cut out, in the order of the text
}

// NewRun returns a run on what the proof proves.
func NewRun(proof *scan.Proof) *Run { return &Run{proof: proof} }

// maxEffort is how many branches (of anyOf and the like) a record may have
// tried: a schema that refers to itself from two of them would otherwise take
// for ever before the judge does.
const maxEffort = 10_000

// Use makes what is expected what records are checked for.
func (f *Run) Use(e *Expectation) {
	p := &e.program
	if f.program == p {
		return
	}
	f.program = p
	f.usual = slices.Grow(f.usual[:0], p.slots)[:p.slots]
	for _, o := range p.objects {
		o.usualMembers(f.usual[o.slot : o.slot+len(o.members)+2])
	}
}

// Record proves the record that begins at i and returns what was found. Where
// the text is not JSON, end is negative.
func (f *Run) Record(i int) (end int, found Finding) {
	f.effort, f.unknown, f.value, f.proof.Huge = maxEffort, false, scan.Span{}, false
	f.seen = f.seen[:0]
	end, v := f.check(f.program.root, i)
	ok := end >= 0 && v == fits && !f.proof.Huge
	return end, Finding{Looked: true, Fits: ok, Known: ok && f.program.named && !f.unknown, Value: f.value}
}

// Wanted is what is asked of records besides that they fit their schema.
type Wanted struct {
	Fields []string   // at the top, that a record must have, each text, a number or a boolean: what a key can be
	Value  string     // field at the top whose place is noted; "": none
	Cut    [][]string // paths of fields that are cut out before the record is held against the schema; arrays do not count
	Drop   bool       // cut out, too, what the schema does not name, as schema.Fields has it
}

// Expectation is what records are checked for in one pass. It is safe for
// concurrent use.
type Expectation struct {
	program program
	runs    sync.Pool // of *Run
}

// Expect compiles the expectation that a record fits a schema and is
// what is wanted. It takes the document apart.
func Expect(d *model.Document, w Wanted) *Expectation {
	e := &Expectation{program: programOf(d, w)}
	e.runs.New = func() any { return NewRun(&scan.Proof{}) }
	return e
}

// OnePass reports whether one pass tells if a record fits.
func (e *Expectation) OnePass() bool { return e.program.onePass }

// Finding is what was found out about a record. Its zero value says nothing.
type Finding struct {
	Looked bool      // at all
	Fits   bool      // surely as expected; false: the judge has to say
	Known  bool      // surely without fields that the schema does not name, but for those that are cut out
	Value  scan.Span // of the field that was asked for, in the record's memory; empty: it has none
}

// Look checks a record that lies alone in text: proven JSON, from which what is
// to be cut out is cut out already.
func (e *Expectation) Look(text []byte) Finding {
	f := e.runs.Get().(*Run)
	f.Use(e)
	f.proof.Text, f.proof.Depth, f.proof.Fault = text, 0, nil
	f.Cuts = f.Cuts[:0]
	_, found := f.Record(scan.Space(text, 0))
	found.Known = found.Known && len(f.Cuts) == 0
	f.proof.Text = nil
	e.runs.Put(f)
	return found
}
