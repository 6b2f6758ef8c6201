package tap_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// sessionStreams are the ways in which a server keeps something of a walk.
var sessionStreams = map[string]string{
	"scroll": `{name: x, path: /x, method: POST, params: {limit: 2}, records: data, primary_key: [id], schema: {type: object}, pagination: {type: cursor,
      session: true, next: scroll_id, body: scroll_id, after_first: {path: /scroll, body: {json: {}}}, close: {path: /scroll, body: {json: {scroll_id: "{{ page.token }}"}}}}}`,
	"scroll that is opened": `{name: x, path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}, records: data, primary_key: [id], schema: {type: object}, pagination: {type: page,
      session: true, open: {path: /scroll/open, params: {collection: /x, limit: 2}, session: scroll_id}, close: {path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}}}}`,
	"point in time": `{name: x, path: /x, params: {limit: 2, pit: "{{ page.session }}"}, records: data, primary_key: [id], schema: {type: object}, pagination: {type: keyset, field: id,
      param: after, open: {path: /pit, params: {collection: /x}, session: id}, close: {path: /pit, body: {json: {id: "{{ page.session }}"}}}}}`,
}

// sessionAPI serves a session of 11 records until a request kills the run that made it.
type sessionAPI struct {
	*apitest.API
	killer
}

func newSessionAPI(name string) *sessionAPI {
	c := apitest.Collection{Path: "/x", Style: apitest.Scroll, Method: "POST", Rows: rows(11, func(i int) string { return fmt.Sprintf(`{"id":%d}`, i+1) })}
	if name == "point in time" {
		c.Style, c.Method = apitest.Keyset, "GET"
	}
	return &sessionAPI{API: apitest.New().Add(c)}
}

func (a *sessionAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	return a.ask(r, a.API.RoundTrip)
}

// TestKilledInSession kills runs at every request of a session, before the API has
// answered and after it has, and proves that the next run, with the last state and
// without any, hands out every record, counts no restart for it, and leaves no
// session open. Under -short each request has one of these four kills.
func TestKilledInSession(t *testing.T) {
	for name, stream := range sessionStreams {
		t.Run(name, func(t *testing.T) {
			whole := newSessionAPI(name)
			base := setup{definition: "streams:\n  - " + stream + "\n", config: `{"run": {"flush": {"responses": 1}}}`}
			s := base
			s.api = whole
			if r := s.must(t); len(r.records("")) != 11 || whole.Open() != 0 {
				t.Fatalf("%d records, %d sessions are open", len(r.records("")), whole.Open())
			}
			for at := 1; at <= whole.Count(); at++ {
				for i := range 4 {
					if testing.Short() && i != at%4 {
						continue
					}
					killInSession(t, base, name, at, i&1 == 1, i&2 == 2)
				}
			}
		})
	}
}

func killInSession(t *testing.T, s setup, name string, at int, answered, state bool) {
	where := fmt.Sprintf("killed at request %d, answered %v, with state %v", at, answered, state)
	api := newSessionAPI(name)
	api.at, api.answered, s.api = at, answered, api
	written, s := s.untilKilled(t, &api.killer, state, false)
	calls := api.Count()
	r := s.run(t)
	if r.err != nil {
		t.Errorf("%s: %v\n%s", where, r.err, r.log)
		return
	}
	ids := r.lines.IDs("")
	if state {
		ids = append(ids, written.IDs("")...)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 11 {
		t.Errorf("%s: got records %v\n%s", where, ids, r.log)
	}
	// Where the request had not been sent, or the position is in it, nothing is paid twice.
	again := strings.Contains(r.log, "is read from its start again")
	if most := 9 - calls + 1; (name == "point in time" || at == 1) && (again || api.Count()-calls > most) {
		t.Errorf("%s: %d calls after %d\n%s", where, api.Count()-calls, calls, r.log)
	}
	first := at == 1 || at == 2 && name != "scroll" // nobody knows the session yet
	if open := api.Open(); open > 0 && !(first && answered && open == 1) {
		t.Errorf("%s: %d sessions are open\n%s", where, open, r.log)
	}
}

// TestSessionIsClosedByStop proves that a run which is told to stop, or whose budget
// ends, closes its session and ends with a state, and that the runs after it come
// to the end.
func TestSessionIsClosedByStop(t *testing.T) {
	for name, stream := range sessionStreams {
		api := newSessionAPI(name)
		s := setup{definition: "streams:\n  - " + stream + "\n", api: api, workDir: memoryFolder(t), config: `{"run": {"max_requests": 4}}`}
		r := s.must(t)
		if api.Open() != 0 || r.state() == "" {
			t.Errorf("%s: a budget: %d sessions are open, state %q", name, api.Open(), r.state())
		}
		ids := map[string]bool{}
		s.config, s.state = "{}", r.state()
		for _, record := range append(r.records(""), s.must(t).records("")...) {
			ids[record] = true
		}
		if len(ids) != 11 || api.Open() != 0 {
			t.Errorf("%s: %d records, %d sessions are open", name, len(ids), api.Open())
		}

		api = newSessionAPI(name)
		stop, cancel := context.WithCancel(context.Background())
		s = setup{definition: s.definition, workDir: memoryFolder(t), stop: stop, api: transport(func(q *http.Request) (*http.Response, error) {
			if api.Count() == 3 {
				cancel()
			}
			return api.RoundTrip(q)
		})}
		begin := time.Now()
		if s.run(t); api.Open() != 0 || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: a stop: %d sessions are open after %v", name, api.Open(), time.Since(begin))
		}
		cancel()
	}
}

// TestWalkIsLongerThanItsRuns proves that a walk whose session ends with each run, all
// of which are shorter, is told of in log and account, from the second run on with
// their number, that it is not counted among the restarts of which there are three,
// and that a session which the next run may use is not told of.
func TestWalkIsLongerThanItsRuns(t *testing.T) {
	const open = `, close: {path: /scroll, body: {json: {scroll_id: "{{ page.token }}"}}}`
	for _, test := range []struct {
		name, stream, run string
		told              bool
		advice            string
	}{
		{"scroll", sessionStreams["scroll"], ``, true, "leave out pagination.close"},
		{"scroll that is opened", sessionStreams["scroll that is opened"], ``, true, "leave out pagination.close"},
		{"no journal", strings.Replace(sessionStreams["scroll"], open, "", 1), `, "journal": {"off": true}`, true, "keep a journal"},
		{"scroll that stays open", strings.Replace(sessionStreams["scroll"], open, "", 1), ``, false, ""},
		{"point in time", sessionStreams["point in time"], ``, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := newSessionAPI(test.name)
			s := setup{definition: "streams:\n  - " + test.stream + "\n", api: api, workDir: memoryFolder(t), config: `{"run": {"max_requests": 3` + test.run + `}}`}
			for n := range 5 {
				r := s.must(t)
				s.state = r.state()
				account := r.account.String()
				for _, text := range []string{account, r.log} {
					told := strings.Contains(text, "the next run reads it from its start again") && strings.Contains(text, test.advice)
					if told != test.told {
						t.Fatalf("run %d: told %v, want %v:\n%s", n+1, told, test.told, text)
					}
					if times := strings.Contains(text, fmt.Sprintf("%d runs in a row were stopped", n+1)); test.told && times != (n > 0) {
						t.Errorf("run %d: it is not told, or too early, how many:\n%s", n+1, text)
					}
				}
				if !test.told {
					return
				}
			}
			lost := 0
			s.config = `{"run": {"journal": {"off": true}}}`
			s.api = transport(func(q *http.Request) (*http.Response, error) {
				resp, err := api.RoundTrip(q)
				if q.URL.Path == "/scroll" && q.Method == "POST" {
					if lost++; lost == 2 {
						return nil, context.DeadlineExceeded
					}
				}
				return resp, err
			})
			if r := s.run(t); r.err != nil || len(r.records("")) < 11 {
				t.Errorf("an answer is lost after 5 runs that were too short: %v", r.err)
			}
		})
	}
}

// TestSessionsLeftOpen proves that the account says how many sessions were left open.
func TestSessionsLeftOpen(t *testing.T) {
	stream := strings.Replace(sessionStreams["scroll"], "close: {path: /scroll,", "close: {path: /scrol,", 1)
	r := setup{definition: "streams:\n  - " + stream + "\n", api: newSessionAPI("scroll"), workDir: memoryFolder(t)}.must(t)
	const want = "x: 1 session could not be closed: the API keeps it until it expires there; the log says why"
	if text := r.account.String(); !strings.Contains(text, want) || !strings.Contains(r.log, "is pagination.close right?") {
		t.Errorf("the account does not say it: %s\n%s", text, r.log)
	}
}
