//go:build unix

package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

const (
	exportFiles = 50
	exportToken = "hunter2-with-odd-chars"
	// inFlight is how much of a download may be sent again where its client was killed:
	// 1 MiB that is in memory before a file is begun for the answer, and what was sent
	// but not read.
	inFlight = 1<<20 + 512<<10
)

// exportData are the files of a job, in gzip: some are of several MB, whose bytes do
// not pack, and hold rows of 8 kB.
var exportData = sync.OnceValues(func() (files []apitest.File, rows int) {
	chance := rand.NewChaCha8([32]byte{7})
	noise := make([]byte, 6<<10)
	long := map[int]int{3: 3, 11: 12, 23: 5, 30: 4, 41: 9} // MB
	if testing.Short() {
		long = map[int]int{22: 3, 41: 4}
	}
	for n := range exportFiles {
		var b bytes.Buffer
		b.WriteString("id,text\n")
		for range max(20, long[n]*1_000_000/len(noise)) {
			text := "short"
			if long[n] > 0 {
				_, _ = chance.Read(noise)
				text = base64.StdEncoding.EncodeToString(noise)
			}
			rows++
			fmt.Fprintf(&b, "%d,%s\n", rows, text)
		}
		files = append(files, apitest.File{Type: "application/gzip", Data: apitest.Gzip(b.Bytes())})
	}
	return files, rows
})

// exportRig is an API with an export of many files, and a client that is killed.
type exportRig struct {
	*rig
	exports *apitest.Exports
	victim  victim

	mu   sync.Mutex
	seen map[string]bool // requests
	when func(n int) moment
}

// moment is when the n-th of the requests that differ kills the client.
type moment int

const (
	never  moment = iota
	before        // the API did what is asked for
	within        // the answer
	after         // the answer
)

func newExportRig(t *testing.T, when func(n int) moment) *exportRig {
	t.Helper()
	files, _ := exportData()
	r := &exportRig{exports: &apitest.Exports{Files: func(apitest.Job) []apitest.File { return files }, Pending: 2}, seen: map[string]bool{}, when: when}
	r.rig = newRig(t, apitest.Exporting(r.exports), apitest.RequireBearer(exportToken), apitest.Under("/files/", 1, 0, apitest.Drip(time.Millisecond, 64<<10)))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// first tells when the client is to be killed, for a request that comes for the first
// time.
func (r *exportRig) first(q *http.Request) moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := q.Method + " " + q.URL.Path
	for poll := 0; q.Method == http.MethodGet && strings.HasPrefix(q.URL.Path, "/exports/") && poll < 2 && r.seen[name]; poll++ {
		name += "+"
	}
	if r.seen[name] {
		return never
	}
	r.seen[name] = true
	return r.when(len(r.seen))
}

func (r *exportRig) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	switch r.first(q) {
	case before:
		r.kill()
	case within:
		w = &halfWriter{w, r, -1}
	case after:
		defer func() {
			w.(http.Flusher).Flush()
			r.kill()
		}()
	}
	r.api.ServeHTTP(w, q)
}

// kill kills the client, and the connection to it.
func (r *exportRig) kill() {
	p := r.victim.get()
	_ = p.cmd.Process.Kill()
	<-p.dead
	panic(http.ErrAbortHandler)
}

// halfWriter kills the client in the middle of the answer to it.
type halfWriter struct {
	http.ResponseWriter
	rig  *exportRig
	left int64
}

func (w *halfWriter) WriteHeader(status int) {
	length, _ := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	w.left = length / 2
	w.ResponseWriter.WriteHeader(status)
	if length == 0 {
		w.rig.kill()
	}
}

func (w *halfWriter) Write(b []byte) (int, error) {
	if w.left -= int64(len(b)); w.left < 0 {
		w.Flush()
		w.rig.kill()
	}
	return w.ResponseWriter.Write(b)
}

func (w *halfWriter) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

// launch starts the program with a state, "" for none.
func (r *exportRig) launch(t *testing.T, state string) *process {
	t.Helper()
	r.write(t, "items.yaml", `version: 1
name: rig
settings: {properties: {token: {type: string, secret: true}}}
client:
  base_url: `+r.url+`
  auth: {type: bearer, token: "{{ config.token }}"}
  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}
streams:
  - name: items
    export:
      submit: {path: /exports, body: {json: {of: items}}}
      poll: {path: "/exports/{{ job.id }}", every: 1ms}
      done: "{{ response.status == 'ready' }}"
      links: files.#.url
      remove: {path: "/exports/{{ job.id }}"}
    decode: {format: csv, unpack: [gzip]}
    primary_key: [id]
    schema: {type: object, properties: {id: {type: integer}, text: {type: string}}}
`)
	args := []string{"--config", r.write(t, "config.json", `{"source": "items.yaml", "token": "`+exportToken+`", "run": {"flush": {"responses": 3}}}`)}
	if state != "" {
		args = append(args, "--state", r.write(t, "state.json", state))
	}
	return r.begin(t, args...)
}

// outcome is what came of an export.
type outcome struct {
	ids   map[int64]bool
	state string
	kills int
	text  []byte // stderr, and on stdout the lines that are no records
}

// read takes what a run wrote, and reports whether it was killed.
func (o *outcome) read(t *testing.T, p *process) bool {
	t.Helper()
	for _, line := range p.finish(t) {
		switch gjson.Get(line, "type").Str {
		case "RECORD":
			o.ids[gjson.Get(line, "record.id").Int()] = true
			continue
		case "STATE":
			o.state = gjson.Get(line, "value").Raw
		}
		o.text = append(o.text, line...)
	}
	o.text = append(o.text, p.stderr.String()...)
	return p.status.Signaled()
}

// complete runs the program until a run is not killed, and checks what came of it.
// interrupt is called with each process.
func (r *exportRig) complete(t *testing.T, keepsState bool, jobs int, interrupt func(kills int, p *process)) *outcome {
	t.Helper()
	o := &outcome{ids: map[int64]bool{}}
	for {
		state := o.state
		if !keepsState {
			state = ""
		}
		p := r.victim.set(func() *process { return r.launch(t, state) })
		if interrupt != nil {
			interrupt(o.kills, p)
		}
		if !o.read(t, p) {
			if p.status.ExitStatus() != 0 {
				t.Fatalf("got %v\n%s", p.status, p.stderr.String())
			}
			break
		}
		o.kills++
	}
	if _, rows := exportData(); len(o.ids) != rows {
		t.Errorf("%d records, want %d\n%s", len(o.ids), rows, o.text)
	}
	if got := r.exports.Jobs(); len(got) > jobs || got[len(got)-1].Deletes == 0 {
		t.Errorf("%d jobs, want %d, and the last removed", len(got), jobs)
	}
	r.checkDownloads(t, o.kills)
	r.checkSecrets(t, o)
	return o
}

// checkDownloads checks that each file was downloaded once, but for those under way
// when a client was killed, which were gone on with.
func (r *exportRig) checkDownloads(t *testing.T, kills int) {
	t.Helper()
	reached, again := map[string]int64{}, map[string]bool{}
	for i, d := range r.exports.Downloads() {
		if d.ETag == "" { // killed before
			continue
		}
		to, before := reached[d.Path()]
		if before {
			again[d.Path()] = true
		}
		if twice := to - d.From; twice > inFlight {
			t.Errorf("download %d, of %s, begins at %d, though the one before came to %d of %d", i+1, d.Path(), d.From, to, d.Size)
		}
		reached[d.Path()] = max(to, d.From+d.Sent)
	}
	if len(again) > kills {
		t.Errorf("%d files were downloaded more than once by clients that were killed %d times", len(again), kills)
	}
}

// signatures are those of links.
var signatures = regexp.MustCompile(`\d{6}-[0-9a-f]{40}|sig=[0-9]`)

// checkSecrets checks that nothing holds the signature of a link, or the token.
func (r *exportRig) checkSecrets(t *testing.T, o *outcome) {
	t.Helper()
	har := filepath.Join(r.dir, "all.har")
	p := r.begin(t, "journal", "export", "--har", har)
	o.read(t, p)
	all := map[string][]byte{"the output": o.text}
	for _, root := range []string{r.work(), har} {
		err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				all[name], err = os.ReadFile(name)
			}
			return err
		})
		if err != nil {
			t.Fatalf("%v\n%s", err, p.stderr.String())
		}
	}
	for name, text := range all {
		if found := signatures.Find(text); found != nil || bytes.Contains(text, []byte(exportToken)) {
			t.Errorf("%s holds the token, or the signature %q", name, found)
		}
	}
	if len(all) < 4 {
		t.Errorf("only %d files were looked at", len(all))
	}
}

// TestExportKilledAtEveryRequest kills the program at each request of an export of 50
// files, before the API does what is asked for, in the middle of its answer, and when
// that was sent. The run after it goes on.
func TestExportKilledAtEveryRequest(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for name, when := range map[string]moment{"before": before, "within": within, "after": after} {
		for _, keepsState := range []bool{true, false} {
			if testing.Short() && (when == after || keepsState == (when == before)) {
				continue
			}
			t.Run(fmt.Sprintf("%s, state kept: %v", name, keepsState), func(t *testing.T) {
				r := newExportRig(t, func(n int) moment {
					if n%step == 0 {
						return when
					}
					return never
				})
				jobs := 1
				if step == 1 && when != before { // nobody knows of the first
					jobs = 2
				}
				o := r.complete(t, keepsState, jobs, nil)
				if want := (exportFiles + 5) / step; o.kills < want-1 { // the last may come too late
					t.Errorf("it was killed %d times, want %d", o.kills, want)
				}
				t.Logf("%d kills, %d jobs, %d requests, repeated bytes %v", o.kills, len(r.exports.Jobs()), r.api.Count(), r.exports.Repeated())
			})
		}
	}
}

// TestExportKilledAtRandom kills run after run of an export of 50 files at any time.
func TestExportKilledAtRandom(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 15))
			r := newExportRig(t, func(int) moment { return never })
			o := r.complete(t, seed%2 == 0, 1, func(kills int, p *process) {
				if kills < 10 {
					r.await(t, 1+r.api.Count()) // what is killed before knows of no job
					time.AfterFunc(time.Duration(chance.IntN(500))*time.Millisecond, func() { p.signal(t, syscall.SIGKILL) })
				}
			})
			t.Logf("%d kills, %d jobs, %d requests, repeated bytes %v", o.kills, len(r.exports.Jobs()), r.api.Count(), r.exports.Repeated())
		})
	}
}
