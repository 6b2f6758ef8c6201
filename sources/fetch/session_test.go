package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// sessions are the ways in which a server keeps something of a walk.
var sessions = []struct {
	name, stream string
	keeps        bool // the position, too
	opens        bool // by a request of its own
	calls        int  // for 25 records, 10 on a page
	style        apitest.Style
}{
	{"scroll", `path: /orders, method: POST, params: {limit: 10}, pagination: {type: cursor, session: true, next: scroll_id, body: scroll_id,
		after_first: {path: /scroll, body: {json: {}}}, close: {path: /scroll, body: {json: {scroll_id: "{{ page.token }}"}}}}`, true, false, 5, apitest.Scroll},
	{"scroll that is opened", `path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}, pagination: {type: page, session: true,
		open: {path: /scroll/open, params: {collection: /orders, limit: 10}, session: scroll_id},
		close: {path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}}}`, true, true, 6, apitest.Scroll},
	{"point in time", `path: /orders, params: {limit: 10, pit: "{{ page.session.id }}"}, pagination: {type: keyset, field: id, param: after,
		open: {path: /pit, params: {collection: /orders}}, close: {path: /pit, body: {json: {id: "{{ page.session.id }}"}}}}`, false, true, 6, apitest.Keyset},
}

func eachSession(t *testing.T, f func(t *testing.T, i int, stream *sources.Stream, api func(...apitest.Option) *apitest.API)) {
	for i, s := range sessions {
		t.Run(s.name, func(t *testing.T) {
			f(t, i, define(t, "", s.stream)[0], func(o ...apitest.Option) *apitest.API {
				set := []func(*apitest.Collection){is(s.style)}
				if s.style == apitest.Scroll {
					set = append(set, post)
				}
				return apitest.New(o...).Add(orders(25, with(set...)))
			})
		})
	}
}

// asked are the requests of an API, as method, path and body.
func asked(api *apitest.API) (all []string) {
	for _, r := range api.Requests() {
		all = append(all, r.Method+" "+r.URL.RequestURI()+" "+string(r.Body))
	}
	return all
}

// TestSessions proves that a walk in a session is complete, and that the session is
// closed at its end.
func TestSessions(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		api := make()
		r := newRig(t, stream, api)
		got := r.run(stream, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err, asked(api))
		}
		wantIDs(t, got.ids, upTo(25))
		if api.Open() != 0 || api.Count() != sessions[i].calls || len(got.last.Proof.Doubts) != 0 || len(got.last.Remarks) != 0 {
			t.Errorf("%d sessions are open, %d calls (%v), doubts %v %v", api.Open(), api.Count(), asked(api), got.last.Proof.Doubts, got.last.Remarks)
		}
		if n := r.counters.Requests.Load(); int(n) != api.Count() {
			t.Errorf("%d calls are counted, want %d", n, api.Count())
		}
	})
}

func answers(a answer) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) { return a.response(r), nil }
}

// TestSessionIsClosed proves that a session is closed after a failure, after a stop
// and where nobody wants more, that this is bounded in time, and that what goes
// wrong with it is a warning.
func TestSessionIsClosed(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		for _, test := range []struct {
			name  string
			fault func(*http.Request) (*http.Response, error) // of the third request and those behind it
			stop  bool                                        // after the first page
			leave bool                                        // after the first page
			close func(*http.Request) (*http.Response, error)
			warns string
			open  int
		}{
			{name: "failure", fault: answers(says(422, "{}"))},
			{name: "no answer any more", fault: func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }},
			{name: "stop", stop: true},
			{name: "nobody wants more", leave: true},
			{name: "close is refused", leave: true, open: 1, warns: "answered 500", close: answers(says(500, "{}"))},
			{name: "close hangs", stop: true, open: 1, warns: "not a byte for 3s", close: func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}},
			{name: "it is gone", leave: true, open: 1, close: answers(says(410, "{}"))},
			{name: "it is gone with a failure", fault: answers(says(422, "{}")), open: 1, close: answers(says(404, "{}"))},
			{name: "the path of close is wrong", leave: true, open: 1, warns: "is pagination.close right? It says path: /", close: answers(says(404, "{}"))},
			{name: "the path of close is wrong, and a stop", stop: true, open: 1, warns: "is pagination.close right? It says path: /", close: answers(says(404, "{}"))},
			{name: "the method of close is wrong", leave: true, open: 1, warns: "pagination.close says method: DELETE", close: answers(says(405, "{}"))},
		} {
			t.Run(test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := make()
					r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
						switch closes := q.Method == http.MethodDelete; {
						case closes && test.close != nil:
							return test.close(q)
						case !closes && test.fault != nil && api.Count() >= 2:
							return test.fault(q)
						}
						return api.RoundTrip(q)
					}))
					var logged bytes.Buffer
					r.client.Log = slog.New(slog.NewTextHandler(&logged, nil))
					w := r.walk(stream, paging.Position{})
					start := time.Now()
					page, err := w.Next(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					page.Release()
					if test.stop {
						r.gate.shut()
					}
					if test.leave {
						w.Close()
					} else if got := drain(t, w); got.err == nil {
						t.Error("the walk does not fail")
					}
					w.Close()
					if api.Open() != test.open {
						t.Errorf("%d sessions are open, want %d: %v", api.Open(), test.open, asked(api))
					}
					if warned := strings.Contains(logged.String(), "could not be closed"); warned != (test.warns != "") || !strings.Contains(logged.String(), test.warns) {
						t.Errorf("logged %s", logged.String())
					}
					if took := time.Since(start); test.stop && took > 3*time.Second {
						t.Errorf("a run that stops waited %v", took)
					}
				})
			})
		}
	})
}

// TestLeftOpen proves that of a wrong close the first one of a stream is told, that
// all are counted, and that the 404 of a session which is gone is told of neither
// where another one was closed, nor after a while.
func TestLeftOpen(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		for _, test := range []struct {
			name         string
			gone         []bool // what becomes of one session after the other
			wait         time.Duration
			told, counts int64
		}{
			{"a wrong path", []bool{true, true, true}, 0, 1, 3},
			{"one that is gone", []bool{false, true, false}, 0, 0, 0},
			{"ones that have expired", []bool{true, true}, time.Minute, 0, 0},
		} {
			synctest.Test(t, func(t *testing.T) {
				api, gone := make(), false
				r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
					if q.Method == http.MethodDelete && gone {
						return says(404, "{}").response(q), nil
					}
					return api.RoundTrip(q)
				}))
				var logged bytes.Buffer
				r.client.Log = slog.New(slog.NewTextHandler(&logged, nil))
				for _, gone = range test.gone {
					w := r.walk(stream, paging.Position{})
					page, err := w.Next(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					page.Release()
					time.Sleep(test.wait)
					w.Close()
				}
				if told := int64(strings.Count(logged.String(), "could not be closed")); told != test.told || r.counters.Sessions.LeftOpen.Load() != test.counts {
					t.Errorf("%s: told %d times, want %d; %d are counted, want %d\n%s", test.name, told, test.told, r.counters.Sessions.LeftOpen.Load(), test.counts, logged.String())
				}
			})
		}
	})
}

// TestSkippedInASession proves that a session is closed in which a rule says skip of the
// first page.
func TestSkippedInASession(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, _ *sources.Stream, make func(...apitest.Option) *apitest.API) {
		if !sessions[i].opens {
			return
		}
		stream := define(t, "", sessions[i].stream+", errors: [{status: 404, do: skip}]")[0]
		api := make(apitest.On(2, apitest.Status(404)))
		if got := newRig(t, stream, api).run(stream, paging.Position{}); got.err != nil || len(got.ids) > 0 || api.Open() != 0 {
			t.Errorf("got %d records and %v; %d sessions are open: %v", len(got.ids), got.err, api.Open(), asked(api))
		}
	})
}

// TestSessionThatStandsStill proves that a scroll which the server does not move on
// is no walk without an end.
func TestSessionThatStandsStill(t *testing.T) {
	for _, s := range sessions[:2] {
		stream := define(t, "", s.stream)[0]
		n := 0
		got := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
			n++
			return says(200, `{"data":[{"id":1}],"scroll_id":"a"}`).response(q), nil
		})).run(stream, paging.Position{})
		if e := failure(t, got.err); n > 15 || !strings.Contains(e.Error(), "the same page again") {
			t.Errorf("%s: %d calls, and %v", s.name, n, e)
		}
	}
}

// TestLostAnswerInASession proves that no request of a session that keeps the
// position is sent twice, whatever goes wrong, unless the API refused it.
func TestLostAnswerInASession(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		for _, f := range transient {
			for n := 1; n < sessions[i].calls; n++ {
				synctest.Test(t, func(t *testing.T) {
					api := make(apitest.On(n, f.fault))
					got := newRig(t, stream, api).run(stream, paging.Position{})
					refused := strings.HasPrefix(f.name, "429") || strings.HasPrefix(f.name, "403") || f.name == "425"
					untouched := strings.HasSuffix(f.name, "(records)") && got.err == nil // no record to strike
					switch {
					case n == 1 || refused || !sessions[i].keeps || untouched:
						if got.err != nil {
							t.Fatalf("%s at request %d: %v", f.name, n, got.err)
						}
						wantIDs(t, got.ids, upTo(25))
					default:
						if e := failure(t, got.err); e.Class != fetch.SessionLost || e.Attempts != 1 {
							t.Errorf("%s at request %d: %v after %d attempts: %v", f.name, n, e.Class, e.Attempts, e)
						}
					}
				})
			}
		}
	})
}

// copied is a journal as a SIGKILL leaves it: what a process wrote stays.
func copied(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestKilledInASession kills a walk behind each page, and proves that the next one
// goes on in the same session: with the state and without it nothing is asked
// twice, and every record comes.
func TestKilledInASession(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		for pages := 1; pages <= 3; pages++ {
			for _, state := range []bool{true, false} {
				api, dir := make(), t.TempDir()
				w := newRig(t, stream, api).walk(stream, paging.Position{})
				record(t, w, openJournal(t, dir))
				var at paging.Position
				for range pages {
					page, err := w.Next(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					at = page.Next
					page.Release()
				}
				want := upTo(25)
				if state {
					want = want[min(25, 10*pages):]
				} else {
					at = paging.Position{}
				}
				next := newRig(t, stream, api).walk(stream, at)
				record(t, next, openJournal(t, copied(t, dir)))
				got := drain(t, next)
				if got.err != nil {
					t.Fatalf("%d pages, state %v: %v; %v", pages, state, got.err, asked(api))
				}
				wantIDs(t, got.ids, want)
				if api.Count() != sessions[i].calls || api.Open() != 0 {
					t.Errorf("%d pages, state %v: %d calls, %d sessions are open: %v", pages, state, api.Count(), api.Open(), asked(api))
				}
			}
		}
	})
}

// TestKilledInFlight kills a walk while the API answers: where the server keeps the
// position, the next walk does not go on, and says why; elsewhere it does.
func TestKilledInFlight(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		for n := 2; n <= sessions[i].calls-1; n++ {
			api, dir, killed := make(), t.TempDir(), ""
			first := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
				resp, err := api.RoundTrip(q)
				if api.Count() == n {
					killed = copied(t, dir)
					return nil, context.Canceled
				}
				return resp, err
			}))
			w := first.walk(stream, paging.Position{})
			record(t, w, openJournal(t, dir))
			var at paging.Position
			for killed == "" {
				page, err := w.Next(context.Background())
				if err != nil {
					break
				}
				at = page.Next
				page.Release()
			}
			for _, from := range []paging.Position{at, {}} {
				api2 := make()
				next := newRig(t, stream, api2).walk(stream, from)
				record(t, next, openJournal(t, copied(t, killed)))
				got := drain(t, next)
				switch {
				case sessions[i].keeps && !errors.Is(got.err, fetch.ErrSessionOver):
					t.Errorf("killed at request %d: the next walk goes on: %v, %v", n, got.err, asked(api2))
				case !sessions[i].keeps && got.err != nil:
					t.Errorf("killed at request %d: %v", n, got.err)
				}
			}
		}
	})
}

// TestSessionWithoutJournal proves that a walk whose server keeps the position does
// not go on where nothing shows how far the server is.
func TestSessionWithoutJournal(t *testing.T) {
	eachSession(t, func(t *testing.T, i int, stream *sources.Stream, make func(...apitest.Option) *apitest.API) {
		api := make()
		w := newRig(t, stream, api).walk(stream, paging.Position{})
		page, err := w.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		at := page.Next
		got := newRig(t, stream, api).run(stream, at)
		if sessions[i].keeps != errors.Is(got.err, fetch.ErrSessionOver) {
			t.Errorf("got %v", got.err)
		}
		if !sessions[i].keeps {
			wantIDs(t, got.ids, upTo(25)[10:])
		}
		if api.Open() != 0 {
			t.Errorf("%d sessions are open", api.Open())
		}
	})
}

// TestSessionIsGone proves that a walk whose session was closed, or has expired,
// between two runs opens another one and goes on, where the server does not keep
// the position.
func TestSessionIsGone(t *testing.T) {
	for name, refusal := range map[string]apitest.Option{"closed": nil, "expired": apitest.On(3, apitest.ExpireSessions())} {
		s := sessions[2]
		stream := define(t, "", strings.Replace(s.stream, "pagination:", "errors: [{status: 4xx, do: end}], pagination:", 1))[0]
		opts := []apitest.Option{}
		if refusal != nil {
			opts = append(opts, refusal)
		}
		api, dir := apitest.New(opts...).Add(orders(25, is(s.style))), t.TempDir()
		w := newRig(t, stream, api).walk(stream, paging.Position{})
		j := openJournal(t, dir)
		record(t, w, j)
		page, err := w.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		at := page.Next
		if name == "closed" {
			w.Close()
		}
		for _, from := range []paging.Position{at, {}} {
			next := newRig(t, stream, api).walk(stream, from)
			record(t, next, openJournal(t, copied(t, dir)))
			calls := api.Count()
			got := drain(t, next)
			if got.err != nil {
				t.Fatalf("%s: %v", name, got.err)
			}
			wantIDs(t, got.ids, upTo(25)[from.Records:])
			if again := asked(api)[calls:]; len(again) > 6 || !slices.ContainsFunc(again, func(r string) bool { return strings.HasPrefix(r, "POST /pit") }) || api.Open() != 0 {
				t.Errorf("%s: asked %v; %d are open", name, again, api.Open())
			}
		}
	}
}
