package tap

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/message"
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

func newRun(o Options) *run {
	if o.Protocol == nil {
		o.Protocol = message.Singer{}
	}
	o.Log = logs.Hiding(o.Log, o.Config.Hider)
	work := folders.NewWork(o.WorkDir, o.Definition, o.Config)
	r := &run{
		Options: o, now: time.Now(), gate: limits.NewGate(o.Config.Run), turns: limits.NewTurns(o.Config.Run.Concurrency),
		work: work, keys: distinct.NewPool(filepath.Join(work.Dir, "keys")), lines: stdout.NewLines(),
	}
	r.spool = limits.NewSpool(o.Config.Run.Memory/queueShare, o.Config.Run.Spool, func() bool { return r.gate.Why() != "" })
	r.clients = newClients(r)
	return r
}

// close ends what the run holds open.
func (r *run) close() {
	r.gate.Stop()
	r.clients.close()
	r.journal.Close()
	if err := r.keys.Close(); err != nil {
		r.Log.Warn("files of keys could not be removed from the work folder: they can be deleted", "dir", filepath.Join(r.work.Dir, "keys"), "why", err.Error())
	}
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
