package planfile

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
)

// version is the version of the format of plans.
const version = 1

// Head is the first line of a plan: what all of its partitions have in common.
// Runs that read parts of a plan begin from its state, so that they read one pass of
// each stream.
type Head struct {
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

// End is the last line of a plan, without which it was cut off.
type End struct {
	End int `json:"end"` // how many lines stand between the first and this one
}

// Planned is a line of a plan: a partition that a run would read, or a stream whose
// partitions are not known before its parents are read.
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

// InParts reports whether a line of the plan is a partition that a run may read alone.
func (h *Head) InParts(p *Planned) bool {
	_, ok := h.Shapes[p.Stream]
	return ok && p.Partition != "" && !p.Feed && (p.Way == "new" || p.Way == "open")
}
