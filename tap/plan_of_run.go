package tap

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Planned is a partition that a run would read, or a stream whose partitions are
// not known before its parents are read.
type Planned struct {
	Stream    string          `json:"stream"`
	Partition string          `json:"partition,omitempty"` // its key, the same in every run; "": not known yet
	Context   json.RawMessage `json:"context,omitempty"`
	Start     json.RawMessage `json:"start,omitempty"` // of its window, as requests write it
	End       json.RawMessage `json:"end,omitempty"`
	Window    *state.Window   `json:"window,omitempty"`  // the same, as states write it; nil: all the time of the pass
	Way       string          `json:"way"`               // new, open, owed, read (for the plan), children (of parents' records that are not known), or none (there is no partition)
	Parents   []string        `json:"parents,omitempty"` // whose records the contexts are
	Feed      bool            `json:"feed,omitempty"`    // it is read for its children alone
	Pages     int64           `json:"pages"`             // that came already, and are in the state or the journal
	Calls     int64           `json:"calls"`             // that are to come, as far as that is known: at least
	Cost      sources.Cost    `json:"cost,omitempty"`    // of those calls, where the definition says what each costs
}

// Plan hands out what a run would read, in its order, and before that what all of it
// has in common, where head is not nil. It makes no call, and writes nothing. Its error
// is an *InputError, or one of head or visit.
func Plan(o Options, head func(PlanHead) error, visit func(Planned) error) error {
	r := newRun(o)
	defer r.close()
	dir, err := FindSource(r.Options)
	if err == nil {
		err = r.useJournal(journal.OpenReadOnly(dir))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &InputError{err}
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
func (p *pass) planned(visit func(Planned) error) error {
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
	return visit(p.unknown())
}

// unknown stands for the partitions of a pass that its parents' records are.
func (p *pass) unknown() Planned {
	line := Planned{Stream: p.stream.Name, Way: "children", Feed: p.feed}
	for _, f := range p.feeds {
		line.Parents = append(line.Parents, f.stream.Name)
	}
	return line
}

// nothing stands for a pass that has no partition, since no record of its parents leads
// to one.
func (p *pass) nothing() Planned {
	line := p.unknown()
	line.Way = "none"
	return line
}

// planned is the partition as a plan has it.
func (p *part) planned() Planned {
	line := Planned{
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
