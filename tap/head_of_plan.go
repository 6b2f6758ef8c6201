package tap

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/state"
)

// planVersion is the version of the format of plans.
const planVersion = 1

// PlanHead is the first line of a plan: what all of its partitions have in common.
// Runs that read parts of a plan begin from its state, so that they read one pass of
// each stream.
type PlanHead struct {
	Plan     int                 `json:"plan"` // version of the format
	Program  string              `json:"program"`
	Source   string              `json:"source"`             // name of the definition
	Digest   string              `json:"definition"`         // digest of all that it says
	Catalog  string              `json:"catalog,omitempty"`  // digest of the catalog; "": there is none
	Settings map[string]string   `json:"settings"`           // digests of the settings that are no secrets
	Shapes   map[string]string   `json:"shapes"`             // of each stream that is read in parts, digest of its requests' definition
	Rest     map[string]string   `json:"rest,omitempty"`     // streams that are not read in parts, and why
	Children map[string][]string `json:"children,omitempty"` // of streams that are read in parts, and whose partitions are records: of which streams
	Read     []string            `json:"read,omitempty"`     // streams that the run which made the plan has read itself
	State    json.RawMessage     `json:"state"`              // in which a pass of each of them has begun
}

// PlanEnd is the last line of a plan, without which it was cut off.
type PlanEnd struct {
	End int `json:"end"` // how many lines stand between the first and this one
}

// head is the first line of a plan of passes. It writes the begun passes into the run's
// state.
func (r *run) head(passes []*pass) PlanHead {
	h := r.newHead()
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

func (r *run) newHead() PlanHead {
	return PlanHead{
		Plan: planVersion, Catalog: r.catalogDigest(), Program: r.Version, Source: r.Definition.Name, Digest: r.Definition.Digest,
		Settings: r.Config.Digests(), Shapes: map[string]string{}, Rest: map[string]string{}, Children: map[string][]string{},
	}
}

// headOf is the first line of a plan of passes that a run hands out. The state is the one
// that the run ends with, and read names what it has read itself.
func (r *run) headOf(passes []*pass, read []string, ends *state.State) PlanHead {
	h := r.newHead()
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

// catalogDigest tells catalogs apart.
func (r *run) catalogDigest() string {
	if r.Catalog == nil {
		return ""
	}
	return r.Catalog.Digest
}

// indivisible says why a pass is not read in parts by several runs; "": it may be. Where
// its parents are read to make the plan, its partitions are known.
func (p *pass) indivisible(parentsRead bool) string {
	known := p.stream.Definition.Known
	switch {
	case p.decision.Backfill:
		return "a range of time is read again"
	case len(p.feeds) > 0 && (!parentsRead || p.changedOnly() || p.readsFiles()):
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

// InParts reports whether a line of the plan is a partition that a run may read alone.
func (h *PlanHead) InParts(p *Planned) bool {
	_, ok := h.Shapes[p.Stream]
	return ok && p.Partition != "" && !p.Feed && (p.Way == "new" || p.Way == "open")
}
