package journal

import (
	"slices"
	"time"
)

// index is what the frames of all segments say, applied in their order. The
// same methods apply what is read and what is written.
type index struct {
	passes map[string]*pass
	last   int    // ordinal of the latest pass
	round  uint32 // of what is written between two states
	awake  int    // partitions of each pass that are not packed; 0: mostAwake
}

// pass is a pass and its partitions. Exchanges of a pass may come before its
// mark: when the segment with the mark is deleted, the mark is written again
// behind them.
type pass struct {
	Pass
	ordinal    int
	known      bool // its mark was read
	dropped    bool
	part       bool      // a run before left the beginning of an answer of it
	used       bool      // by the run that has the journal open
	latest     time.Time // of its exchanges, or when it began
	partitions partitions
	segs       []uint32 // that hold frames of it, ascending
	marks      []uint32 // that hold the marks that say what it is, ascending
}

func (p *pass) live() bool { return p.known && !p.dropped }

// serves reports whether the journal has a pass, and it was not dropped.
func (x *index) serves(id string) bool {
	p := x.passes[id]
	return p != nil && p.live()
}

// entry is an exchange.
type entry struct {
	place  Place
	digest [16]byte
}

// partition is a partition of a pass, in its current generation.
type partition struct {
	name       string
	generation int
	first      int // N of entries[0], or of the next exchange; -1: whichever comes
	entries    []entry
	waiting    map[int]entry // exchanges behind a gap: a fan-out's answers come out of order
	emitted    int           // exchanges up to this N have been emitted; -1: none
	leaving    leaving
	damaged    int      // N of an exchange behind which nothing is to be served; -1: none
	started    bool     // a start mark says where it begins
	segs       []uint32 // that hold frames of it, ascending
}

// leaving are exchanges whose records were written in a round. They are emitted once
// that is over.
type leaving struct {
	before int // this N
	round  uint32
}

// leaves says that the records of exchanges up to n are written in a round.
func (r *partition) leaves(n int, round uint32) {
	r.emitted = r.left(round)
	r.leaving = leaving{max(r.leaving.before, n+1), round}
}

// left is up to which exchange all were emitted before a round; -1: none.
func (r *partition) left(round uint32) int {
	if r.leaving.round < round {
		return max(r.emitted, r.leaving.before-1)
	}
	return r.emitted
}

// addSegment adds the latest segment to those that hold something.
func addSegment(segs []uint32, segment uint32) []uint32 {
	if len(segs) > 0 && segs[len(segs)-1] == segment {
		return segs
	}
	return append(segs, segment)
}

func (x *index) pass(id string, segment uint32) *pass {
	p := x.passes[id]
	if p == nil {
		p = &pass{Pass: Pass{ID: id}, partitions: partitions{most: x.awake}}
		x.passes[id] = p
	}
	p.segs = addSegment(p.segs, segment)
	return p
}

func (x *index) begin(it Pass, ordinal int, segment uint32) *pass {
	p := x.pass(it.ID, segment)
	p.Pass, p.ordinal, p.known = it, ordinal, true
	if !p.dropped {
		p.marks = []uint32{segment}
	}
	x.last = max(x.last, ordinal)
	p.happened(it.Begun)
	return p
}

func (x *index) finish(id string, segment uint32) {
	p := x.pass(id, segment)
	p.Finished = true
	if !p.dropped {
		p.marks = addSegment(p.marks, segment)
	}
}

func (x *index) drop(id string, segment uint32) {
	p := x.pass(id, segment)
	p.dropped, p.partitions = true, partitions{}
	p.marks = []uint32{segment}
}

// happened notes when something of a pass happened.
func (p *pass) happened(at time.Time) {
	if at.After(p.latest) {
		p.latest = at
	}
}

// partition returns a partition in a generation, or nil where that is no longer
// served. A later generation than the known one is the sign of a restart.
func (p *pass) partition(name string, generation int, segment uint32) *partition {
	if p.dropped {
		return nil
	}
	r := p.partitions.get(name)
	if r == nil {
		r = &partition{name: name, first: -1, emitted: -1, damaged: -1}
		p.partitions.add(r)
	}
	r.segs = addSegment(r.segs, segment)
	if generation > r.generation {
		r.restart(generation, -1)
	}
	if generation < r.generation {
		return nil
	}
	return r
}

// restart begins a generation: at exchange 0 after a restart, at whichever comes
// where the mark of that was deleted.
func (r *partition) restart(generation, first int) {
	*r = partition{name: r.name, generation: generation, first: first, emitted: -1, damaged: -1, segs: r.segs}
}

// anew reports whether exchange n takes the place of another one, or comes before
// all that are known.
func (r *partition) anew(n int) bool {
	return r != nil && r.first >= 0 && n < r.first+len(r.entries)
}

// put adds exchange n. Where it was asked for anew, it takes the place of the
// older exchange n and of what lies behind that; its frame says so, since the
// older one may be damaged or deleted by then.
func (r *partition) put(n int, e entry, anew bool) {
	if anew {
		r.reject(n)
	}
	if _, there := r.lookup(n); there {
		// The mark that forbids the older exchange was deleted, and a start mark
		// follows that forbids it again.
		r.entries[n-r.first] = e
		return
	}
	if n < r.first {
		r.waitForEarlier()
	}
	if r.first < 0 || n < r.first {
		r.first = n
	}
	if n > r.first+len(r.entries) {
		if r.waiting == nil {
			r.waiting = map[int]entry{}
		}
		r.waiting[n] = e
		return
	}
	r.entries = append(r.entries, e)
	r.closeGap()
}

// waitForEarlier makes all exchanges wait for an earlier one, which came after
// them: the exchanges between were deleted.
func (r *partition) waitForEarlier() {
	waiting := map[int]entry{}
	for n, e := range r.all {
		waiting[n] = e
	}
	r.entries, r.waiting = nil, waiting
}

// closeGap serves the exchanges that are no longer behind a gap.
func (r *partition) closeGap() {
	for len(r.waiting) > 0 {
		n := r.first + len(r.entries)
		e, ok := r.waiting[n]
		if !ok {
			return
		}
		r.entries = append(r.entries, e)
		delete(r.waiting, n)
	}
}

// reject forgets exchange n and what lies behind it.
func (r *partition) reject(n int) {
	for waiting := range r.waiting {
		if waiting >= n {
			delete(r.waiting, waiting)
		}
	}
	if n <= r.damaged {
		r.damaged = -1
	}
	r.emitted, r.leaving.before = min(r.emitted, n-1), min(r.leaving.before, n)
	if r.first < 0 || n <= r.first {
		r.first, r.entries = n, nil
		return
	}
	r.entries = r.entries[:min(len(r.entries), n-r.first)]
}

// startAt forgets what lies before exchange first, and in segments up to through.
func (r *partition) startAt(first int, through uint32) {
	rest := map[int]entry{}
	for n, e := range r.all {
		if n >= first && e.place.segment > through {
			rest[n] = e
		}
	}
	r.first, r.entries, r.waiting = first, nil, rest
	r.closeGap()
}

// all yields the exchanges, those behind a gap last and in no order.
func (r *partition) all(yield func(int, entry) bool) {
	for i, e := range r.entries {
		if !yield(r.first+i, e) {
			return
		}
	}
	for n, e := range r.waiting {
		if !yield(n, e) {
			return
		}
	}
}

// lookup finds an exchange among those before the first gap.
func (r *partition) lookup(n int) (entry, bool) {
	if r.first < 0 || n < r.first || n >= r.first+len(r.entries) {
		return entry{}, false
	}
	return r.entries[n-r.first], true
}

// findAlike finds an exchange with the number of another one, and its digest, in an
// unfinished pass of one of these streams that is of the same time. A walk that began anew
// finds none of those that did not: what they have was lost.
func (x *index) findAlike(k Key, digest [16]byte, streams []string) (Place, bool) {
	own := x.passes[k.Pass]
	if own == nil || !own.live() {
		return Place{}, false
	}
	for _, p := range x.passes {
		if p == own || !p.live() || p.Finished || !p.AsOf.Equal(own.AsOf) || !slices.Contains(streams, p.Stream) {
			continue
		}
		for r := range p.partitions.each {
			if e, ok := r.lookup(k.N); ok && e.digest == digest && r.generation == k.Generation {
				return e.place, true
			}
		}
	}
	return Place{}, false
}

// find finds an exchange and its pass, in the current generation.
func (x *index) find(k Key) (*pass, entry, bool) {
	of := x.passes[k.Pass]
	if of == nil || !of.live() {
		return nil, entry{}, false
	}
	r := x.current(k)
	if r == nil {
		return nil, entry{}, false
	}
	e, ok := r.lookup(k.N)
	return of, e, ok
}

// current returns the partition of a key whose generation is the current one, else
// nil.
func (x *index) current(k Key) *partition {
	p := x.passes[k.Pass]
	if p == nil {
		return nil
	}
	if r := p.partitions.get(k.Partition); r != nil && r.generation == k.Generation {
		return r
	}
	return nil
}

// gap is the first exchange that is missing while later ones are there.
func (r *partition) gap() (n int, ok bool) {
	return r.first + len(r.entries), len(r.waiting) > 0
}

// inOrder returns the passes in order of their beginning.
func (x *index) inOrder() []*pass {
	var passes []*pass
	for _, p := range x.passes {
		passes = append(passes, p)
	}
	slices.SortFunc(passes, func(a, b *pass) int { return a.ordinal - b.ordinal })
	return passes
}

// put takes note of where an exchange lies.
func (p *pass) put(e *Exchange, place Place, anew bool) {
	p.segs = addSegment(p.segs, place.segment)
	p.happened(e.At)
	p.partition(e.Partition, e.Generation, place.segment).put(e.N, entry{place, e.Digest}, anew)
}

// generation is the current one of a partition.
func (p *pass) generation(partition string) int {
	if r := p.partitions.get(partition); r != nil {
		return r.generation
	}
	return 0
}

// mark applies a restart or a rejection.
func (r *partition) mark(k kind, n int) {
	if k == kindReject {
		r.reject(n)
		return
	}
	r.restart(r.generation, 0)
}
