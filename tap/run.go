package tap

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/runjournal"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

// queueShare is which part of run.memory pages may take before their turn: enough for
// the API never to wait for a page that is being worked on. The collector lets garbage
// grow to as much again.
const queueShare = 32

// run is one run under way.
type run struct {
	Options
	now     time.Time
	gate    *limits.Gate
	work    *folders.Work
	clients *clients
	lines   *stdout.Lines
	spool   *limits.Spool
	turns   *limits.Turns
	journal *runjournal.Journal // nil: off
	flow    *flow
	keys    *distinct.Pool
	listing bool     // partitions, by parents' records: no line is made
	look    *look    // nil: it is no look at first pages
	notRead []*track // of streams of which there is nothing to read, or that do not exist
}

// explain logs why a pass goes on, or begins anew.
func (r *run) explain(stream string, all []plan.Why) {
	for _, why := range all {
		level := slog.LevelInfo
		if why.Warn {
			level = slog.LevelWarn
		}
		r.Log.Log(context.Background(), level, why.Text, append([]any{"stream", stream}, why.Attrs...)...)
	}
}

// inState says where in the state an error of package plan is.
func (r *run) inState(stream string, err error) error {
	var e *state.Error
	if errors.As(err, &e) {
		e.File, e.Place = r.StateFile, r.State.Place(stream)+"."+e.Place
	}
	return err
}

// planner decides, before the first request, what a run reads of which stream.
type planner struct{ *run }

// clients are those of a run, made as its streams need them, and what is known of
// their APIs.
type clients struct {
	run   *run
	made  map[*sources.Client]*fetch.Client
	apis  map[*fetch.Client]*patience.API
	ahead *body.Room // for answers until they are worked on
	back  *body.Room // for those that are read back
}

// look is what a run is that looks at first pages, for somebody who waits.
type look struct {
	sees func(*probe, *fetch.Page) // is told of each page; nil: nobody is
}

// flow is the walks of a run, and what goes from them to the emitter.
type flow struct {
	run     *run
	ctx     context.Context
	batches chan *batch
	side    sync.WaitGroup   // what is said of lanes
	walks   func(*part) bool // whether a partition is to be walked; nil: all are
}

// again is the range of time that the run reads again: none for a look at first
// pages.
func (r planner) again() plan.Range {
	if r.look != nil {
		return plan.Range{}
	}
	return plan.Range{Start: r.Config.Run.Start, End: r.Config.Run.End}
}

// keeper keeps what a run leaves for later ones besides bookmarks and the journal, in the
// work folder and beside the journal: what is known of records that left, tags of
// answers, schemas, what was proven, and what the run came to.
type keeper struct {
	*run
	passes []*pass
}
