//go:build linux

package main_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// workers are several processes that read one source, into targets that append to the
// file loaded.
type workers struct {
	dir, config string
	nats        *natstest.Server

	mu  sync.Mutex
	all []*worker
}

// worker is one of them.
type worker struct {
	cmd    *exec.Cmd
	stderr testrig.Output
	ended  chan struct{}
}

func newWorkers(t *testing.T, dir, config string) *workers {
	t.Helper()
	testrig.Write(t, filepath.Join(dir, "load.sh"), loading)
	return &workers{dir: dir, config: config, nats: natstest.Start(t)}
}

// newMonths is newYear, of which no more than two months are read: 60 days.
func newMonths(t *testing.T, dir string) (*yearAPI, string) {
	t.Helper()
	api, config := newYear(t, dir)
	edit(t, config, `"end":"2025-01-01"`, `"end":"2024-03-01"`)
	return api, config
}

// edit replaces a text in a file.
func edit(t *testing.T, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil && !strings.Contains(string(text), old) {
		err = fmt.Errorf("%s has no %s", file, old)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(text), old, with, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command is one that speaks to the server.
func (ws *workers) command(t *testing.T, name string, more ...string) *exec.Cmd {
	cmd := exec.Command(builtBinary(t), append([]string{name, "--config", ws.config, "--nats", ws.nats.URL()}, more...)...)
	cmd.Dir, cmd.Env = ws.dir, append(os.Environ(), "XDG_STATE_HOME="+ws.dir)
	return cmd
}

// ask runs a command that ends by itself, and returns what it prints.
func (ws *workers) ask(t *testing.T, name string, more ...string) string {
	t.Helper()
	cmd := ws.command(t, name, more...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v; stderr:\n%s", name, err, stderr.String())
	}
	return string(out)
}

// start starts a worker.
func (ws *workers) start(t *testing.T) *worker {
	w := &worker{cmd: ws.command(t, "worker", "--until-done", "--", "/bin/sh", "load.sh"), ended: make(chan struct{})}
	w.cmd.Stderr = &w.stderr
	if err := w.cmd.Start(); err != nil {
		t.Error(err)
		close(w.ended)
		return w
	}
	go func() {
		w.cmd.Wait() // how it ended is in its state
		close(w.ended)
	}()
	ws.mu.Lock()
	ws.all = append(ws.all, w)
	ws.mu.Unlock()
	return w
}

// killOne kills a worker that is alive, and starts another one.
func (ws *workers) killOne(t *testing.T) {
	ws.mu.Lock()
	var alive []*worker
	for _, w := range ws.all {
		select {
		case <-w.ended:
		default:
			alive = append(alive, w)
		}
	}
	ws.mu.Unlock()
	if len(alive) == 0 {
		return
	}
	w := alive[rand.IntN(len(alive))]
	_ = w.cmd.Process.Kill()
	<-w.ended
	ws.start(t)
}

// wait waits until all have ended, and returns how many were killed.
func (ws *workers) wait(t *testing.T) (killed int) {
	t.Helper()
	for i := 0; ; i++ {
		ws.mu.Lock()
		if i == len(ws.all) {
			ws.mu.Unlock()
			return killed
		}
		w := ws.all[i]
		ws.mu.Unlock()
		<-w.ended
		switch status := w.cmd.ProcessState.Sys().(syscall.WaitStatus); {
		case status.Signal() == syscall.SIGKILL:
			killed++
		case status.ExitStatus() != 0:
			t.Errorf("a worker ended with %d; stderr:\n%s", status.ExitStatus(), w.stderr.String())
		}
	}
}

// loaded are the days that targets have got.
func (ws *workers) loaded(t *testing.T) map[string]bool {
	t.Helper()
	out := testrig.Read(t, filepath.Join(ws.dir, "loaded"))
	seen := map[string]bool{}
	note(t, out, seen)
	return seen
}

// newSpan is newYear; with -short no more than four months are read. It returns the days
// that are, and what the bookmark is in the end.
func newSpan(t *testing.T, dir string) (api *yearAPI, config string, days int, end string) {
	t.Helper()
	api, config = newYear(t, dir)
	if !testing.Short() {
		return api, config, 366, "2025-01-01"
	}
	edit(t, config, `"end":"2025-01-01"`, `"end":"2024-05-01"`)
	return api, config, 121, "2024-05-01"
}

// TestWorkersKilled: of three workers one after the other is killed; all of a year is
// loaded, a kill costs no more calls than were in flight, and the next pass goes on from
// the bookmark that they made together.
func TestWorkersKilled(t *testing.T) {
	t.Parallel()
	kills := 10
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		kills = 200
	}
	dir := t.TempDir()
	api, config, days, end := newSpan(t, dir)
	ws := newWorkers(t, dir, config)
	if out := ws.ask(t, "submit", "--lease", "1s"); !strings.Contains(out, fmt.Sprintf("%[1]d parts, %[1]d of them put into the queue now", days)) {
		t.Fatalf("submit printed %s", out)
	}
	api.mu.Lock()
	api.every = max(2, days/kills)
	api.kill = func() { go ws.killOne(t) }
	api.again = kills
	api.mu.Unlock()
	for range 3 {
		ws.start(t)
	}
	killed := ws.wait(t)
	twice := api.twice()
	t.Logf("%d kills, %d calls, %d of them twice", killed, api.asked, twice)
	if seen := ws.loaded(t); len(seen) != days || len(api.paid) != days || twice > 4*killed || killed < min(kills, 8) {
		t.Errorf("%d days were loaded; %d windows were asked for", len(seen), len(api.paid))
	}
	if out := ws.ask(t, "status"); !strings.Contains(out, "over since") || !strings.Contains(out, fmt.Sprintf("%d done, 0 under way, 0 waiting, 0 owed, 0 given up; the rest of the plan: done", days)) {
		t.Errorf("status printed %s", out)
	}
	if out := ws.ask(t, "status", "--bookmark"); !strings.Contains(out, `"replication_key_value":"`+end+`T00:00:00Z"`) || !strings.Contains(out, `"resume":null`) {
		t.Errorf("the bookmark: %s", out)
	}
	api.paid = map[string]int{}
	if out := ws.ask(t, "submit"); !strings.Contains(out, "is begun: 3 parts") {
		t.Errorf("the next submit printed %s", out)
	}
	ws.start(t)
	if ws.wait(t); len(api.paid) != 3 {
		t.Errorf("the next pass asked for %v", api.paid)
	}
}

// TestNATSKilled: the server is stopped while three workers read, and started again.
func TestNATSKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit", "--lease", "2s")
	stopped := make(chan struct{})
	api.mu.Lock()
	api.every, api.again = 20, 2
	api.kill = func() {
		ws.nats.Stop()
		ws.nats.Start()
		stopped <- struct{}{}
	}
	api.mu.Unlock()
	for range 3 {
		ws.start(t)
	}
	for range 2 {
		<-stopped
	}
	ws.wait(t)
	if seen := ws.loaded(t); len(seen) != 60 {
		t.Errorf("%d days were loaded", len(seen))
	}
	if out := ws.ask(t, "status"); !strings.Contains(out, "over since") {
		t.Errorf("status printed %s", out)
	}
}

// TestWorkerOfAnotherConfig: a worker, or a submission, that would read something else is
// refused, with what differs.
func TestWorkerOfAnotherConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit")
	text := testrig.Read(t, config)
	ws.config = filepath.Join(dir, "other.json")
	testrig.Write(t, ws.config, strings.Replace(string(text), `"from":"{{ window.start }}"`, `"since":"{{ window.start }}"`, 1))
	for _, args := range [][]string{{"submit"}, {"worker", "--", "/bin/sh", "load.sh"}} {
		out, err := ws.command(t, args[0], args[1:]...).CombinedOutput()
		var exit *exec.ExitError
		if fmt.Sprint(err) != "exit status 2" || !strings.Contains(string(out), "the requests of the stream orders is not what it was when the plan was made") {
			t.Errorf("%v: %v %v\n%s", args, err, exit, out)
		}
	}
	ws.config = config
	if out := ws.ask(t, "status"); !strings.Contains(out, "60 waiting") {
		t.Errorf("the part was not given back: %s", out)
	}
}

// TestFleetMessages: what is wrong with a command is said before anything is done.
func TestFleetMessages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	gone := natstest.Start(t)
	gone.Stop()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no server", []string{"submit", "--config", config}, 2, "missing flags: --nats=URL"},
		{"server away", []string{"submit", "--config", config, "--nats", "nats://me:geheim@" + strings.TrimPrefix(gone.URL(), "nats://")}, 75, "is it up, and does it speak TLS"},
		{"another scheme", []string{"submit", "--config", config, "--nats", "http://127.0.0.1:1"}, 2, "begins with nats:// or tls://"},
		{"no credentials", []string{"submit", "--config", config, "--nats", ws.nats.URL(), "--nats-creds", "none.creds"}, 2, "--nats-creds: stat none.creds"},
		{"replicas", []string{"submit", "--config", config, "--nats", ws.nats.URL(), "--fleet", "three", "--replicas", "3"}, 2, "3 replicas need a cluster"},
		{"no target", []string{"worker", "--config", config, "--nats", ws.nats.URL()}, 2, "a worker needs a target of its own"},
		{"state of a worker", []string{"worker", "--config", config, "--nats", ws.nats.URL(), "--state", "s.json", "--", "true"}, 2, "unknown flag --state"},
		{"status of nothing", []string{"status", "--config", config, "--nats", ws.nats.URL()}, 2, "the server knows no fleet of this name"},
		{"a name", []string{"submit", "--config", config, "--nats", ws.nats.URL(), "--fleet", "my shop"}, 2, "letters, digits, _ and - make a name"},
		{"lease", []string{"submit", "--config", config, "--nats", ws.nats.URL(), "--lease", "1ms"}, 2, "1s at least"},
		{"nothing submitted", []string{"worker", "--config", config, "--nats", ws.nats.URL(), "--until-done", "--", "true"}, 2, "nothing was submitted"},
		{"another fleet", []string{"status", "--nats", ws.nats.URL(), "--fleet", "other"}, 2, "fleet other: the server knows no fleet of this name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(builtBinary(t), c.args...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "XDG_STATE_HOME="+dir)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "geheim") {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, out)
			}
		})
	}
}

// TestPartsFail: a part that the API refuses for good holds up nothing else: the pass
// ends, owes it, and the next one asks for it first.
func TestPartsFail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit", "--lease", "2s")
	api.refuse("2024-02-10T00:00:00Z")
	w := ws.start(t)
	<-w.ended
	if code := w.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(w.stderr.String(), "not all of it was read") || !strings.Contains(w.stderr.String(), "answered 404 Not Found") {
		t.Errorf("exit code %d; stderr:\n%s", code, w.stderr.String())
	}
	if out := ws.ask(t, "status"); !strings.Contains(out, "over since") || !strings.Contains(out, "59 done") || !strings.Contains(out, "1 given up") || !strings.Contains(out, "answered 404 Not Found") {
		t.Errorf("status printed %s", out)
	}
	if n := len(ws.loaded(t)); n != 59 {
		t.Errorf("%d days were loaded", n)
	}
	api.refuse("")
	if out := ws.ask(t, "submit"); !strings.Contains(out, "is begun: 3 parts") {
		t.Errorf("submit printed %s", out)
	}
	w = ws.start(t)
	if <-w.ended; w.cmd.ProcessState.ExitCode() != 0 || len(ws.loaded(t)) != 60 {
		t.Errorf("the end: %v, %d days; stderr:\n%s", w.cmd.ProcessState, len(ws.loaded(t)), w.stderr.String())
	}
}

// TestFleetOfAnotherConfig: the bookmark of one config is not that of another, nor its
// pass; who wants it so says it.
func TestFleetOfAnotherConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, config := newMonths(t, dir)
	edit(t, config, `{"source":`, `{"region":"eu","source":`)
	edit(t, config, `"name":"year",`, `"name":"year","settings":{"properties":{"region":{"type":"string"}}},`)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit")
	refused := func(want string, args ...string) {
		t.Helper()
		if out, err := ws.command(t, args[0], args[1:]...).CombinedOutput(); fmt.Sprint(err) != "exit status 2" || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	catalog := filepath.Join(dir, "catalog.json")
	testrig.Write(t, catalog, `{"streams":[{"stream":"orders","tap_stream_id":"orders","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}`)
	refused("the catalog is not what it was", "worker", "--catalog", catalog, "--", "/bin/sh", "load.sh")
	refused("the catalog is not what it was", "submit", "--catalog", catalog)
	w := ws.start(t)
	<-w.ended
	edit(t, config, `"region":"eu"`, `"region":"us"`)
	refused("which differs in the setting region", "submit")
	if out := ws.ask(t, "submit", "--replace"); !strings.Contains(out, "is begun: 3 parts") {
		t.Errorf("submit --replace printed %s", out)
	}
	edit(t, config, `"region":"us"`, `"region":"eu"`)
	refused("submit --replace gives up the pass that is under way", "submit")
	if out := ws.ask(t, "submit", "--replace"); !strings.Contains(out, "is begun:") {
		t.Errorf("submit --replace printed %s", out)
	}
}

// signalled is a worker that gets a signal while its fifth request is under way; it is
// returned when it has got it.
func (ws *workers) signalled(t *testing.T, api *yearAPI, signal os.Signal) (w *worker) {
	t.Helper()
	got := make(chan struct{})
	api.mu.Lock()
	api.every, api.again = 5, 1
	api.kill = func() {
		_ = w.cmd.Process.Signal(signal)
		close(got)
	}
	w = ws.start(t)
	api.mu.Unlock()
	<-got
	return w
}

// TestWorkerPaused: a worker that is paused in the middle of a request loses its part to
// another one, which does not wait for its journal for ever; when it goes on, it gives up
// by itself.
func TestWorkerPaused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit", "--lease", "1s")
	paused := ws.signalled(t, api, syscall.SIGSTOP)
	other := ws.start(t)
	<-other.ended
	if code := other.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(other.stderr.String(), "the part is read without one") {
		t.Errorf("exit code %d; stderr:\n%s", code, other.stderr.String())
	}
	if len(ws.loaded(t)) != 60 {
		t.Errorf("%d days were loaded", len(ws.loaded(t)))
	}
	_ = paused.cmd.Process.Signal(syscall.SIGCONT)
	<-paused.ended
	if code := paused.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(paused.stderr.String(), "another one may have it now") {
		t.Errorf("exit code %d; stderr:\n%s", code, paused.stderr.String())
	}
	if twice := api.twice(); twice > 2 {
		t.Errorf("%d calls were paid twice", twice)
	}
}

// TestWorkerStopped: SIGTERM gives the part back at once, and nothing is paid twice.
func TestWorkerStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit", "--lease", "5m")
	first := ws.signalled(t, api, syscall.SIGTERM)
	<-first.ended
	if status := first.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v; stderr:\n%s", status, first.stderr.String())
	}
	if out := ws.ask(t, "status"); !strings.Contains(out, "0 under way") {
		t.Errorf("status printed %s", out)
	}
	ws.start(t)
	if <-ws.all[1].ended; len(ws.loaded(t)) != 60 || api.asked != 60 {
		t.Errorf("%d days were loaded by %d calls; stderr:\n%s", len(ws.loaded(t)), api.asked, ws.all[1].stderr.String())
	}
}

// TestWorkersKeepToALimit: three workers together never ask for more than the definition
// lets one ask for, by the API's own count, and use most of it.
func TestWorkersKeepToALimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config, days, _ := newSpan(t, dir)
	edit(t, config, `"max_in_flight":4`, `"max_in_flight":4,"rate_limit":{"requests":40,"per":"1s"}`)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit")
	late := testshare.Lateness()
	for range 3 {
		ws.start(t)
	}
	ws.wait(t)
	wrong := testshare.Blame(t, late())
	most, from := 0, 0
	for to := range api.came {
		for api.came[to].Sub(api.came[from]) >= time.Second {
			from++
		}
		most = max(most, to-from+1)
	}
	took := api.came[len(api.came)-1].Sub(api.came[0])
	t.Logf("%d calls in %s, %d in a second at most", len(api.came), took, most)
	if most > 40 {
		wrong("%d calls came in a second", most)
	}
	if len(api.came) != days || len(ws.loaded(t)) != days {
		t.Errorf("%d calls came, %d days were loaded", len(api.came), len(ws.loaded(t)))
	}
}

// TestWorkersAreFaster: where an API takes 50 ms, three workers are as good as thrice as
// fast as one. It is timed, and so run by hand.
func TestWorkersAreFaster(t *testing.T) {
	if os.Getenv("TAP_REST_FULL_TESTS") == "" {
		t.Skip("TAP_REST_FULL_TESTS=1 runs it")
	}
	took := map[int]time.Duration{}
	for _, n := range []int{1, 3} {
		dir := t.TempDir()
		api, config := newYear(t, dir)
		api.slow = 50 * time.Millisecond
		ws := newWorkers(t, dir, config)
		ws.ask(t, "submit")
		for range n {
			ws.start(t)
		}
		ws.wait(t)
		took[n] = api.came[len(api.came)-1].Sub(api.came[0])
	}
	ratio := float64(took[1]) / float64(took[3])
	t.Logf("one worker %s, three %s: %.2f", took[1], took[3], ratio)
	if ratio < 2.7 {
		t.Errorf("three workers are %.2f times as fast as one", ratio)
	}
}

// TestPartInPieces: what a run's own budget has cut off is not done: the part comes again,
// and goes on.
func TestPartInPieces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	edit(t, config, `"window":"1d"`, `"window":"30d"`)
	edit(t, config, `"run":{`, `"run":{"max_requests":1,`)
	pages := &pagedYear{yearAPI: api}
	api.wrap = pages
	ws := newWorkers(t, dir, config)
	if out := ws.ask(t, "submit"); !strings.Contains(out, ": 3 parts") {
		t.Errorf("submit printed %s", out)
	}
	w := ws.start(t)
	<-w.ended
	if code := w.cmd.ProcessState.ExitCode(); code != 0 || len(ws.loaded(t)) != 60 || pages.asked != 7 {
		t.Errorf("exit code %d: %d days by %d calls; stderr:\n%s", code, len(ws.loaded(t)), pages.asked, w.stderr.String())
	}
}

// pagedYear answers in pages of ten days.
type pagedYear struct {
	*yearAPI
	asked int
}

func (p *pagedYear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	from, _ := time.Parse(time.RFC3339, cmp.Or(r.URL.Query().Get("after"), r.URL.Query().Get("from")))
	end, _ := time.Parse(time.RFC3339, r.URL.Query().Get("to"))
	var rows []string
	next := from.AddDate(0, 0, 10)
	for day := from; day.Before(next) && day.Before(end); day = day.AddDate(0, 0, 1) {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"updated_at":%q}`, day.YearDay(), day.Format(time.RFC3339)))
	}
	after := ""
	if next.Before(end) {
		after = next.Format(time.RFC3339)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":[%s],"next":%q}`, strings.Join(rows, ","), after)
}
