package expr

import (
	"errors"
	"math/bits"
)

const (
	// easyWork is what an evaluation of a Loop may take without being counted.
	easyWork = 1 << 12
	// loopWork bounds the work of all others up to Rewind: a few seconds.
	loopWork = 1 << 28
)

var errLoop = errors.New("it goes through much of the answer for each record, and all of that is too much work: " +
	"what does not depend on the record is computed once, the rest must look at the record and its parent, or pages must be smaller")

// What an expression may depend on besides the slots of its names, as bits beside theirs.
const (
	needItem = 1 << 63 // what map, select and their like are looking at
	needMore = 1 << 62 // the clock, or a name of a slot without a bit
)

// A Loop evaluates templates for one record after the other. What a part of a template comes to is
// kept until a variable changes that the part depends on: of an answer with many records a path
// into the answer itself is followed once. It is used from one goroutine.
type Loop struct {
	vars    Vars
	each    uint64 // slots that change from each record to the next: what depends on them is not kept
	clock   uint64
	changed []uint64 // by slot: when, by the clock
	kept    map[*Template][]kept
	hard    int // work since Begin, of evaluations that are not easy
	most    int // hard work
	work    int // in all
}

// kept is what a part of a template came to.
type kept struct {
	at    uint64 // by the loop's clock; 0: not yet
	value Value
}

// NewLoop returns a loop over vars, which it takes over. each are the slots that change from each
// record to the next.
func NewLoop(vars Vars, each ...int) *Loop {
	l := &Loop{vars: vars, clock: 1, changed: make([]uint64, len(vars)), kept: map[*Template][]kept{}, most: loopWork}
	for _, slot := range each {
		l.each |= need(slot)
	}
	return l
}

// Vars returns the variables as they are; they must not be changed.
func (l *Loop) Vars() Vars { return l.vars }

// Set changes a variable.
func (l *Loop) Set(slot int, v Value) {
	l.clock++
	l.changed[slot], l.vars[slot] = l.clock, v
}

// Begin forgets what was kept, and the work so far: another answer is looked at, and the memory of
// the one before may be used again.
func (l *Loop) Begin() {
	for _, all := range l.kept {
		clear(all)
	}
	l.hard = 0
}

// Eval is [Template.Eval]. It also fails where the evaluations since Begin took too much work
// together.
func (l *Loop) Eval(t *Template) (Value, error) {
	if t.constant {
		return t.value, nil
	}
	r := t.begin(l.vars)
	defer t.end(r)
	r.loop, r.kept = l, l.of(t)
	v, err := t.eval(r)
	l.work += r.work
	if l.hard = max(0, l.hard+r.work-easyWork); l.hard > l.most && err == nil {
		return Value{}, &EvalError{Expr: t.source, Err: errLoop}
	}
	return v, err
}

// Work returns how much work all evaluations took: a unit is about a value or 64 bytes looked at.
func (l *Loop) Work() int { return l.work }

// of returns what is kept of a template.
func (l *Loop) of(t *Template) []kept {
	all, ok := l.kept[t]
	if !ok {
		all = make([]kept, t.cells)
		l.kept[t] = all
	}
	return all
}

// fresh reports whether nothing changed since then that a part needs.
func (l *Loop) fresh(needs, since uint64) bool {
	for ; needs != 0; needs &= needs - 1 {
		if l.changed[bits.TrailingZeros64(needs)] > since {
			return false
		}
	}
	return true
}

// A cell is the part of a template whose value a loop may keep.
type cell struct {
	needs uint64 // slots, as bits
	index int    // among the template's cells, from 1; 0: it is not worth keeping
}

func need(slot int) uint64 {
	if slot >= 62 {
		return needMore
	}
	return 1 << slot
}

// guard makes an evaluator that asks the loop before eval, where there is one and it keeps the
// cell.
func (c *cell) guard(eval evaluator) evaluator {
	return func(r *run) (Value, error) {
		if c.index == 0 || r.loop == nil || c.needs&r.loop.each != 0 {
			return eval(r)
		}
		k := &r.kept[c.index-1]
		if k.at != 0 && r.loop.fresh(c.needs, k.at) {
			return k.value, nil
		}
		v, err := eval(r)
		if err == nil {
			*k = kept{at: r.loop.clock, value: v}
		}
		return v, err
	}
}

// keep makes a part one that loops keep: what it is a part of depends on more.
func (p *parser) keep(n node) {
	if n.cell == nil || n.cell.index > 0 || n.cell.needs&(needItem|needMore) != 0 {
		return
	}
	*p.cells++
	n.cell.index = *p.cells
}
