package check

import (
	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// ColumnsRun is a run on records that are made of columns: what their names and the
// types of their values decide is decided once for all of them.
type ColumnsRun struct {
	run     *Run // that looks at the values of which more is asked
	program *program
	columns []raw.Column
	decided bool // false: each record is to be read
	known   bool // no column is a new field, but for those that are cut out
	values  []columnCheck
}

// columnCheck is what is still to be done with each value of a column.
type columnCheck struct {
	column int
	before int    // bytes between the end of the value before it, or the record's beginning, and its own beginning
	check  *check // nil: nothing is asked of it
	noted  bool   // its place is asked for
	cut    bool   // it is cut out
	stays  bool   // if it is cut out: a column before it is not
}

// NewColumnsRun returns a run that has another one look at single values.
func NewColumnsRun(run *Run) ColumnsRun { return ColumnsRun{run: run} }

// Use makes columns those of the records to come. It reports whether the run's
// program can tell by them which records fit.
func (c *ColumnsRun) Use(columns []raw.Column) bool {
	if len(columns) == 0 {
		return false
	}
	if c.program != c.run.program || len(c.columns) != len(columns) || &c.columns[0] != &columns[0] {
		*c = ColumnsRun{run: c.run, program: c.run.program, columns: columns, values: c.values[:0]}
		c.decided = c.decide()
	}
	return c.decided
}

// decide compiles what the program asks of the columns, and reports whether the names
// of the columns are as they should be. It follows checkObject.
func (c *ColumnsRun) decide() bool {
	f, root := c.run, c.program.root
	if root == nil || root.more != nil || root.object == nil || root.kinds&kinds.Object == 0 || root.object.names != nil || root.object.depend != nil {
		return false
	}
	o, run := root.object, objectRun{base: len(f.seen)}
	for range o.words {
		f.seen = append(f.seen, 0)
	}
	c.known = c.program.named
	for n := range c.columns {
		if !c.decideOne(o, &run, n) {
			return false
		}
	}
	v := f.checkCounts(o, &run)
	f.seen = f.seen[:run.base]
	return v == fits
}

// decideOne is decide for a column. It reports false for one whose values it is
// not sure of.
func (c *ColumnsRun) decideOne(o *objectCheck, run *objectRun, n int) bool {
	column := &c.columns[n]
	one := columnCheck{column: n, before: 1 + len(column.Key) + 1, check: o.rest, stays: run.any(c.run.seen)}
	k := -1
	if n, ok := o.index[column.Key.Unquote()]; ok {
		k = int(n)
	}
	if one.cut = o.cuts(k); one.cut {
		one.check = nil
		c.values = append(c.values, one)
		return true
	}
	if k < 0 {
		run.unnamed++
		c.known = c.known && !o.closed
	} else {
		m := &o.members[k]
		run.mark(c.run.seen, c.run.member(o, k))
		one.check, one.noted = m.check, m.noted
		c.known = c.known && (m.named || !o.closed)
	}
	if one.check.takes(column.Types) {
		one.check = nil
	}
	if one.check != nil || one.noted {
		c.values = append(c.values, one)
	}
	return k >= 0 || len(o.patterns) == 0
}

// takes reports whether c asks nothing of values but their types, and allows these.
func (c *check) takes(types []string) bool {
	if c == nil {
		return true
	}
	for _, name := range types {
		switch k := kinds.Named(name); {
		case c.more != nil, k&kinds.String != 0 && c.text != nil, k&(kinds.Integer|kinds.Number) != 0 && c.number != nil:
			return false
		case k&c.kinds == 0 && (k != kinds.Integer || c.kinds&kinds.Number == 0):
			return false
		}
	}
	return true
}

// Row returns what is found of the record that begins at begin, whose values end
// where it is given, and which of the run's cuts lie in it.
func (c *ColumnsRun) Row(begin int, ends []int32) (found Finding, cuts scan.Span) {
	found = Finding{Looked: true, Fits: true, Known: c.known}
	if len(c.values) == 0 {
		return found, scan.Span{}
	}
	cuts.Start = len(c.run.Cuts)
	c.check(&found, begin, ends)
	cuts.End = len(c.run.Cuts)
	return found, cuts
}

// check looks at those values of a record that need it.
func (c *ColumnsRun) check(r *Finding, begin int, ends []int32) {
	f := c.run
	f.effort, f.unknown = maxEffort, false
	for i := range c.values {
		one := &c.values[i]
		value := scan.Span{Start: begin + one.before, End: int(ends[one.column])}
		if one.column > 0 {
			value.Start = int(ends[one.column-1]) + one.before
		}
		if one.noted {
			r.Value = value
		}
		if one.check != nil {
			_, v := f.check(one.check, value.Start)
			r.Fits = r.Fits && v == fits
		}
		if one.cut {
			c.cutOut(one, value)
		}
	}
	r.Known = r.Fits && r.Known && !f.unknown
}

// cutOut is Run.cutOut for the value of a column.
func (c *ColumnsRun) cutOut(one *columnCheck, value scan.Span) {
	from, to := value.Start-one.before+1, value.End
	switch {
	case one.stays:
		from--
	case c.run.proof.Text[to] == ',':
		to++
	}
	c.run.Cuts = append(c.run.Cuts, scan.Span{Start: from, End: to})
}
