package tap

import (
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// head is the first line of a plan of passes. It writes the begun passes into the run's
// state.
func (r *run) head(passes []*pass) planfile.Head {
	h := r.planInputs().NewHead()
	for _, p := range passes {
		name := p.stream.Name
		switch why := p.indivisible(false); {
		case p.feed:
		case why != "":
			h.Rest[name] = why
		default:
			h.Shapes[name] = p.stream.Shape
			r.State.Set(name, p.track.atStart())
		}
	}
	h.State = r.State.AppendSinger(nil)
	return h
}

// headOf is the first line of a plan of passes that a run hands out. The state is the one
// that the run ends with, and read names what it has read itself.
func (r *run) headOf(passes []*pass, read []string, ends *state.State) planfile.Head {
	h := r.planInputs().NewHead()
	for _, p := range passes {
		name := p.stream.Name
		h.Shapes[name] = p.stream.Shape
		for _, f := range p.feeds {
			h.Children[name] = append(h.Children[name], f.stream.Name)
		}
	}
	h.Read, h.State = read, ends.AppendSinger(nil)
	return h
}

// indivisible says why a pass is not read in parts by several runs; "": it may be. Where
// its parents are read to make the plan, its partitions are known.
func (p *pass) indivisible(parentsRead bool) string {
	known := p.stream.Definition.Known
	switch {
	case p.decision.Backfill:
		return "a range of time is read again"
	case len(p.feeds) > 0 && (!parentsRead || p.stream.ChangedOnly() || p.stream.ReadsFiles()):
		return "its partitions are records of " + p.feeds[0].stream.Name
	case len(p.children) > 0:
		return "its records are partitions of " + p.children[0].pass.stream.Name
	case known.SkipUnchanged, known.MarkDeleted, known.ETag:
		return "what is known of its rows and answers lies in one work folder (skip_unchanged, on_delete, etag)"
	}
	return ""
}

// atStart is the bookmark of a pass that has begun, and of which nothing has come yet in
// this run.
func (t *track) atStart() *state.Bookmark {
	if t.parts != nil {
		t.parts.save(t)
		return &t.bookmark
	}
	t.bookmark.Pass, t.bookmark.Sync = &t.decision.Pass, t.decision.Sync
	t.bookmark.Resume = t.unfinished(t.start)
	return &t.bookmark
}
