//go:build linux

package main_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// TestAirbyteKillAtEveryRequest kills a read while each of its requests is
// under way. The next one, with the last STATE messages handed back and with
// none, makes no call again but that one.
func TestAirbyteKillAtEveryRequest(t *testing.T) {
	t.Parallel()
	pages := choose(40, 200)
	r, kill := deadlyRig(t, pages)
	most := 0
	for n := 1; n <= pages; n++ {
		if !testshare.Takes(n, pages) {
			continue
		}
		keeps := n%4 > 0 // a platform that lost the state, now and then
		r.api.Reset()
		if err := os.RemoveAll(r.work()); err != nil {
			t.Fatal(err)
		}
		lines := kill(n, func() *process { return r.start(t, "", "read") })
		state, doubles := "[]", pages*rigPage
		if keeps {
			state, doubles = airbyteStates(t, lines), rigFlush
		}
		next := r.start(t, state, "read")
		more := next.finish(t)
		if !next.status.Exited() || next.status.ExitStatus() != 0 {
			t.Fatalf("request %d: the next read: got %v\n%s", n, next.status, more.Last().Raw)
		}
		checkAirbyteUnion(t, n, pages, append(lines, more...), doubles)
		most = max(most, r.api.Count()-pages)
		if most > 1 {
			t.Errorf("request %d: %d calls in all, want at most %d", n, r.api.Count(), pages+1)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("killed at requests of %d: no record missing, at most %d call paid twice", pages, most)
}

// airbyteMessage is a line of Airbyte's.
type airbyteMessage struct {
	Type   string
	Record struct{ Data json.RawMessage }
	State  json.RawMessage
	Trace  struct {
		Status struct{ Status string } `json:"stream_status"`
	}
}

func parseAirbyte(t *testing.T, line testrig.Line) (m airbyteMessage) {
	t.Helper()
	if err := json.Unmarshal(line.Raw, &m); err != nil {
		t.Fatalf("%v: %s", err, line.Raw)
	}
	return m
}

// airbyteStates is the last STATE message of a run with one stream, in an
// array.
func airbyteStates(t *testing.T, lines testrig.Lines) string {
	t.Helper()
	last := ""
	for _, line := range lines {
		if m := parseAirbyte(t, line); m.Type == "STATE" {
			last = string(m.State)
		}
	}
	return "[" + last + "]"
}

// checkAirbyteUnion checks that every record came, and not more than so many
// twice, and that the last run ended the stream COMPLETE.
func checkAirbyteUnion(t *testing.T, killed, pages int, lines testrig.Lines, doubles int) {
	t.Helper()
	var records []string
	status := ""
	for _, line := range lines {
		m := parseAirbyte(t, line)
		if m.Type == "RECORD" {
			records = append(records, string(m.Record.Data))
		}
		status = cmp.Or(m.Trace.Status.Status, status)
	}
	what := fmt.Sprintf("killed at request %d", killed)
	checkUnion(t, what, records, longRecords(pages), doubles)
	if status != "COMPLETE" {
		t.Errorf("%s: the last status is %q, want COMPLETE", what, status)
	}
}

// TestAirbyteSignal stops a read: what came is covered by a STATE, the stream
// is INCOMPLETE, an error says why, and the process dies by the signal.
func TestAirbyteSignal(t *testing.T) {
	t.Parallel()
	const stopped = 5
	var victim victim
	r := longRig(t, 20, apitest.Before(func(n int, _ *http.Request) {
		if p := victim.get(); p != nil && n == stopped {
			p.signal(t, syscall.SIGTERM)
		}
	}), apitest.From(1, apitest.Latency(20*time.Millisecond)))
	p := victim.set(func() *process { return r.start(t, "", "read") })
	lines := p.finish(t)
	if !p.status.Signaled() || p.status.Signal() != syscall.SIGTERM || p.stderr.String() != "" {
		t.Errorf("got %v, want death by SIGTERM and nothing on stderr: %s", p.status, p.stderr.String())
	}
	if len(lines) < 8 {
		t.Fatalf("got %d lines, the last is %s", len(lines), lines.Last().Raw)
	}
	end := ""
	for _, line := range lines[len(lines)-8:] {
		end += string(line.Raw)
	}
	for _, want := range []string{`"type":"STATE"`, `"status":"INCOMPLETE"`, `"message":"stopped by a signal","failure_type":"transient_error"`} {
		if !strings.Contains(end, want) {
			t.Errorf("at the end there is no %s:\n%s", want, end)
		}
	}
	state := airbyteStates(t, lines)
	victim.forget()
	checkAirbyteUnion(t, stopped, 20, append(lines, r.start(t, state, "read").finish(t)...), 0)
}

// TestAirbyteClosedOutput: a reader that goes away ends the read at once, and
// is told nothing more.
func TestAirbyteClosedOutput(t *testing.T) {
	t.Parallel()
	r := longRig(t, 40, apitest.From(1, apitest.Latency(10*time.Millisecond)))
	p := r.start(t, "", "read")
	p.readLines(t, 3)
	p.stdout.Close()
	p.wait(t)
	if !p.status.Exited() || p.status.ExitStatus() != 1 || p.stderr.String() != "tap-rest: stdout is closed: the target has gone away\n" {
		t.Errorf("got %v, %q; want exit 1 and one line", p.status, p.stderr.String())
	}
}
