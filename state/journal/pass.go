package journal

import (
	"encoding/json"
	"fmt"
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
	Latest     time.Time // when its last exchange came, or it began: as Passes says it
}

// Passes returns the passes that were not dropped, in the order they began.
// Their documents are the journal's: they must not be changed.
func (j *Journal) Passes() []Pass {
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
func (j *Journal) Begin(p Pass) error {
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
func (j *Journal) Finish(id string) error {
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
func (j *Journal) Drop(id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p := j.ledger.index.passes[id]; p == nil || !p.live() {
		return nil
	}
	return j.ledger.drop(id)
}
