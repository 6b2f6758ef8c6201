package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// idle is how long a worker waits for a part before it looks whether all are done.
var idle = 2 * time.Second

// manyWait is how many workers may wait for parts at once.
const manyWait = 1 << 16

// Worker takes parts of a fleet, one at a time.
type Worker struct {
	fleet *Fleet
	name  string
	idle  time.Duration

	pass     *Pass // of which the plan is known
	head     []byte
	children bool // partitions of the plan are records of other streams
	consumer jetstream.Consumer
}

// NewWorker returns a worker with a name for people.
func (f *Fleet) NewWorker(name string) *Worker { return &Worker{fleet: f, name: name, idle: idle} }

// Idle is what a worker learns that finds no part.
type Idle struct {
	Pass   *Pass  // nil: there was none yet
	Busy   bool   // there are parts, but none to take now
	Counts Counts // of a pass that is not over, where it is not busy
}

// Error says it.
func (i *Idle) Error() string { return "there is no part to read" }

// Take takes the next part. Where there is none, the error is an *Idle: at once where no
// pass is under way, else after a while. Any other may be one of a server that is away for
// now.
func (w *Worker) Take(ctx context.Context) (*Part, error) {
	p, err := w.fleet.Pass(ctx)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Over != nil {
		return nil, &Idle{Pass: p}
	}
	if w.pass == nil || w.pass.ID != p.ID || w.consumer == nil {
		if w.head, err = w.fleet.Head(ctx, p.ID); err != nil {
			return nil, err
		}
		var head planfile.Head
		if err := json.Unmarshal(w.head, &head); err != nil {
			return nil, fmt.Errorf("fleet %s: the plan of the pass %s: %w", w.fleet.Name(), p.ID, err)
		}
		w.children = len(head.Children) > 0
		if w.consumer, err = w.fleet.server.consumer(ctx, p.Lease); err != nil {
			return nil, err
		}
	}
	w.pass = p
	batch, err := w.consumer.Fetch(1, jetstream.FetchMaxWait(w.idle))
	if err != nil {
		return nil, w.fleet.server.because(err)
	}
	for m := range batch.Messages() {
		return w.take(ctx, m)
	}
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
		return nil, w.fleet.server.because(err)
	}
	return nil, w.isIdle(ctx, p)
}

// isIdle looks, where no part is left to take, whether all are done: then the rest of
// the plan is queued. It returns an *Idle, or why that failed.
func (w *Worker) isIdle(ctx context.Context, p *Pass) error {
	info, err := w.fleet.server.queue.Info(ctx)
	switch {
	case err != nil:
		return w.fleet.server.because(err)
	case info.State.Msgs > 0:
		return &Idle{Pass: p, Busy: true} // others have the last ones, or they come again later
	}
	counts, err := w.fleet.counted(ctx, p)
	if err != nil {
		return err
	}
	if counts == nil {
		return &Idle{Pass: p, Busy: true}
	}
	if counts.Rest == Waiting && p.Queued && counts.Done+counts.Failed == p.Parts {
		if err := w.fleet.queueRest(ctx, p); err != nil {
			return err
		}
	}
	return &Idle{Pass: p, Counts: *counts}
}

// take makes a part of a message. One that is done, or of another pass, is taken from the
// queue.
func (w *Worker) take(ctx context.Context, m jetstream.Msg) (*Part, error) {
	f := w.fleet
	subject := strings.Split(m.Subject(), ".")
	pass, part := subject[len(subject)-2], subject[len(subject)-1]
	if pass != w.pass.ID {
		return nil, f.putAway(ctx, m, pass)
	}
	p := &Part{Pass: w.pass, Rest: part == rest, fleet: f, worker: w.name, key: entryKey(pass, part), message: m, lost: make(chan struct{}), ended: make(chan struct{}), plan: w.head}
	if !p.Rest {
		p.plan = append(append(append(append([]byte{}, w.head...), '\n'), m.Data()...), "\n{\"end\":1}\n"...)
		if err := json.Unmarshal(m.Data(), &p.Planned); err != nil {
			return nil, fmt.Errorf("fleet %s: a part in the queue cannot be read: %w", f.Name(), err)
		}
	}
	if p.Rest && w.children { // nothing but the plan leads to their partitions
		var err error
		if p.plan, err = f.server.object(ctx, planKey(pass)); err != nil {
			return nil, err
		}
	}
	done, last := false, ""
	err := change(ctx, f.server, p.key, func(e *Entry) error {
		if done = e.Status == Done; done {
			return nil
		}
		if e.Status == Working {
			e.Lost++
			last = e.Worker
		}
		e.Stream, e.Partition, e.Context, e.Start, e.End = p.Stream, p.Partition, p.Context, p.Start, p.End
		e.Status, e.Worker, e.Since = Working, w.name, now()
		p.entry = *e
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case done && p.Rest: // whoever read it was lost before the pass was said to be over
		return nil, p.Done(ctx, "")
	case done:
		return nil, f.server.acknowledge(ctx, m)
	}
	if p.entry.Lost >= mostLost {
		_, err := p.Failed(ctx, fmt.Sprintf("%d workers were lost while they read it, one after the other, the last of them %s: "+
			"reading it, or loading it, may take more memory or disk than there is", mostLost, last), false)
		return nil, err
	}
	go p.holds()
	return p, nil
}

// mostLost is how many workers a part may cost, none of which has kept anything of it,
// before it is given up.
const mostLost = 10

// putAway takes a part of another pass than the one that was known from the queue. That
// of a pass that has begun meanwhile is put back.
func (f *Fleet) putAway(ctx context.Context, m jetstream.Msg, pass string) error {
	switch now, err := f.Pass(ctx); {
	case err != nil:
		return err
	case now != nil && now.ID == pass:
		return m.Nak()
	}
	return f.server.acknowledge(ctx, m)
}

// Part is a part that a worker holds.
type Part struct {
	planfile.Planned // zero for the rest of the plan
	Pass             *Pass
	Rest             bool // it is the rest of the plan

	fleet   *Fleet
	worker  string
	key     string
	message jetstream.Msg
	plan    []byte
	entry   Entry
	once    sync.Once
	lost    chan struct{} // closed when the lease is lost
	ended   chan struct{} // closed when the part is given back, or done
}

// Plan is the plan of which the part is all that is there.
func (p *Part) Plan() []byte { return p.plan }

// Begins is the state that earlier workers have left of the part, or, for the rest of the
// plan, that of all parts; nil: there is none.
func (p *Part) Begins(ctx context.Context) (*state.State, error) {
	switch {
	case p.Rest:
		return p.fleet.State(ctx, p.Pass.ID)
	case len(p.entry.State) == 0:
		return nil, nil
	}
	return state.ParseSinger("of the fleet "+p.fleet.Name(), p.entry.State)
}

// Lost is closed when the worker has lost the part: it could not say for a whole lease
// that it has it, and the server may have handed it to another.
func (p *Part) Lost() <-chan struct{} { return p.lost }

// holds says to the server that the part is held, three times in each lease, until it is
// not.
func (p *Part) holds() {
	last := time.Now()
	ticker := time.NewTicker(p.Pass.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-ticker.C:
		}
		before := time.Now()
		err := p.message.InProgress()
		if err == nil {
			err = p.fleet.server.conn.FlushTimeout(p.Pass.Lease / 3) // the server has it then
		}
		if since(last) > p.Pass.Lease {
			close(p.lost)
			return
		}
		if err == nil {
			last = before
		}
	}
}

// since is how long ago a time was, by the clock that says more: the monotonic one may
// stand still while the machine sleeps.
func since(t time.Time) time.Duration {
	return max(time.Since(t), time.Now().Round(0).Sub(t.Round(0)))
}

// Keep keeps a state that the target has confirmed: the server has it when Keep returns
// nil. Where the server is away, Keep waits for it, as long as the part is not lost.
func (p *Part) Keep(confirmed []byte) error {
	for {
		err := p.add(context.Background(), confirmed)
		var server *ServerError
		if !errors.As(err, &server) {
			return err
		}
		select {
		case <-p.lost:
			return err
		case <-p.ended:
			return err
		case <-time.After(retry):
		}
	}
}

// add adds a state to what is kept. Of the rest of a plan, the last one counts: it began
// from all others.
func (p *Part) add(ctx context.Context, confirmed []byte) error {
	if p.Rest {
		return p.fleet.server.putObject(ctx, restKey(p.Pass.ID), confirmed)
	}
	return p.change(ctx, func(e *Entry) error { return e.add(confirmed) })
}

// retry is after which time the server is asked again that did not answer.
const retry = 500 * time.Millisecond

// change changes the entry of the part. What is done stays done.
func (p *Part) change(ctx context.Context, make func(*Entry) error) error {
	return change(ctx, p.fleet.server, p.key, func(e *Entry) error {
		was := *e
		if err := make(e); err != nil {
			return err
		}
		if was.Status == Done {
			was.State = e.State
			*e = was
		}
		return nil
	})
}

// errGone says that a part is none of the pass that is under way: the queue may have
// another one in its place.
var errGone = errors.New("its pass is not the fleet's any more: it is over, was given up, or the server has lost what it had")

// isCurrent reports whether the pass of the part is under way.
func (p *Part) isCurrent(ctx context.Context) error {
	now, err := p.fleet.Pass(ctx)
	if err == nil && (now == nil || now.ID != p.Pass.ID || now.Over != nil) {
		p.end()
		err = errGone
	}
	return err
}

// Done says that the part is read whole, and takes it from the queue. For the rest of the
// plan, why says what of the passes failed; "": nothing.
func (p *Part) Done(ctx context.Context, why string) error {
	defer p.end()
	if err := p.isCurrent(ctx); err != nil {
		return err
	}
	err := p.change(ctx, func(e *Entry) error {
		if e.Status != Done {
			e.Status, e.Since, e.Why = Done, now(), why
		}
		p.entry = *e
		return nil
	})
	if err == nil && p.Rest {
		err = p.fleet.end(ctx, p)
	}
	if err != nil {
		return err
	}
	return p.fleet.server.acknowledge(ctx, p.message)
}

// mostTries is how often a part may fail before it is given up.
const mostTries = 5

// Failed says why the part could not be read: later says that it may be another time.
// It returns when it comes again; 0: it is given up.
func (p *Part) Failed(ctx context.Context, why string, later bool) (again time.Duration, err error) {
	defer p.end()
	if err := p.isCurrent(ctx); err != nil {
		return 0, err
	}
	err = p.change(ctx, func(e *Entry) error {
		e.Tries++
		e.Lost = 0
		e.Status, e.Since, e.Why, again = Failed, now(), why, 0
		if later && e.Tries < mostTries {
			e.Status, again = Owed, patience(e.Tries)
		}
		return nil
	})
	switch {
	case err != nil:
		return 0, err // the lease ends, and another worker takes it
	case again == 0:
		return 0, p.message.TermWithReason("it is given up")
	}
	return again, p.message.NakWithDelay(again)
}

// patience is how long a part that failed so often waits.
func patience(tries int) time.Duration { return min(10*time.Second<<(tries-1), 10*time.Minute) }

// Return gives the part back, for another worker to take, after a while.
func (p *Part) Return(ctx context.Context, after time.Duration) error {
	return p.giveBack(ctx, after, func(*Entry) {})
}

// Busy gives the part back for a lease, since another process of the machine has its
// journal: the worker that was taken for dead, most likely.
func (p *Part) Busy(ctx context.Context) error {
	return p.giveBack(ctx, p.Pass.Lease, func(e *Entry) { e.Busy++ })
}

// mostBusy is how often a part waits for its journal.
const mostBusy = 2

// WithoutJournal reports whether the part has waited for its journal long enough: a
// process may hold it for ever.
func (p *Part) WithoutJournal() bool { return p.entry.Busy >= mostBusy }

func (p *Part) giveBack(ctx context.Context, after time.Duration, note func(*Entry)) error {
	defer p.end()
	if err := p.isCurrent(ctx); err != nil {
		return err
	}
	err := p.change(ctx, func(e *Entry) error {
		e.Status, e.Since, e.Lost = Waiting, now(), 0
		note(e)
		return nil
	})
	if err != nil {
		return err
	}
	return p.message.NakWithDelay(after)
}

// Drop forgets the part, which was lost.
func (p *Part) Drop() { p.end() }

func (p *Part) end() { p.once.Do(func() { close(p.ended) }) }

// end ends the pass, whose rest has left a state.
func (f *Fleet) end(ctx context.Context, p *Part) error {
	left, err := f.server.object(ctx, restKey(p.Pass.ID))
	if err == nil && left == nil {
		err = fmt.Errorf("fleet %s: the end of the pass %s has left no state", f.Name(), p.Pass.ID)
	}
	if err == nil {
		err = f.server.putObject(ctx, stateKey, left)
	}
	if err != nil {
		return err
	}
	return change(ctx, f.server, passKey, func(there *Pass) error {
		if there.ID == p.Pass.ID && there.Over == nil {
			at := now()
			there.Over, there.Why = &at, p.entry.Why
		}
		return nil
	})
}
