package exports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// Job is an export that a client asked for, and what became of it.
type Job struct {
	ID      string // "job-1"
	N       int    // from 1, in order of submission
	Body    []byte // of the submission
	Status  string // pending, running, ready, or as FailJob says; gone: it was forgotten or deleted
	Polls   int    // since its submission
	Deletes int    // requests that asked to delete or cancel the job
}

// Window returns the members from and to of the job's body, "" where it has none.
func (j Job) Window() (from, to string) {
	return apitest.Field(j.Body, "from"), apitest.Field(j.Body, "to")
}

// job is a Job in service. The lock of its Server guards all but its files, which
// once makes.
type job struct {
	Job
	key   string // that it was asked for by; "": none
	made  time.Time
	end   string // how the job ended, if not well
	gone  int    // the status that polls get, once the job is gone
	once  sync.Once
	files []*file
}

// Jobs returns every job since New or Reset, in order of submission.
func (e *Server) Jobs() []Job {
	e.mu.Lock()
	defer e.mu.Unlock()
	jobs := make([]Job, len(e.jobs))
	for i, j := range e.jobs {
		jobs[i] = j.snapshot(e)
	}
	return jobs
}

// snapshot copies what is known of a job.
func (j *job) snapshot(e *Server) Job {
	now := j.Job
	now.Status = j.state(e)
	now.Body = bytes.Clone(j.Body)
	return now
}

// state is what a poll of the job says.
func (j *job) state(e *Server) string {
	switch {
	case j.gone != 0:
		return "gone"
	case j.end != "":
		return j.end
	case j.Polls >= e.Pending && time.Since(j.made) >= e.Takes:
		return "ready"
	case j.Polls == 0:
		return "pending"
	}
	return "running"
}

// progress is how many hundredths of the job are done.
func (j *job) progress(e *Server) int {
	switch {
	case j.state(e) == "ready":
		return 100
	case e.Takes > 0:
		return int(min(99, 100*time.Since(j.made)/e.Takes))
	}
	return min(99, 100*j.Polls/(e.Pending+1))
}

// add makes a job, unless there is one of that key, "" for none; nil where too many run.
func (e *Server) add(body []byte, key string) *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	running := 0
	for _, j := range e.jobs {
		if key != "" && j.key == key {
			return j
		}
		if s := j.state(e); s == "pending" || s == "running" {
			running++
		}
	}
	if e.MaxJobs > 0 && running >= e.MaxJobs {
		return nil
	}
	n := len(e.jobs) + 1
	j := &job{Job: Job{ID: "job-" + strconv.Itoa(n), N: n, Body: body}, key: key, made: time.Now()}
	e.jobs = append(e.jobs, j)
	return j
}

// job returns the job of that id, gone or not; nil for none.
func (e *Server) job(id string) *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range e.jobs {
		if j.ID == id {
			return j
		}
	}
	if id == listID {
		return e.list.job
	}
	return nil
}

// target returns the job that a request is about: the one that its path names,
// or else the latest.
func (e *Server) target(c *apitest.Call) *job {
	parts := strings.Split(c.URL().Path, "/")
	if len(parts) > 2 {
		return e.job(parts[2])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.jobs) == 0 {
		return nil
	}
	return e.jobs[len(e.jobs)-1]
}

// submit answers POST /exports.
func (e *Server) submit(c *apitest.Call) {
	j := e.add(c.Body(), c.Request().Header.Get("Idempotency-Key"))
	if j == nil {
		c.Header().Set("Retry-After", "5")
		c.Refuse(http.StatusTooManyRequests, "throttled", fmt.Sprintf("%d exports run, which is the limit", e.MaxJobs))
		return
	}
	at := origin(c.URL()) + exportsPath + "/" + j.ID
	c.Header().Set("Location", at)
	status := e.Created
	if status == 0 {
		status = http.StatusAccepted
	}
	c.Answer(status, jsonType, marshal(exportAnswer{ID: j.ID, Status: "pending", URL: at, Files: []fileAnswer{}}))
}

// exportAnswer is what the API says of a job.
type exportAnswer struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	URL      string       `json:"url,omitempty"`
	Message  string       `json:"message,omitempty"`
	Progress int          `json:"progress"`
	Files    []fileAnswer `json:"files"`
}

// fileAnswer is what the API says of a file.
type fileAnswer struct {
	URL  string `json:"url"`
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// poll answers GET /exports/ID.
func (e *Server) poll(c *apitest.Call, id string) {
	j := e.job(id)
	if j == nil {
		noJob(c, http.StatusNotFound, id)
		return
	}
	s := e.look(j)
	if s.gone != 0 {
		noJob(c, s.gone, id)
		return
	}
	answer := exportAnswer{ID: id, Status: s.status, Progress: s.progress, Files: []fileAnswer{}}
	switch s.status {
	case "ready":
		if e.Inline {
			e.give(c, j, 0)
			return
		}
		answer.Files = e.filesOf(c, j)
	case "pending", "running":
	default:
		answer.Message = "the export came to nothing"
	}
	c.Answer(http.StatusOK, jsonType, marshal(answer))
}

// sight is what a poll sees.
type sight struct {
	status   string
	progress int
	gone     int
	deleted  bool
}

// look counts a poll and returns what it sees.
func (e *Server) look(j *job) sight {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := sight{j.state(e), j.progress(e), j.gone, j.Deletes > 0}
	j.Polls++
	return s
}

func noJob(c *apitest.Call, status int, id string) {
	c.Refuse(status, "not_found", "there is no export "+id)
}

// filesOf lists a job's files, with fresh links.
func (e *Server) filesOf(c *apitest.Call, j *job) []fileAnswer {
	answers := []fileAnswer{}
	for n, f := range e.made(j) {
		link := f.URL
		if link == "" {
			link = e.link(c, j.ID, n)
		}
		answers = append(answers, fileAnswer{link, f.Name, f.Rows})
	}
	return answers
}

// remove answers DELETE /exports/ID.
func (e *Server) remove(c *apitest.Call, id string) {
	if j := e.job(id); j == nil || !e.drop(j) {
		noJob(c, http.StatusNotFound, id)
		return
	}
	c.Answer(http.StatusNoContent, jsonType, nil)
}

// drop deletes a job, unless it is gone.
func (e *Server) drop(j *job) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.Deletes++
	if j.gone != 0 {
		return false
	}
	j.gone = http.StatusNotFound
	return true
}

// marshal returns v as JSON.
func marshal(v any) []byte {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false) // links have & in them
	if err := out.Encode(v); err != nil {
		panic(err) // the types of answers can all be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
