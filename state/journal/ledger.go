package journal

import (
	"errors"
	"fmt"
	"slices"
)

// ledger is what a journal says: its index, and the changes of it. Each change is
// written to the store first. Its methods are called with the journal's mu
// held.
type ledger struct {
	store          *store
	index          index
	pendingRejects []Key  // to be written before the next frame
	scratch        []byte // for frames
}

func newLedger(st *store, awake int) *ledger {
	return &ledger{store: st, index: index{passes: map[string]*pass{}, awake: awake}}
}

// writeMark writes a mark twice, both or none: it must survive where one of
// them is damaged. It returns the segment.
func (l *ledger) writeMark(b, body []byte) (uint32, error) {
	if err := l.writePending(); err != nil {
		return 0, err
	}
	return l.store.appendTwice(append(b, body...))
}

// writePending writes the rejections that must stand before any other frame.
func (l *ledger) writePending() error {
	if err := l.store.writable(); err != nil {
		return err
	}
	for len(l.pendingRejects) > 0 {
		k := l.pendingRejects[0]
		segment, err := l.store.appendTwice(partitionFrame(kindReject, k, 0))
		if err != nil {
			return err
		}
		l.pendingRejects = l.pendingRejects[1:]
		if p := l.index.passes[k.Pass]; p != nil {
			p.segs = addSegment(p.segs, segment)
			p.partition(k.Partition, k.Generation, segment)
		}
	}
	return nil
}

// append keeps an exchange whose body is as it is to lie on disk.
func (l *ledger) append(e *Exchange, body []byte, f form) (Place, error) {
	p, err := l.passFor(e)
	if err != nil {
		return Place{}, err
	}
	anew := p.partitions.get(e.Partition).anew(e.N)
	// Room for the body behind it, where one write does for both.
	l.scratch = slices.Grow(appendExchange(l.scratch, e, anew, f), joined)
	seal(l.scratch, kindExchange, body)
	if len(l.scratch) > maxHead {
		return Place{}, fmt.Errorf("request and headers have %d bytes, more than %d", len(l.scratch), maxHead)
	}
	place, err := l.write(l.scratch, body)
	if err != nil {
		return Place{}, err
	}
	p.put(e, place, anew)
	return place, nil
}

// passFor returns the pass of an exchange that may be kept.
func (l *ledger) passFor(e *Exchange) (*pass, error) {
	p, err := l.use(e.Pass)
	if err != nil {
		return nil, err
	}
	if now := p.generation(e.Partition); e.Generation != now {
		return nil, fmt.Errorf("the partition is in generation %d by now, and exchanges of an older one are not kept", now)
	}
	if e.N < 0 || e.N > maxCount {
		return nil, errors.New("an exchange has a number from 0 to 2^30")
	}
	return p, nil
}

// write appends a sealed frame and its body, behind the rejections that are
// pending.
func (l *ledger) write(b, body []byte) (Place, error) {
	if err := l.writePending(); err != nil {
		return Place{}, err
	}
	return l.store.append(b, body)
}

// use returns a pass that this run works on.
func (l *ledger) use(id string) (*pass, error) {
	p := l.index.passes[id]
	if p == nil || !p.live() {
		return nil, fmt.Errorf("the journal %s has no pass %q", l.store.dir, id)
	}
	p.used = true
	return p, nil
}

// drop writes that a pass is dropped, and applies it.
func (l *ledger) drop(id string) error {
	segment, err := l.writeMark(idFrame(kindDrop, id), nil)
	if err != nil {
		return fmt.Errorf("keep in the journal that pass %s is dropped: %w", id, err)
	}
	l.index.drop(id, segment)
	return nil
}

// startAt writes that a partition begins at exchange k, and that what it has in
// segments up to through counts no more, and applies it.
func (l *ledger) startAt(p *pass, k Key, through uint32) error {
	segment, err := l.writeMark(partitionFrame(kindStart, k, through), nil)
	if err != nil {
		return err
	}
	p.segs = addSegment(p.segs, segment)
	r := p.partition(k.Partition, k.Generation, segment)
	r.startAt(k.N, through)
	r.started = true
	return nil
}

// markPartition writes a restart or a rejection, and applies it.
func (l *ledger) markPartition(p *pass, k kind, key Key) error {
	segment, err := l.writeMark(partitionFrame(k, key, 0), nil)
	if err != nil {
		return err
	}
	p.segs = addSegment(p.segs, segment)
	p.partition(key.Partition, key.Generation, segment).mark(k, key.N)
	return nil
}

// forget ends a partition before the exchange that lies at a place. That it is
// damaged is written before any other frame, so that what lies behind it is not
// taken for what follows its replacement.
func (l *ledger) forget(place Place, damaged bool) {
	for _, p := range l.index.passes {
		k, ok := p.find(place)
		if !ok {
			continue
		}
		p.partitions.get(k.Partition).reject(k.N)
		if damaged && !l.store.readOnly {
			l.pendingRejects = append(l.pendingRejects, k)
		}
		return
	}
}

// find finds the exchange at a place.
func (p *pass) find(place Place) (k Key, ok bool) {
	for r := range p.partitions.each {
		for n, e := range r.all {
			if e.place == place {
				return Key{p.ID, r.name, r.generation, n}, true
			}
		}
	}
	return k, false
}
