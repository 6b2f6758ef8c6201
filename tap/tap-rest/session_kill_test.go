//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testshare"
)

// sessionRig is a list that is read in a session, in one of three ways.
type sessionRig struct {
	*rig
	name, stream string
	style        apitest.Style
	method       string
}

const sessionRows = 23

// sessionWays are the ways in which a server keeps something of a walk.
var sessionWays = []sessionRig{
	{name: "scroll", style: apitest.Scroll, method: "POST", stream: `{name: items, path: /items, method: POST, params: {limit: 5}, records: data, primary_key: [id], pagination: {type: cursor,
      session: true, next: scroll_id, body: scroll_id, after_first: {path: /scroll, body: {json: {}}}, close: {path: /scroll, body: {json: {scroll_id: "{{ page.token }}"}}}}}`},
	{name: "scroll that is opened", style: apitest.Scroll, method: "POST", stream: `{name: items, path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}, records: data, primary_key: [id], pagination: {type: page,
      session: true, open: {path: /scroll/open, params: {collection: /items, limit: 5}, session: scroll_id}, close: {path: /scroll, body: {json: {scroll_id: "{{ page.session }}"}}}}}`},
	{name: "point in time", style: apitest.Keyset, method: "GET", stream: `{name: items, path: /items, params: {limit: 5, pit: "{{ page.session }}"}, records: data, primary_key: [id], pagination: {type: keyset, field: id,
      param: after, open: {path: /pit, params: {collection: /items}, session: id}, close: {path: /pit, body: {json: {id: "{{ page.session }}"}}}}}`},
}

// launch starts the program with a state, "" for none.
func (r *sessionRig) launch(t *testing.T, state string) *process {
	t.Helper()
	r.write(t, "items.yaml", "version: 1\nname: rig\nclient:\n  base_url: "+r.url+"\n  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}\nstreams:\n  - "+r.stream+"\n")
	args := []string{"--config", r.write(t, "config.json", `{"source": "items.yaml", "run": {"flush": {"responses": 2}}}`)}
	if state != "" {
		args = append(args, "--state", r.write(t, "state.json", state))
	}
	return r.begin(t, args...)
}

// TestKillInSession kills the program while each request of a session is under way,
// those that open and close it too, before the API has done what it asks for and
// after it. The run that goes on, with the last state and without any, has every
// record, pays no answer twice where the position is not the server's, and leaves no
// session open but one whose name never came.
func TestKillInSession(t *testing.T) {
	t.Parallel()
	for _, way := range sessionWays {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			var victim victim
			var at atomic.Int64
			var done atomic.Bool // the API does what it is asked for
			way.rig = newRig(t, apitest.Before(func(n int, _ *http.Request) {
				p := victim.get()
				if p == nil || int64(n) != at.Load() {
					return
				}
				p.signal(t, syscall.SIGKILL)
				<-p.dead
				if !done.Load() {
					panic(http.ErrAbortHandler)
				}
			}))
			way.api.Add(apitest.Collection{Path: "/items", Style: way.style, Method: way.method, Size: 5, Made: apitest.Made{Count: sessionRows, Record: func(i int) []byte {
				return fmt.Appendf(nil, `{"id":%d}`, i+1)
			}}})
			calls := way.killAt(t, &victim, &at, 0, false)
			for n := 1; n <= calls; n++ {
				if !testshare.Takes(n, calls) && n != 2 { // 2 is the first in the session
					continue
				}
				for i := range 4 {
					done.Store(i&1 == 1)
					at.Store(int64(n))
					if again := way.killAt(t, &victim, &at, n, i&2 == 2); way.name == "point in time" && again > calls+1 {
						t.Errorf("killed at request %d, done %v, with state %v: %d calls, want %d at most", n, done.Load(), i&2 == 2, again, calls+1)
					}
				}
			}
		})
	}
}

// killAt kills a run at a request, 0 at none, lets the next one go on, and returns how
// many requests that took.
func (r *sessionRig) killAt(t *testing.T, victim *victim, at *atomic.Int64, n int, state bool) int {
	t.Helper()
	r.api.Reset()
	if err := os.RemoveAll(r.work()); err != nil {
		t.Fatal(err)
	}
	open := r.api.Open()
	p := victim.set(func() *process { return r.launch(t, "") })
	lines := p.finish(t)
	victim.forget()
	at.Store(0)
	if n > 0 {
		if !p.status.Signaled() {
			t.Fatalf("request %d: the run ends with %v, and was to be killed\n%s", n, p.status, p.stderr.String())
		}
		from := ""
		if state {
			from = lines.State()
		}
		if from == "" {
			lines = nil
		}
		p = r.launch(t, from)
		lines = append(lines, p.finish(t)...)
	}
	where := fmt.Sprintf("killed at request %d, with state %v", n, state)
	if !p.status.Exited() || p.status.ExitStatus() != 0 {
		t.Fatalf("%s: got %v\n%s", where, p.status, p.stderr.String())
	}
	ids := slices.Compact(slices.Sorted(slices.Values(lines.IDs(""))))
	if len(ids) != sessionRows {
		t.Errorf("%s: %d records, want %d\n%s", where, len(ids), sessionRows, p.stderr.String())
	}
	if left := r.api.Open() - open; left > 0 && n != 1 && !strings.Contains(p.stderr.String(), "could not be closed") {
		t.Errorf("%s: %d sessions are left open\n%s", where, left, p.stderr.String())
	}
	return r.api.Count()
}
