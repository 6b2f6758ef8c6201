//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is an API of many streams whose pages are as large as pages in memory
// can be.
type crowd struct {
	streams, pages int
	page           []byte // with a digit's room for what says whether there is more
	records        int    // of a page
	calls          atomic.Int64
	called         chan struct{} // has one where there was a call since it was last read
}

// crowdPage is the size of a page.
const crowdPage = 8_000_000

func newCrowd(streams, pages int, packs bool) *crowd {
	c := &crowd{called: make(chan struct{}, 1), streams: streams, pages: pages}
	var b strings.Builder
	b.WriteString(`{"data":[`)
	r := rand.New(rand.NewPCG(1, 2))
	line, words := longLine, 8
	if testing.Short() { // as many bytes, and a tenth of the records
		line, words = strings.Replace(line, `null`, strconv.Quote(strings.Repeat(longNote, 10)), 1), 128
	}
	for b.Len() < crowdPage-3_000 {
		if packs {
			fmt.Fprintf(&b, line, c.records)
		} else {
			fmt.Fprintf(&b, `{"id":%d,"text":"`, c.records)
			for range words {
				fmt.Fprintf(&b, "%016x", r.Uint64())
			}
			b.WriteString(`"},`)
		}
		c.records++
	}
	c.page = []byte(strings.TrimSuffix(b.String(), ",") + `],"next":`)
	return c
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.calls.Add(1)
	select {
	case c.called <- struct{}{}:
	default:
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	next := "null}"
	if at+1 < c.pages {
		next = strconv.Itoa(at+1) + "}"
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(c.page)+len(next)))
	w.Write(c.page)
	w.Write([]byte(next))
}

// TestBlockedCrowd reads 16 streams of 8 MB pages at once into a stdout that
// nobody reads: what is under way takes no more memory than the run may take,
// and a page at most for the walk whose turn it is, and no more disk than
// run.spool and three pages for each walk.
func TestBlockedCrowd(t *testing.T) {
	for _, tt := range []struct {
		name, run, stream string
		pages             int
		packs             bool  // the journal can pack the pages
		limit             int64 // of memory
		spool             int64 // 0: more than there are pages
	}{
		{"with a journal", ``, ``, choose(2, 6), true, 120e6, 0},
		{"without a journal", `, "journal": {"off": true}`, ``, choose(2, 6), true, 120e6, 0},
		{"answers that are needed whole", ``, `, keep: "{{ response.data is defined }}"`, choose(2, 6), true, 150e6, 0},
		{"little memory, little disk", `, "memory": "8MiB", "spool": "20MB"`, ``, choose(4, 6), false, 120e6, 20e6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !full() && strings.HasPrefix(tt.name, "with") {
				t.Skip("much as the others")
			}
			streams := 16
			if testing.Short() && tt.spool == 0 {
				tt.pages = 1 // of each stream, as many are under way as of more
			} else if testing.Short() {
				streams = 5 // whose pages are more than the spool and three of each stream
			}
			c := newCrowd(streams, tt.pages, tt.packs)
			server := httptest.NewServer(c)
			t.Cleanup(server.Close)
			r := newRig(t)
			var definition strings.Builder
			fmt.Fprintf(&definition, "version: 1\nname: crowd\nclient: {base_url: %q, max_in_flight: 16}\nstreams:\n", server.URL)
			for i := range c.streams {
				fmt.Fprintf(&definition, "  - {name: s%d, path: /s%d, records: data, primary_key: [id], pagination: {type: cursor, next: next, param: cursor}%s}\n", i, i, tt.stream)
			}
			r.write(t, "crowd.yaml", definition.String())
			p := r.begin(t, "--config", r.write(t, "crowd.json", `{"source": "crowd.yaml", "run": {"concurrency": 16`+tt.run+`}}`))
			memory := peak(p)
			c.settle(t)
			disk := diskUse(t, r.dir)
			t.Logf("blocked: %.1f MB, %d calls, %.1f MB on disk", float64(residentPeak(p.cmd.Process.Pid))/1e6, c.calls.Load(), float64(disk)/1e6)
			if most := tt.spool + int64(3*c.streams*len(c.page)) + 1e6; tt.spool > 0 && disk > most { // 1 MB of heads and states
				t.Errorf("%.1f MB are on disk, want at most %.1f: spool, and three answers for each walk", float64(disk)/1e6, float64(most)/1e6)
			}
			records, _ := countLines(t, bufio.NewReaderSize(p.stdout, 1<<20))
			p.wait(t)
			if !p.status.Exited() || p.status.ExitStatus() != 0 {
				t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
			}
			if want := int64(c.streams * c.pages * c.records); records != want {
				t.Errorf("got %d records, want %d", records, want)
			}
			most := memory()
			t.Logf("peak %.1f MB", float64(most)/1e6)
			if most == 0 || most > tt.limit {
				t.Errorf("it took %.1f MB of memory, want at most %.0f", float64(most)/1e6, float64(tt.limit)/1e6)
			}
		})
	}
}

// settle waits until no call has come for 2 s.
func (c *crowd) settle(t *testing.T) {
	t.Helper()
	<-c.called
	late, quiet := time.After(time.Minute), time.NewTimer(2*time.Second)
	for {
		select {
		case <-c.called:
			quiet.Reset(2 * time.Second)
		case <-quiet.C:
			return
		case <-late:
			t.Fatal("requests go on and on")
		}
	}
}

// diskUse is the size of all files in a folder.
func diskUse(t *testing.T, dir string) (size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // it is gone
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}
