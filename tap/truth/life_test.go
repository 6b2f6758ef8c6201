package truth_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testshare"
)

var (
	from  = flag.Uint64("from", 1, "the first seed")
	lives = flag.Uint64("lives", 150, "how many seeds")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestLives lets lives pass, each of a row of runs: under -short every eleventh,
// which has each era as often as another.
func TestLives(t *testing.T) {
	step := uint64(1)
	if testing.Short() {
		step = 11
	}
	if testshare.Race {
		step *= 2
	}
	for seed := *from; seed < *from+*lives; seed += step {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(eras[seed%uint64(len(eras))].begins))
				newLife(t, seed).live(10)
			})
		})
	}
}

// life is a world, and the runs that read it.
type life struct {
	t          *testing.T
	chance     *rand.Rand
	api        *api
	target     target
	changes    bool // its definition and its settings
	refuses    bool // its API refuses accounts and owners for a while
	setting    *setting
	definition *sources.Definition
	text       string
	jump       time.Duration // the longest time between runs; 0: they follow each other within days
	dir        string        // work folder
	workers    int
	kills      int // of which calls under way may be paid for again
	runs       int
}

// errStopped is why a run stops that is told to.
var errStopped = errors.New("told to stop")

// run is one run, which may end before its time.
type run struct {
	*life
	log, out bytes.Buffer
	kept     string // a copy of the work folder as it was at the kill; "": there was none
	cancel   context.CancelCauseFunc
	ended    sync.Once
	ends     []error // that are no surprise
	budget   int     // of requests; 0: none
	bytes    int     // that its reader takes; below zero: all
	killed   bool    // there, or where its reader goes away
	whole    bool    // it came to its end
	start    int     // of its lines in the target's log
}

// live lets runs follow each other, and compares the target's copy with the
// truth after each.
func (l *life) live(runs int) {
	for range runs {
		r := &run{life: l, bytes: -1}
		before := len(l.target.states)
		l.change()
		r.draw()
		r.do()
		l.target.check(l.t, l.api.world.tables, before)
		r.checkMarks()
		l.checkCalls()
		if l.t.Failed() {
			l.t.Fatalf("the definition was %s\nthe last run's log:\n%s", l.text, r.log.String())
		}
		l.lose(before)
		l.rest()
	}
	l.finish()
}

// finish reads what is left, and once more: now nothing goes wrong.
func (l *life) finish() {
	l.api.faults = 0
	l.open()
	for n := 0; ; n++ {
		before := len(l.target.states)
		r := &run{life: l, bytes: -1}
		r.do()
		l.target.check(l.t, l.api.world.tables, before)
		r.checkMarks()
		l.checkCalls()
		if l.t.Failed() || n == 10 {
			l.t.Fatalf("failed, or not over after %d runs; the definition was %s\nthe state is %s, the last run's log:\n%s", n, l.text, l.target.last().text, r.log.String())
		}
		over := true
		for _, one := range l.api.world.tables {
			b := l.target.last().marks[one.name]
			over = over && b.done()
		}
		if over && n > 0 {
			l.checkSessions()
			return
		}
		l.api.world.advance()
		l.api.world.quiet = over
		time.Sleep(2 * time.Hour)
	}
}

// checkCalls compares the API's log with the promise on calls.
func (l *life) checkCalls() {
	if n, url := l.api.again(); n > l.kills*l.workers {
		l.t.Errorf("%d calls were paid for twice after %d kills of %d workers, like %s", n, l.kills, l.workers, url)
	}
}

// checkSessions checks that no session is open that a run knew of, but where a kill or
// a lost answer may have kept it from being closed.
func (l *life) checkSessions() {
	if n := l.api.left(); n > l.api.unclosed && l.kills == 0 && !l.changes {
		l.t.Errorf("%d sessions are open; %d requests to close one got no answer; the definition was %s", n, l.api.unclosed, l.text)
	}
}

// draw draws how a run ends.
func (r *run) draw() {
	n := 1 + r.chance.IntN(40)
	var at func(int)
	switch r.chance.IntN(8) {
	case 0:
		r.budget = n
	case 1:
		r.ends = append(r.ends, errStopped)
		at = func(m int) {
			if m == n {
				r.cancel(errStopped)
			}
		}
	case 2:
		r.bytes = r.chance.IntN(20_000)
		r.ends = append(r.ends, tap.ErrClosedOutput)
	case 3:
		at = func(m int) {
			if m == n {
				r.kill()
			}
		}
	case 4:
		r.bytes, r.killed = r.chance.IntN(20_000), true
	}
	r.api.begin(at)
}

// do runs a sync, and lets the target take its lines.
func (r *run) do() {
	stop, cancel := context.WithCancelCause(r.t.Context())
	defer cancel(nil)
	r.runs++
	r.cancel = cancel
	r.start = len(r.target.log)
	r.exclude()
	account, err := tap.Sync(stop, r.options())
	_ = account
	r.check(err)
	r.whole = err == nil && r.kept == ""
	r.exclude()
	if r.kept != "" {
		r.kills++
		if err := errors.Join(os.RemoveAll(r.dir), os.Rename(r.kept, r.dir)); err != nil {
			r.t.Fatal(err)
		}
	}
	r.api.begin(nil)
	r.target.setting = r.setting
	r.target.take(r.t, r.api.world.tables, r.out.Bytes())
}

// check checks how a run ended.
func (r *run) check(err error) {
	if err == nil || r.kept != "" {
		return
	}
	var failures tap.Failures
	if errors.As(err, &failures) && (r.api.faults > 0 && failures.Temporary() || r.api.refused) {
		return
	}
	if failures.Temporary() && strings.Contains(err.Error(), "the API counts fewer records than were read, in an answer without any") {
		return // all rows are gone that were left to read: the next run asks for the first page again
	}
	for _, one := range r.ends {
		if errors.Is(err, one) {
			return
		}
	}
	r.t.Errorf("the run ended with %v", err)
}

// options are those of a run with the state that the target has.
func (r *run) options() tap.Options {
	file := fmt.Sprintf(`{"run": {"flush": {"responses": %d}, "concurrency": %d, "max_requests": %d}, "accounts": %s}`, 1+r.chance.IntN(4), r.workers, r.budget, quoted(r.setting.accounts))
	input, err := config.Read([]config.File{{Name: "config.json", Data: []byte(file)}}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	o := tap.Options{
		Definition: r.definition, Catalog: r.catalog(), StateFile: "state.json", WorkDir: r.dir, Transport: r.api, Version: "test",
		State: &state.State{}, Out: r, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	if o.Config, err = input.Configure(r.definition); err != nil {
		r.t.Fatal(err)
	}
	if s := r.target.last().text; s != "" {
		if o.State, err = state.ParseSinger("state.json", []byte(s)); err != nil {
			r.t.Fatal(err)
		}
	}
	return o
}

var _ io.Writer = (*run)(nil)

// Write is the target's end of the pipe.
func (r *run) Write(p []byte) (int, error) {
	r.api.mu.Lock()
	dead := r.api.dead
	r.api.mu.Unlock()
	switch {
	case dead:
		return len(p), nil
	case r.bytes < 0 || len(p) <= r.bytes:
		r.bytes = max(-1, r.bytes-len(p))
		return r.out.Write(p)
	}
	n := r.bytes
	r.out.Write(p[:n])
	r.bytes = 0
	if r.killed {
		r.kill()
		return len(p), nil
	}
	return n, syscall.EPIPE
}

// kill ends the run as SIGKILL does: what is on disk stays as it is now, what is
// asked or written from now on never was.
func (r *run) kill() {
	r.ended.Do(func() {
		r.api.mu.Lock()
		defer r.api.mu.Unlock()
		r.api.dead = true
		r.kept = r.dir + ".kept"
		if err := os.CopyFS(r.kept, os.DirFS(r.dir)); err != nil {
			r.t.Error(err)
		}
		r.cancel(errStopped)
	})
}

// lose lets the target lose states: those from before the run on that it got
// in the last run, seldom any.
func (l *life) lose(before int) {
	all := len(l.target.states)
	switch n := l.chance.IntN(10); {
	case n < 3 && all > before: // it has not stored the last ones
		l.target.goBack(before + l.chance.IntN(all-before+1))
	case n == 3: // it was restored from something old
		l.target.goBack(l.chance.IntN(all + 1))
		l.api.forgive()
	case n == 4: // another machine goes on
		l.forgetRows()
		if err := os.RemoveAll(filepath.Join(l.dir, "journal")); err != nil {
			l.t.Fatal(err)
		}
		l.api.forgive()
	}
}

// rest lets time pass between runs.
func (l *life) rest() {
	longest := 36 * time.Hour
	if l.jump > 0 && l.chance.IntN(5) == 0 {
		longest = l.jump
	}
	pause := time.Duration(l.chance.Int64N(int64(longest)))
	if time.Sleep(pause); pause > 12*time.Hour {
		l.api.expire()
	}
}
