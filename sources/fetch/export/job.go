package export

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// Job is what a walk knows of its job. It is used from the walk's goroutine.
type Job struct {
	Spec  *sources.Export
	links []string      // to the files, by the last poll; nil: nothing was polled
	said  []paging.Said // by that poll, of what they may lack
	asked int64         // file for which the links were asked for last
	since time.Time
	wait  time.Duration // before the next poll
	told  time.Time     // when the log last said that the job is not done
	known digest
	polls polls
}

// digest is what was reckoned of the answer of a job that is kept.
type digest struct {
	of  string
	sum json.RawMessage
}

// New returns the job of a walk, of which nothing is known yet.
func New(spec *sources.Export) *Job { return &Job{Spec: spec, asked: -1} }

// ErrOver says that a job which the API knows comes to nothing: no walk goes on with
// it, and another one is to be asked for.
var ErrOver = errors.New("the export's job came to nothing")

// locations are the headers of the answer to a submission that say where to ask for the
// job. Of others, those are kept that begin with X-, and Retry-After.
var locations = []string{"Location", "Content-Location", "Operation-Location", "Azure-Asyncoperation"}

// Headers are those of the answer to a submission that requests may need. What they name
// is absolute: the job may be asked for in another place than from.
func Headers(from *url.URL, all http.Header) http.Header {
	const long = 200 // bytes
	h := http.Header{}
	for name, values := range all {
		switch {
		case slices.Contains(locations, name):
			h.Set(name, Absolute(from, values[0]))
		case name == "Retry-After", strings.HasPrefix(name, "X-") && len(values[0]) < long:
			h[name] = values
		}
	}
	return h
}

// Absolute is what a URL in an answer stands for, which may be relative to the one that
// was asked.
func Absolute(from *url.URL, link string) string {
	if from == nil {
		return link
	}
	to, err := uri.Reference(from, link)
	if err != nil {
		return link // who asks for it finds the error
	}
	return to.String()
}

// maxAnswer is how long the answer to a submission may be, in bytes.
const maxAnswer = 64 << 10

// Answer is what the answer to a submission says, to be kept by its headers, and as it
// came at a time. It is sealed before it is kept.
func Answer(text []byte, headers expr.Value, at time.Time) (expr.Value, error) {
	answer := expr.Undefined()
	if len(text) > 0 {
		answer = expr.JSONBytes(text)
	}
	if n := len(text); n > maxAnswer {
		return answer, fmt.Errorf("export.submit: the answer has %d bytes, and a state keeps it: at most %d", n, maxAnswer)
	}
	return expr.Dict([]string{"answer", "headers", "at"}, []expr.Value{answer, headers, expr.String(at.UTC().Format(time.RFC3339))}), nil
}

// Given undoes [Answer]: it returns the headers and the time of an answer that was kept,
// and its text as JSON; nil where it was empty.
func Given(v expr.Value) (h http.Header, text []byte, at time.Time) {
	h = http.Header{}
	v.Get("headers").Each(func(name string, value expr.Value) bool {
		h.Set(name, value.Text())
		return true
	})
	if answer := v.Get("answer"); !answer.Missing() {
		text = answer.AppendJSON(nil)
	}
	at, _ = time.Parse(time.RFC3339, v.Get("at").Text()) // it was written so
	return h, text, at
}

// Show makes templates see no job, or the one whose answer was kept; undefined is none.
func (j *Job) Show(vars expr.Vars, kept expr.Value) {
	vars[sources.VarLink] = expr.Undefined()
	vars[sources.VarJob], vars[sources.VarJobHeaders] = kept.Get("answer"), kept.Get("headers")
	if !kept.Missing() {
		j.since, _ = time.Parse(time.RFC3339, kept.Get("at").Text()) // it was written so
	}
}

// Begun reports whether the API has the job, as far as the walk has come in this run.
func (j *Job) Begun() bool { return !j.since.IsZero() }

// HasLinks reports whether the files come by links, and not in place of an answer about
// the job.
func (j *Job) HasLinks() bool { return !j.Spec.Links.IsZero() }

// Links are those of the job's files by the last poll; nil: nothing was polled.
func (j *Job) Links() []string { return j.links }

// Asks notes for which file the links are asked for, and Asked reports whether they were
// asked for last for that one.
func (j *Job) Asks(file int64)       { j.asked = file }
func (j *Job) Asked(file int64) bool { return j.asked == file }

// Says notes what a poll says of what the files may lack.
func (j *Job) Says(said []paging.Said) { j.said = said }

// Take takes the links of a poll, those of files that were there before in their order.
// The error is of files of which nobody knows which were read.
func (j *Job) Take(at *paging.Export, links []string) error {
	links = inOrder(links, j.links)
	if err := others(at, links); err != nil {
		return err
	}
	j.links = links
	return nil
}

// Files are those of the job, as far as is known where a walk stands at a position.
func (j *Job) Files(at *paging.Export) paging.Files {
	switch {
	case !j.HasLinks():
		return paging.Files{Count: 1}
	case j.links != nil:
		return paging.Files{Count: int64(len(j.links)), Order: orderOf(j.links), Says: j.said}
	case at != nil:
		return paging.Files{Count: at.Files, Order: at.Order}
	}
	return paging.Files{}
}

// Digest is by what a journal knows the page at a position in a file, whatever its link
// is now, and whatever came before it.
func (j *Job) Digest(at paging.Position) (sum [16]byte) {
	text, err := json.Marshal([]any{j.canonical(at.Export.Job), at.Export.File, at.Token, at.URL, at.Number, at.Offset, at.Size})
	if err != nil {
		panic("export: a position that is not JSON: " + err.Error()) // it is made of numbers and JSON
	}
	whole := sha256.Sum256(text)
	copy(sum[:], whole[:])
	return sum
}

// canonical is a digest of a job's answer that stays the same where who keeps a state
// writes the keys in it in another order, as databases do.
func (j *Job) canonical(answer json.RawMessage) json.RawMessage {
	if text := string(answer); text != j.known.of {
		var v any
		in := json.NewDecoder(strings.NewReader(text))
		in.UseNumber()
		_ = in.Decode(&v)            // what is no JSON is none of the journal's jobs
		sorted, _ := json.Marshal(v) // it came out of JSON
		j.known.of, j.known.sum = text, fmt.Appendf(nil, "%q", fmt.Sprintf("%x", sha256.Sum256(sorted)))
	}
	return j.known.sum
}

// Key is by what an API may know that it was asked for the same job before: it is the
// same as long as the walk, which has begun anew so often, asks for that one, in this run
// or the next, and for streams that share it. It is a UUID of version 4, which APIs want,
// but not of chance. asksBy is a digest of the submission without its key, and hide
// returns a text without its secrets.
func Key(asksBy [16]byte, restarts int, vars expr.Vars, hide func(string) string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%x %d", asksBy, restarts)
	for _, slot := range []int{sources.VarNow, sources.VarPartition, sources.VarWindow} {
		part := hide(string(vars[slot].AppendJSON(nil)))
		fmt.Fprintf(h, " %d:%s", len(part), part)
	}
	k := h.Sum(nil)
	k[6], k[8] = k[6]&0x0f|0x40, k[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", k[:4], k[4:6], k[6:8], k[8:10], k[10:16])
}
