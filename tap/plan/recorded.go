package plan

import (
	"encoding/json"
	"strings"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Recorded is a pass of a stream in the journal.
type Recorded struct {
	journal.Pass
	Layout     Layout
	Generation int  // how often its walk was read from its start again
	First      bool // the journal serves the first exchange of its walk
	Asked      bool // its first request was sent, and no answer to it came
	Shared     bool // a stream that reads the same jobs has something of its pass of the same run
	BrokeOff   bool // it has the beginning of an answer, with which a run may go on
}

// Layout is what a pass in the journal says beside its own fields: how its
// requests were laid out.
type Layout struct {
	Lookback  string         `json:"lookback"`
	Partition string         `json:"partition,omitempty"` // where there is one
	Window    string         `json:"window,omitempty"`    // length of the windows; "": there is one
	Range     string         `json:"range,omitempty"`     // that is read again; "": it goes on from a bookmark
	Feed      bool           `json:"feed,omitempty"`      // it is read for the sake of children alone
	Feeds     map[string]Fed `json:"feeds,omitempty"`     // of each parent, the pass whose records are its contexts
	// Contexts are those that it goes on from its bookmark in: a replay begins the
	// others at the stream's start, as the pass did.
	Contexts state.Contexts `json:"contexts,omitempty"`
	// Owed is what the pass before owed, which this one asks for first.
	Owed []state.Open `json:"owed,omitempty"`
	// Empty: it is finished, and no record of it left: a state that comes back
	// as it was is no sign of a target that lost one.
	Empty bool `json:"empty,omitempty"`
	// Certificate is what was proven of the walks that ended in the last run of the
	// pass; nil: none did.
	Certificate json.RawMessage `json:"certificate,omitempty"`
}

// Fed is a pass of a parent that is read for a stream's sake.
type Fed struct {
	Pass string          `json:"pass"` // its id in states
	From json.RawMessage `json:"from,omitempty"`
	// Of a listing of files: the contexts of it for which From holds, and the versions of
	// files that were read before.
	Contexts state.Contexts `json:"contexts,omitempty"`
	Files    state.Contexts `json:"files,omitempty"`
}

// LayoutOf returns the layout of a pass in the journal.
func LayoutOf(p journal.Pass) (l Layout) {
	if json.Unmarshal(p.Plan, &l) != nil {
		return Layout{}
	}
	return l
}

// again begins what follows a pass's id in the journal, where the pass was
// dropped there and goes on all the same.
const again = "~"

// AgainID is another id in the journal for a pass that was dropped there.
func AgainID(id, random string) string { return id + again + random }

// StateID is the id that states have of the pass.
func (r *Recorded) StateID() string {
	id, _, _ := strings.Cut(r.ID, again)
	return id
}
