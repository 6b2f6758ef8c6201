package tap

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

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

// begin begins the passes in the journal.
func (r *run) begin(all []*pass) error {
	for _, p := range all {
		var err error
		if p.recorded, err = r.journal.Begin(p.stream, p.decision, p.layout(), r.now); err != nil {
			return &JournalError{Err: err, Early: true}
		}
		if err := p.countJobs(); err != nil {
			return inputError(err)
		}
		first := p.supply.first
		if first == nil || p.over {
			continue
		}
		if first.worker, err = newWorker(first); err != nil {
			return inputError(err)
		}
	}
	return nil
}

// inTurn puts passes into the order in which they are read.
func inTurn(all []*pass) []*pass {
	slices.SortStableFunc(all, func(a, b *pass) int { return plan.InTurn(a.decision, b.decision) })
	return all
}
