package journal

import (
	"errors"
	"fmt"
	"slices"
)

// Append records an exchange of a pass that began, and of the current
// generation of its partition. It may come before those with lower numbers: it
// is served once they are there. One that is recorded already is replaced, and
// with it everything behind it. The body is not kept.
//
// After an error the exchange is not recorded, and the journal is as before;
// with ErrFull a later try may succeed, with ErrFailed none will.
func (j *Journal) Append(e *Exchange) (Place, error) {
	j.packer.mu.Lock()
	defer j.packer.mu.Unlock()
	body, f := j.packer.pack(e.Body, e.Header)
	j.mu.Lock()
	defer j.mu.Unlock()
	place, err := j.append(e, body, f)
	if err != nil {
		return Place{}, fmt.Errorf("record %v: %w", e.Key, err)
	}
	return place, nil
}

// append records an exchange whose body is as it is to lie on disk.
func (j *Journal) append(e *Exchange, body []byte, f form) (Place, error) {
	p, err := j.passFor(e)
	if err != nil {
		return Place{}, err
	}
	anew := p.runs[e.Partition].anew(e.N)
	// Room for the body behind it, where one write does for both.
	j.scratch = slices.Grow(appendExchange(j.scratch, e, anew, f), joined)
	seal(j.scratch, kindExchange, body)
	if len(j.scratch) > maxHead {
		return Place{}, fmt.Errorf("request and headers have %d bytes, more than %d", len(j.scratch), maxHead)
	}
	place, err := j.write(j.scratch, body)
	if err != nil {
		return Place{}, err
	}
	p.put(e, place, anew)
	return place, nil
}

// passFor returns the pass of an exchange that may be recorded.
func (j *Journal) passFor(e *Exchange) (*pass, error) {
	p, err := j.use(e.Pass)
	if err != nil {
		return nil, err
	}
	if now := j.generation(p, e.Partition); e.Generation != now {
		return nil, fmt.Errorf("the partition is in generation %d", now)
	}
	if e.N < 0 || e.N > maxCount {
		return nil, errors.New("no such number")
	}
	return p, nil
}

// put notes where an exchange lies.
func (p *pass) put(e *Exchange, place Place, anew bool) {
	p.segs = note(p.segs, place.segment)
	p.seen(e.At)
	p.run(e.Partition, e.Generation, place.segment).put(e.N, entry{place, e.Digest}, anew)
}

func (j *Journal) generation(p *pass, partition string) int {
	if r := p.runs[partition]; r != nil {
		return r.generation
	}
	return 0
}

// Generation is the current one of a partition: 0, and one more for each
// restart.
func (j *Journal) Generation(pass, partition string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.index.passes[pass]
	if p == nil {
		return 0
	}
	return j.generation(p, partition)
}

// Restart opens a new generation of a partition: what was recorded of it is
// never served again.
func (j *Journal) Restart(pass, partition string) (generation int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(pass)
	if err != nil {
		return 0, err
	}
	key := Key{pass, partition, j.generation(p, partition) + 1, 0}
	if err := j.markRun(p, kindRestart, key); err != nil {
		return 0, fmt.Errorf("record the restart of partition %s: %w", partition, err)
	}
	return key.Generation, nil
}

// Reject says of an exchange that it is not what it should be: neither it nor
// what lies behind it in its partition is served again. In an older generation
// nothing is.
func (j *Journal) Reject(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(k.Pass)
	if err != nil {
		return err
	}
	if k.Generation != j.generation(p, k.Partition) {
		return nil
	}
	if err := j.markRun(p, kindReject, k); err != nil {
		return fmt.Errorf("reject %v: %w", k, err)
	}
	return nil
}

// Skip says that exchanges before k are not recorded, since a state has what
// came of them: what is served of the partition begins at k. What it had is
// forgotten.
func (j *Journal) Skip(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(k.Pass)
	if err != nil {
		return err
	}
	if now := j.generation(p, k.Partition); k.Generation != now {
		return fmt.Errorf("skip to %v: the partition is in generation %d", k, now)
	}
	if err := j.keep(p, k, maxCount); err != nil {
		return fmt.Errorf("skip to %v: %w", k, err)
	}
	return nil
}

// keep writes that of a partition only exchanges from k on are kept, and none in
// segments up to through, and applies it.
func (j *Journal) keep(p *pass, k Key, through uint32) error {
	segment, err := j.writeMark(runFrame(kindKept, k, through), nil)
	if err != nil {
		return err
	}
	p.segs = note(p.segs, segment)
	r := p.run(k.Partition, k.Generation, segment)
	r.keep(k.N, through)
	r.kept = true
	return nil
}

// markRun writes a restart or a rejection, and applies it.
func (j *Journal) markRun(p *pass, k kind, key Key) error {
	segment, err := j.writeMark(runFrame(k, key, 0), nil)
	if err != nil {
		return err
	}
	p.segs = note(p.segs, segment)
	p.run(key.Partition, key.Generation, segment).mark(k, key.N)
	return nil
}

// mark applies a restart or a rejection.
func (r *run) mark(k kind, n int) {
	if k == kindReject {
		r.reject(n)
		return
	}
	r.restart(r.generation, 0)
}

// Lookup finds an exchange and the digest of its request. It is there only in
// the current generation, and only where none is missing before it.
func (j *Journal) Lookup(k Key) (p Place, digest [16]byte, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	of := j.index.passes[k.Pass]
	if of == nil || !of.live() {
		return Place{}, digest, false
	}
	r := of.runs[k.Partition]
	if r == nil || r.generation != k.Generation {
		return Place{}, digest, false
	}
	e, ok := r.lookup(k.N)
	if ok {
		of.touched = true
	}
	return e.place, e.digest, ok
}

// Emitted says that an exchange has left, with the state that covers it, and so
// have those before it in its partition: Prune may delete them. It holds for
// this run; of a pass that goes on, say it of what the state covers.
func (j *Journal) Emitted(k Key) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.index.passes[k.Pass]
	if p == nil || p.runs[k.Partition] == nil {
		return
	}
	if r := p.runs[k.Partition]; r.generation == k.Generation {
		r.left = max(r.left, k.N)
	}
}

// forget ends a partition's run at the exchange that lies at a place. Damage is
// recorded before anything else is, so that what lies behind it is not taken
// for the successor of its replacement.
func (j *Journal) forget(place Place, damaged bool) {
	for id, p := range j.index.passes {
		for _, r := range p.runs {
			for n, e := range r.all {
				if e.place != place {
					continue
				}
				r.reject(n)
				if damaged && !j.readOnly {
					j.owed = append(j.owed, Key{id, r.partition, r.generation, n})
				}
				return
			}
		}
	}
}
