package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// begin opens the session where that is to be done before the next page. A page
// that it returns is all of the walk.
func (s *conversation) begin(ctx context.Context) (*Page, error) {
	if s.pager.First() && s.at.Pages > 0 && s.rules.Keeps { // the walk is done again
		s.close()
		s.closed, s.at = false, paging.Position{}
	}
	pos := s.pager.Position()
	if s.rules.Open == nil || pos.Session != nil {
		return nil, nil
	}
	page, err := s.open(ctx, pos)
	if err != nil || page.Skipped != "" {
		return page, err
	}
	defer page.Release()
	if pos.Session, err = s.value(page); err != nil {
		return nil, s.asker.failures.unsent(page.Request, err)
	}
	s.at, s.inherited, s.used, s.place = pos, page.Recalled, s.used || !page.Recalled, s.openPlace(pos.Pages)
	s.answered(page)
	s.pager.Go(pos)
	return nil, nil
}

// live prepares a request that the journal has no answer to; why says which of
// its reasons. Its error means that the walk cannot go on in this session.
func (s *conversation) live(out *outgoing, why error) error {
	if s.rules.Keeps && !s.pager.First() && !s.knows(out, why) || s.rules.Keeps && errors.Is(why, errNoAnswer) {
		s.used = true // so that what is left of it is closed
		return fmt.Errorf("%w: nothing shows that the server stands where the walk does", ErrSessionOver)
	}
	if s.inherited && s.replaced(out) {
		return ErrSessionOver
	}
	s.used = true
	if r := s.requests.recorder.Recording; r != nil && s.moves(out) {
		key := r.keyOf(out)
		out.mark = marks{
			before: func() error { return wrapJournal(r.ask(key, out.Shown)) },
			undo:   func() { s.requests.recorder.reject(out, out.n) },
		}
	}
	return nil
}

// knows reports whether the walk knows how far the server is: it was here when the
// page before came, or the journal has that page, and nothing behind it was asked
// for.
func (s *conversation) knows(out *outgoing, why error) bool {
	r := s.requests.recorder.Recording
	if !errors.Is(why, ErrNotRecorded) {
		return false
	}
	if s.placed {
		return true
	}
	if r == nil {
		return false
	}
	before := r.key(out.n)
	before.N--
	return r.Journal.Holds(before)
}

// replaced reports whether the journal knows that an inherited session was closed,
// or that another one was opened for this page.
func (s *conversation) replaced(out *outgoing) bool {
	r := s.requests.recorder.Recording
	if r == nil || s.rules.Open == nil {
		return false
	}
	other := s.openPlace(out.n)
	if out.n > 0 && other != s.place && r.Journal.Holds(r.keyOf(&outgoing{aside: other})) {
		return true
	}
	closing, err := s.closing()
	return err == nil && closing != nil && r.Journal.Holds(r.keyOf(closing))
}

// anew gives an inherited session up, and reports whether the walk may go on with
// another one: where the server keeps the position it may not.
func (s *conversation) anew(err error) bool {
	if !errors.Is(err, ErrSessionOver) || s.rules.Keeps || s.rules.Open == nil || !s.inherited {
		return false
	}
	s.asker.client.Log.Info("the session that an earlier run opened is gone: another one is opened, and the walk goes on in it",
		"stream", s.requests.stream.Name, "why", hide(s.asker.client.Secrets, err).Error())
	pos := s.pager.Position()
	if s.place == s.openPlace(pos.Pages) { // the next run is not to find it
		if r := s.requests.recorder.Recording; r != nil {
			s.requests.recorder.rejectKey(r.keyOf(&outgoing{aside: s.place}), s.requests.sent.Shown)
		}
	}
	pos.Session = nil
	s.pager.Go(pos)
	s.inherited, s.at = false, paging.Position{}
	return true
}
