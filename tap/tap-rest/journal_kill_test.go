//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// fullEnv makes these tests as long as the promises that they stand for.
const fullEnv = "TAP_REST_FULL_TESTS"

func full() bool { return os.Getenv(fullEnv) != "" }

// choose is one number for a quick run of the tests, another for a full one.
func choose(quick, whole int) int {
	if full() {
		return whole
	}
	return quick
}

// chooseOf is choose with a smaller number for -short.
func chooseOf(short, quick, whole int) int {
	if testing.Short() && !full() {
		return short
	}
	return choose(quick, whole)
}

// longRig is a rig whose API has so many pages.
func longRig(t *testing.T, pages int, options ...apitest.Option) *rig {
	t.Helper()
	r := newRig(t, options...)
	c := rigCollection(rigRecordSize)
	c.Made = longRecords(pages)
	r.api.Add(c)
	return r
}

// longRecords are the records of so many pages.
func longRecords(pages int) apitest.Made {
	return apitest.Made{Count: pages * rigPage, Record: func(i int) []byte {
		return fmt.Appendf(nil, `{"id":%d,"n":12345678901234567890.10,"updated_at":"2025-01-02T00:00:00Z","text":"\u00e9"}`, 9007199254740993+i)
	}}
}

// startAfresh starts the program as if nothing had been before.
func (r *rig) startAfresh(t *testing.T) *process {
	t.Helper()
	r.api.Reset()
	if err := os.RemoveAll(r.work()); err != nil {
		t.Fatal(err)
	}
	return r.start(t, "")
}

// deadlyRig is a longRig with a function that kills the program which it starts,
// while the request of that number is under way, and returns what it wrote.
func deadlyRig(t *testing.T, pages int) (r *rig, kill func(request int, start func() *process) testrig.Lines) {
	t.Helper()
	var victim victim
	var at atomic.Int64
	r = longRig(t, pages, apitest.Before(func(n int, _ *http.Request) {
		if p := victim.get(); p != nil && int64(n) == at.Load() {
			p.signal(t, syscall.SIGKILL)
			<-p.dead
		}
	}))
	return r, func(request int, start func() *process) testrig.Lines {
		t.Helper()
		at.Store(int64(request))
		p := victim.set(start)
		defer victim.forget()
		lines := p.finish(t)
		if !p.status.Signaled() || p.status.Signal() != syscall.SIGKILL {
			t.Fatalf("request %d: got %v, want death by SIGKILL", request, p.status)
		}
		return lines
	}
}

// TestJournalKillAtEveryRequest kills the program while each of its requests is
// under way. The next run, with the state kept and with the state lost, makes
// no call again but that one.
func TestJournalKillAtEveryRequest(t *testing.T) {
	t.Parallel()
	pages := choose(40, 200)
	r, kill := deadlyRig(t, pages)
	most := 0
	for n := 1; n <= pages; n++ {
		if !testshare.Takes(n, pages) {
			continue
		}
		lines := kill(n, func() *process { return r.startAfresh(t) })
		left := t.TempDir()
		if err := os.CopyFS(left, os.DirFS(r.work())); err != nil {
			t.Fatal(err)
		}
		before := r.api.Count()
		for _, how := range []string{"kept", "lost"} {
			what := fmt.Sprintf("killed at request %d, state %s", n, how)
			r.api.Reset()
			came, doubles := lines, rigFlush
			if how == "lost" {
				came, doubles = nil, pages*rigPage
				if err := os.RemoveAll(r.work()); err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(r.work(), os.DirFS(left)); err != nil {
					t.Fatal(err)
				}
			}
			more := r.complete(t, came)
			checkUnion(t, what, append(lines[:len(lines):len(lines)], more...).Records(""), longRecords(pages), doubles)
			calls := before + r.api.Count()
			if calls > pages+1 {
				t.Errorf("%s: %d calls in all, want at most %d", what, calls, pages+1)
			}
			most = max(most, calls-pages)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("killed at requests of %d, state kept and lost: no record missing, at most %d call paid twice", pages, most)
}

// TestJournalKillAtRandom kills run after run at any time until one gets
// through, with the state kept or lost by chance.
func TestJournalKillAtRandom(t *testing.T) {
	t.Parallel()
	pages, most := choose(60, 200), 0
	r := longRig(t, pages, apitest.From(1, apitest.Latency(time.Millisecond)))
	kills, wanted := 0, choose(12, 500)
	for seed := uint64(0); kills < wanted; seed++ {
		chance := rand.New(rand.NewPCG(seed, 5))
		keeps := seed%2 == 0
		r.startAfresh(t).finish(t) // so that the work folder is there
		if err := os.RemoveAll(r.work()); err != nil {
			t.Fatal(err)
		}
		r.api.Reset()
		var lines testrig.Lines
		killed := 0
		for {
			state := ""
			if keeps {
				state = lines.State()
			}
			p := r.start(t, state)
			timer := time.AfterFunc(time.Duration(10+chance.IntN(pages*3))*time.Millisecond, func() { p.signal(t, syscall.SIGKILL) })
			lines = append(lines, p.finish(t)...)
			timer.Stop()
			if p.status.Exited() {
				if p.status.ExitStatus() != 0 {
					t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
				}
				break
			}
			killed++
			if strings.Contains(lines.State(), `"resume":null`) {
				break // it was over, and only the end of the process was left
			}
		}
		what := fmt.Sprintf("seed %d, %d kills, state kept: %v", seed, killed, keeps)
		checkUnion(t, what, lines.Records(""), longRecords(pages), pages*rigPage*(killed+1))
		if got := r.api.Count(); got > pages+killed {
			t.Errorf("%s: %d calls in all, want at most %d", what, got, pages+killed)
		}
		most = max(most, r.api.Count()-pages-killed)
		kills += killed
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d runs killed at any time: no record missing, never more than one call paid twice for each (%+d at most)", kills, most)
}

// TestSleepingTarget lets the reader of stdout sleep until all is fetched, for
// longer than the API's sessions live: the run goes on to disk, in bounded memory.
func TestSleepingTarget(t *testing.T) {
	t.Parallel()
	ttl := time.Duration(choose(2, 10)) * time.Second // all calls together take longer
	const limit = 64 << 20
	pages := choose(150, 900)
	c := apitest.Orders(pages * figurePage)
	c.SessionTTL, c.Total = ttl, false
	api := apitest.New(apitest.From(1, apitest.Latency(20*time.Millisecond))).Add(c)
	url := testrig.Serve(t, api)
	cmd := exec.Command(builtBinary(t), "--config", figureConfig(t, url, figure{}), "--log-level", "warn")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan int64)
	done := make(chan struct{})
	go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
	if _, err := io.CopyN(io.Discard, stdout, 1); err != nil {
		t.Fatal(err)
	}
	awaitCalls(t, api, pages)
	got, _ := countRecords(t, bufio.NewReader(stdout))
	close(done)
	most := <-peak
	if err := cmd.Wait(); err != nil {
		t.Errorf("tap-rest: %v\n%s", err, &stderr)
	}
	if got != pages*figurePage || api.Count() != pages {
		t.Errorf("got %d records by %d calls, want %d by %d\n%s", got, api.Count(), pages*figurePage, pages, &stderr)
	}
	if most > limit {
		t.Errorf("peak memory is %.1f MB, more than %d", float64(most)/1e6, limit>>20)
	}
	t.Logf("the reader slept until all %d pages were fetched, peak memory %.1f MB\n%s", pages, float64(most)/1e6, &stderr)
}

// TestJournalUnusable: where the journal cannot lie.
func TestJournalUnusable(t *testing.T) {
	t.Parallel()
	t.Run("a file in its place", func(t *testing.T) {
		r := newRig(t)
		r.run = `"journal": {"dir": "` + r.write(t, "file", "") + `"}`
		r.checkEnd(t, r.start(t, ""), 2, "", "run.journal.dir")
		if r.api.Count() != 0 {
			t.Errorf("%d calls were made", r.api.Count())
		}
	})
	t.Run("a file in the place of the usual one", func(t *testing.T) {
		r := newRig(t)
		testrig.Write(t, filepath.Join(r.dir, ".local"), "")
		r.checkEnd(t, r.start(t, ""), 0, "STATE", "there is no journal")
	})
}

// nobody is a user who owns nothing but what a test gives them.
const nobody = 65534

// asNobody makes nobody run the program, with the rig's folder as their home.
func (r *rig) asNobody(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can run programs as another user")
	}
	r.user = nobody
	r.give(t, r.dir)
	for _, dir := range []string{r.dir, filepath.Dir(builtBinary(t))} {
		for ; dir != "/"; dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			if err == nil && info.Mode()&0o001 == 0 {
				err = os.Chmod(dir, info.Mode().Perm()|0o011) // the way there
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestJournalReadOnly: a folder that the user may not write to. Where nobody
// named it the run does without; where it was named the run says so before it
// asks for anything. What was recorded before is not lost.
func TestJournalReadOnly(t *testing.T) {
	sealed := func(t *testing.T, r *rig, name string) string {
		t.Helper()
		dir := filepath.Join(r.dir, name)
		if err := os.Mkdir(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("named", func(t *testing.T) {
		r := newRig(t)
		r.asNobody(t)
		dir := sealed(t, r, "sealed")
		r.run = `"journal": {"dir": "` + dir + `"}`
		p := r.start(t, "")
		r.checkEnd(t, p, 2, "", "run.journal.dir: open "+dir)
		if !strings.Contains(p.stderr.String(), "permission denied") {
			t.Errorf("stderr does not say why:\n%s", p.stderr.String())
		}
		if r.api.Count() != 0 {
			t.Errorf("%d calls were made", r.api.Count())
		}
	})
	t.Run("the usual one", func(t *testing.T) {
		r := newRig(t)
		r.asNobody(t)
		sealed(t, r, ".local")
		lines := r.checkEnd(t, r.start(t, ""), 0, "STATE", "there is no journal")
		r.checkWhole(t, "without a journal", lines, 0)
	})
	t.Run("since the last run", func(t *testing.T) {
		r := newRig(t)
		r.asNobody(t)
		r.run = `"max_requests": 10`
		lines := r.checkEnd(t, r.start(t, ""), 0, "STATE", "run.max_requests")
		r.run = ""
		dirs, err := filepath.Glob(filepath.Join(r.work(), "state/tap-rest/journal/rig-*"))
		if err != nil || len(dirs) != 1 {
			t.Fatalf("got the journals %q, %v", dirs, err)
		}
		chmod := func(mode os.FileMode) {
			if err := os.Chmod(dirs[0], mode); err != nil {
				t.Fatal(err)
			}
		}
		chmod(0o555)
		r.checkEnd(t, r.start(t, lines.State()), 75, "", dirs[0]+"/00000002.journal: permission denied")
		if got := r.api.Count(); got != 10 {
			t.Errorf("%d calls, want those of before: 10", got)
		}
		chmod(0o700)
		more := r.complete(t, lines)
		r.checkWhole(t, "once it may be written again", append(lines, more...), 0)
		if got := r.api.Count(); got != rigPages {
			t.Errorf("%d calls in all, want %d", got, rigPages)
		}
	})
}

// TestJournalBusy starts a second run while the first is under way.
func TestJournalBusy(t *testing.T) {
	t.Parallel()
	r := newRig(t, apitest.On(3, apitest.Hang()))
	first := r.start(t, "")
	r.await(t, 3)
	began := time.Now()
	second := r.start(t, "")
	r.checkEnd(t, second, 75, "", strconv.Itoa(first.cmd.Process.Pid))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if r.api.Count() != 3 {
		t.Errorf("the second run made %d calls", r.api.Count()-3)
	}
}

// TestJournalFull fills the disk that the journal is on: what came is written,
// with a STATE, and once there is room nothing was lost.
func TestJournalFull(t *testing.T) {
	t.Parallel()
	pages := 60
	disks := []struct {
		name  string
		limit func(t *testing.T, r *rig) (free func())
	}{
		{"a disk", func(t *testing.T, r *rig) func() {
			if err := os.MkdirAll(r.work(), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("tmpfs", r.work(), "tmpfs", 0, "size=32k"); err != nil {
				t.Skipf("mount: %v", err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(r.work(), syscall.MNT_DETACH) })
			return func() {
				if err := syscall.Mount("tmpfs", r.work(), "tmpfs", syscall.MS_REMOUNT, "size=4m"); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"a limit on the size of files", func(t *testing.T, r *rig) func() {
			r.ulimit = 12 // kB, or half of that: shells differ
			return func() { r.ulimit = 0 }
		}},
	}
	for _, disk := range disks {
		for _, keeps := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, state kept: %v", disk.name, keeps), func(t *testing.T) {
				r := longRig(t, pages)
				free := disk.limit(t, r)
				lines := r.checkEnd(t, r.start(t, ""), 75, "STATE", "make room there, or name a folder on another disk as run.journal.dir")
				before := r.api.Count()
				if before == pages || len(lines) == 0 {
					t.Fatalf("%d calls, %d lines: the disk was not full", before, len(lines))
				}
				if got, want := len(lines.Records("")), before*rigPage; got != want {
					t.Errorf("got %d records of %d calls, want %d", got, before, want)
				}
				// Still full: it fails at once, or goes on without, but never ends badly.
				p := r.start(t, lines.State())
				more := p.finish(t)
				if code := p.status.ExitStatus(); code != 75 && code != 0 {
					t.Errorf("the run on the full disk: got %v; stderr:\n%s", p.status, p.stderr.String())
				}
				free()
				came := append(lines, more...)
				state := came
				if !keeps {
					state = nil
				}
				if p.status.ExitStatus() != 0 {
					more = r.complete(t, state)
					came = append(came, more...)
				}
				checkUnion(t, "in the end", came.Records(""), longRecords(pages), pages*rigPage)
				if got := r.api.Count(); keeps && got > pages {
					t.Errorf("%d calls in all, want %d", got, pages)
				}
			})
		}
	}
}

// TestNoSecretInWorkFolder greps everything that a run leaves.
func TestNoSecretInWorkFolder(t *testing.T) {
	t.Parallel()
	const token = "hunter2/with+odd chars"
	r := newRig(t, apitest.RequireKey("api_key", token))
	c := rigCollection(rigRecordSize)
	c.Style = apitest.NextURL // repeats the key in its links
	r.api.Add(c)
	r.write(t, "items.yaml", `version: 1
name: rig
settings: {properties: {token: {type: string, secret: true}}}
client:
  base_url: `+r.url+`
  auth: {type: api_key, in: query, name: api_key, value: "{{ config.token }}"}
streams: [{name: items, path: /items, records: data, primary_key: [id], pagination: {type: next_url, next: next}}]
`)
	cmd := exec.Command(builtBinary(t), "--config", r.write(t, "config.json", `{"source": "items.yaml", "token": "`+token+`"}`))
	cmd.Dir, cmd.Env = r.dir, []string{"HOME=" + r.dir}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	all := map[string][]byte{"stdout": out.Bytes(), "stderr": log.Bytes()}
	err := filepath.WalkDir(r.work(), func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && name != r.work() && !strings.HasSuffix(name, "state") {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		if err == nil && d.Type().IsRegular() {
			all[name], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 4 {
		t.Errorf("only these are there: %d files", len(all))
	}
	for name, data := range all {
		for _, s := range []string{token, "hunter2%2Fwith%2Bodd+chars", "hunter2%2Fwith%2Bodd%20chars", "hunter2%2Fwith+odd%20chars"} {
			if bytes.Contains(data, []byte(s)) {
				t.Errorf("%s holds %q", name, s)
			}
		}
	}
}
