package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/fleet/budget"
	"github.com/tap-rest/tap-rest/tap/metrics"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/parts"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/target"
)

// WorkerCmd reads parts of passes that were submitted.
type WorkerCmd struct {
	inputs.ChoiceFlags
	fleetFlags
	program.MetricsFlags
	UntilDone bool `help:"End when the pass is over, or nothing is left to read of it but parts that are given up. Without it a worker waits for the next pass."`
}

// Help stands in the command's help.
func (c *WorkerCmd) Help() string {
	return `tap-rest worker --nats URL --config FILE -- TARGET ARGUMENTS

It takes a part of the pass, starts the target, reads the part into it, and takes it from
the queue once the target has confirmed all of it. Then it takes the next one. As many
workers as you like may run, on any machine, each with the config of the submission. A
part whose worker is lost goes to another one after the lease, and goes on from the
last state that the target has confirmed, and from the journal where it is on the same disk.
A part that fails comes again, five times in all, later each time.

SIGTERM ends the run of the part and gives it back. Exit codes: 0 the pass is over
(--until-done); 1 parts of it are given up (likewise); 2 the config is not that of the
pass; 75 the NATS server is not there.`
}

// away is how long a worker waits when the server does not answer, or no pass is under
// way.
const away = 2 * time.Second

// Run reads parts until a signal comes.
func (c *WorkerCmd) Run(rt *program.Runtime) error {
	if rt.Target == nil {
		return &tap.InputError{Err: errors.New("a worker needs a target of its own: tap-rest worker --nats URL --config FILE -- TARGET ARGUMENTS")}
	}
	if err := c.Observe(rt, "worker"); err != nil {
		return err
	}
	rt.Metrics.CountsParts()
	o, err := (&inputs.RunFlags{ChoiceFlags: c.ChoiceFlags}).Options(rt, tap.Discover)
	if err != nil {
		return err
	}
	f, end, err := c.open(rt, &o, "worker", true, 1)
	if err != nil {
		return err
	}
	defer end()
	name := workerName()
	shared := budget.New(context.Background(), f.Keys(), name, o.Log)
	defer shared.Close()
	o.Budget = shared
	w := &worker{rt: rt, options: o, fleet: f, takes: f.NewWorker(name)}
	for rt.Stop.Err() == nil {
		if over, err := c.next(w); over {
			return err
		}
	}
	return context.Cause(rt.Stop)
}

// next reads the next part, or waits for one. It reports whether the worker ends, and
// with which error.
func (c *WorkerCmd) next(w *worker) (over bool, err error) {
	part, err := w.takes.Take(w.rt.Stop)
	var idle *fleet.Idle
	switch {
	case part != nil:
		w.silent = false
		err = w.read(part)
		return err != nil, err
	case errors.As(err, &idle):
		w.silent = false
		if over, err := c.isOver(w.fleet, idle); over {
			return true, err
		}
		if idle.Pass == nil || idle.Pass.Over != nil {
			w.wait()
		}
	case err != nil && w.rt.Stop.Err() == nil:
		w.isAway(err)
	}
	return false, nil
}

// isOver reports whether a worker that finds no part ends, and with which error.
func (c *WorkerCmd) isOver(f *fleet.Fleet, idle *fleet.Idle) (bool, error) {
	switch {
	case !c.UntilDone || idle.Busy:
		return false, nil
	case idle.Pass == nil:
		return true, &tap.InputError{Err: fmt.Errorf("nothing was submitted to the fleet %s: tap-rest submit does that", f.Name())}
	case idle.Pass.Over != nil && idle.Pass.Why != "":
		return true, fmt.Errorf("the pass %s is over, and not all of it was read: %s; mend that: the next pass asks for it first", idle.Pass.ID, idle.Pass.Why)
	case idle.Pass.Over != nil:
		return true, nil
	case idle.Counts.Rest == fleet.Failed:
		return true, fmt.Errorf("the end of the pass %s is given up: tap-rest status says why it failed; mend that, and tap-rest submit puts it into the queue again", idle.Pass.ID)
	}
	return false, nil
}

// worker reads one part after the other.
type worker struct {
	rt      *program.Runtime
	options tap.Options
	fleet   *fleet.Fleet
	takes   *fleet.Worker
	silent  bool // it was said that the server does not answer
}

// isAway says once that the server does not answer, and waits.
func (w *worker) isAway(err error) {
	if !w.silent {
		w.options.Log.Warn("no part can be taken: it is tried again until the server answers", "why", err.Error())
	}
	w.silent = true
	w.wait()
}

func (w *worker) wait() {
	select {
	case <-time.After(away):
	case <-w.rt.Stop.Done():
	}
}

// errLost is the cause with which the run of a part ends that was lost.
var errLost = errors.New("this worker could not tell the NATS server for a whole lease that it has the part: another one may have it now")

// read reads a part into a target. Its error is an *tap.InputError: the worker is not
// one for this pass.
func (w *worker) read(part *fleet.Part) error {
	stop, cancel := context.WithCancelCause(w.rt.Stop)
	defer cancel(nil)
	go func() {
		select {
		case <-part.Lost():
			cancel(errLost)
		case <-stop.Done():
		}
	}()
	r := &reading{worker: w, part: part, log: w.logOf(part), begun: time.Now(), became: metrics.Returned}
	var err error
	if r.options, err = w.begin(stop, part); err == nil {
		err = r.run(stop)
	}
	ctx, end := context.WithTimeout(context.Background(), answering)
	defer end()
	var told error
	if errors.Is(context.Cause(stop), errLost) {
		r.became = metrics.Lost
		part.Drop()
		r.log.Warn("the part is given up: what the target has confirmed is kept, and what the journal has is not asked for again", "why", errLost.Error())
	} else {
		told = r.tell(ctx, err)
	}
	if told != nil {
		r.became = metrics.Lost
		r.log.Warn("the NATS server could not be told what became of the part: another worker gets it after the lease", "why", told.Error())
	}
	w.rt.Metrics.Part(r.became)
	var input *tap.InputError
	if errors.As(err, &input) {
		return err
	}
	return nil
}

// reading is a part that was read, well or not.
type reading struct {
	worker  *worker
	part    *fleet.Part
	log     *slog.Logger
	begun   time.Time
	options tap.Options
	account *report.Account // nil: nothing was read
	became  metrics.Outcome

	confirmed bool // the target has confirmed all that it got
}

// tell tells the server what became of the part, whose run ended with err.
func (r *reading) tell(ctx context.Context, err error) error {
	var input *tap.InputError
	switch {
	case r.worker.rt.Stop.Err() != nil:
		return r.part.Return(ctx, 0)
	case errors.As(err, &input):
		return r.part.Return(ctx, away)
	case errors.Is(err, journal.ErrBusy):
		r.log.Info("another process still has the journal of the part, a worker that was paused most likely: the part comes again after the lease", "why", err.Error())
		return r.part.Busy(ctx)
	case r.part.Rest && r.isOver(err):
		why := strings.ReplaceAll(r.worker.rt.Console.Redact(err.Error()), "\n", "; ")
		r.log.Error("the passes are over, but something of them failed for good: the next pass asks for it first", "why", why)
		r.became = metrics.Read
		return r.part.Done(ctx, why)
	case err != nil:
		return r.failed(ctx, err)
	}
	records, calls := sums(r.account)
	if why := r.account.Stopped; why != "" {
		if calls == 0 {
			return r.failed(ctx, fmt.Errorf("the run of the part ended before it made a call: %s", why))
		}
		r.log.Info("the run of the part has ended early: the part comes again, and goes on", "why", why, "records", records, "calls", calls)
		return r.part.Return(ctx, 0)
	}
	if err := r.part.Done(ctx, ""); err != nil {
		return err
	}
	r.became = metrics.Read
	r.log.Info("the part is read", "records", records, "calls", calls, "took", time.Since(r.begun).Round(time.Millisecond).String())
	if err := tap.RemoveShareJournal(r.options); err != nil {
		r.log.Warn("the journal of the part could not be removed: nobody needs it any more", "why", err.Error())
	}
	return nil
}

// logOf is the log of a part.
func (w *worker) logOf(part *fleet.Part) *slog.Logger {
	if part.Rest {
		return w.options.Log.With("part", "the rest of the plan, and the ends of its passes")
	}
	log := w.options.Log.With("stream", part.Stream, "partition", part.Partition)
	for _, more := range []struct {
		key  string
		text json.RawMessage
	}{{"context", part.Context}, {"from", part.Start}, {"to", part.End}} {
		if more.text != nil {
			log = log.With(more.key, parts.Unquoted(more.text))
		}
	}
	return log
}

// sums are how many records a run has written, and how many calls it made.
func sums(a *report.Account) (records, calls int64) {
	for _, s := range a.Streams {
		records += s.Written
		calls += s.Counters.Requests.Load()
	}
	return records, calls
}

// begin makes the options of a part's run.
func (w *worker) begin(ctx context.Context, part *fleet.Part) (tap.Options, error) {
	o := w.options
	left, err := part.Begins(ctx)
	if err != nil {
		return o, err
	}
	if left == nil {
		left = &state.State{}
	}
	var wants func(int, string) bool
	if !part.Rest {
		wants = func(int, string) bool { return true }
	}
	o.StateFile = "of the fleet " + w.fleet.Name()
	if part.WithoutJournal() {
		w.logOf(part).Warn("another process does not give the journal of the part back: the part is read without one, and asks the API again for what that has")
		config := *o.Config
		config.Run.Journal.Off = true
		o.Config = &config
	}
	share, err := planfile.Read("of the pass "+part.Pass.ID, bytes.NewReader(part.Plan()), wants)
	if err == nil {
		o.Share = share
		o.State, err = share.State(o.StateFile, left)
	}
	if err == nil {
		o.State, err = share.Own(o.State)
	}
	if err != nil {
		return o, &tap.InputError{Err: err}
	}
	return o, nil
}

// run runs the part into a target. Where its error is nil, all of it is confirmed and kept.
func (r *reading) run(stop context.Context) error {
	w, o := r.worker, r.options
	rt := *w.rt
	rt.Stop = stop
	keeper := target.KeeperIn("the fleet "+w.fleet.Name(), r.part.Keep, func(stream string) bool { return o.Definition.Stream(stream) != nil }, o.Log)
	o.Log = console.Quieter(o.Log)
	over, end := w.rt.WatchPart(r.name(), &o)
	err := program.Loaded(rt.LoadInto(o, keeper, func(o tap.Options) error {
		var err error
		r.account, err = tap.Sync(stop, o)
		if r.account != nil && !errors.Is(err, tap.ErrBlocked) {
			over(r.account)
		}
		return err
	}), true)
	if r.confirmed, _ = keeper.Confirmed(o.State); err == nil && !r.confirmed {
		err = fmt.Errorf("the target %s ended without an error, but has not confirmed all that it got: a Singer target prints each state on stdout once it has stored what came before", rt.Target[0])
	}
	end(err)
	return err
}

// name is what the part's span is called.
func (r *reading) name() string {
	if r.part.Rest {
		return "rest of the plan"
	}
	return "part of " + r.part.Stream
}

// isOver reports whether the rest of a plan has come to its end though something failed
// for good: as in a run of its own, that does not hold up the others.
func (r *reading) isOver(err error) bool {
	var (
		failures tap.Failures
		load     *program.LoadError
	)
	return r.confirmed && errors.As(err, &failures) && !failures.Temporary() && !errors.As(err, &load)
}

// failed says that the part failed, and why.
func (r *reading) failed(ctx context.Context, why error) error {
	text := strings.ReplaceAll(r.worker.rt.Console.Redact(why.Error()), "\n", "; ")
	again, err := r.part.Failed(ctx, text, mayPass(why))
	switch {
	case err != nil:
		return err
	case again > 0:
		r.became = metrics.Failed
		r.log.Warn("the part failed, and comes again", "after", again.String(), "why", text)
	default:
		r.became = metrics.GivenUp
		r.log.Error("the part failed, and is given up: tap-rest submit puts it into the queue again", "why", text)
	}
	return nil
}

// mayPass reports whether what went wrong may go well another time.
func mayPass(err error) bool {
	var (
		failures tap.Failures
		load     *program.LoadError
		disk     *tap.JournalError
	)
	switch {
	case errors.As(err, &failures):
		return failures.Temporary()
	case errors.As(err, &disk), errors.As(err, &load):
		return true
	}
	return false
}
