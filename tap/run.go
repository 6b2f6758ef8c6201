package tap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
)

const (
	// inFlightGrace is how long requests under way may take once the run is
	// told to stop.
	inFlightGrace = 5 * time.Second
	// flushGrace is how long the last flush may take then: stdout may be
	// blocked.
	flushGrace = 5 * time.Second
	// keptLines is how many batches' memory a run keeps for the next ones.
	keptLines = 4
	// maxRestarts is how often the API may lose a walk, across runs.
	maxRestarts = 3
	// queueShare is which part of run.memory pages may take before their turn:
	// enough for the API never to wait for a page that is being worked on. The
	// collector lets garbage grow to as much again.
	queueShare = 32
	// metricsEvery is how often METRIC lines are logged.
	metricsEvery = time.Minute
)

// ErrBlocked says that a run that was told to stop could not write its last
// flush, since nobody read stdout.
var ErrBlocked = errors.New("stdout is blocked: what was collected since the last STATE is not written, the next run fetches it again")

// Options are the inputs of a run.
type Options struct {
	Definition *sources.Definition
	Config     *sources.Config
	Catalog    *catalog.Catalog // nil: all streams
	State      *state.State
	StateFile  string            // named in messages
	WorkDir    string            // folder for inferred schemas and quarantined records
	Transport  http.RoundTripper // nil: the network
	Version    string
	Out        io.Writer
	Log        *slog.Logger
	Replay     bool           // read the last pass again from the journal alone
	Watch      func(*Account) // nil, or called now and then from the run's goroutine
}

// run is one run under way.
type run struct {
	Options
	now     time.Time
	gate    *gate
	work    *workFolder
	clients map[*sources.Client]*fetch.Client
	lines   chan []byte // memory for those of the next batches
	spool   *spool
	journal *journal.Journal // nil: off

	journalErr atomic.Pointer[error]
}

// Failures are the streams that failed, one error each.
type Failures []error

// Error lists them, a line each.
func (f Failures) Error() string { return errors.Join(f...).Error() }

// Unwrap returns them.
func (f Failures) Unwrap() []error { return f }

// Temporary reports whether a run that goes on from here may get through: no
// failure is for good. A walk that was lost too often is.
func (f Failures) Temporary() bool {
	for _, err := range f {
		var e *fetch.Error
		if !errors.As(err, &e) || e.Class != fetch.Transient {
			return false
		}
	}
	return true
}

func newRun(o Options) *run {
	return &run{
		Options: o, now: time.Now(), gate: newGate(o.Config.Run),
		work:    &workFolder{filepath.Join(o.WorkDir, o.Definition.Name)},
		clients: map[*sources.Client]*fetch.Client{}, lines: make(chan []byte, keptLines),
	}
}

// close ends what the run holds open.
func (r *run) close() {
	r.gate.stop()
	for _, c := range r.clients {
		c.Close()
	}
	if r.journal != nil {
		if err := r.journal.Close(); err != nil {
			r.Log.Warn("the journal is not closed well", "why", err.Error())
		}
	}
}

// client returns the one client of all streams that share source.
func (r *run) client(one *reading) *fetch.Client {
	c := r.clients[one.Client]
	if c == nil {
		c = fetch.NewClient(one.Client, fetch.Options{
			Transport: r.Transport, Secrets: r.Config.Secrets,
			UserAgent: "tap-rest/" + r.Version, Gate: r.gate, Log: r.Log,
		}, one.vars)
		r.clients[one.Client] = c
	}
	return c
}

// Sync reads the selected streams and writes their messages. When stop ends,
// no further request starts; what was fetched is written all the same, and the
// error is stop's cause. The error is an *InputError where nothing was
// fetched, Failures where streams failed, or one of writing.
func Sync(stop context.Context, o Options) (*Account, error) {
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
	r.pruneJournal()
	account := &Account{Started: r.now}
	for _, one := range readings {
		account.Streams = append(account.Streams, &StreamAccount{
			Name: one.Name, Quarantine: r.work.path(quarantineFolder, quarantineFile(one.Name)), counters: &one.counters,
		})
	}
	inTurn(workers)
	err = r.emit(stop, workers, account)
	account.Took = time.Since(r.now)
	account.Stopped = r.gate.why()
	if errors.Is(err, ErrClosedOutput) {
		return account, err // in one line
	}
	r.logMetrics(account)
	if err != nil {
		return account, err
	}
	r.cacheSchemas(workers)
	if stop.Err() != nil {
		return account, context.Cause(stop)
	}
	if err := r.journalErr.Load(); err != nil {
		return account, &JournalError{*err}
	}
	return account, account.failures()
}

// cacheSchemas keeps what was inferred, for the next run and discovery.
func (r *run) cacheSchemas(workers []*worker) {
	for _, w := range workers {
		c := w.renderer.checker
		if !c.inferred || !c.grown || !c.known() || w.selected != nil {
			continue
		}
		if err := r.work.cacheSchema(w.Name, w.shape, c.doc); err != nil {
			r.Log.Warn("the inferred schema is not cached", "stream", w.Name, "why", err.Error())
		}
	}
}

// emit walks all partitions and writes what comes.
func (r *run) emit(stop context.Context, workers []*worker, account *Account) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	blocked := make(chan struct{})
	r.spool = newSpool(r.Config.Run.Memory/queueShare, r.Config.Run.Spool, func() bool { return r.gate.why() != "" })
	go r.wakeSpool(ctx)
	unhook := context.AfterFunc(stop, func() {
		r.gate.shut("it was told to stop")
		time.AfterFunc(inFlightGrace, cancel)
		time.AfterFunc(inFlightGrace+flushGrace, func() { close(blocked) })
	})
	defer unhook()

	batches := make(chan *batch)
	go r.walkAll(ctx, workers, batches)
	go r.keepSynced(ctx.Done())
	e := r.emitter(account)
	done := make(chan error, 1)
	go func() { done <- e.run(batches) }()
	select {
	case err := <-done:
		cancel()
		for range batches { // until the walkers have noticed
		}
		return err
	case <-blocked:
		return ErrBlocked
	}
}

func (r *run) emitter(account *Account) *emitter {
	nextMetrics := r.now.Add(metricsEvery)
	return &emitter{
		out: r.Out, state: r.State, flush: r.Config.Run.Flush, memory: max(1, r.Config.Run.Memory/2), account: account,
		sync: r.syncJournal, stored: r.journaled, writing: r.spool.writing,
		recycle: func(lines []byte) {
			if lines == nil {
				return // of a failure
			}
			select {
			case r.lines <- lines:
			default:
			}
		},
		tick: func() {
			account.Took = time.Since(r.now)
			if r.Watch != nil {
				r.Watch(account)
			}
			if time.Now().After(nextMetrics) {
				nextMetrics = nextMetrics.Add(metricsEvery)
				r.logMetrics(account)
			}
		},
	}
}

func (r *run) logMetrics(a *Account) {
	for _, m := range a.metrics() {
		r.Log.Info(m.String())
	}
}

// walkAll walks all partitions, some at a time, in their order. Those that
// failed for now are tried again when the others are done.
func (r *run) walkAll(ctx context.Context, workers []*worker, batches chan<- *batch) {
	defer close(batches)
	deferred := r.walkRound(ctx, workers, batches, false)
	for _, w := range deferred {
		w.walk = w.newWalk(w.reached)
	}
	r.walkRound(ctx, deferred, batches, true)
}

// walkRound walks partitions once, and returns those that are to be tried
// again, in their order.
func (r *run) walkRound(ctx context.Context, workers []*worker, batches chan<- *batch, last bool) []*worker {
	slots := make(chan struct{}, max(1, r.Config.Run.Concurrency))
	again := make([]bool, len(workers))
	var wg sync.WaitGroup
	for i, w := range workers {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			again[i] = w.work(ctx, batches, last)
		})
	}
	wg.Wait()
	var deferred []*worker
	for i, w := range workers {
		if again[i] {
			deferred = append(deferred, w)
		}
	}
	return deferred
}

// wakeSpool lets in what waits for room when the gate is shut.
func (r *run) wakeSpool(ctx context.Context) {
	select {
	case <-r.gate.Closed():
		r.spool.wake()
	case <-ctx.Done():
	}
}

// worker walks one partition.
type worker struct {
	*reading
	run       *run
	client    *fetch.Client
	splitter  *splitter // the walk's
	reload    *splitter // the renderer's, for pages that were spooled
	renderer  *renderer
	walk      *fetch.Walk
	recording *fetch.Recording // nil: no journal
	track     *track
	reached   fetch.Position // where the walk goes on
}

// workers makes one worker for each partition: every input is checked here,
// before the first request.
func (r *run) workers(readings []*reading) ([]*worker, error) {
	var all []*worker
	q := &quarantine{work: r.work}
	for _, one := range readings {
		w, err := r.worker(one, q)
		if err != nil {
			return nil, &InputError{err}
		}
		all = append(all, w)
	}
	return all, nil
}

func (r *run) worker(one *reading, q *quarantine) (*worker, error) {
	s, err := newSplitter(one.Records)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", one.Name, err)
	}
	var cached []byte
	if one.Stream.Schema == nil {
		if cached, err = r.work.cachedSchema(one.Name, one.shape); err != nil {
			r.Log.Warn("the schema is inferred anew", "stream", one.Name, "why", err.Error())
		}
	}
	c, err := newChecker(one, cached, q)
	if err != nil {
		return nil, err
	}
	reload, err := newSplitter(one.Records)
	if err != nil {
		return nil, err
	}
	client := r.client(one)
	if err := client.Check(one.vars); err != nil {
		return nil, fmt.Errorf("stream %s: %w", one.Name, err)
	}
	w := &worker{
		reading: one, run: r, client: client, splitter: s, reload: reload, reached: one.position,
		renderer: newRenderer(one, c), track: newTrack(one),
	}
	if w.recording, err = r.record(one); err != nil {
		return nil, fmt.Errorf("stream %s: journal: %w", one.Name, err)
	}
	w.walk = w.newWalk(one.position)
	return w, nil
}

func (w *worker) newWalk(from fetch.Position) *fetch.Walk {
	walk := w.client.NewWalk(w.Stream, w.splitter, w.vars, from, &w.counters)
	walk.Record(w.recording)
	return walk
}

// work walks the partition: one goroutine fetches the pages to come while this
// one renders those that are there. It reports true where the walk failed for
// now and is to be tried again, unless this is the last time.
func (w *worker) work(ctx context.Context, batches chan<- *batch, last bool) bool {
	walkCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := &queue{spool: w.run.spool}
	ended := make(chan error, 1)
	go func() {
		defer pages.end()
		ended <- w.fetchAll(walkCtx, pages)
	}()
	err := w.renderAll(ctx, pages, batches)
	cancel()
	if walkErr := <-ended; err == nil {
		err = walkErr
	}
	pages.drop()
	if err == nil || errors.Is(err, fetch.ErrStopped) {
		return false
	}
	var e *fetch.Error
	if !last && errors.As(err, &e) && e.Class == fetch.Transient {
		w.run.Log.Warn("failed for now: tried again when the other streams are done", "stream", w.Name, "why", err.Error())
		return true
	}
	send(ctx, batches, w.failed(err))
	return false
}

// renderAll makes each page a batch, in their order.
func (w *worker) renderAll(ctx context.Context, pages *queue, batches chan<- *batch) error {
	for page, ok := pages.pop(ctx); ok; page, ok = pages.pop(ctx) {
		b, err := w.render(page)
		if err != nil {
			return err
		}
		if !send(ctx, batches, b) {
			return fetch.ErrStopped
		}
	}
	return nil
}

// send hands a batch to the emitter, unless the run has ended.
func send(ctx context.Context, batches chan<- *batch, b *batch) bool {
	select {
	case batches <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// fetchAll queues the walk's pages.
func (w *worker) fetchAll(ctx context.Context, pages *queue) error {
	for {
		page, err := w.walk.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case w.restart(err):
			continue
		case err != nil:
			return w.replayEnds(err)
		}
		w.reached = page.Next
		if page.Unrecorded != nil {
			w.run.journalFailed(page.Unrecorded)
		}
		if !page.Recalled {
			w.run.gate.count(int64(page.Records.Len()))
		}
		if last := page.Last; !pages.push(ctx, queued{page, w.restarts}) || last {
			return nil
		}
	}
}

// restart begins the walk anew where the API has lost it. It reports false for
// other errors, and when it was lost too often.
func (w *worker) restart(err error) bool {
	var e *fetch.Error
	if !errors.As(err, &e) || e.Class != fetch.SessionLost || w.restarts >= maxRestarts {
		return false
	}
	w.restarts++
	w.run.Log.Warn("the API has lost the walk: it is read from its start again, and its records come again",
		"stream", w.Name, "time", w.restarts, "of", maxRestarts, "why", err.Error())
	if rec := w.recording; rec != nil {
		if _, err := rec.Journal.Restart(rec.Pass, rec.Partition); err != nil {
			w.run.journalFailed(err)
			return false
		}
		rec.Base = 0
	}
	w.walk = w.newWalk(fetch.Position{})
	return true
}

func (w *worker) render(page queued) (*batch, error) {
	var lines []byte
	select {
	case lines = <-w.run.lines:
	default:
	}
	split := w.splitter
	if page.Spooled() {
		split = w.reload
		if err := w.client.Reload(w.run.journal, page.Page, split); err != nil {
			return nil, err
		}
	}
	frozen := w.renderer.frozen
	b, err := w.renderer.render(page.Page, lines[:0])
	records := page.Records
	page.Release()
	split.recycle(records)
	if err != nil {
		return nil, err
	}
	b.key, b.progress.restarts = page.Key(), page.restarts
	b.track, b.moved, b.skipped = w.track, page.Moved, page.Skipped
	if w.renderer.frozen && !frozen {
		w.run.Log.Warn("sorted: true, but the replication key descends: until all is read, the bookmark stays",
			"stream", w.Name, "request", page.Request)
	}
	if page.Last {
		w.run.Log.Info("stream read", "stream", w.Name)
		w.renderer.keySeen(w.run.Log)
	}
	return b, nil
}

// failed is the batch that tells the emitter of a failure. The bookmark stays
// where the last page left it, unless the API has forgotten the walk.
func (w *worker) failed(err error) *batch {
	w.run.Log.Error(err.Error(), "stream", w.Name)
	b := &batch{track: w.track, failure: err}
	var e *fetch.Error
	b.progress.lost = errors.As(err, &e) && e.Class == fetch.SessionLost
	return b
}
