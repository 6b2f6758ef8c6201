package tap

import (
	"context"
	"errors"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
)

// samplePages is how many pages of a stream are asked for, from its start, by
// whoever wants to see some records: each may cost money. To infer a schema, one
// more comes from the other end.
const samplePages = 3

// probes plans all selected streams, for a look at their first pages: a state
// plays no part.
func (r *run) probes(stop context.Context) ([]*worker, error) {
	context.AfterFunc(stop, func() { r.gate.Shut("it was told to stop") })
	r.State, r.hasty = &state.State{}, true
	passes, err := r.plan()
	if err != nil {
		return nil, err
	}
	var all []*worker
	for _, p := range passes {
		if p.feed {
			continue
		}
		w, err := p.probe()
		if err != nil {
			return nil, inputError(err)
		}
		all = append(all, w)
	}
	return all, nil
}

// probe returns the worker of the first partition of a pass.
func (p *pass) probe() (*worker, error) {
	one, err := p.top().next()
	if err != nil {
		return nil, err
	}
	return newWorker(one)
}

// eachProbe looks at the first pages of all selected streams.
func eachProbe(stop context.Context, o Options, look func(*worker) error) error {
	r := newRun(o)
	defer r.close()
	workers, err := r.probes(stop)
	if err != nil {
		return err
	}
	var failures Failures
	for _, w := range workers {
		if err := look(w); err != nil {
			failures = append(failures, hideError(o.Config.Hider, err))
		}
	}
	if len(failures) > 0 {
		return failures
	}
	return nil
}

// firstPages hands out the first pages of a walk, until visit has enough.
func (w *worker) firstPages(ctx context.Context, visit func(*fetch.Page) (more bool, err error)) error {
	for range samplePages {
		page, err := w.walker.walk.Next(ctx)
		if err == io.EOF { // not one that a failure wraps
			return nil
		}
		if err != nil {
			return err
		}
		w.renderer.TellDoubts(page)
		more, err := w.visit(page, visit)
		page.Release()
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// errEnough ends the pieces of a page.
var errEnough = errors.New("enough")

// visit hands out a page: in pieces, where it is long.
func (w *worker) visit(page *fetch.Page, visit func(*fetch.Page) (more bool, err error)) (more bool, err error) {
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
