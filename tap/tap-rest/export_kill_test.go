//go:build linux

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
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
	"github.com/tap-rest/tap-rest/testrig"
)

const (
	exportFiles = 50
	exportToken = "hunter2-with-odd-chars"
	// inMemory is how much of a long answer is read before a file is begun for it.
	inMemory = 1 << 20
	// room is what stands before the answer in that file.
	room = 64 << 10
	// piece is how much of a file is sent at once.
	piece = 64 << 10
)

// exportData are the files of a job, in gzip: some are of several MB, whose bytes do
// not pack, and hold rows of 8 kB.
var exportData = sync.OnceValues(func() (files []exports.File, rows int) {
	chance := rand.NewChaCha8([32]byte{7})
	noise := make([]byte, 6<<10)
	long := map[int]int{3: 3, 11: 12, 23: 5, 30: 4, 41: 9} // MB
	if testing.Short() {
		long = map[int]int{30: 4}
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
		files = append(files, exports.File{Type: "application/gzip", Data: exports.Gzip(b.Bytes())})
	}
	return files, rows
})

// exportRig is an API with an export of many files, and a client that is killed.
type exportRig struct {
	*rig
	exports *exports.Server
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
	builtBinary(t) // before megabytes are made for nothing
	files, _ := exportData()
	r := &exportRig{exports: &exports.Server{Files: func(exports.Job) []exports.File { return files }, Pending: 2}, seen: map[string]bool{}, when: when}
	r.rig = newRig(t, apitest.Extended(r.exports), apitest.RequireBearer(exportToken), apitest.Under("/files/", 1, 0, apitest.Drip(time.Millisecond, piece)))
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
		w = &halfWriter{ResponseWriter: w, rig: r}
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

// halfWriter kills the client in the middle of the answer to it, once that has what
// was sent.
type halfWriter struct {
	http.ResponseWriter
	rig  *exportRig
	left int64
	sent int64
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
		for late := time.After(testrig.Patience); w.sent > inMemory && w.rig.part() < w.sent; {
			select {
			case <-late:
				panic("the client does not write what it gets")
			case <-time.After(time.Millisecond):
			}
		}
		w.rig.kill()
	}
	w.sent += int64(len(b))
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
      submit: {path: /exports, body: {json: {of: items}}, headers: {Idempotency-Key: "{{ job_key }}"}}
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
		switch line.Type {
		case "RECORD":
			o.ids[gjson.GetBytes(line.Record, "id").Int()] = true
			continue
		case "STATE":
			o.state = string(line.Value)
		}
		o.text = append(o.text, line.Raw...)
	}
	o.text = append(o.text, p.stderr.String()...)
	return p.status.Signaled()
}

// part is how much of a download lies in the journal, of one that is not whole.
func (r *exportRig) part() int64 {
	var size int64
	_ = filepath.WalkDir(r.work(), func(name string, d os.DirEntry, err error) error {
		if err == nil && filepath.Ext(name) == ".part" {
			if info, err := d.Info(); err == nil {
				size = info.Size() - room
			}
		}
		return nil // the program may have deleted it
	})
	return max(0, size)
}

// goesOn checks that the first of the downloads goes on from where the one before
// broke off.
func (r *exportRig) goesOn(t *testing.T, downloads []exports.Download, from int64) {
	t.Helper()
	if len(downloads) == 0 || from == 0 {
		return
	}
	if got, want := downloads[0].Header.Get("Range"), fmt.Sprintf("bytes=%d-", from); got != want {
		t.Errorf("%d bytes of %s are there, and it is asked for with Range %q, want %q", from, downloads[0].Path(), got, want)
	}
}

// complete runs the program until a run is not killed, and checks what came of it.
// interrupt is called with each process.
func (r *exportRig) complete(t *testing.T, keepsState bool, interrupt func(kills int, p *process)) *outcome {
	t.Helper()
	o := &outcome{ids: map[int64]bool{}}
	for {
		state := o.state
		if !keepsState {
			state = ""
		}
		from, before := r.part(), len(r.exports.Downloads())
		p := r.victim.set(func() *process { return r.launch(t, state) })
		if interrupt != nil {
			interrupt(o.kills, p)
		}
		killed := o.read(t, p)
		r.goesOn(t, r.exports.Downloads()[before:], from)
		if !killed {
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
	if got := r.exports.Jobs(); len(got) != 1 || got[0].Deletes == 0 {
		t.Errorf("%d jobs, want one, and that removed", len(got))
	}
	r.checkDownloads(t, o.kills)
	r.checkSecrets(t, o)
	return o
}

// checkDownloads checks that no file was downloaded more than once but those under way
// when a client was killed.
func (r *exportRig) checkDownloads(t *testing.T, kills int) {
	t.Helper()
	times := map[string]int{}
	for _, d := range r.exports.Downloads() {
		times[d.Path()]++
	}
	again := 0
	for _, n := range times {
		again += n - 1
	}
	if again > kills {
		t.Errorf("downloads were begun again %d times by clients that were killed %d times", again, kills)
	}
}

// signatures are those of links.
var signatures = regexp.MustCompile(`\d{6}-[0-9a-f]{40}|sig=[0-9]`)

// signature returns the first signature in a text, nil where there is none. Where none can
// be is seen without the expression, which takes seconds for megabytes.
func signature(text []byte) []byte {
	for i, c := range text {
		if c == '-' && i > 5 && '0' <= text[i-1] && text[i-1] <= '9' || c == '=' && bytes.HasSuffix(text[:i], []byte("sig")) {
			if found := signatures.Find(text[max(0, i-6):min(len(text), i+41)]); found != nil {
				return found
			}
		}
	}
	return nil
}

// TestSignature: signatures are found where they begin, end and stand in a text.
func TestSignature(t *testing.T) {
	link := "123456-0123456789abcdef0123456789abcdef01234567"
	for text, want := range map[string]string{
		link: link, "a=b-c" + link + "8": link, "12345-" + link[7:]: "", link[:46]: "", "/f?sig=7": "sig=7", "sig=x": "", "7-=sig=0-": "sig=0", "": "",
	} {
		if got := signature([]byte(text)); string(got) != want {
			t.Errorf("in %q it finds %q, want %q", text, got, want)
		}
	}
}

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
		if found := signature(text); found != nil || bytes.Contains(text, []byte(exportToken)) {
			t.Errorf("%s holds the token, or the signature %q", name, found)
		}
	}
	if len(all) < 4 {
		t.Errorf("only %d files were looked at", len(all))
	}
}

// TestExportKilledAtEveryRequest kills the program at each request of an export of 50
// files, before the API does what is asked for, in the middle of its answer, and when
// that was sent. The run after it goes on. TAP_REST_FULL_TESTS=1 tries each request, else
// each second one is.
func TestExportKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	step := 2
	switch {
	case testing.Short():
		step = 7
	case full():
		step = 1
	}
	for name, when := range map[string]moment{"before": before, "within": within, "after": after} {
		for _, keepsState := range []bool{true, false} {
			if testing.Short() && (when == after || keepsState == (when == before)) || !full() && keepsState && when != within {
				continue
			}
			t.Run(fmt.Sprintf("%s, state kept: %v", name, keepsState), func(t *testing.T) {
				r := newExportRig(t, func(n int) moment {
					if n%step == 0 {
						return when
					}
					return never
				})
				o := r.complete(t, keepsState, nil)
				if want := (exportFiles + 5) / step; o.kills < want-1 { // the last may come too late
					t.Errorf("it was killed %d times, want %d", o.kills, want)
				}
				for path, n := range r.exports.Repeated() {
					if when != after && n > inMemory+piece { // after: what lies in sockets unread comes again
						t.Errorf("%d bytes of %s were sent twice", n, path)
					}
				}
				t.Logf("%d kills, %d jobs, %d requests, repeated bytes %v", o.kills, len(r.exports.Jobs()), r.api.Count(), r.exports.Repeated())
			})
		}
	}
}

// TestExportKilledAtRandom kills run after run of an export of 50 files at any time.
func TestExportKilledAtRandom(t *testing.T) {
	t.Parallel()
	seeds, within := uint64(2), 500
	switch {
	case testing.Short():
		seeds, within = 1, 100
	case full():
		seeds = 10
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 15))
			r := newExportRig(t, func(int) moment { return never })
			o := r.complete(t, seed%2 == 0, func(kills int, p *process) {
				if kills < 10 && (kills < 5 || !testing.Short()) {
					r.await(t, r.api.Count()+1)
					time.AfterFunc(time.Duration(chance.IntN(within))*time.Millisecond, func() { p.signal(t, syscall.SIGKILL) })
				}
			})
			t.Logf("%d kills, %d jobs, %d requests, repeated bytes %v", o.kills, len(r.exports.Jobs()), r.api.Count(), r.exports.Repeated())
		})
	}
}
