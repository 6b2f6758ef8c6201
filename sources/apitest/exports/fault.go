package exports

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// The faults of exports. Those of a job strike the one that the request's path
// names, of /exports/ID or /files/ID/N, and elsewhere the latest; without
// [Extended] they do nothing. They come before the answer, which says what is then.

// ForgetJob lets a job be gone, with its files: polls get status, 404 or 410.
func ForgetJob(status int) apitest.Fault {
	return ofJob("forget", func(j *job) { j.gone = status })
}

// FailJob ends a job with status: "error", "expired".
func FailJob(status string) apitest.Fault {
	return ofJob("fail", func(j *job) { j.end = status })
}

func ofJob(name string, change func(j *job)) apitest.Fault {
	return ofExports(name, func(e *Server, c *apitest.Call) {
		if j := e.target(c); j != nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			change(j)
		}
	})
}

func ofExports(name string, do func(e *Server, c *apitest.Call)) apitest.Fault {
	return apitest.OnArrival(name, func(c *apitest.Call) {
		if e, ok := c.Extension().(*Server); ok {
			do(e, c)
		}
	})
}

// ExpireLinks lets all links that were signed before this request expire.
func ExpireLinks() apitest.Fault {
	return ofExports("expire links", func(e *Server, _ *apitest.Call) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.links.killed = e.links.signed
	})
}

// ChangeFile replaces the bytes of the file that the request asks for by what
// change makes of them. ETag, Last-Modified and what a listing says follow.
func ChangeFile(change func(data []byte) []byte) apitest.Fault {
	return ofExports("change file", func(e *Server, c *apitest.Call) {
		j := e.target(c)
		n, err := strconv.Atoi(path.Base(c.URL().Path))
		if j == nil || err != nil || !strings.HasPrefix(c.URL().Path, filesPath+"/") {
			return
		}
		files := e.served(j)
		if n < 0 || n >= len(files) {
			return
		}
		next := files[n].File
		next.Data, next.Modified = change(next.Data), time.Now()
		e.mu.Lock()
		defer e.mu.Unlock()
		j.files[n] = newFile(next, n)
	})
}
