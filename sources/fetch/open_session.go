package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// conversation is a session with what opens it, goes on in it, and closes it.
type conversation struct {
	*session
	asker    *asker
	requests *builder
}

// openPlace is where the journal keeps what opened the session that a page was
// asked for in: page n of the walk's generation.
func (s *conversation) openPlace(n int64) string {
	generation := 0
	if r := s.requests.recorder.Recording; r != nil {
		generation = r.Journal.Generation(r.Pass, r.Partition)
	}
	return openPlace(generation, int(n))
}

// open asks for a session, unless the journal has the answer.
func (s *conversation) open(ctx context.Context, pos paging.Position) (*Page, error) {
	out, err := s.requests.buildOther(s.rules.Open.Request, s.openPlace(pos.Pages))
	if err != nil {
		return nil, s.asker.failures.unsent(s.rules.Open.Method+" "+s.rules.Open.Path.Source(), fmt.Errorf("pagination.open: %w", err))
	}
	s.requests.sent = out
	if page, err := s.recallOpening(ctx, out); err == nil {
		return page, nil
	} else if s.requests.recorder.only() {
		return nil, s.asker.failures.unsent(out.Shown, err)
	}
	if s.asker.client.admission.Stopped(ctx) {
		return nil, ErrStopped
	}
	page, err := s.asker.ask(ctx, out, nil)
	if err != nil {
		return nil, err
	}
	if page.Skipped != "" {
		page.Found, err = s.pager.Take(paging.Answer{Request: page.Request, Records: records.None{}, Ruling: page.ruling})
		return page, err
	}
	if err := s.requests.recorder.keep(out, page); err != nil {
		page.Release()
		return nil, err
	}
	if r := s.requests.recorder.Recording; r != nil {
		r.Journal.Emitted(r.keyOf(out)) // states have what it answered
	}
	return page, nil
}

// recallOpening returns what the journal has of a request that opens a session.
func (s *conversation) recallOpening(ctx context.Context, out *outgoing) (*Page, error) {
	place, err := s.requests.recorder.lookup(out)
	if err != nil {
		return nil, err
	}
	ex, err := s.requests.recorder.read(stored{s.requests.recorder.Journal, place}, out.under, s.asker.client.Ahead, nil)
	if err != nil {
		return nil, err
	}
	page, err := s.asker.judge.decide(out, ex, nil).taken()
	if err != nil {
		ex.Body.Release()
		return nil, err
	}
	page.Recalled = true
	s.asker.counters.Saved.Exchanges.Add(1)
	return page, nil
}

// value is what the answer to open says of the session, fit to be kept.
func (s *conversation) value(page *Page) ([]byte, error) {
	if page.ruling.Passed || page.ruling.Over || page.TooMuch != "" {
		return nil, errors.New("pagination.open: a rule of errors takes the answer for a page: it may say retry, skip or fail")
	}
	v := expr.JSONBytes(page.Body.Text)
	if of := s.rules.Open.Value; !of.IsZero() {
		var err error
		if v, err = ref.Eval(of, s.requests.vars, page.Body.Text, page.Header); err != nil {
			return nil, fmt.Errorf("pagination.open.session: %w", err)
		}
	}
	if v.Missing() {
		return nil, s.asker.judge.advice().NoSession(page.Body.Text)
	}
	return s.requests.maker.SealToken(v)
}
