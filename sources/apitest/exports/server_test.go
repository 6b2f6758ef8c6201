package exports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
	"github.com/tap-rest/tap-rest/testrig"
)

const shop = "http://shop.example"

// exportReply is what the API says of a job.
type exportReply struct {
	ID, Status, URL, Message string
	Progress                 int
	Files                    []struct {
		URL, Name string
		Rows      int
	}
}

// exporter is a client of exports.
type exporter struct {
	t    *testing.T
	c    *http.Client
	base string
}

func newExporter(t *testing.T, e *exports.Server, opts ...apitest.Option) (*exporter, *apitest.API) {
	t.Helper()
	api := apitest.New(append(opts, apitest.Extended(e))...)
	return &exporter{t, &http.Client{Transport: api}, shop}, api
}

// do makes a call that must be answered with want.
func (c *exporter) do(want int, in calls.Call) calls.Reply {
	c.t.Helper()
	if strings.HasPrefix(in.URL, "/") {
		in.URL = c.base + in.URL
	}
	got, err := calls.Do(c.c, in)
	if err != nil || got.Status != want {
		c.t.Fatalf("%s %s: %d %s, error %v; want %d", in.Method, in.URL, got.Status, got.Body, err, want)
	}
	return got
}

func (c *exporter) submit(body string) exportReply {
	c.t.Helper()
	return parse[exportReply](c.t, c.do(202, calls.Call{Method: "POST", URL: "/exports", Body: body}).Body)
}

func (c *exporter) poll(id string) exportReply {
	c.t.Helper()
	return parse[exportReply](c.t, c.do(200, calls.Get("/exports/"+id)).Body)
}

// job submits a job and polls it once, when it is ready.
func (c *exporter) job() exportReply {
	c.t.Helper()
	return c.poll(c.submit(`{}`).ID)
}

// from asks for a file from an offset on, unless the file is no longer etag.
func from(url string, offset int, etag string) calls.Call {
	return calls.Call{Method: "GET", URL: url, Header: http.Header{
		"Range": {fmt.Sprintf("bytes=%d-", offset)}, "If-Range": {etag},
	}}
}

func parse[T any](t *testing.T, body []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

func TestExport(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(3, 4, "csv"), Pending: 2}
	c, api := newExporter(t, e)
	body := `{"from":"2024-05-01","to":"2024-05-02"}`
	submitted := c.do(202, calls.Call{Method: "POST", URL: "/exports", Body: body})
	if got, want := submitted.Header.Get("Location"), shop+"/exports/job-1"; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	if got, want := string(submitted.Body), `{"id":"job-1","status":"pending","url":"http://shop.example/exports/job-1","progress":0,"files":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var states []string
	var last exportReply
	for range 3 {
		last = c.poll("job-1")
		states = append(states, fmt.Sprint(last.Status, " ", last.Progress, " ", len(last.Files)))
	}
	if want := []string{"pending 0 0", "running 33 0", "ready 100 3"}; !slices.Equal(states, want) {
		t.Fatalf("got %q, want %q", states, want)
	}
	var all []byte
	for i, f := range last.Files {
		got := c.do(200, calls.Get(f.URL))
		if n := len(got.Body); got.Header.Get("Content-Length") != fmt.Sprint(n) || got.Header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("file %d has %d bytes and headers %v", i, n, got.Header)
		}
		_, rows, _ := bytes.Cut(got.Body, []byte("\n"))
		all = append(all, rows...)
	}
	if _, want, _ := bytes.Cut(exports.CSV("2024-05-01", 1, 12), []byte("\n")); !bytes.Equal(all, want) {
		t.Errorf("got rows %s, want %s", all, want)
	}
	c.do(204, calls.Call{Method: "DELETE", URL: "/exports/job-1"})
	c.do(404, calls.Call{Method: "DELETE", URL: "/exports/job-1"})
	c.do(404, calls.Get("/exports/job-1"))
	c.do(404, calls.Get(last.Files[0].URL))
	c.do(404, calls.Get("/exports/job-2"))
	c.do(405, calls.Get("/exports"))
	if j := e.Jobs()[0]; string(j.Body) != body || j.Polls != 4 || j.Deletes != 2 || j.Status != "gone" {
		t.Errorf("got %+v", j)
	}
	if ds := e.Downloads(); len(ds) != 4 || !ds[2].Whole() || ds[2].Path() != "job-1/2" || ds[3].Status != 404 || ds[3].Whole() {
		t.Errorf("got %+v", ds)
	}
	api.Reset()
	if n := len(e.Jobs()) + len(e.Downloads()); n > 0 || c.submit(`{}`).ID != "job-1" {
		t.Errorf("Reset left %d entries", n)
	}
}

// TestExportTakes waits for a job as long as it takes.
func TestExportTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &exports.Server{Takes: time.Hour, MaxJobs: 1}
		c, _ := newExporter(t, e, apitest.OnPath("/exports/job-1", 2, apitest.Latency(30*time.Minute)))
		c.submit(`{}`)
		busy := c.do(429, calls.Call{Method: "POST", URL: "/exports"})
		if busy.Header.Get("Retry-After") != "5" {
			t.Errorf("got headers %v, want Retry-After", busy.Header)
		}
		c.poll("job-1")
		time.Sleep(30 * time.Minute)
		if got := c.poll("job-1"); got.Status != "running" || got.Progress != 50 {
			t.Errorf("got %+v, want half of it", got)
		}
		if got := c.poll("job-1"); got.Status != "ready" {
			t.Errorf("got %+v, want it ready after the slow poll", got)
		}
		if got := c.submit(`{}`).ID; got != "job-2" {
			t.Errorf("got %s, want job-2: job-1 runs no more", got)
		}
	})
}

// TestExportEnds lets jobs come to nothing.
func TestExportEnds(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(2, 1, "csv")}
	c, _ := newExporter(t, e,
		apitest.OnPath("/exports/job-1", 1, exports.FailJob("error")),
		apitest.OnPath("/exports/job-2", 2, exports.FailJob("expired")),
		apitest.OnPath("/exports/job-3", 2, exports.ForgetJob(410)),
		apitest.OnPath("/files/job-4/1", 1, exports.ForgetJob(404)),
	)
	if got := c.job(); got.Status != "error" || got.Message == "" {
		t.Errorf("got %+v, want an error", got)
	}
	job2 := c.job()
	if got := c.poll("job-2"); got.Status != "expired" || len(got.Files) > 0 {
		t.Errorf("got %+v, want it expired", got)
	}
	c.do(404, calls.Get(job2.Files[0].URL))
	c.job()
	c.do(410, calls.Get("/exports/job-3"))
	job4 := c.job()
	c.do(200, calls.Get(job4.Files[0].URL))
	if gone := c.do(404, calls.Get(job4.Files[1].URL)); !bytes.Contains(gone.Body, []byte("<Code>NoSuchKey</Code>")) {
		t.Errorf("got %s, want XML", gone.Body)
	}
	c.do(404, calls.Get("/exports/job-4"))
}

// TestExportSubmissions loses requests and answers.
func TestExportSubmissions(t *testing.T) {
	e := &exports.Server{Created: 201}
	c, _ := newExporter(t, e,
		apitest.OnPath("/exports", 1, apitest.Status(503)),
		apitest.OnPath("/exports", 2, apitest.Reset()))
	submit := calls.Call{Method: "POST", URL: shop + "/exports"}
	c.do(503, submit)
	if n := len(e.Jobs()); n != 0 {
		t.Errorf("a refused submission made %d jobs", n)
	}
	if got, err := calls.Do(c.c, submit); err == nil {
		t.Errorf("got %v, want a reset", got)
	}
	if n := len(e.Jobs()); n != 1 {
		t.Errorf("a submission whose answer was lost made %d jobs, want 1", n)
	}
	if got := parse[exportReply](t, c.do(201, submit).Body); got.ID != "job-2" {
		t.Errorf("got %+v, want job-2", got)
	}
}

func TestExportLinks(t *testing.T) {
	const refusal = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message>"
	refused := func(c *exporter, url string) {
		c.t.Helper()
		got := c.do(403, calls.Get(url))
		if !bytes.Contains(got.Body, []byte(refusal)) || got.Header.Get("Content-Type") != "application/xml" {
			c.t.Errorf("got %s, want %s", got.Body, refusal)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		e := &exports.Server{Files: exports.Parts(1, 1, "csv"), LinkTTL: time.Minute, LinkUses: 2}
		c, _ := newExporter(t, e, apitest.OnPath("/files/job-1/0", 6, exports.ExpireLinks()))
		link := func() string { return c.poll("job-1").Files[0].URL }
		c.submit(`{}`)
		used, late := link(), link()
		c.do(200, calls.Get(used))
		c.do(200, calls.Get(used))
		refused(c, used)
		time.Sleep(time.Minute + time.Millisecond)
		refused(c, late)
		c.do(200, calls.Get(link()))
		refused(c, link()) // the sixth: killed
		c.do(200, calls.Get(link()))
		wrong := strings.Replace(link(), "expires=", "expires=9", 1)
		if got := c.do(403, calls.Get(wrong)); !bytes.Contains(got.Body, []byte("SignatureDoesNotMatch")) {
			t.Errorf("got %s, want a wrong signature", got.Body)
		}
	})
	e := &exports.Server{Files: exports.Parts(1, 1, "csv"), Unsigned: true}
	c, _ := newExporter(t, e)
	if got, want := c.job().Files[0].URL, shop+"/files/job-1/0"; got != want {
		t.Errorf("got link %s, want %s", got, want)
	}
	c.do(200, calls.Get(shop+"/files/job-1/0"))
}

func TestExportRanges(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(2, 100, "jsonl")}
	c, _ := newExporter(t, e,
		apitest.OnPath("/files/job-1/0", 6, apitest.IgnoreRange()),
		apitest.OnPath("/files/job-1/0", 7, apitest.Header("Content-Range", "bytes 0-9/10")),
		apitest.OnPath("/files/job-1/0", 8, exports.ChangeFile(bytes.ToUpper)))
	link := c.job().Files[0].URL
	whole := c.do(200, calls.Get(link))
	etag, size := whole.Header.Get("ETag"), len(whole.Body)

	part := c.do(206, from(link, 50, etag))
	if got, want := part.Header.Get("Content-Range"), fmt.Sprintf("bytes 50-%d/%d", size-1, size); got != want || !bytes.Equal(part.Body, whole.Body[50:]) {
		t.Errorf("got Content-Range %q, want %q, and %d bytes", got, want, len(part.Body))
	}
	c.do(206, from(link, 50, whole.Header.Get("Last-Modified")))
	if got := c.do(200, from(link, 50, `"other"`)); !bytes.Equal(got.Body, whole.Body) {
		t.Error("another ETag does not give the whole file")
	}
	past := c.do(416, calls.Call{Method: "GET", URL: link, Header: http.Header{"Range": {fmt.Sprintf("bytes=%d-", size)}}})
	if got, want := past.Header.Get("Content-Range"), fmt.Sprintf("bytes */%d", size); got != want {
		t.Errorf("got Content-Range %q, want %q", got, want)
	}
	ignored := c.do(200, from(link, 50, etag))
	if ignored.Header.Get("Accept-Ranges") != "none" || !bytes.Equal(ignored.Body, whole.Body) {
		t.Errorf("got headers %v, want no ranges", ignored.Header)
	}
	if got := c.do(206, from(link, 50, etag)).Header.Get("Content-Range"); got != "bytes 0-9/10" {
		t.Errorf("got Content-Range %q, want a wrong one", got)
	}
	changed := c.do(200, from(link, 50, etag))
	if changed.Header.Get("ETag") == etag || !bytes.Equal(changed.Body, bytes.ToUpper(whole.Body)) {
		t.Error("the file is as it was")
	}
	ds := e.Downloads()
	if d := ds[1]; d.From != 50 || d.Sent != int64(size-50) || d.Header.Get("Range") != "bytes=50-" || d.Status != 206 || !d.Whole() {
		t.Errorf("got %+v", d)
	}
	if d := ds[4]; d.Status != 416 || d.Sent != 0 {
		t.Errorf("got %+v", d)
	}
}

// TestExportBroken goes on with downloads where they broke, over both ways to the
// API, and shows that the ledger knows clients that begin anew.
func TestExportBroken(t *testing.T) {
	script := []apitest.Option{
		apitest.Under("/files/", 1, 2, apitest.CutBody(1000)),
		apitest.OnPath("/files/job-1/1", 3, apitest.ResetBody(500)),
	}
	walk := func(t *testing.T, c *exporter, e *exports.Server) {
		for n, f := range c.job().Files {
			var data []byte
			etag := ""
			for tries := 0; tries == 0 || tries < 9 && !e.Downloads()[len(e.Downloads())-1].Whole(); tries++ {
				got, err := calls.Do(c.c, from(f.URL, len(data), etag))
				if err == nil != (tries == 2+n) {
					t.Fatalf("file %d, try %d: %v", n, tries, err)
				}
				etag = got.Header.Get("ETag")
				data = append(data, got.Body...)
			}
			if want := exports.CSV("", 1+n*100, 100); !bytes.Equal(data, want) {
				t.Errorf("file %d has %d bytes, want %d", n, len(data), len(want))
			}
		}
		if got := e.Repeated(); len(got) > 0 {
			t.Errorf("got %v sent twice, want nothing", got)
		}
		c.do(200, calls.Get(c.poll("job-1").Files[0].URL))
		if got, want := e.Repeated(), (map[string]int64{"job-1/0": int64(len(exports.CSV("", 1, 100)))}); !maps.Equal(got, want) {
			t.Errorf("got %v sent twice, want %v", got, want)
		}
	}
	t.Run("without sockets", func(t *testing.T) {
		e := &exports.Server{Files: exports.Parts(2, 100, "csv")}
		c, _ := newExporter(t, e, script...)
		walk(t, c, e)
	})
	t.Run("on loopback", func(t *testing.T) {
		e := &exports.Server{Files: exports.Parts(2, 100, "csv")}
		c := loopback(t, e, script...)
		walk(t, c, e)
	})
}

// loopback is a client of an API on sockets.
func loopback(t *testing.T, e *exports.Server, opts ...apitest.Option) *exporter {
	t.Helper()
	base := testrig.Serve(t, apitest.New(append(opts, apitest.Extended(e))...))
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &exporter{t, &http.Client{Transport: tr}, base}
}

// TestExportSlow reads a file whose bytes come in pieces.
func TestExportSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &exports.Server{Files: exports.Parts(1, 100, "csv")}
		c, _ := newExporter(t, e, apitest.Under("/files/", 1, 0, apitest.Drip(time.Minute, 1000)))
		res, err := c.c.Get(c.job().Files[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		start := time.Now()
		if _, err := io.ReadFull(res.Body, make([]byte, 1500)); err != nil {
			t.Fatal(err)
		}
		if d := e.Downloads()[0]; time.Since(start) != time.Minute || d.Sent != 1500 || d.Whole() {
			t.Errorf("after %v got %+v, want 1500 bytes after 1m", time.Since(start), d)
		}
	})
}

// TestExportHosts has the files on a host of its own, which takes no credentials.
func TestExportHosts(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(1, 1, "csv"), FilesBase: "https://files.example/"}
	c, _ := newExporter(t, e, apitest.RequireBearer("token"))
	c.do(401, calls.Call{Method: "POST", URL: "/exports"})
	bearer := http.Header{"Authorization": {"Bearer token"}}
	c.do(202, calls.Call{Method: "POST", URL: "/exports", Header: bearer})
	ready := c.do(200, calls.Call{Method: "GET", URL: "/exports/job-1", Header: bearer})
	link := parse[exportReply](t, ready.Body).Files[0].URL
	if !strings.HasPrefix(link, "https://files.example/files/job-1/0?") {
		t.Errorf("got link %s", link)
	}
	c.do(200, calls.Get(link))
	refused := c.do(400, calls.Call{Method: "GET", URL: link, Header: bearer})
	if !bytes.Contains(refused.Body, []byte("Only one auth mechanism allowed")) {
		t.Errorf("got %s", refused.Body)
	}
	c.do(404, calls.Get(strings.Replace(link, "https://files.example", shop, 1)))
	if ds := e.Downloads(); len(ds) != 2 || ds[1].Header.Get("Authorization") != "Bearer token" {
		t.Errorf("got %+v, want the header", ds)
	}

	own := &exports.Server{Files: exports.Parts(1, 1, "csv"), Unsigned: true}
	c, _ = newExporter(t, own, apitest.RequireBearer("token"))
	c.do(202, calls.Call{Method: "POST", URL: "/exports", Header: bearer})
	c.do(401, calls.Get("/files/job-1/0"))
	c.do(200, calls.Call{Method: "GET", URL: "/files/job-1/0", Header: bearer})
}

// TestExportInline answers the poll with the file itself.
func TestExportInline(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(1, 100, "csv.gz"), Pending: 1, Inline: true}
	c, _ := newExporter(t, e, apitest.OnPath("/exports/job-1", 2, apitest.CutBody(100)))
	if got := c.job(); got.Status != "pending" {
		t.Fatalf("got %+v, want it pending", got)
	}
	broken, err := calls.Do(c.c, calls.Get(shop+"/exports/job-1"))
	if !errors.Is(err, io.ErrUnexpectedEOF) || broken.Header.Get("Content-Type") != "application/gzip" {
		t.Fatalf("got %v and headers %v", err, broken.Header)
	}
	rest := c.do(206, from(shop+"/exports/job-1", 100, broken.Header.Get("ETag")))
	if got, want := append(broken.Body, rest.Body...), exports.Gzip(exports.CSV("", 1, 100)); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	if n := len(e.Downloads()); n != 2 || len(e.Repeated()) > 0 {
		t.Errorf("got %d downloads, %v sent twice", n, e.Repeated())
	}
}

// TestExportOfPages has a link that leads to a collection.
func TestExportOfPages(t *testing.T) {
	e := &exports.Server{Files: func(exports.Job) []exports.File { return []exports.File{{URL: shop + "/shops"}} }}
	c, api := newExporter(t, e)
	api.Add(apitest.Shops())
	if got := c.do(200, calls.Get(c.job().Files[0].URL)); !bytes.Contains(got.Body, []byte(`"Europe"`)) {
		t.Errorf("got %s, want shops", got.Body)
	}
}

// TestExportsAtOnce has clients that work at the same time.
func TestExportsAtOnce(t *testing.T) {
	e := &exports.Server{Files: exports.Parts(5, 100, "csv")}
	c := loopback(t, e)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			submitted, err := calls.Do(c.c, calls.Call{Method: "POST", URL: c.base + "/exports"})
			if err != nil {
				t.Error(err)
				return
			}
			polled, err := calls.Do(c.c, calls.Get(submitted.Header.Get("Location")))
			if err != nil {
				t.Error(err)
				return
			}
			for _, f := range parse[exportReply](t, polled.Body).Files {
				if got, err := calls.Do(c.c, calls.Get(f.URL)); err != nil || got.Status != 200 {
					t.Errorf("got %d, error %v", got.Status, err)
				}
			}
		})
	}
	clients.Wait()
	ds := e.Downloads()
	for _, d := range ds {
		if !d.Whole() {
			t.Errorf("%s was not sent whole", d.Path())
		}
	}
	if len(ds) != 20 || len(e.Repeated()) > 0 || len(e.Jobs()) != 4 {
		t.Errorf("got %d downloads, %v sent twice, %d jobs", len(ds), e.Repeated(), len(e.Jobs()))
	}
}
