package tap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/logs"
)

// tooMuch is an answer that a rule of the definition says is of too large a
// window.
type tooMuch struct{ stream, request, why string }

// Error says what came.
func (e *tooMuch) Error() string { return fmt.Sprintf("%s: %s: %s", e.stream, e.request, e.why) }

// halves reports whether the window of a partition can be halved.
func (p *part) halves() bool {
	if !p.pass.many || !p.Stream.Clock.Timed() {
		return false
	}
	_, ok := p.Stream.Clock.Halve(p.key.Window)
	return ok
}

// split halves the window of a walk that asks for too much: a rule says so, the
// API has lost it twice, or refuses what lies behind so many pages. It returns
// the error where that helps nothing.
func (w *worker) split(ctx context.Context, batches chan<- *batch, err error) error {
	var ruled *tooMuch
	var e *fetch.Error
	lost := errors.As(err, &e) && (errors.Is(err, paging.ErrBeyond) || e.Class == fetch.SessionLost || e.Class == fetch.Permanent && e.Refused)
	if !errors.As(err, &ruled) && !lost {
		return err
	}
	p := w.part
	if !p.halves() {
		if ruled != nil {
			return &fetch.Error{Class: fetch.Permanent, Stream: ruled.stream, Request: ruled.request, Err: errors.New(ruled.why),
				Advice: "a rule says split, but the window is as short as requests can say, or the stream has none (incremental.window): ask for less in another way"}
		}
		return err
	}
	middle, _ := p.Stream.Clock.Halve(p.key.Window)
	var parts []*part
	for _, half := range []state.Window{{Start: p.key.Window.Start, End: middle}, {Start: middle, End: p.key.Window.End}} {
		one, partErr := p.pass.supply.partOf(p.Part.Context, half)
		if partErr != nil {
			return partErr
		}
		one.leftover = p.leftover
		parts = append(parts, one)
	}
	p.leftover.more(len(parts))
	w.run.Log.Info("the window is halved: both halves are read from their start", "stream", w.stream.Name,
		"start", p.key.Window.Start.Format(time.RFC3339), "middle", middle.Format(time.RFC3339), "end", p.key.Window.End.Format(time.RFC3339), "why", logs.Unnamed(w.stream.Name, err))
	left := parts
	l := &lane{pass: p.pass, page: p.lane.page, next: func() (*part, error) {
		if len(left) == 0 {
			return nil, nil
		}
		one := left[0]
		left = left[1:]
		return one, nil
	}}
	if l.page != nil {
		l.page.leads()
	}
	if !send(ctx, batches, &batch{track: p.pass.track, part: p, step: step{at: w.walker.at, split: l, halves: parts}}) {
		return fetch.ErrStopped
	}
	w.run.turns.Lane(l.entry())
	return nil
}
