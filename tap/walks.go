package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// walk walks a partition, for the first time or again. It reports true where it
// failed for now, and is to be walked again when nothing else can go on.
func (f *flow) walk(p *part, t *limits.Turn) (again bool) {
	if f.walks != nil && !t.Last() && !f.walks(p) {
		p.drop()
		return false
	}
	skipped := f.skips(p, t)
	switch {
	case skipped:
	case p.worker == nil:
		var err error
		if p.worker, err = newWorker(p); err != nil {
			f.fails(p, err)
			return false
		}
	case t.Last():
		if !p.pass.many { // of many, the failure of each was told
			f.run.Log.Info("the other streams are done: the stream, which failed for now, is tried again", "stream", p.Stream.Name)
		}
		p.worker.walker.goOn()
	}
	if !skipped && p.worker.work(f.ctx, f.batches, t) {
		return true
	}
	p.drop()
	return false
}

// drop drops the partition's worker, which is not needed any more, where there is one.
func (p *part) drop() {
	if p.worker != nil {
		p.worker.renderer.Close()
		p.pass.splitters.keep([2]*pages.Splitter{p.worker.walker.splitter, p.worker.reload})
		p.worker = nil
	}
}

// skips tells the emitter that a partition failed as others did, where it is not
// asked for. The failures of others were told.
func (f *flow) skips(p *part, t *limits.Turn) bool {
	at := p.Start
	var putOff *fetch.Error
	if p.worker != nil {
		putOff = p.worker.walker.putOff
		at.Losses = p.worker.walker.at.Losses
	}
	why := p.pass.patience.Skips(p, putOff, t.GivenUp())
	if why != nil {
		f.tell(&batch{track: p.pass.track, part: p, step: step{at: at, failure: logs.HideError(f.run.Config.Hider, why)}})
	}
	return why != nil
}

// fails tells the emitter that a partition cannot be walked. Where that is the
// journal's fault, the run stops, as it does when an answer cannot be kept.
func (f *flow) fails(p *part, err error) {
	var broken *JournalError
	if errors.As(err, &broken) {
		f.run.journal.Fail(broken.Err)
		return
	}
	err = logs.HideError(f.run.Config.Hider, err)
	f.run.Log.Error(logs.Unnamed(p.Stream.Name, err), "stream", p.Stream.Name)
	f.tell(&batch{track: p.pass.track, part: p, step: step{at: p.Start, failure: err}})
}

// tell hands the emitter a batch, without waiting for it. Where nothing is
// emitted, nobody wants it.
func (f *flow) tell(b *batch) {
	if f != nil {
		f.side.Go(func() { send(f.ctx, f.batches, b) })
	}
}
