package apitest

import (
	"strconv"
	"strings"
	"time"
)

// The faults of exports. Those of a job strike the one that the request's path
// names, of /exports/ID or /files/ID/N, and elsewhere the latest; without
// [Exporting] they do nothing. They come before the answer, which says what is then.

// ForgetJob lets a job be gone, with its files: polls get status, 404 or 410.
func ForgetJob(status int) Fault {
	return ofJob("forget", func(j *job) { j.gone = status })
}

// FailJob ends a job with status: "error", "expired".
func FailJob(status string) Fault {
	return ofJob("fail", func(j *job) { j.end = status })
}

func ofJob(name string, change func(j *job)) Fault {
	return ofExports(name, func(e *Exports, x *exchange) {
		if j := e.target(x); j != nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			change(j)
		}
	})
}

func ofExports(name string, do func(e *Exports, x *exchange)) Fault {
	return at(onArrival, name, func(x *exchange) {
		if e, ok := x.api.exports.(*Exports); ok {
			do(e, x)
		}
	})
}

// ExpireLinks lets all links that were signed before this request expire.
func ExpireLinks() Fault {
	return ofExports("expire links", func(e *Exports, _ *exchange) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.links.killed = e.links.signed
	})
}

// ChangeFile replaces the bytes of the file that the request asks for by what
// change makes of them. ETag, Last-Modified and what a listing says follow.
func ChangeFile(change func(data []byte) []byte) Fault {
	return ofExports("change file", func(e *Exports, x *exchange) {
		j := e.target(x)
		n, err := strconv.Atoi(lastSegment(x.url.Path))
		if j == nil || err != nil || !strings.HasPrefix(x.url.Path, filesPath+"/") {
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

// IgnoreRange answers a request for a range with the whole file, and says that
// there are no ranges.
func IgnoreRange() Fault {
	ignore := at(onArrival, "", func(x *exchange) {
		// The request is the client's own: RoundTrip must not change it.
		x.r = x.r.Clone(x.r.Context())
		x.r.Header.Del("Range")
	})
	return All(ignore, Header("Accept-Ranges", "none")).as("no ranges")
}
