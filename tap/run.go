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
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
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
}

// Failures are the streams that failed, one error each.
type Failures []error

// Error lists them, a line each.
func (f Failures) Error() string { return errors.Join(f...).Error() }

// Unwrap returns them.
func (f Failures) Unwrap() []error { return f }

// Temporary reports whether a run that goes on from here may get through: no
// failure is for good.
func (f Failures) Temporary() bool {
	for _, err := range f {
		var e *fetch.Error
		if !errors.As(err, &e) || e.Class == fetch.Permanent {
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
	readings, err := r.plan()
	if err != nil {
		return nil, err
	}
	workers, err := r.workers(readings)
	if err != nil {
		return nil, err
	}
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
	unhook := context.AfterFunc(stop, func() {
		r.gate.shut("it was told to stop")
		time.AfterFunc(inFlightGrace, cancel)
		time.AfterFunc(inFlightGrace+flushGrace, func() { close(blocked) })
	})
	defer unhook()

	batches := make(chan *batch)
	go r.walkAll(ctx, workers, batches)
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

// walkAll walks all partitions, some at a time, in their order.
func (r *run) walkAll(ctx context.Context, workers []*worker, batches chan<- *batch) {
	defer close(batches)
	slots := make(chan struct{}, max(1, r.Config.Run.Concurrency))
	var wg sync.WaitGroup
	for _, w := range workers {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			w.work(ctx, batches)
		})
	}
	wg.Wait()
}

// worker walks one partition.
type worker struct {
	*reading
	run      *run
	splitter *splitter
	renderer *renderer
	walk     *fetch.Walk
	track    *track
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
			return nil, fmt.Errorf("stream %s: %w", one.Name, err)
		}
	}
	c, err := newChecker(one, cached, q)
	if err != nil {
		return nil, err
	}
	client := r.client(one)
	if err := client.Check(one.vars); err != nil {
		return nil, fmt.Errorf("stream %s: %w", one.Name, err)
	}
	return &worker{
		reading: one, run: r, splitter: s, renderer: newRenderer(one, c), track: newTrack(one),
		walk: client.NewWalk(one.Stream, s, one.vars, one.position, &one.counters),
	}, nil
}

// work walks the partition: one goroutine fetches the next page while this one
// renders the page before.
func (w *worker) work(ctx context.Context, batches chan<- *batch) {
	walkCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan *fetch.Page)
	var walkErr error // read once pages is closed
	go func() {
		defer close(pages)
		walkErr = w.fetchAll(walkCtx, pages)
	}()
	err := w.renderAll(ctx, pages, batches)
	cancel()
	for range pages { // until the walk has noticed
	}
	if err == nil {
		err = walkErr
	}
	if err != nil && !errors.Is(err, fetch.ErrStopped) {
		send(ctx, batches, w.failed(err))
	}
}

// renderAll makes each page a batch, in their order.
func (w *worker) renderAll(ctx context.Context, pages <-chan *fetch.Page, batches chan<- *batch) error {
	for page := range pages {
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

// fetchAll hands out the walk's pages.
func (w *worker) fetchAll(ctx context.Context, pages chan<- *fetch.Page) error {
	for {
		page, err := w.walk.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		w.run.gate.count(int64(page.Records.Len()))
		last := page.Last
		select {
		case pages <- page:
		case <-ctx.Done():
			return fetch.ErrStopped
		}
		if last {
			return nil
		}
	}
}

func (w *worker) render(page *fetch.Page) (*batch, error) {
	var lines []byte
	select {
	case lines = <-w.run.lines:
	default:
	}
	frozen := w.renderer.frozen
	b, err := w.renderer.render(page, lines[:0])
	records := page.Records
	page.Release()
	w.splitter.recycle(records)
	if err != nil {
		return nil, err
	}
	b.track, b.moved, b.skipped = w.track, page.Moved, page.Skipped
	if w.renderer.frozen && !frozen {
		w.run.Log.Warn("sorted: true, but the replication key descends: until all is read, the bookmark stays",
			"stream", w.Name, "request", page.Request)
	}
	if page.Last {
		w.run.Log.Info("stream read", "stream", w.Name)
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
