package tap

import "github.com/tap-rest/tap-rest/tap/known"

// openNoted opens what is known of the records of streams that leave out what did
// not change, or mark what is gone.
func (k keeper) openNoted() error {
	for _, p := range k.passes {
		rules := p.stream.Definition.Known
		if p.feed || !rules.SkipUnchanged && !rules.MarkDeleted {
			continue
		}
		dir, err := k.work.Rows(p.stream.Name, known.Named(p.decision))
		if err == nil {
			p.kept.noted, err = known.Open(known.Options{Stream: p.stream, Decision: p.decision, Dir: dir, Now: k.now, Log: k.Log})
		}
		if err != nil {
			return unusable("stream %s: what is known of its records cannot be kept in the work folder: %w", p.stream.Name, err)
		}
	}
	return nil
}

func (k keeper) closeNoted() {
	for _, p := range k.passes {
		p.kept.noted.Close(k.Log)
	}
}

// note makes last what was noted of the records that are about to leave.
func (e *emitter) note() error {
	for _, b := range e.waiting.batches {
		if n := b.track.pass.kept.noted; n != nil {
			n.Add(b.lines.Noted, b.lines.Entries)
			b.lines.Noted = nil
		}
	}
	for _, t := range e.herald.tracks {
		if t.pass == nil || t.pass.kept.noted == nil {
			continue
		}
		if err := t.pass.kept.noted.Flush(); err != nil {
			return err
		}
	}
	return nil
}
