package exports

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// Download is a request for a file.
type Download struct {
	Request int         // its number among all requests
	Job     string      // "job-1"; "reports" for the files of a Listing
	File    int         // from 0
	Time    time.Time   // of arrival
	Header  http.Header // of the request: Range, If-Range, Authorization
	Status  int         // 200, 206, 416, 403…; 304 too
	ETag    string      // which of the file's versions was given; "": none
	Size    int64       // of that file
	From    int64       // offset in the file where the answer begins
	Sent    int64       // bytes of the file that went to the connection, in the end or so far
}

// Path is where the download's file lies: "job-1/0".
func (d Download) Path() string { return fmt.Sprintf("%s/%d", d.Job, d.File) }

// Whole reports whether the answer reached the end of its file.
func (d Download) Whole() bool { return d.ETag != "" && d.From+d.Sent == d.Size }

// ledger is every download. The lock of the Server guards it.
type ledger []*Download

// Downloads returns every request for a file since New or Reset that a job or a
// listing has, in order of arrival. Those that a [apitest.Status] or [apitest.Body] answered are
// only in [apitest.API.Requests].
func (e *Server) Downloads() []Download {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Download, len(e.ledger))
	for i, d := range e.ledger {
		list[i] = *d
		list[i].Header = d.Header.Clone()
	}
	return list
}

// Repeated returns how many bytes of a file, by Path, were sent more than once. Files
// of which none were are left out; so is what a new version of a file has anew. A
// killed client is sent what it had no time to read, up to what sockets hold: these
// bytes are repeated too.
func (e *Server) Repeated() map[string]int64 {
	type version struct{ path, etag string }
	byVersion := map[version][]Download{}
	for _, d := range e.Downloads() {
		v := version{d.Path(), d.ETag}
		byVersion[v] = append(byVersion[v], d)
	}
	repeated := map[string]int64{}
	for v, ds := range byVersion {
		if n := overlap(ds); n > 0 {
			repeated[v.path] += n
		}
	}
	return repeated
}

// overlap counts the bytes that downloads of one file repeat.
func overlap(ds []Download) (twice int64) {
	slices.SortFunc(ds, func(a, b Download) int { return cmp.Compare(a.From, b.From) })
	var reached int64 // the end of what was sent
	for _, d := range ds {
		end := d.From + d.Sent
		twice += max(0, min(reached, end)-d.From)
		reached = max(reached, end)
	}
	return twice
}

// open enters a request for a file.
func (l *ledger) open(e *Server, c *apitest.Call, j *job, n int) *Download {
	d := &Download{Request: c.Number(), Job: j.ID, File: n, Time: time.Now(), Header: c.Came()}
	e.mu.Lock()
	defer e.mu.Unlock()
	*l = append(*l, d)
	return d
}

// status enters the answer's status.
func (l *ledger) status(e *Server, d *Download, c *apitest.Call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.Status = c.Status()
}

// count enters what the answer gives, and returns what counts its bytes; nil where
// it gives none of the file.
func (l *ledger) count(e *Server, d *Download, f *file, c *apitest.Call) func(n int) {
	if s := c.Status(); s != http.StatusOK && s != http.StatusPartialContent {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	d.ETag, d.Size = f.etag(), int64(len(f.Data))
	// Where there is no Content-Range, the answer begins at 0.
	fmt.Sscanf(c.Header().Get("Content-Range"), "bytes %d-", &d.From)
	return func(n int) {
		e.mu.Lock()
		defer e.mu.Unlock()
		d.Sent += int64(n)
	}
}
