package pages

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Projection is how the records of a stream leave: without those that keep drops
// and the fields that the catalog deselects, with what add says. It is used from
// one goroutine.
type Projection struct {
	stream  string
	keep    *expr.Template  // nil: every record
	mask    *catalog.Mask   // of fields that do not leave as the API sent them
	add     []sources.Param // fields that are set in each record
	view    *view
	answers bool   // templates look at the answer
	dynamic bool   // what is added depends on the record
	static  []byte // what is added where it does not
	extra   []byte // what is added to the record that was projected last
}

// NewProjection returns that of a stream, whose templates know what vars say.
func NewProjection(s *plan.Stream, vars expr.Vars) *Projection {
	p := &Projection{
		stream: s.Name, keep: s.Definition.Records.Keep, mask: s.Mask, view: newView(vars), answers: !s.Clock.Mark().IsZero(),
	}
	if p.keep != nil {
		p.answers = p.answers || usesAnswer(p.keep)
	}
	for _, add := range s.Definition.Records.Add {
		if s.Mask.Drops(add.Name) {
			continue // added for nobody
		}
		p.add = append(p.add, add)
		p.mask = p.mask.Without(add.Name)
		p.dynamic = p.dynamic || add.Value.Uses("record") || add.Value.Uses("parent")
		p.answers = p.answers || usesAnswer(add.Value)
	}
	return p
}

func usesAnswer(t interface{ Uses(name string) bool }) bool {
	return t.Uses("response") || t.Uses("headers")
}

// Whole reports whether every record leaves, with nothing added.
func (p *Projection) Whole() bool { return p.keep == nil && len(p.add) == 0 }

// Adds are the fields that are set in each record.
func (p *Projection) Adds() []sources.Param { return p.add }

// Loop is what the templates see.
func (p *Projection) Loop() *expr.Loop { return p.view.loop }

// End forgets the answer.
func (p *Projection) End() { p.view.end() }

// See makes the answer known to the templates that look at it, and renders
// what add says where it is the same for all records.
func (p *Projection) See(page *fetch.Page) error {
	p.view.page(page, p.answers)
	if p.dynamic {
		return nil
	}
	var err error
	p.static, err = p.appendAdded(p.static[:0])
	return err
}

// appendAdded renders what add says as members of an object.
func (p *Projection) appendAdded(dst []byte) ([]byte, error) {
	for i, param := range p.add {
		v, err := param.Value.EvalBy(p.view.eval)
		if err != nil {
			return dst, fmt.Errorf("%s: add.%s: %w", p.stream, param.Name, err)
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = expr.String(param.Name).AppendJSON(dst)
		dst = append(dst, ':')
		dst = v.AppendJSON(dst)
	}
	return dst, nil
}

// Added is what is added to the record that was projected last.
func (p *Projection) Added() []byte {
	if p.dynamic {
		return p.extra
	}
	return p.static
}

// Append appends record i of a page as it leaves: without what is cut, with
// what is added, on one line. It reports false for a record that keep drops.
func (p *Projection) Append(dst []byte, page *fetch.Page, i int, expected *check.Expectation) ([]byte, bool, error) {
	record := page.Records.Record(i)
	if p.keep != nil || p.dynamic {
		p.view.record(record, page.Records.Parent(i))
	}
	if p.keep != nil {
		v, err := p.view.eval(p.keep)
		if err != nil {
			return dst, false, fmt.Errorf("%s: keep: %w", p.stream, err)
		}
		if !sources.Holds(v) {
			return dst, false, nil
		}
	}
	if p.dynamic {
		var err error
		if p.extra, err = p.appendAdded(p.extra[:0]); err != nil {
			return dst, false, err
		}
	}
	start := len(dst)
	all := page.Records.(Records)
	if all.LookedFor(i, expected) {
		dst = all.AppendRecord(dst, i)
	} else {
		dst = p.mask.Append(dst, record, p.Added())
	}
	if !all.OneLine {
		message.Flatten(dst[start:])
	}
	return dst, true, nil
}
