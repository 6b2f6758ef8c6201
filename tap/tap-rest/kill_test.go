//go:build unix

package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestKillAtEveryRequest kills the program while each of its requests is under
// way, and lets the next run go on from the last STATE line that came whole.
func TestKillAtEveryRequest(t *testing.T) {
	t.Parallel()
	var victim victim
	var at atomic.Int64
	r := newRig(t, apitest.Before(func(n int, _ *http.Request) {
		if p := victim.get(); p != nil && int64(n) == at.Load() {
			p.signal(t, syscall.SIGKILL)
			<-p.dead
		}
	}))
	for n := int64(1); n <= rigPages; n++ {
		r.api.Reset()
		at.Store(n)
		p := victim.set(func() *process { return r.start(t, "") })
		lines := p.finish(t)
		victim.forget()
		if got := p.status.Signal(); !p.status.Signaled() || got != syscall.SIGKILL {
			t.Fatalf("request %d: got %v, want death by SIGKILL", n, p.status)
		}
		lines = append(lines, r.complete(t, lines)...)
		r.checkWhole(t, fmt.Sprintf("killed at request %d", n), lines, rigFlush)
	}
}

// TestKillAtRandom kills run after run at any time, until one gets through.
func TestKillAtRandom(t *testing.T) {
	t.Parallel()
	r := newRig(t, apitest.From(1, apitest.Latency(time.Millisecond)))
	for seed := range uint64(6) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var lines testrig.Lines
		kills := 0
		for ; kills < 8; kills++ {
			p := r.start(t, lines.State())
			timer := time.AfterFunc(time.Duration(20+chance.IntN(60))*time.Millisecond, func() { p.signal(t, syscall.SIGKILL) })
			lines = append(lines, p.finish(t)...)
			if timer.Stop() || p.status.Exited() {
				break
			}
		}
		if kills == 8 {
			lines = append(lines, r.complete(t, lines)...)
		}
		r.checkWhole(t, fmt.Sprintf("seed %d, %d kills", seed, kills), lines, rigFlush*kills)
	}
}

// TestSignal stops the program in the middle: no request starts any more, what
// is under way is written, the last line is a STATE, and the parent sees death
// by that signal.
func TestSignal(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		for _, n := range []int{1, 11, rigPages} {
			t.Run(fmt.Sprintf("%v at request %d", sig, n), func(t *testing.T) {
				var victim victim
				r := newRig(t, apitest.Before(func(m int, _ *http.Request) {
					if p := victim.get(); p != nil && m == n {
						p.signal(t, sig)
						p.stderr.Await(t, "a signal stops the run")
					}
				}))
				p := victim.set(func() *process { return r.start(t, "") })
				lines := p.finish(t)
				victim.forget()
				p.checkDeath(t, sig, lines)
				if got := r.api.Count(); got != n {
					t.Errorf("got %d requests, want %d", got, n)
				}
				if got, want := len(lines.Records("")), n*rigPage; got != want {
					t.Errorf("got %d records, want %d", got, want)
				}
				if n < rigPages {
					lines = append(lines, r.complete(t, lines)...)
				}
				r.checkWhole(t, "stopped", lines, 0)
			})
		}
	}
}

// TestSignalWhileWaiting stops the program while others keep it waiting: it
// ends in time all the same.
func TestSignalWhileWaiting(t *testing.T) {
	const limit = 11 * time.Second
	t.Run("for the API", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, apitest.From(8, apitest.Hang()))
		p := r.start(t, "")
		r.await(t, 8)
		began := time.Now()
		p.signal(t, syscall.SIGTERM)
		lines := p.finish(t)
		if took := time.Since(began); took > limit {
			t.Errorf("it took %s, want at most %s", took, limit)
		}
		p.checkDeath(t, syscall.SIGTERM, lines)
		if got, want := len(lines.Records("")), 7*rigPage; got != want {
			t.Errorf("got %d records, want %d", got, want)
		}
	})
	t.Run("for the reader of stdout", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.api.Add(rigCollection(4000)) // more than a pipe holds
		p := r.start(t, "")
		r.await(t, rigPages) // all is fetched, and nothing of it read
		before := r.api.Count()
		began := time.Now()
		p.signal(t, syscall.SIGTERM)
		select {
		case <-p.dead:
		case <-time.After(limit + 5*time.Second):
			p.signal(t, syscall.SIGKILL)
		}
		if took := time.Since(began); took > limit {
			t.Errorf("it took %s, want at most %s", took, limit)
		}
		lines := p.finish(t)
		if !p.status.Signaled() || p.status.Signal() != syscall.SIGTERM {
			t.Errorf("got %v, want death by SIGTERM", p.status)
		}
		if got := r.api.Count(); got != before {
			t.Errorf("%d requests started after the signal", got-before)
		}
		r.api.Add(rigCollection(10)) // the rest need not be as long
		r.checkGoesOn(t, lines)
	})
	t.Run("for discovery", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, apitest.From(2, apitest.Hang()))
		p := r.start(t, "", "--discover")
		r.await(t, 2)
		began := time.Now()
		p.signal(t, syscall.SIGTERM)
		if lines := p.finish(t); len(lines) > 0 {
			t.Errorf("it wrote %q", lines[0].Raw)
		}
		if took := time.Since(began); took > limit {
			t.Errorf("it took %s, want at most %s", took, limit)
		}
		if !p.status.Signaled() || p.status.Signal() != syscall.SIGTERM {
			t.Errorf("got %v, want death by SIGTERM", p.status)
		}
	})
	t.Run("for nothing after a second signal", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, apitest.From(8, apitest.Hang()))
		p := r.start(t, "")
		r.await(t, 8)
		began := time.Now()
		p.signal(t, syscall.SIGTERM)
		p.stderr.Await(t, "a signal stops the run")
		p.signal(t, syscall.SIGINT)
		p.finish(t)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
		if !p.status.Signaled() || p.status.Signal() != syscall.SIGINT {
			t.Errorf("got %v, want death by SIGINT", p.status)
		}
	})
}

// TestReaderGoesAway closes stdout in the middle.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, apitest.From(20, apitest.Latency(time.Hour)))
	r.api.Add(rigCollection(4000)) // more than a pipe holds: it writes until the reader is gone
	p := r.start(t, "")
	began := time.Now()
	p.readLines(t, 20)
	p.stdout.Close()
	p.wait(t)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if !p.status.Exited() || p.status.ExitStatus() != 1 {
		t.Errorf("got %v, want exit 1", p.status)
	}
	if got := p.complaints(); len(got) != 1 {
		t.Errorf("got %q on stderr, want one line", got)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		state string
		run   string
		fault apitest.Option
		code  int
		last  string // type of the last line
	}{
		{"complete", "", "", nil, 0, "STATE"},
		{"a budget", "", `"max_requests": 3`, nil, 0, "STATE"},
		{"refused", "", "", apitest.On(4, apitest.Status(400)), 1, "STATE"},
		{"for now", "", "", apitest.From(4, apitest.Status(503)), 75, "STATE"},
		{"session lost", "", "", apitest.On(4, apitest.ExpireSessions()), 0, "STATE"},
		{"session lost for good", "", "", apitest.From(4, apitest.ExpireSessions()), 1, "STATE"},
		{"unusable state", `{"bookmarks":`, "", nil, 2, ""},
		{"bookmark of the future", `{"bookmarks":{"items":{"replication_key":"updated_at","replication_key_value":"2999-01-01T00:00:00Z"}}}`, "", nil, 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var options []apitest.Option
			if tt.fault != nil {
				options = append(options, tt.fault)
			}
			r := newRig(t, options...)
			r.run = tt.run
			if tt.name == "refused" {
				r.pagination = "{type: page, param: page}"
				c := rigCollection(rigRecordSize)
				c.Style = apitest.Page
				r.api.Add(c)
			}
			r.checkEnd(t, r.start(t, tt.state), tt.code, tt.last, "")
		})
	}
}
