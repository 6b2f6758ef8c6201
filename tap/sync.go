package tap

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

// flushGrace is how long the last flush may take then: stdout may be blocked.
const flushGrace = 5 * time.Second

// Sync reads the selected streams and writes their messages. When stop ends,
// no further request starts; what was fetched is written all the same, and the
// error is stop's cause. The error is an *InputError where nothing was
// fetched, Failures where streams failed, or one of writing.
func Sync(stop context.Context, o Options) (*report.Account, error) {
	r := newRun(o)
	defer r.close()
	if err := cmp.Or(r.check(), CheckShare(r.Options)); err != nil {
		return nil, err
	}
	var err error
	if r.journal, err = r.journals().open(); err != nil {
		return nil, err
	}
	passes, err := planner{r}.plan()
	if err != nil {
		return nil, err
	}
	kept := keeper{r, passes}
	defer kept.close()
	if err = kept.open(); err == nil {
		err = r.begin(passes)
	}
	if err != nil {
		return nil, err
	}
	hands, err := r.handsOut(passes)
	if err != nil {
		return nil, err
	}
	r.journal.Prune()
	display, last := r.newDisplay(passes), kept.newLastRun()
	account := &display.Account
	passes = inTurn(passes)
	err = r.emit(stop, passes, display, hands)
	account.Took = time.Since(r.now)
	account.Stopped = r.gate.Why()
	for _, p := range passes {
		p.track.traceEnd()
	}
	certified := kept.certify(account)
	kept.keepLastRun(last, account)
	if errors.Is(err, ErrClosedOutput) {
		return account, err // in one line
	}
	for _, p := range passes {
		p.patience.TellRest()
		if account.Stopped != "" || stop.Err() != nil {
			tellCut(p)
		}
	}
	display.LogMetrics()
	if err != nil {
		return account, err
	}
	kept.cacheSchemas()
	if stop.Err() != nil {
		return account, context.Cause(stop)
	}
	if err := r.journal.Failure(); err != nil {
		return account, &JournalError{Err: err}
	}
	if err := hands.failure(); err != nil {
		if failed := failuresOf(account); failed != nil {
			r.Log.Error(err.Error())
			return account, failed
		}
		return account, err
	}
	if r.Stored == nil || r.Stored() == nil {
		r.finish(passes)
		kept.finishTags(true)
	}
	return account, cmp.Or(certified, failuresOf(account))
}

// finish says in the journal which passes are over. It is the last thing that a
// run does: what a run that was cut had read whole may be lost with its state
// like the rest.
func (r *run) finish(all []*pass) {
	for _, p := range all {
		if t := p.track; t.ended && t.failure == nil && p.parted.share == nil && !p.parted.handedOut {
			r.journal.Finish(p.stream.Name, p.recorded, t.emitted == 0 && t.start.Next.Records == 0)
		}
	}
}

// emit walks all partitions and writes what comes.
func (r *run) emit(stop context.Context, passes []*pass, display *report.Display, hands *handing) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	blocked := make(chan struct{})
	defer context.AfterFunc(stop, func() {
		time.AfterFunc(inFlightGrace+flushGrace, func() { close(blocked) })
	})()
	e := r.emitter(display)
	e.hands = hands
	e.herald.tracks = append(e.herald.tracks, r.notRead...)
	for _, p := range passes {
		if !p.feed {
			e.herald.tracks = append(e.herald.tracks, p.track)
		}
		e.states.Many = e.states.Many || p.many
		p.track.sources = 1 + len(p.feeds)
	}
	batches, endWalks := r.startWalks(ctx, stop, cancel, passes, hands.walks())
	defer endWalks()
	done := make(chan error, 1)
	go func() { done <- e.run(batches) }()
	var err error
	select {
	case err = <-done:
		if err != nil {
			r.gate.Shut("stdout takes no more") // or walks would ask that get the turns of those which end
		}
		cancel()
	case <-r.Gone:
		r.gate.Shut("stdout is gone")
		cancel()
		if err = e.out.Take(done, ErrClosedOutput); err == nil && !display.Account.Ended() {
			err = ErrClosedOutput // nothing was left to write that would have found out
		}
	case <-blocked:
		err = e.out.Take(done, ErrBlocked)
	}
	for range batches { // until the walkers have noticed
	}
	return err
}

func (r *run) emitter(display *report.Display) *emitter {
	return &emitter{
		out: stdout.New(r.Out, r.spool), state: r.State, journal: r.journal, bookmarks: bookmarks{journal: r.journal}, display: display, lines: r.lines,
		herald:  &herald{protocol: r.Protocol, hide: r.Config.Hider.Line},
		waiting: waiting{flush: r.Config.Run.Flush, memory: max(1, r.Config.Run.Memory/2)},
	}
}
