package journal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Prune deletes segments, and returns their bytes. First those go in which
// every pass was dropped; a pass is dropped here when its last exchange is
// older than MaxAge, and this run did not use it. Then, while the journal is
// larger than MaxBytes, the oldest ones go in which everything was emitted.
//
// These stay: the segment that is written; the exchanges that this run kept or
// looked up and what lies behind them, until Emitted says that they were
// emitted; and the exchanges of an unfinished pass that this run did not use,
// until MaxAge. So a journal is larger than MaxBytes when that much is still to
// be emitted.
//
// A time before that of an exchange, as after a clock was set back, makes
// nothing older. After an error nothing is deleted that is needed.
func (j *Journal) Prune(now time.Time) (deleted int64, err error) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.store.writable(); err != nil {
		return 0, err
	}
	if err := j.ledger.dropOld(now, j.maxAge); err != nil {
		return 0, err
	}
	for _, s := range j.ledger.unused() {
		if err := j.ledger.remove(s); err != nil {
			return deleted, err
		}
		deleted += s.size
	}
	anyFailure, err := j.Failures.prune(func(pass string) bool { return j.ledger.index.serves(pass) })
	if j.store.newNames = j.store.newNames || anyFailure; err != nil {
		return deleted, err
	}
	if j.maxBytes <= 0 || j.store.size <= j.maxBytes {
		return deleted, nil
	}
	large, err := j.ledger.removeOldest(j.maxBytes)
	return deleted + large, err
}

// Clear deletes everything, the newest segment first, so that what is left after
// an error is the journal as it once was. It returns the bytes.
func (j *Journal) Clear() (deleted int64, err error) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.store.writable(); err != nil {
		return 0, err
	}
	before := j.store.size
	err = j.store.clear()
	deleted = before - j.store.size
	if err == nil {
		_, err = j.Failures.prune(func(string) bool { return false })
	}
	if err == nil {
		j.ledger = newLedger(j.store, j.ledger.index.awake)
	}
	return deleted, err
}

// removeOldest deletes segments that are not held until the journal has at most
// so many bytes. It ends at the segment that is written: a deletion writes marks
// to that one and to those after it.
func (l *ledger) removeOldest(most int64) (deleted int64, err error) {
	held, last := l.held(), l.store.current
	for _, s := range slices.Clone(l.store.segments) {
		if l.store.size <= most || s == last {
			break
		}
		if held[s.number] {
			continue
		}
		if err := l.remove(s); err != nil {
			return deleted, err
		}
		deleted += s.size
	}
	return deleted, nil
}

// dropOld drops the passes that are too old.
func (l *ledger) dropOld(now time.Time, age time.Duration) error {
	if age <= 0 {
		return nil
	}
	for id, p := range l.index.passes {
		if p.live() && !p.used && now.Sub(p.latest) > age {
			err := l.drop(id)
			if errors.Is(err, ErrFull) {
				// The pass is as old next time, and its segments make room.
				p.dropped, p.partitions, p.marks = true, partitions{}, nil
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// unused returns the segments without a frame of a pass that is served.
func (l *ledger) unused() []*segment {
	used := map[uint32]bool{}
	for _, p := range l.index.passes {
		if p.live() {
			for _, number := range p.segs {
				used[number] = true
			}
		}
	}
	var unused []*segment
	for _, s := range l.store.segments {
		if s != l.store.current && !s.unreadable && !used[s.number] {
			unused = append(unused, s)
		}
	}
	return unused
}

// held returns the segments with exchanges that are still to be emitted. All
// later segments of their partitions are held too: the marks are there.
func (l *ledger) held() map[uint32]bool {
	held := map[uint32]bool{}
	for _, p := range l.index.passes {
		if !p.live() || p.Finished && !p.used {
			continue
		}
		for r := range p.partitions.each {
			from := r.oldestWaiting(r.left(l.index.round))
			for _, number := range r.segs {
				if number >= from {
					held[number] = true
				}
			}
		}
	}
	return held
}

// oldestWaiting is the first segment with an exchange that was not emitted: those
// up to a number were.
func (r *partition) oldestWaiting(emitted int) uint32 {
	least := uint32(math.MaxUint32)
	if size := len(r.entries); size > 0 {
		left := min(size, max(0, r.first+size-1-emitted))
		for _, e := range r.entries[size-left:] {
			least = min(least, e.place.segment)
		}
	}
	for n, e := range r.waiting {
		if n > emitted {
			least = min(least, e.place.segment)
		}
	}
	return least
}

// remove deletes a segment. The marks in it that other segments need are
// written again first, and synced.
func (l *ledger) remove(s *segment) error {
	if err := l.carry(s.number); err != nil {
		return fmt.Errorf("delete %s from the journal: %w", l.store.path(s.number), err)
	}
	if err := l.store.remove(s); err != nil {
		return err
	}
	l.index.removed(s.number)
	return nil
}

// carry writes the marks in a segment again that other segments need.
func (l *ledger) carry(number uint32) error {
	before := l.store.size
	for _, p := range l.index.passes {
		if !slices.Contains(p.segs, number) {
			continue
		}
		if err := l.carryPass(p, number); err != nil {
			return err
		}
		for _, k := range p.startsBehind(number) {
			if err := l.startAt(p, k, number); err != nil {
				return err
			}
		}
	}
	if l.store.size == before {
		return nil
	}
	return l.store.syncAll()
}

// carryPass writes a pass's marks again, where the pass is in use: as one that
// is unfinished or has frames elsewhere.
func (l *ledger) carryPass(p *pass, number uint32) error {
	elsewhere := len(p.segs) > 1
	if !slices.Contains(p.marks, number) || !elsewhere && (p.dropped || p.Finished) {
		return nil
	}
	b, body := idFrame(kindDrop, p.ID), []byte(nil)
	if !p.dropped {
		b, body = passFrame(p)
	}
	segment, err := l.writeMark(b, body)
	if err != nil {
		return err
	}
	p.segs, p.marks = addSegment(p.segs, segment), []uint32{segment}
	return nil
}

// startsBehind returns where partitions begin once a segment is deleted, of those
// for which that must be written: without it exchanges would be served that a mark
// in the segment forbids, or those behind a gap would not.
func (p *pass) startsBehind(number uint32) (all []Key) {
	for r := range p.partitions.each {
		if !slices.Contains(r.segs, number) {
			continue
		}
		first, shown := r.without(number)
		if r.segs[0] != number || !shown || r.started {
			all = append(all, Key{p.ID, r.name, r.generation, max(first, 0)})
		}
	}
	return all
}

// without says where a partition begins once a segment and those before it are
// deleted, and whether the later segments show that by themselves: their first
// exchange is the beginning.
func (r *partition) without(number uint32) (first int, shown bool) {
	first = r.first
	least := math.MaxInt
	for n, e := range r.all {
		if e.place.segment <= number {
			first = max(first, n+1)
		} else {
			least = min(least, n)
		}
	}
	return first, least == first || least == math.MaxInt
}

// removed forgets a segment, and what is nowhere else.
func (x *index) removed(number uint32) {
	for id, p := range x.passes {
		p.segs = without(p.segs, number)
		p.marks = without(p.marks, number)
		if len(p.segs) == 0 {
			delete(x.passes, id)
			continue
		}
		p.removed(number)
	}
}

func (p *pass) removed(number uint32) {
	p.partitions.change(func(r *partition) (forget bool) {
		if !slices.Contains(r.segs, number) {
			return false
		}
		if first, _ := r.without(number); first > r.first {
			r.startAt(first, 0)
		}
		r.segs = without(r.segs, number)
		// This run may go on with a partition of which everything was emitted: then
		// it must know in which generation.
		return len(r.segs) == 0 && (r.generation == 0 || !p.used)
	})
}

func without(segs []uint32, number uint32) []uint32 {
	return slices.DeleteFunc(segs, func(n uint32) bool { return n == number })
}
