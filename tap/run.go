package tap

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

const (
	// inFlightGrace is how long requests under way may take once the run is
	// told to stop.
	inFlightGrace = 5 * time.Second
	// flushGrace is how long the last flush may take then: stdout may be
	// blocked.
	flushGrace = 5 * time.Second
	// queueShare is which part of run.memory pages may take before their turn:
	// enough for the API never to wait for a page that is being worked on. The
	// collector lets garbage grow to as much again.
	queueShare = 32
	// roomShare is which part of run.memory the answers over 1 MiB take that are
	// under way, and as much those that are read back from the journal.
	roomShare = 4
)

// run is one run under way.
type run struct {
	Options
	now     time.Time
	gate    *limits.Gate
	work    *workFolder
	clients map[*sources.Client]*fetch.Client
	lines   linePool
	spool   *limits.Spool
	ahead   *body.Room  // for answers until they are worked on
	back    *body.Room  // for those that are read back
	journal *runJournal // nil: off
	hasty   bool        // a look at first pages, for which somebody waits
	notRead []*track    // of streams of which there is nothing to read, or that do not exist
}

func newRun(o Options) *run {
	if o.Protocol == nil {
		o.Protocol = message.Singer{}
	}
	o.Log = slog.New(hidingLog{o.Log.Handler(), o.Config.Hider})
	return &run{
		Options: o, now: time.Now(), gate: limits.NewGate(o.Config.Run),
		work:  newWorkFolder(&o),
		ahead: body.NewRoom(o.Config.Run.Memory / roomShare), back: body.NewRoom(o.Config.Run.Memory / roomShare),
		clients: map[*sources.Client]*fetch.Client{}, lines: make(linePool, keptLines),
	}
}

// close ends what the run holds open.
func (r *run) close() {
	r.gate.Stop()
	for _, c := range r.clients {
		c.Close()
	}
	r.journal.close()
}

// client returns the one client of all streams that share source.
func (r *run) client(one *plan.Reading) *fetch.Client {
	c := r.clients[one.Stream.Definition.Client]
	if c == nil {
		c = fetch.NewClient(one.Stream.Definition.Client, fetch.Options{
			Transport: r.Transport, Secrets: r.Config.Hider, Ahead: r.ahead, Back: r.back,
			UserAgent: "tap-rest/" + r.Version, Gate: r.gate, Log: r.Log, Hasty: r.hasty,
		}, one.Part.Vars)
		r.clients[one.Stream.Definition.Client] = c
	}
	return c
}

// Sync reads the selected streams and writes their messages. When stop ends,
// no further request starts; what was fetched is written all the same, and the
// error is stop's cause. The error is an *InputError where nothing was
// fetched, Failures where streams failed, or one of writing.
func Sync(stop context.Context, o Options) (*report.Account, error) {
	r := newRun(o)
	defer r.close()
	if err := r.openJournal(); err != nil {
		return nil, err
	}
	readings, err := r.plan()
	if err != nil {
		return nil, err
	}
	workers, err := r.workers(readings)
	if err != nil {
		return nil, err
	}
	r.journal.prune()
	display := r.newDisplay(workers)
	account := &display.Account
	slices.SortStableFunc(workers, func(a, b *worker) int { return plan.InTurn(a.pass, b.pass) })
	err = r.emit(stop, workers, display)
	account.Took = time.Since(r.now)
	account.Stopped = r.gate.Why()
	if errors.Is(err, ErrClosedOutput) {
		return account, err // in one line
	}
	display.LogMetrics()
	if err != nil {
		return account, err
	}
	r.cacheSchemas(workers)
	if stop.Err() != nil {
		return account, context.Cause(stop)
	}
	if err := r.journal.failure(); err != nil {
		return account, &JournalError{Err: err}
	}
	r.journal.finish()
	return account, failuresOf(account)
}

// newDisplay returns what shows people how far the run is.
func (r *run) newDisplay(workers []*worker) *report.Display {
	d := &report.Display{Account: report.Account{Started: r.now}, Watch: r.Watch, Log: r.Log}
	for _, w := range workers {
		d.Account.Streams = append(d.Account.Streams, &report.Stream{
			Name: w.stream.Name, Quarantine: r.work.quarantine(w.stream.Name), Counters: &w.track.counters,
		})
	}
	for _, t := range r.notRead {
		d.Account.Streams = append(d.Account.Streams, &report.Stream{
			Name: t.stream.Name, Done: t.pass.Way == plan.Complete, Failure: t.refused, Counters: &t.counters,
		})
	}
	if m, ok := r.Protocol.(meter); ok {
		d.Metric = m.Metric
	}
	return d
}

// cacheSchemas keeps what was inferred, for the next run and discovery.
func (r *run) cacheSchemas(workers []*worker) {
	for _, w := range workers {
		known := w.renderer.Schema
		if !known.New() || w.stream.Entry != nil {
			continue
		}
		if err := r.work.cacheSchema(w.stream.Name, w.stream.Shape, known.Doc()); err != nil {
			r.Log.Warn("the inferred schema could not be cached: the next run infers it again", "stream", w.stream.Name, "why", err.Error())
		}
	}
}

// emit walks all partitions and writes what comes.
func (r *run) emit(stop context.Context, workers []*worker, display *report.Display) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	blocked := make(chan struct{})
	r.spool = limits.NewSpool(r.Config.Run.Memory/queueShare, r.Config.Run.Spool, func() bool { return r.gate.Why() != "" })
	go r.wakeSpool(ctx)
	unhook := context.AfterFunc(stop, func() {
		r.gate.Shut("it was told to stop")
		time.AfterFunc(inFlightGrace, cancel)
		time.AfterFunc(inFlightGrace+flushGrace, func() { close(blocked) })
	})
	defer unhook()

	batches := make(chan *batch)
	go r.walkAll(ctx, workers, batches)
	go r.journal.keepSynced(ctx.Done())
	e := r.emitter(display)
	e.herald.tracks = append(e.herald.tracks, r.notRead...)
	for _, w := range workers {
		e.herald.tracks = append(e.herald.tracks, w.track)
	}
	done := make(chan error, 1)
	go func() { done <- e.run(batches) }()
	var err error
	select {
	case err = <-done:
		cancel()
	case <-r.Gone:
		cancel()
		if err = e.out.take(done, ErrClosedOutput); err == nil && !display.Account.Ended() {
			err = ErrClosedOutput // nothing was left to write that would have found out
		}
	case <-blocked:
		err = e.out.take(done, ErrBlocked)
	}
	for range batches { // until the walkers have noticed
	}
	return err
}

func (r *run) emitter(display *report.Display) *emitter {
	return &emitter{
		out: newOutput(r.Out, r.spool), state: r.State, journal: r.journal, display: display, lines: r.lines,
		herald: &herald{protocol: r.Protocol, hide: r.Config.Hider.Line},
		flush:  r.Config.Run.Flush, memory: max(1, r.Config.Run.Memory/2),
	}
}

// walkAll walks all partitions, some at a time, in their order. Those that
// failed for now are tried again when the others are done.
func (r *run) walkAll(ctx context.Context, workers []*worker, batches chan<- *batch) {
	defer close(batches)
	deferred := r.walkRound(ctx, workers, batches, false)
	for _, w := range deferred {
		r.Log.Info("the other streams are done: the stream, which failed for now, is tried again", "stream", w.stream.Name)
		w.walker.goOn()
	}
	r.walkRound(ctx, deferred, batches, true)
}

// walkRound walks partitions once, and returns those that are to be tried
// again, in their order.
func (r *run) walkRound(ctx context.Context, workers []*worker, batches chan<- *batch, last bool) []*worker {
	clients := make([]any, len(workers))
	for i, w := range workers {
		clients[i] = w.walker.client
	}
	all := limits.NewTurns(r.Config.Run.Concurrency, clients)
	deferred := make([]bool, len(workers))
	var wg sync.WaitGroup
	for t := all.Next(); t != nil; t = all.Next() {
		wg.Go(func() {
			defer t.Over()
			deferred[t.Walk] = workers[t.Walk].work(ctx, batches, t, last)
		})
	}
	wg.Wait()
	var again []*worker
	for i, w := range workers {
		if deferred[i] {
			again = append(again, w)
		}
	}
	return again
}

// wakeSpool lets in what waits for room when the gate is shut.
func (r *run) wakeSpool(ctx context.Context) {
	select {
	case <-r.gate.Closed():
		r.spool.Wake()
	case <-ctx.Done():
	}
}
