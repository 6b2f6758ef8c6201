package advice

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

// looked is how much is looked at of an answer that finds fault with a request, in bytes.
const looked = 8 << 10

// Adviser advises about the answers to a walk's requests.
type Adviser struct {
	Stream *sources.Stream
	Pager  *paging.Pager
	Quote  func(string) string // makes a text fit for a message
}

// Refused says what of the definition is likely wrong where the API refuses a
// request, most of all the first one of a walk; "" where nothing is known.
func (a Adviser) Refused(r *request.Request, status int, body []byte) string {
	if !a.Pager.Position().First() {
		return a.limit(status)
	}
	switch status {
	case http.StatusNotFound:
		return fmt.Sprintf("is the path right? The definition says path: %s, behind base_url", a.Quote(a.Stream.Request.Path.Source()))
	case http.StatusMethodNotAllowed:
		return fmt.Sprintf("is the method right? The definition says method: %s", r.Method)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return a.parameter(r, string(body[:min(len(body), looked)]))
	}
	return ""
}

// limit says what to write where an API may let nobody count as far as a page.
func (a Adviser) limit(status int) string {
	if !a.Pager.Counts() || a.Pager.Position().Records == 0 || status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return ""
	}
	if limit := a.Stream.Pagination.Limit.Records; limit > 0 {
		return fmt.Sprintf("is pagination.max_offset: %d more than the API allows?", limit)
	}
	return fmt.Sprintf("if the API lets nobody count further, write pagination.max_offset: %d, and beyond, which says how the walk goes on from there", a.Pager.Position().Records)
}

var (
	toHTTPS = pattern.New(`(?i)http request to an? https server|plain HTTP request was sent to HTTPS port`)
	ofTimes = pattern.New(`(?i)date|time|iso.?8601|rfc.?3339|epoch|format`)
	ofPages = pattern.New(`(?i)\bpage`)
)

// parameter says which parameter an answer is about that finds fault with one.
func (a Adviser) parameter(r *request.Request, text string) string {
	sent := a.windowSent(r)
	says := func(names ...string) bool {
		for _, name := range names {
			if name != "" && strings.Contains(text, name) {
				return true
			}
		}
		return false
	}
	p := &a.Stream.Pagination
	switch {
	case toHTTPS().MatchString(text):
		return fmt.Sprintf("the server wants https: write base_url: https://%s", r.URL.Host)
	case len(sent) > 0 && (ofTimes().MatchString(text) || says(sent.names()...)):
		return fmt.Sprintf("%s is how incremental.format: %s writes times. If the API wants another form, write incremental: {format: date}, epoch, epoch_ms or strftime text",
			a.Quote(sent.String()), a.Stream.Incremental.Windows.Format)
	case a.Pager.Counts() && (ofPages().MatchString(text) || says(p.Sends.Param)):
		return fmt.Sprintf("the first page is asked for as %d, as pagination.start says: if the API counts from another number, write pagination: {start: %d}", p.Start, otherStart(p.Start))
	}
	return ""
}

// otherStart is from which number an API counts that does not count from this one.
func otherStart(start int64) int64 {
	if start == 0 {
		return 1
	}
	return start - 1
}

// sentTimes are parameters of a request that say where its window lies.
type sentTimes []struct{ name, value string }

func (s sentTimes) names() (all []string) {
	for _, one := range s {
		all = append(all, one.name)
	}
	return all
}

func (s sentTimes) String() string {
	var all []string
	for _, one := range s {
		all = append(all, one.name+"="+one.value)
	}
	return strings.Join(all, " and ")
}

// windowSent are the parameters of a request that are made of its window.
func (a Adviser) windowSent(r *request.Request) (sent sentTimes) {
	if a.Stream.Incremental == nil {
		return nil
	}
	query := r.URL.Query()
	for _, p := range a.Stream.Request.Params {
		if p.Value.Uses("window") && query.Has(p.Name) {
			sent = append(sent, struct{ name, value string }{p.Name, query.Get(p.Name)})
		}
	}
	if b := a.Stream.Request.Body; b != nil && b.Tree().Uses("window") {
		sent = append(sent, struct{ name, value string }{"body", "…"})
	}
	return sent
}
