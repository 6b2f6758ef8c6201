package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state"
)

// Partition is a part of a stream that is walked by itself: a context, of which
// there is none but the empty one yet, and a window.
type Partition struct {
	Key    string
	Window Window
	Vars   expr.Vars // what templates see: config, now and window
}

// Partition returns the one partition that a pass reads of a stream.
func (d *Decision) Partition(s *Stream, config expr.Value) (p Partition, err error) {
	p.Vars = make(expr.Vars, sources.VarCount)
	p.Vars[sources.VarConfig] = config
	p.Vars[sources.VarNow] = expr.Time(d.Pass.AsOf)
	if !s.FullTable() {
		if p.Window, err = s.Clock.Lay(d.From, d.Lookback, d.Pass.AsOf, p.Vars); err != nil {
			return p, fmt.Errorf("%s: %w", s.Name, err)
		}
		p.Vars[sources.VarWindow] = p.Window.Value()
	}
	if d.Way == Replay {
		p.Key = d.Recorded.Layout.Partition
	} else {
		p.Key = key(s.Name, p.Window)
	}
	return p, nil
}

// StartAt returns the partition with another start of its window, as requests
// write it.
func (p Partition) StartAt(start expr.Value) Partition {
	p.Vars = slices.Clone(p.Vars)
	p.Window.Start = start
	p.Vars[sources.VarWindow] = p.Window.Value()
	return p
}

// key is the 128-bit key of stream, context and window.
func key(stream string, w Window) string {
	name, _ := json.Marshal(stream) // a string is always JSON
	text := append(name, `,{},`...)
	text = append(w.Start.AppendJSON(text), ',')
	text = w.End.AppendJSON(text)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Standing is where the walk of a partition stands.
type Standing struct {
	Next     paging.Position
	High     json.RawMessage // the highest replication value before it
	Mark     json.RawMessage // what the first answer said at incremental.bookmark
	Frozen   bool            // sorted, but a value descended before it
	Restarts int             // how often the API has lost the walk
	Refused  *state.Refusal  // because of which it was restarted; nil: none
	Deferred bool            // it failed for now in the run before
}

// Open is the standing as a state has it, but for Deferred: each run says anew
// how it failed.
func (at Standing) Open(partition string) state.Open {
	next, err := state.Marshal(at.Next)
	if err != nil {
		panic("a position is always JSON: " + err.Error())
	}
	return state.Open{Partition: partition, Next: next, High: at.High, Mark: at.Mark, Restarts: at.Restarts, Refused: at.Refused, Frozen: at.Frozen}
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
			why = append(why, Why{true, "an open partition of the state is gone: it is dropped", []any{"partition", o.Partition}})
			continue
		}
		at = Standing{High: o.High, Mark: o.Mark, Frozen: o.Frozen, Restarts: o.Restarts, Refused: o.Refused, Deferred: o.Deferred}
		if err := json.Unmarshal(o.Next, &at.Next); err != nil {
			return at, why, &state.Error{Place: fmt.Sprintf("resume.open[%d].next", i), Msg: err.Error()}
		}
		why = append(why, Why{false, "the pass goes on", []any{"as_of", clockTime(d.Pass.AsOf), "pages", at.Next.Pages, "records", at.Next.Records}})
	}
	return at, why, nil
}

// InTurn orders decisions by whose turn it is: what is owed, then unfinished
// passes, then those whose last pass began longest ago, and at the end those
// that failed for now the last time. So a budget that is too small for all
// streams reaches each of them in the end.
func InTurn(a, b *Decision) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.lastTurn().Compare(b.lastTurn()))
}

func (d *Decision) rank() int {
	switch {
	case d.Bookmark == nil || d.Bookmark.Resume == nil:
		return 1
	case len(d.Bookmark.Resume.Owed) > 0:
		return 0
	case len(d.Bookmark.Resume.Open) > 0 && d.Bookmark.Resume.Open[0].Deferred:
		return 2
	}
	return 1
}

// lastTurn is when the pass before this one began; zero if there was none, or
// if it goes on.
func (d *Decision) lastTurn() time.Time {
	if d.Bookmark == nil || d.Bookmark.Pass == nil || d.Bookmark.Resume != nil {
		return time.Time{}
	}
	return d.Bookmark.Pass.AsOf
}
