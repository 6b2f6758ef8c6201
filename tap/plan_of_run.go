package tap

import (
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// Plan hands out what a run would read, in its order, and before that what all of it
// has in common, where head is not nil. It makes no call, and writes nothing. Its error
// is an *InputError, or one of head or visit.
func Plan(o Options, head func(planfile.Head) error, visit func(planfile.Planned) error) error {
	r := newRun(o)
	defer r.close()
	var err error
	if r.journal, err = r.journals().recorded(); err != nil {
		return err
	}
	passes, err := planner{r}.plan()
	if err != nil {
		return err
	}
	passes = inTurn(passes)
	if head != nil {
		if err := head(r.head(passes)); err != nil {
			return err
		}
	}
	for _, p := range passes {
		if err := p.planned(visit); err != nil {
			return err
		}
	}
	return nil
}

// planned hands out the partitions of a pass that are known.
func (p *pass) planned(visit func(planfile.Planned) error) error {
	for next := p.supply.top().next; ; {
		one, err := next()
		if err != nil {
			return inputError(err)
		}
		if one == nil {
			break
		}
		if err := visit(one.planned()); err != nil {
			return err
		}
	}
	if len(p.feeds) == 0 || p.over {
		return nil
	}
	return visit(p.ofParents("children"))
}

// ofParents stands for the partitions of a pass that its parents' records are: way says
// that they are not known (children), or that there are none.
func (p *pass) ofParents(way string) planfile.Planned {
	line := planfile.Planned{Stream: p.stream.Name, Way: way, Feed: p.feed}
	for _, f := range p.feeds {
		line.Parents = append(line.Parents, f.stream.Name)
	}
	return line
}

// planned is the partition as a plan has it.
func (p *part) planned() planfile.Planned {
	line := planfile.Planned{
		Stream: p.Stream.Name, Partition: p.Part.Key, Way: "new", Feed: p.pass.feed, Pages: p.Start.Next.Pages, Calls: p.Start.Next.Left(),
	}
	if p.Part.Context.Text != nil {
		line.Context = p.Part.Context.Sealed(p.pass.client.Secrets)
	}
	if w := p.key.Window; !w.Start.IsZero() || !w.End.IsZero() {
		line.Window = &w
	}
	if w := p.Part.Window; !p.Stream.FullTable() && !w.Start.Missing() {
		line.Start = w.Start.AppendJSON(nil)
	}
	if w := p.Part.Window; !p.Stream.FullTable() && !w.End.Missing() {
		line.End = w.End.AppendJSON(nil)
	}
	kept := p.pass.run.journal.Pages(p.Reading)
	if kept > line.Pages {
		line.Pages, line.Calls = kept, 0 // whether more come, only its walk finds out
	}
	if cost, known := p.Stream.Definition.Call.KnownCost(); known {
		line.Cost = cost.Times(line.Calls)
	}
	switch {
	case p.owed:
		line.Way = "owed"
	case p.Pass.Way == plan.FromState && p.known, kept > 0:
		line.Way = "open"
	}
	return line
}

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
