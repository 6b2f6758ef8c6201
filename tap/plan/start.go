package plan

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state"
)

// Standing is where the walk of a partition stands.
type Standing struct {
	Next     paging.Position
	High     json.RawMessage // the highest replication value before it
	Mark     json.RawMessage // what the first answer said at incremental.bookmark
	Frozen   bool            // sorted, but a value descended before it
	Deferred bool            // it failed for now in the run before
	state.Losses
}

// Open is the standing as a state has it, but for Deferred: each run says anew
// how it failed.
func (at Standing) Open(partition string) state.Open {
	next, err := state.Marshal(at.Next)
	if err != nil {
		panic("a position is always JSON: " + err.Error())
	}
	return state.Open{Partition: partition, Next: next, High: at.High, Mark: at.Mark, Losses: at.Losses, Frozen: at.Frozen}
}

// Start is where the walk of a partition starts: where the state left it open, or
// at its first request. The error is a *state.Error, as that of [Decide].
func (d *Decision) Start(s *Stream, partition string) (at Standing, why []Why, err error) {
	if d.Way == Replay {
		at.Restarts = d.Recorded.Generation
	}
	if b := d.Bookmark; b == nil || b.Resume == nil || b.Resume.Shape != s.Shape || d.Way != FromState && d.Way != Replay {
		return at, nil, nil
	}
	for i, o := range d.Bookmark.Resume.Open {
		if o.Partition != partition {
			why = append(why, Why{true, "the state left a partition open that the stream no longer has: what the state says of that partition is dropped", []any{"partition", o.Partition}})
			continue
		}
		if at, err = StandingOf(&o); err != nil {
			return at, why, &state.Error{Place: fmt.Sprintf("resume.open[%d].next", i), Msg: err.Error()}
		}
		why = append(why, Why{false, "the pass goes on", []any{"as_of", clockTime(d.Pass.AsOf), "pages", at.Next.Pages, "records", at.Next.Records}})
	}
	return at, why, nil
}

// StandingOf is the standing that a state has of a partition.
func StandingOf(o *state.Open) (at Standing, err error) {
	at = Standing{High: o.High, Mark: o.Mark, Frozen: o.Frozen, Losses: o.Losses, Deferred: o.Deferred}
	if o.Next != nil {
		err = json.Unmarshal(o.Next, &at.Next)
	}
	return at, err
}
