package journal

import (
	"errors"
	"fmt"
	"slices"
)

// ledger is what a journal says: its index, and how that changes. Each change is
// written to the store first. Its methods are called with the journal's mu
// held.
type ledger struct {
	store   *store
	index   index
	owed    []Key  // rejections to be written before the next frame
	scratch []byte // for frames
}

func newLedger(st *store) *ledger {
	return &ledger{store: st, index: index{passes: map[string]*pass{}}}
}

// writeMark writes a mark twice, both or none: it must survive where one of
// them is damaged. It returns the segment.
func (l *ledger) writeMark(b, body []byte) (uint32, error) {
	if err := l.payOwed(); err != nil {
		return 0, err
	}
	return l.store.appendTwice(append(b, body...))
}

// payOwed writes what must stand before anything else does.
func (l *ledger) payOwed() error {
	if err := l.store.writable(); err != nil {
		return err
	}
	for len(l.owed) > 0 {
		k := l.owed[0]
		segment, err := l.store.appendTwice(runFrame(kindReject, k, 0))
		if err != nil {
			return err
		}
		l.owed = l.owed[1:]
		if p := l.index.passes[k.Pass]; p != nil {
			p.segs = note(p.segs, segment)
			p.run(k.Partition, k.Generation, segment)
		}
	}
	return nil
}

// append records an exchange whose body is as it is to lie on disk.
func (l *ledger) append(e *Exchange, body []byte, f form) (Place, error) {
	p, err := l.passFor(e)
	if err != nil {
		return Place{}, err
	}
	anew := p.runs[e.Partition].anew(e.N)
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

// passFor returns the pass of an exchange that may be recorded.
func (l *ledger) passFor(e *Exchange) (*pass, error) {
	p, err := l.use(e.Pass)
	if err != nil {
		return nil, err
	}
	if now := p.generation(e.Partition); e.Generation != now {
		return nil, fmt.Errorf("the partition is in generation %d", now)
	}
	if e.N < 0 || e.N > maxCount {
		return nil, errors.New("no such number")
	}
	return p, nil
}

// write appends a sealed frame and its body, behind the marks that are owed.
func (l *ledger) write(b, body []byte) (Place, error) {
	if err := l.payOwed(); err != nil {
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
	p.touched = true
	return p, nil
}

// drop sets a pass aside.
func (l *ledger) drop(id string) error {
	segment, err := l.writeMark(idFrame(kindDrop, id), nil)
	if err != nil {
		return fmt.Errorf("drop pass %s: %w", id, err)
	}
	l.index.drop(id, segment)
	return nil
}

// keep writes that of a partition only exchanges from k on are kept, and none in
// segments up to through, and applies it.
func (l *ledger) keep(p *pass, k Key, through uint32) error {
	segment, err := l.writeMark(runFrame(kindKept, k, through), nil)
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
func (l *ledger) markRun(p *pass, k kind, key Key) error {
	segment, err := l.writeMark(runFrame(k, key, 0), nil)
	if err != nil {
		return err
	}
	p.segs = note(p.segs, segment)
	p.run(key.Partition, key.Generation, segment).mark(k, key.N)
	return nil
}

// forget ends a partition's run at the exchange that lies at a place. Damage is
// recorded before anything else is, so that what lies behind it is not taken
// for the successor of its replacement.
func (l *ledger) forget(place Place, damaged bool) {
	for id, p := range l.index.passes {
		for _, r := range p.runs {
			for n, e := range r.all {
				if e.place != place {
					continue
				}
				r.reject(n)
				if damaged && !l.store.readOnly {
					l.owed = append(l.owed, Key{id, r.partition, r.generation, n})
				}
				return
			}
		}
	}
}
