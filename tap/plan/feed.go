package plan

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// FedFrom is the bookmark from which a pass that has no lookback reads all that
// this one does: children that outlive it are fed by such a pass.
func (d *Decision) FedFrom(s *Stream) json.RawMessage {
	if d.From == nil || d.Lookback == (times.Span{}) {
		return d.From
	}
	mark, err := s.Clock.Order.Times.ReadJSON(d.From)
	if err != nil {
		return d.From
	}
	at, err := d.Lookback.Negate().AddTo(mark.At.In(s.Clock.Windows.Timezone))
	if err != nil {
		return d.From
	}
	return s.Clock.Order.Times.Like(at, d.From)
}

// Feed decides on a pass of a parent that is read for the sake of a child's pass,
// under the id and from the bookmark of fed: at is how far the child's state says
// that it is, nil for nothing. It goes on from there, or from the journal.
func Feed(s *Stream, child *Decision, fed Fed, at *state.Feed, recorded []Recorded) *Decision {
	d := &Decision{Fed: true, Pass: state.Pass{ID: fed.Pass, AsOf: child.Pass.AsOf}, Reads: Reads{From: fed.From}, APIClock: child.APIClock}
	if s.Clock.Timed() {
		d.Length = s.Clock.Windows.Length
	}
	for i := range recorded {
		if r := &recorded[i]; r.StateID() == fed.Pass && r.Shape == s.Shape {
			d.Recorded, d.Way, d.Length = r, FromJournal, lengthOf(r.Layout.Window)
		}
	}
	if len(fed.Contexts) > 0 {
		d.Bookmark = &state.Bookmark{Value: fed.From, Contexts: fed.Contexts}
	}
	switch {
	case child.Way == Replay:
		d.Way = Replay
		return d
	case at == nil:
		return d
	case at.Shape != s.Shape:
		d.because(true, "the requests of the parent have changed since the unfinished pass of its children began: it is read from its start again", "parent", s.Name)
		return d
	}
	d.Way, d.Length = FromState, lengthOf(at.Window)
	d.Bookmark = &state.Bookmark{Value: fed.From, Contexts: fed.Contexts, Resume: &state.Resume{
		Version: state.Version, AsOf: d.Pass.AsOf, From: fed.From, Lookback: times.Span{}.String(), Window: at.Window, Shape: s.Shape,
		Done: at.Done, Contexts: at.Contexts, Open: at.Open, Feeds: child.Bookmark.Resume.Feeds,
	}}
	return d
}
