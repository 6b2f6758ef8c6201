package journal

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Pass is one reading of a stream, as the journal knows it.
type Pass struct {
	ID, Stream string
	AsOf       time.Time
	From       json.RawMessage // the bookmark it started from; nil: none
	Previous   string          // the pass that the incoming state carried when this one began; "": none
	Shape      string          // digest of the requests
	Plan       json.RawMessage // the caller's; nil: none
	Finished   bool
	Begun      time.Time
	Latest     time.Time // when its last exchange came, or it began: as All says it
}

// Passes are those of a journal. They are safe for concurrent use, as that is.
type Passes struct{ journal *Journal }

// All returns the passes that were not dropped, in the order they began.
// Their documents are the journal's: they must not be changed.
func (all Passes) All() []Pass {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	var passes []Pass
	for _, p := range j.ledger.index.inOrder() {
		if p.live() {
			one := p.Pass
			one.Latest = p.latest
			passes = append(passes, one)
		}
	}
	return passes
}

// Begin keeps that a pass began. A pass that the journal has is written again,
// with what is new in it; it keeps its place among the passes, and stays
// finished. The error is ErrDropped where the pass was dropped.
func (all Passes) Begin(p Pass) error {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	it := &pass{Pass: p, ordinal: j.ledger.index.last + 1}
	old := j.ledger.index.passes[p.ID]
	switch {
	case old == nil:
	case old.dropped:
		return fmt.Errorf("begin pass %s: %w", p.ID, ErrDropped)
	case old.known:
		it.ordinal = old.ordinal
		it.Finished = it.Finished || old.Finished
	}
	b, body := passFrame(it)
	segment, err := j.ledger.writeMark(b, body)
	if err != nil {
		return fmt.Errorf("keep in the journal that pass %s began: %w", p.ID, err)
	}
	j.ledger.index.begin(it.Pass, it.ordinal, segment).used = true
	return nil
}

// Finish keeps that every partition of a pass is over.
func (all Passes) Finish(id string) error {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.ledger.use(id); err != nil {
		return err
	}
	segment, err := j.ledger.writeMark(idFrame(kindFinish, id), nil)
	if err != nil {
		return fmt.Errorf("keep in the journal that pass %s is over: %w", id, err)
	}
	j.ledger.index.finish(id, segment)
	return nil
}

// Drop keeps that a pass is of no use any more, because a state proves that it was
// stored or because nobody can go on with it: its exchanges are never served
// again, and Prune deletes them. It does nothing where the journal has no such
// pass.
func (all Passes) Drop(id string) error {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if p := j.ledger.index.passes[id]; p == nil || !p.live() {
		return nil
	}
	return j.ledger.drop(id)
}

// Begun reports whether the journal serves the first exchange of some partition
// of a pass.
func (all Passes) Begun(pass string) bool {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.ledger.index.passes[pass]
	if p == nil {
		return false
	}
	for r := range p.partitions.each {
		if _, ok := r.lookup(0); ok {
			return p.live()
		}
	}
	return false
}

// WithFirstAlone are the partitions of a pass of which the first exchange is served, and
// none behind it.
func (all Passes) WithFirstAlone(pass string) (names []string) {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.ledger.index.passes[pass]
	if p == nil || !p.live() {
		return nil
	}
	for r := range p.partitions.each {
		if e, ok := r.lookup(0); ok && e.digest != Asked && len(r.entries) == 1 {
			names = append(names, strings.Clone(r.name))
		}
	}
	return names
}

// BrokeOff reports whether a run before left the beginning of an answer of a pass.
func (all Passes) BrokeOff(pass string) bool {
	j := all.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.ledger.index.passes[pass]
	return p != nil && p.live() && p.part
}
