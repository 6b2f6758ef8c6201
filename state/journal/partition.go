package journal

import "fmt"

// Append keeps an exchange of a pass that began, and of the current
// generation of its partition. It may come before those with lower numbers: it
// is served once they are there. An exchange that the journal has already is
// replaced, and with it everything behind it. The memory of the body is the
// caller's again.
//
// After an error the exchange is not kept, and the journal is as before;
// with ErrFull a later try may succeed, with ErrFailed none will.
func (j *Journal) Append(e *Exchange) (Place, error) {
	j.packer.mu.Lock()
	defer j.packer.mu.Unlock()
	body, f := j.packer.pack(e.Body, e.Header)
	j.mu.Lock()
	defer j.mu.Unlock()
	place, err := j.ledger.append(e, body, f)
	if err != nil {
		return Place{}, fmt.Errorf("keep %v in the journal: %w", e.Key, err)
	}
	return place, nil
}

// Generation is the current one of a partition: 0, and one more for each
// restart.
func (j *Journal) Generation(pass, partition string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.ledger.index.passes[pass]
	if p == nil {
		return 0
	}
	return p.generation(partition)
}

// Restart opens a new generation of a partition: what was kept of it is
// never served again.
func (j *Journal) Restart(pass, partition string) (generation int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.ledger.use(pass)
	if err != nil {
		return 0, err
	}
	key := Key{pass, partition, p.generation(partition) + 1, 0}
	if err := j.ledger.markPartition(p, kindRestart, key); err != nil {
		return 0, fmt.Errorf("keep in the journal that partition %s is restarted: %w", partition, err)
	}
	return key.Generation, nil
}

// Reject says of an exchange that it is not what it should be: neither it nor
// what lies behind it in its partition is served again. Exchanges of an older
// generation are not served anyway.
func (j *Journal) Reject(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.ledger.use(k.Pass)
	if err != nil {
		return err
	}
	if k.Generation != p.generation(k.Partition) {
		return nil
	}
	if err := j.ledger.markPartition(p, kindReject, k); err != nil {
		return fmt.Errorf("keep in the journal that %v is rejected: %w", k, err)
	}
	return nil
}

// Skip says that the exchanges before k are not kept, since a state has what came
// of them: what is served of the partition begins at k. What the journal had of
// the partition is forgotten.
func (j *Journal) Skip(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.ledger.use(k.Pass)
	if err != nil {
		return err
	}
	if now := p.generation(k.Partition); k.Generation != now {
		return fmt.Errorf("begin at %v: the partition is in generation %d", k, now)
	}
	if err := j.ledger.startAt(p, k, maxCount); err != nil {
		return fmt.Errorf("keep in the journal that its partition begins at %v: %w", k, err)
	}
	return nil
}

// Lookup finds an exchange and the digest of its request. It is there only in
// the current generation, and only where none is missing before it.
func (j *Journal) Lookup(k Key) (p Place, digest [16]byte, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	of, e, ok := j.ledger.index.find(k)
	if ok {
		of.used = true
	}
	return e.place, e.digest, ok
}

// LookupAlike finds an exchange of the same number and digest that the journal has for
// another stream, of those named: its pass is unfinished, and began as that of the key
// did, in the same run.
func (j *Journal) LookupAlike(k Key, digest [16]byte, streams []string) (Place, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ledger.index.findAlike(k, digest, streams)
}

// Holds reports whether Lookup would find an exchange, with its answer.
func (j *Journal) Holds(k Key) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, e, ok := j.ledger.index.find(k)
	return ok && e.digest != Asked
}

// Keeps reports whether Lookup finds an exchange, or will find it once those that
// are missing before it are kept too.
func (j *Journal) Keeps(k Key) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, _, found := j.ledger.index.find(k); found {
		return true
	}
	r := j.ledger.index.current(k)
	if r == nil || !j.ledger.index.passes[k.Pass].live() {
		return false
	}
	_, waits := r.waiting[k.N]
	return waits
}

// Emitted says that the records of an exchange, and of those before it in its
// partition, were written with the state that covers them: Prune may delete
// them. It holds for this run; of a pass that goes on, say it of what the state
// covers.
func (j *Journal) Emitted(k Key) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r := j.ledger.index.current(k); r != nil {
		r.emitted = max(r.emitted, k.N)
	}
}

// Written says that the records of an exchange, and of those before it in its
// partition, were written, and the state that covers them is yet to come: they are
// emitted when Covered says that it has.
func (j *Journal) Written(k Key) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r := j.ledger.index.current(k); r != nil {
		r.leaves(k.N, j.ledger.index.round)
	}
}

// Covered says that a state was written that covers all that was written before.
func (j *Journal) Covered() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ledger.index.round++
}
