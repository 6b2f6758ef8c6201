package exports

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// Server hands out exports by jobs: a client submits one, polls it until
// it is ready, and downloads its files. The package documentation shows the
// requests and answers. Fields are set before the first request; the zero Server
// makes jobs that are ready at once and have no files. A Server belongs to the
// one API that [apitest.Extended] gave it to. Its methods, which tell what clients did, are
// safe for concurrent use.
type Server struct {
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

// The paths of exports.
const (
	exportsPath = "/exports"
	filesPath   = "/files"
	bulkPath    = "/graphql"
)

// jsonType is the type of answers about jobs.
const jsonType = "application/json"

var _ apitest.Extension = (*Server)(nil)

// Greet lets requests for files pass whose links are signed. It notes where clients
// find the API: the links of a listing lead there.
func (e *Server) Greet(c *apitest.Call) (free bool) {
	e.mu.Lock()
	e.links.origin = origin(c.URL())
	e.mu.Unlock()
	return !e.Unsigned && strings.HasPrefix(c.URL().Path, filesPath+"/")
}

// Serve answers requests for the paths of exports.
func (e *Server) Serve(c *apitest.Call) (served bool) {
	path := c.URL().Path
	if path != exportsPath && path != bulkPath &&
		!strings.HasPrefix(path, exportsPath+"/") && !strings.HasPrefix(path, filesPath+"/") {
		return false
	}
	e.handle(c)
	return true
}

// handle answers a request for one of the paths of e.
func (e *Server) handle(c *apitest.Call) {
	room, id, _ := strings.Cut(c.URL().Path[1:], "/")
	switch {
	case room == "files":
		e.download(c)
	case room == "graphql" && c.Request().Method == http.MethodPost:
		e.answerBulk(c)
	case id == "" && c.Request().Method == http.MethodPost:
		e.submit(c)
	case id != "" && c.Request().Method == http.MethodGet:
		e.poll(c, id)
	case id != "" && c.Request().Method == http.MethodDelete:
		e.remove(c, id)
	default:
		c.Refuse(http.StatusMethodNotAllowed, "method_not_allowed", c.URL().Path+" does not take "+c.Request().Method)
	}
}

// Reset forgets all jobs and what clients did.
func (e *Server) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger, e.jobs = nil, nil
	e.links = links{}
	e.list.job = jobOf(e.list.files)
}
