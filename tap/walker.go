package tap

import (
	"log/slog"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/tap/runjournal"
)

// walker fetches the pages of one partition, in their order.
type walker struct {
	journal   *runjournal.Journal // nil: none
	gate      *limits.Gate
	log       *slog.Logger
	part      *part
	at        plan.Standing // where it goes on
	client    *fetch.Client
	splitter  *pages.Splitter
	recording *fetch.Recording // nil: no journal
	walk      *fetch.Walk
	putOff    *fetch.Error // why it was put off until other walks were done; nil: it was not
	refusals  int          // restarts of this run because the API refused a request with a page token
}

// goOn begins or goes on with the walk where it stands.
func (w *walker) goOn() { w.walk = w.newWalk(w.at.Next) }

func (w *walker) newWalk(from paging.Position) *fetch.Walk {
	walk := w.client.NewWalk(w.part.Stream.Definition, w.splitter, w.part.Part.Vars, from, &w.part.pass.track.counters)
	walk.Record(w.recording)
	walk.Is(w.part.key.Key, w.at.Restarts)
	walk.Unless(w.part.pass.kept.tags.Ask())
	walk.Join()
	return walk
}
