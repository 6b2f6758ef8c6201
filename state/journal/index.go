package journal

import (
	"slices"
	"time"
)

// index is what the frames of all segments say, applied in their order. The
// same methods apply what is read and what is written.
type index struct {
	passes map[string]*pass
	last   int // ordinal of the latest pass
}

// pass is a pass and its partitions. It may be unknown yet: when a segment with
// its mark is deleted, the mark is written again behind its exchanges.
type pass struct {
	Pass
	ordinal int
	known   bool // its mark was read
	dropped bool
	touched bool      // this run used it
	latest  time.Time // of its exchanges, or when it began
	runs    map[string]*run
	segs    []uint32 // that hold frames of it, ascending
	marks   []uint32 // that hold the marks that say what it is, ascending
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

// run is the current generation of a partition.
type run struct {
	partition  string
	generation int
	first      int // N of entries[0], or of the next exchange; -1: whichever comes
	entries    []entry
	ahead      map[int]entry // behind a gap: a fan-out's answers come out of order
	left       int           // exchanges up to this N have left; -1: none
	damaged    int           // N of an exchange behind which nothing is to be served; -1: none
	kept       bool          // a mark says where it begins
	segs       []uint32      // that hold frames of it, ascending
}

// note adds a segment to those that hold something; it is the latest one.
func note(segs []uint32, segment uint32) []uint32 {
	if len(segs) > 0 && segs[len(segs)-1] == segment {
		return segs
	}
	return append(segs, segment)
}

func (x *index) pass(id string, segment uint32) *pass {
	p := x.passes[id]
	if p == nil {
		p = &pass{Pass: Pass{ID: id}, runs: map[string]*run{}}
		x.passes[id] = p
	}
	p.segs = note(p.segs, segment)
	return p
}

func (x *index) begin(it Pass, ordinal int, segment uint32) *pass {
	p := x.pass(it.ID, segment)
	p.Pass, p.ordinal, p.known = it, ordinal, true
	if !p.dropped {
		p.marks = []uint32{segment}
	}
	x.last = max(x.last, ordinal)
	p.seen(it.Begun)
	return p
}

func (x *index) finish(id string, segment uint32) {
	p := x.pass(id, segment)
	p.Finished = true
	if !p.dropped {
		p.marks = note(p.marks, segment)
	}
}

func (x *index) drop(id string, segment uint32) {
	p := x.pass(id, segment)
	p.dropped, p.runs = true, nil
	p.marks = []uint32{segment}
}

// seen notes that something of a pass happened.
func (p *pass) seen(at time.Time) {
	if at.After(p.latest) {
		p.latest = at
	}
}

// run returns a partition as it is in a generation, or nil where that is no
// longer served. A later one than the known tells of a restart.
func (p *pass) run(partition string, generation int, segment uint32) *run {
	if p.dropped {
		return nil
	}
	r := p.runs[partition]
	if r == nil {
		r = &run{partition: partition, first: -1, left: -1, damaged: -1}
		p.runs[partition] = r
	}
	r.segs = note(r.segs, segment)
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
func (r *run) restart(generation, first int) {
	*r = run{partition: r.partition, generation: generation, first: first, left: -1, damaged: -1, segs: r.segs}
}

// anew says whether exchange n takes the place of another, or begins before all
// that are known.
func (r *run) anew(n int) bool {
	return r != nil && r.first >= 0 && n < r.first+len(r.entries)
}

// put adds exchange n. Where it was asked anew, it takes the place of an older
// one and of what lies behind that; its frame says so, since the older one may
// be damaged or deleted since.
func (r *run) put(n int, e entry, anew bool) {
	if anew {
		r.reject(n)
	}
	if _, there := r.lookup(n); there {
		// The mark that forbids the older one was deleted, and a kept mark
		// follows that forbids it again.
		r.entries[n-r.first] = e
		return
	}
	if n < r.first {
		r.setAhead()
	}
	if r.first < 0 || n < r.first {
		r.first = n
	}
	if n > r.first+len(r.entries) {
		if r.ahead == nil {
			r.ahead = map[int]entry{}
		}
		r.ahead[n] = e
		return
	}
	r.entries = append(r.entries, e)
	r.close()
}

// setAhead makes all exchanges ones that wait for an earlier one: it came later,
// and those before it were deleted.
func (r *run) setAhead() {
	ahead := map[int]entry{}
	for n, e := range r.all {
		ahead[n] = e
	}
	r.entries, r.ahead = nil, ahead
}

// close moves what is no longer behind a gap.
func (r *run) close() {
	for len(r.ahead) > 0 {
		n := r.first + len(r.entries)
		e, ok := r.ahead[n]
		if !ok {
			return
		}
		r.entries = append(r.entries, e)
		delete(r.ahead, n)
	}
}

// reject forgets exchange n and what lies behind it.
func (r *run) reject(n int) {
	for ahead := range r.ahead {
		if ahead >= n {
			delete(r.ahead, ahead)
		}
	}
	if n <= r.damaged {
		r.damaged = -1
	}
	r.left = min(r.left, n-1)
	if r.first < 0 || n <= r.first {
		r.first, r.entries = n, nil
		return
	}
	r.entries = r.entries[:min(len(r.entries), n-r.first)]
}

// keep forgets what lies before exchange first, and in segments up to through.
func (r *run) keep(first int, through uint32) {
	kept := map[int]entry{}
	for n, e := range r.all {
		if n >= first && e.place.segment > through {
			kept[n] = e
		}
	}
	r.first, r.entries, r.ahead = first, nil, kept
	r.close()
}

// all yields the exchanges, those behind a gap last and in no order.
func (r *run) all(yield func(int, entry) bool) {
	for i, e := range r.entries {
		if !yield(r.first+i, e) {
			return
		}
	}
	for n, e := range r.ahead {
		if !yield(n, e) {
			return
		}
	}
}

// lookup finds an exchange in the unbroken run.
func (r *run) lookup(n int) (entry, bool) {
	if r.first < 0 || n < r.first || n >= r.first+len(r.entries) {
		return entry{}, false
	}
	return r.entries[n-r.first], true
}

// find finds an exchange and its pass, in the current generation.
func (x *index) find(k Key) (*pass, entry, bool) {
	of := x.passes[k.Pass]
	if of == nil || !of.live() {
		return nil, entry{}, false
	}
	r := of.runs[k.Partition]
	if r == nil || r.generation != k.Generation {
		return nil, entry{}, false
	}
	e, ok := r.lookup(k.N)
	return of, e, ok
}

// gap is the first exchange that is missing while later ones are there.
func (r *run) gap() (n int, ok bool) {
	return r.first + len(r.entries), len(r.ahead) > 0
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

// put notes where an exchange lies.
func (p *pass) put(e *Exchange, place Place, anew bool) {
	p.segs = note(p.segs, place.segment)
	p.seen(e.At)
	p.run(e.Partition, e.Generation, place.segment).put(e.N, entry{place, e.Digest}, anew)
}

// generation is the current one of a partition.
func (p *pass) generation(partition string) int {
	if r := p.runs[partition]; r != nil {
		return r.generation
	}
	return 0
}

// mark applies a restart or a rejection.
func (r *run) mark(k kind, n int) {
	if k == kindReject {
		r.reject(n)
		return
	}
	r.restart(r.generation, 0)
}
