package tap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// samplePages is how many pages of a stream are asked for, from its start, by
// whoever wants to see some records: each may cost money. To infer a schema, one
// more comes from the other end.
const samplePages = 3

// sampleJobs is for how many jobs an export is asked at most, likewise: the newest
// window may be empty, the one before it hardly.
const sampleJobs = 2

func newProbe(p *pass) *probe { return &probe{&worker{run: p.run, pass: p, stream: p.stream}} }

// eachProbe looks at the first pages of all selected streams. A state plays no part.
func eachProbe(stop context.Context, o Options, visit func(*probe) error) error {
	r := newRun(o)
	defer r.close()
	context.AfterFunc(stop, func() { r.gate.Shut("it was told to stop") })
	r.State, r.look = &state.State{}, &look{}
	passes, err := planner{r}.plan()
	if err == nil {
		err = r.begin(passes)
	}
	if err != nil {
		return err
	}
	var failures Failures
	for _, p := range passes {
		if p.feed {
			continue
		}
		if err := visit(newProbe(p)); err != nil {
			failures = append(failures, logs.HideError(o.Config.Hider, err))
		}
	}
	if len(failures) > 0 {
		return failures
	}
	return nil
}

// firstPages hands out the first pages of a stream, until visit has enough: of
// the first of some partitions that has records. One that is refused is no
// failure where another has some.
func (w *probe) firstPages(ctx context.Context, visit func(*fetch.Page) (more bool, err error)) error {
	next := w.pass.samples(ctx)
	found := false
	var refused error
	for jobs := 0; !found; jobs++ {
		if w.exports() && jobs == sampleJobs {
			return refused
		}
		p, err := next()
		if p == nil || err != nil {
			return cmp.Or(err, refused)
		}
		if err := w.walks(p); err != nil {
			return err
		}
		err = w.firstPagesOf(ctx, func(page *fetch.Page) (bool, error) {
			found = found || page.Records.Len() > 0
			return visit(page)
		})
		switch {
		case err == nil:
		case !found && w.refused(err):
			refused = cmp.Or(refused, err)
		default:
			return err
		}
	}
	if refused != nil {
		w.run.Log.Warn("a part of the stream is refused, which a sync will fail for: what is shown is of another part",
			"stream", w.stream.Name, "why", logs.Unnamed(w.stream.Name, refused))
	}
	return nil
}

// refused reports whether a failure is for good, and that of one partition among
// several.
func (w *probe) refused(err error) bool {
	var e *fetch.Error
	return w.pass.many && errors.As(err, &e) && e.Class == fetch.Permanent && e.Status != 0
}

// walks makes the partition under way another one.
func (w *probe) walks(p *part) error {
	if p.worker == nil {
		var err error
		if p.worker, err = newWorker(p); err != nil {
			return err
		}
	}
	p.worker.walker.goOn() // it may have been looked at for a child's sake
	w.worker = p.worker
	return nil
}

// firstPagesOf hands out the first pages of the partition, until visit has
// enough.
func (w *probe) firstPagesOf(ctx context.Context, visit func(*fetch.Page) (more bool, err error)) error {
	w.walker.walk.OneByOne()
	if w.run.look != nil || w.walker.recording == nil { // else the walk goes on in the session that was opened here
		defer w.walker.walk.Close()
	}
	w.tellJob()
	for n := 0; n < samplePages; {
		page, err := w.walker.walk.Next(ctx)
		if err == io.EOF { // not one that a failure wraps
			return nil
		}
		if err != nil {
			return err
		}
		w.renderer.TellDoubts(page)
		if sees := w.run.look.sees; sees != nil {
			sees(w, page)
		}
		if page.Submits() {
			page.Release()
			continue
		}
		n++
		more, err := w.visit(page, visit)
		page.Release()
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// exports reports whether records come only of a job that has to be asked for.
func (w *probe) exports() bool { return w.stream.Definition.Pagination.Export != nil }

// tellJob says that to look at records takes a job, before that is asked for.
func (w *probe) tellJob() {
	e := w.stream.Definition.Pagination.Export
	if e == nil {
		return
	}
	after := "the API keeps the job until it expires there, for the definition says no remove"
	if e.Remove != nil {
		after = "then the job is removed"
	}
	w.run.Log.Info(fmt.Sprintf("the stream is an export: to see some of its records, the API is asked for a job, which may cost what a job costs; it is waited for, for %s at most (poll.timeout), and %s. "+
		"To discover a stream whose definition has a schema takes no job", e.Timeout, after), "stream", w.stream.Name)
}

// errEnough ends the pieces of a page.
var errEnough = errors.New("enough")

// visit hands out a page: in pieces, where it is long.
func (w *probe) visit(page *fetch.Page, visit func(*fetch.Page) (more bool, err error)) (more bool, err error) {
	if !page.Long() {
		return visit(page)
	}
	err = page.Pieces(w.reload, func(p *fetch.Page) error {
		var err error
		if more, err = visit(p); err == nil && !more {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return more, err
}

// sampleParts is how many partitions of a stream are asked, at most, by whoever
// wants to see some of its records.
const sampleParts = 5

// samples returns partitions in which there may be records: of the first
// contexts, the newest windows. It returns nil after the last.
func (p *pass) samples(ctx context.Context) func() (*part, error) {
	if !p.many {
		return once(p.supply.first)
	}
	var contexts func() (plan.Context, bool)
	var windows []state.Window // of the context under way, the newest last
	var at plan.Context
	left := sampleParts
	return func() (*part, error) {
		if contexts == nil {
			parents, err := p.sampleParents(ctx)
			if err != nil {
				return nil, err
			}
			contexts = p.supply.Of(parents)
		}
		for len(windows) == 0 && left > 0 {
			one, ok := contexts()
			if !ok {
				return nil, nil
			}
			var err error
			if windows, err = p.supply.NewestWindows(one); err != nil {
				return nil, err
			}
			at = one
		}
		if left--; left < 0 {
			return nil, nil
		}
		last := windows[len(windows)-1]
		windows = windows[:len(windows)-1]
		return p.supply.partOf(at, last)
	}
}

// sampleParents returns the first contexts that parents' records are; the empty
// one for a stream without a parent.
func (p *pass) sampleParents(ctx context.Context) ([]plan.Context, error) {
	if len(p.feeds) == 0 {
		return []plan.Context{{}}, nil
	}
	var found []plan.Context
	var lost []astray
	for _, f := range p.feeds {
		w := newProbe(f)
		err := w.firstPages(ctx, func(page *fetch.Page) (bool, error) {
			l := w.lead()
			if _, err := w.renderer.Follow(page); err != nil {
				return false, err
			}
			lost = append(lost, l.lost()...)
			for i, c := range f.children {
				if c.pass == p {
					found = append(found, c.of.Batches(l.found[i], w.part.Part.Context)...)
				}
			}
			return len(found) < sampleParts, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) == 0 && len(lost) > 0 {
		return nil, lost[0].err
	}
	if len(found) == 0 {
		tellPassed(p, func(string) {})
	}
	return found[:min(len(found), sampleParts)], nil
}
