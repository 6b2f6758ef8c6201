package tap

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// ErrNoPlan is that of a run which could not plan all partitions that others are to read.
var ErrNoPlan = errors.New("no plan was written: the streams that it is for, and their parents, were not read to where all of their partitions are known, as the log says; " +
	"run it again: it goes on from the journal, and asks for no page twice that this has")

// handsOut returns what of the passes the run hands out; nil: it reads all of them. Its
// error says why nothing can be handed out.
func (r *run) handsOut(passes []*pass) (*handing, error) {
	if r.HandOut == nil {
		return nil, nil
	}
	if r.Config.Run.Start != "" || r.Config.Run.End != "" {
		return nil, unusable("run.start and run.end read a range of time again, which no plan is for: leave them out, or leave --emit-plan out")
	}
	h := &handing{run: r}
	var whys []string
	for _, p := range passes {
		why := p.indivisible(true)
		switch {
		case p.feed:
		case why != "":
			whys = append(whys, p.stream.Name+": "+why)
		default:
			p.parted.handedOut = true
			h.passes = append(h.passes, p)
		}
	}
	if len(h.passes) == 0 {
		return nil, unusable("there is nothing to plan for other runs: %s; leave --emit-plan out", cmp.Or(strings.Join(whys, "; "), "no stream has anything to read"))
	}
	for _, p := range h.passes {
		h.join(p)
		if p.decision.Way == plan.FromJournal && len(r.State.Names()) == 0 {
			r.Log.Warn("the plan is of a pass that an earlier run began: it goes on from the journal, since no state was given, and what came after its as_of is in no part of the plan. "+
				"Where that run was cut off before its plan was whole, this is as it should be. Where it wrote one, give the state that the plan's parts came to (--state FILE), "+
				"or forget that run (tap-rest journal prune --all --config FILE), and plan again",
				"stream", p.stream.Name, "as_of", p.decision.Pass.AsOf.Format(time.RFC3339))
		}
	}
	if r.journal == nil {
		r.Log.Warn("there is no journal: should this run be cut off before the plan is whole, the next one asks the API again for all that the plan's parents have brought")
	}
	return h, nil
}

// join takes a pass into the family, with all that it leads to or is led to by.
func (h *handing) join(p *pass) {
	if slices.Contains(h.family, p) {
		return
	}
	h.family = append(h.family, p)
	p.track.held = true
	for _, f := range p.feeds {
		h.join(f)
	}
	for _, c := range p.children {
		h.join(c.pass)
	}
}

// walks is what is asked before a partition is walked: nil, where nothing is handed out.
func (h *handing) walks() func(*part) bool {
	if h == nil {
		return nil
	}
	return h.reads
}

// reads reports whether the run reads a partition itself. Else it is handed out.
func (h *handing) reads(p *part) bool {
	if !p.pass.parted.handedOut {
		return true
	}
	h.mu.Lock()
	if h.err == nil {
		h.err = h.HandOut.Line(p.planned())
	}
	h.lines++
	failed := h.err != nil
	h.mu.Unlock()
	if failed {
		h.gate.Shut("the plan cannot be written")
		return false
	}
	send(h.flow.ctx, h.flow.batches, &batch{track: p.pass.track, handed: p})
	return false
}

// lacks reports whether partitions of the plan are not known.
func (h *handing) lacks() bool {
	return slices.ContainsFunc(h.passes, func(p *pass) bool {
		return !p.track.ended || p.track.parts != nil && p.track.parts.broken ||
			slices.ContainsFunc(p.feedsNow(), func(f state.Feed) bool { return !f.Over })
	})
}

// end ends the plan, before the last STATE is written.
func (h *handing) end(e *emitter) {
	if h.err != nil {
		return
	}
	if h.lacks() {
		h.err = ErrNoPlan
		return
	}
	ends, err := state.ParseSinger("of this run", e.state.AppendSinger(nil))
	if err != nil {
		h.err = err
		return
	}
	for _, p := range h.family {
		p.track.held = false
	}
	for _, p := range h.passes {
		p.track.parts.noteResting(p.track.bookmark.Contexts)
		ends.Set(p.stream.Name, p.track.atStart())
		p.track.touched = false
	}
	own := e.state
	e.state = ends
	e.cover()
	e.state = own
	if h.err = h.HandOut.End(h.headOf(h.passes, h.read(e.display.Account.Streams), ends), h.lines); h.err == nil {
		*own, e.stated = *ends, false
	}
}

// read are the streams that the run reads itself.
func (h *handing) read(streams []*report.Stream) (all []string) {
	for _, s := range streams {
		if !s.Feed && !slices.ContainsFunc(h.passes, func(p *pass) bool { return p.stream.Name == s.Name }) {
			all = append(all, s.Name)
		}
	}
	return all
}

// failure is why there is no plan; nil: there is one, or nothing is handed out.
func (h *handing) failure() error {
	if h == nil || h.err == nil {
		return nil
	}
	return fmt.Errorf("--emit-plan: %w", h.err)
}
