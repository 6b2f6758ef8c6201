package apitest

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Exports are what an API hands out by jobs: a client submits one, polls it until
// it is ready, and downloads its files. The package documentation shows the
// requests and answers. Fields are set before the first request; the zero Exports
// makes jobs that are ready at once and have no files. An Exports belongs to the
// one API that [Exporting] gave it to. Its methods, which tell what clients did, are
// safe for concurrent use.
type Exports struct {
	Files func(j Job) []File // of a job, asked once it is ready; the same for the same job

	Pending int           // how many polls of a job say that it is not ready
	Takes   time.Duration // how long a job is not ready, whatever the polls
	MaxJobs int           // more jobs at once than these are refused, with 429; 0: any number
	Created int           // status of the answer to a submission; 0: 202

	FilesBase string        // scheme and host of links: "https://files.example"; "": those of the request
	LinkTTL   time.Duration // links live this long; 0: a week
	LinkUses  int           // and serve this many requests; 0: any number
	Unsigned  bool          // links have no signature and never expire; credentials are asked for as elsewhere
	Inline    bool          // the poll of a job that is ready answers with its first file, in place of links

	mu     sync.Mutex
	ledger ledger
	jobs   []*job
	list   listing
	links  links
}

// Exporting adds the paths of e to the API: /exports, /files, and /graphql for bulk
// operations. Collections at these paths come first.
func Exporting(e *Exports) Option {
	return func(a *API) { a.exports = e }
}

// The paths of exports.
const (
	exportsPath = "/exports"
	filesPath   = "/files"
	bulkPath    = "/graphql"
)

// exporter is what an API asks about exports. The API knows no more of them, so that
// a program without exports does not carry their code.
type exporter interface {
	// greet sees each request first, and reports whether it may pass without
	// credentials.
	greet(x *exchange) (free bool)
	// serve answers a request that is for no collection, if its path is one of
	// exports.
	serve(x *exchange) (served bool, p *problem)
	// reset forgets what clients did. The caller holds the API's lock.
	reset()
}

// noExports is the exporter of an API without exports.
type noExports struct{}

func (noExports) greet(*exchange) bool             { return false }
func (noExports) serve(*exchange) (bool, *problem) { return false, nil }
func (noExports) reset()                           {}

// greet lets requests for files pass whose links are signed. It notes where clients
// find the API: the links of a listing lead there.
func (e *Exports) greet(x *exchange) (free bool) {
	e.mu.Lock()
	e.links.origin = origin(x.url)
	e.mu.Unlock()
	return !e.Unsigned && strings.HasPrefix(x.url.Path, filesPath+"/")
}

func (e *Exports) serve(x *exchange) (served bool, p *problem) {
	path := x.url.Path
	if path != exportsPath && path != bulkPath &&
		!strings.HasPrefix(path, exportsPath+"/") && !strings.HasPrefix(path, filesPath+"/") {
		return false, nil
	}
	return true, e.handle(x)
}

// handle answers a request for one of the paths of e.
func (e *Exports) handle(x *exchange) *problem {
	room, id, _ := strings.Cut(x.url.Path[1:], "/")
	switch {
	case room == "files":
		return e.download(x)
	case room == "graphql" && x.r.Method == http.MethodPost:
		return e.answerBulk(x)
	case id == "" && x.r.Method == http.MethodPost:
		return e.submit(x)
	case id != "" && x.r.Method == http.MethodGet:
		return e.poll(x, id)
	case id != "" && x.r.Method == http.MethodDelete:
		return e.remove(x, id)
	}
	return &problem{405, "method_not_allowed", x.url.Path + " does not take " + x.r.Method}
}

// reset forgets all jobs and what clients did.
func (e *Exports) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger, e.jobs = nil, nil
	e.links = links{}
	e.list.job = jobOf(e.list.files)
}
