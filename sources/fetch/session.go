package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/state/journal"
)

// ErrSessionOver says that the session which an earlier run began cannot be gone
// on with: it is gone, or nobody knows how far the server has come. The API has
// lost nothing, and the walk starts over.
var ErrSessionOver = errors.New("the session of an earlier run cannot be gone on with")

// session is what the server keeps of a walk, as far as the walk knows. It is used
// from the walk's goroutine.
type session struct {
	walk      *Walk
	rules     *sources.Session
	at        paging.Position // the last that is known, to close it by
	inherited bool            // an earlier walk began it: nothing shows yet that it is still there
	placed    bool            // a page came here: the walk knows how far the server is
	used      bool            // this walk asked something of it
	closed    bool
	place     string // where the journal has what opened it; "": a state named it
}

func newSession(w *Walk, at paging.Position) *session {
	rules := &w.stream.Pagination.Session
	return &session{
		walk: w, rules: rules, at: at,
		inherited: at.Session != nil || rules.Keeps && !at.First(),
	}
}

// moves reports whether the server moves on when it answers a request: then it must
// not be sent twice. What opens the session may be: the walk goes by the last
// answer.
func (s *session) moves(out *outgoing) bool {
	return s != nil && s.rules.Keeps && out.aside == "" && (s.rules.Open != nil || !s.walk.pager.First())
}

// over decides about an answer by which an inherited session is gone, before any
// rule may take it for an end.
func (s *session) over(out *outgoing, ex *Exchange) (verdict, bool) {
	if s == nil || !s.inherited || out.aside != "" || ex.Status/100 != 4 || spared(ex) || ex.Status == http.StatusRequestTimeout {
		return verdict{}, false
	}
	return refuse(SessionLost, fmt.Errorf("%w: answered %d %s", ErrSessionOver, ex.Status, http.StatusText(ex.Status))), true
}

// begin opens the session where that is to be done before the next page. A page
// that it returns is all of the walk.
func (s *session) begin(ctx context.Context) (*Page, error) {
	w := s.walk
	if w.pager.First() && s.at.Pages > 0 && s.rules.Keeps { // the walk is done again
		s.close()
		s.closed, s.at = false, paging.Position{}
	}
	pos := w.pager.Position()
	if s.rules.Open == nil || pos.Session != nil {
		return nil, nil
	}
	page, err := s.open(ctx, pos)
	if err != nil || page.Skipped != "" {
		return page, err
	}
	defer page.Release()
	if pos.Session, err = s.value(page); err != nil {
		return nil, w.failures.unsent(page.Request, err)
	}
	s.at, s.inherited, s.used, s.place = pos, page.Recalled, s.used || !page.Recalled, s.openPlace(pos.Pages)
	w.pager.Go(pos)
	return nil, nil
}

// openPlace is where the journal keeps what opened the session that a page was
// asked for in: page n of the walk's generation.
func (s *session) openPlace(n int64) string {
	generation := 0
	if r := s.walk.recorder.Recording; r != nil {
		generation = r.Journal.Generation(r.Pass, r.Partition)
	}
	return openPlace(generation, int(n))
}

func openPlace(generation, n int) string { return fmt.Sprintf("#open.%d.%d", generation, n) }

// OpenedBefore is where a journal has what opened the session that a page was asked
// for in.
func OpenedBefore(page journal.Key) journal.Key {
	return journal.Key{Pass: page.Pass, Partition: page.Partition + openPlace(page.Generation, page.N)}
}

// open asks for a session, unless the journal has the answer.
func (s *session) open(ctx context.Context, pos paging.Position) (*Page, error) {
	w := s.walk
	out, err := s.build(s.rules.Open.Request, s.openPlace(pos.Pages))
	if err != nil {
		return nil, w.failures.unsent(s.rules.Open.Method+" "+s.rules.Open.Path.Source(), fmt.Errorf("pagination.open: %w", err))
	}
	w.sent = out
	if page, err := w.recallOpening(ctx, out); err == nil {
		return page, nil
	} else if w.recorder.only() {
		return nil, w.failures.unsent(out.Shown, err)
	}
	if w.client.admission.stopped(ctx) {
		return nil, ErrStopped
	}
	page, err := w.asker.ask(ctx, out, nil)
	if err != nil {
		return nil, err
	}
	if page.Skipped != "" {
		page.Found, err = w.pager.Take(paging.Answer{Request: page.Request, Records: none{}, Ruling: page.ruling})
		return page, err
	}
	if err := w.recorder.keep(out, page); err != nil {
		page.Release()
		return nil, err
	}
	if r := w.recorder.Recording; r != nil {
		r.Journal.Emitted(r.keyOf(out)) // states have what it answered
	}
	return page, nil
}

// recallOpening returns what the journal has of a request that opens a session.
func (w *Walk) recallOpening(ctx context.Context, out *outgoing) (*Page, error) {
	place, err := w.recorder.lookup(out)
	if err != nil {
		return nil, err
	}
	ex, err := w.recorder.read(stored{w.recorder.Journal, place}, out.under, w.client.Ahead, nil)
	if err != nil {
		return nil, err
	}
	page, err := w.judge.decide(out, ex, nil).taken()
	if err != nil {
		ex.Body.Release()
		return nil, err
	}
	page.Recalled = true
	w.counters.Recalled.Add(1)
	return page, nil
}

// value is what the answer to open says of the session, fit to be kept.
func (s *session) value(page *Page) ([]byte, error) {
	w := s.walk
	if page.ruling.Passed || page.ruling.Over || page.TooMuch != "" {
		return nil, errors.New("pagination.open: a rule of errors takes the answer for a page: it may say retry, skip or fail")
	}
	v := expr.JSONBytes(page.Body.Text)
	if of := s.rules.Open.Value; !of.IsZero() {
		var err error
		if v, err = ref.Eval(of, w.vars, page.Body.Text, page.Header); err != nil {
			return nil, fmt.Errorf("pagination.open.session: %w", err)
		}
	}
	if v.Missing() {
		return nil, errors.New("pagination.open.session: the answer has nothing there")
	}
	return w.requests.SealToken(v)
}

// build makes a request of the session.
func (s *session) build(spec sources.Request, aside string) (*outgoing, error) {
	w := s.walk
	w.setPage()
	w.showLogin()
	r, err := w.requests.MakeOther(spec, w.vars, request.Page{First: true})
	if err != nil {
		return nil, err
	}
	out := &outgoing{Request: r, vars: w.vars, aside: aside, file: w.recorder.file, under: w.under, jar: w.jar, stream: w.stream.Name, price: w.asker.price}
	if w.recorder.Recording != nil {
		out.digest = w.recorder.digest(out, false)
	}
	return out, nil
}

// live prepares a request that the journal has no answer to; why says which of
// its reasons. Its error means that the walk cannot go on in this session.
func (s *session) live(out *outgoing, why error) error {
	w := s.walk
	if s.rules.Keeps && !w.pager.First() && !s.knows(out, why) || s.rules.Keeps && errors.Is(why, errNoAnswer) {
		s.used = true // so that what is left of it is closed
		return fmt.Errorf("%w: nothing shows that the server stands where the walk does", ErrSessionOver)
	}
	if s.inherited && s.replaced(out) {
		return ErrSessionOver
	}
	s.used = true
	if r := w.recorder.Recording; r != nil && s.moves(out) {
		key := r.keyOf(out)
		out.mark = marks{
			before: func() error { return wrapJournal(r.Journal.Ask(key, out.Shown)) },
			undo:   func() { w.recorder.reject(out, out.n) },
		}
	}
	return nil
}

// knows reports whether the walk knows how far the server is: it was here when the
// page before came, or the journal has that page, and nothing behind it was asked
// for.
func (s *session) knows(out *outgoing, why error) bool {
	r := s.walk.recorder.Recording
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
func (s *session) replaced(out *outgoing) bool {
	r := s.walk.recorder.Recording
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
func (s *session) anew(err error) bool {
	w := s.walk
	if !errors.Is(err, ErrSessionOver) || s.rules.Keeps || s.rules.Open == nil || !s.inherited {
		return false
	}
	w.client.Log.Info("the session that an earlier run opened is gone: another one is opened, and the walk goes on in it",
		"stream", w.stream.Name, "why", hide(w.client.Secrets, err).Error())
	pos := w.pager.Position()
	if s.place == s.openPlace(pos.Pages) { // the next run is not to find it
		if r := w.recorder.Recording; r != nil {
			w.recorder.rejectKey(r.keyOf(&outgoing{aside: s.place}), w.sent.Shown)
		}
	}
	pos.Session = nil
	w.pager.Go(pos)
	s.inherited, s.at = false, paging.Position{}
	return true
}

// came takes note of a page.
func (s *session) came(page *Page) {
	s.placed, s.inherited = true, s.inherited && page.Recalled
	s.at = page.Next
	if page.Last {
		s.at = page.Left
	}
}
