package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// adviseFirst says what of the definition is likely wrong where the API refuses a
// request, most of all the first one of a walk; "" where nothing is known.
func (j *judge) adviseFirst(out *outgoing, ex *Exchange) string {
	switch {
	case out.aside != "":
		return ""
	case !j.pager.Position().First():
		return j.adviseLimit(ex.Status)
	}
	switch ex.Status {
	case http.StatusNotFound:
		return fmt.Sprintf("is the path right? The definition says path: %s, behind base_url", j.secrets.Quote(j.stream.Request.Path.Source()))
	case http.StatusMethodNotAllowed:
		return fmt.Sprintf("is the method right? The definition says method: %s", out.Method)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return j.adviseParameter(out, string(ex.Body.Text[:min(len(ex.Body.Text), 16*excerptSize)]))
	}
	return ""
}

// adviseLimit says what to write where an API may let nobody count as far as a page.
func (j *judge) adviseLimit(status int) string {
	if !j.pager.Counts() || j.pager.Position().Records == 0 || status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return ""
	}
	if limit := j.stream.Pagination.Limit.Records; limit > 0 {
		return fmt.Sprintf("is pagination.max_offset: %d more than the API allows?", limit)
	}
	return fmt.Sprintf("if the API lets nobody count further, write pagination.max_offset: %d, and beyond, which says how the walk goes on from there", j.pager.Position().Records)
}

var (
	toHTTPS = regexp.MustCompile(`(?i)http request to an? https server|plain HTTP request was sent to HTTPS port`)
	ofTimes = regexp.MustCompile(`(?i)date|time|iso.?8601|rfc.?3339|epoch|format`)
	ofPages = regexp.MustCompile(`(?i)\bpage`)
)

// adviseParameter says which parameter an answer is about that finds fault with one.
func (j *judge) adviseParameter(out *outgoing, text string) string {
	sent := j.windowSent(out)
	says := func(names ...string) bool {
		for _, name := range names {
			if name != "" && strings.Contains(text, name) {
				return true
			}
		}
		return false
	}
	p := &j.stream.Pagination
	switch {
	case toHTTPS.MatchString(text):
		return fmt.Sprintf("the server wants https: write base_url: https://%s", out.URL.Host)
	case len(sent) > 0 && (ofTimes.MatchString(text) || says(sent.names()...)):
		return fmt.Sprintf("%s is how incremental.format: %s writes times. If the API wants another form, write incremental: {format: date}, epoch, epoch_ms or strftime text",
			j.secrets.Quote(sent.String()), j.stream.Incremental.Windows.Format)
	case j.pager.Counts() && (ofPages.MatchString(text) || says(p.Sends.Param)):
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
func (j *judge) windowSent(out *outgoing) (sent sentTimes) {
	if j.stream.Incremental == nil {
		return nil
	}
	query := out.URL.Query()
	for _, p := range j.stream.Request.Params {
		if p.Value.Uses("window") && query.Has(p.Name) {
			sent = append(sent, struct{ name, value string }{p.Name, query.Get(p.Name)})
		}
	}
	if b := j.stream.Request.Body; b != nil && b.Tree().Uses("window") {
		sent = append(sent, struct{ name, value string }{"body", "…"})
	}
	return sent
}

// adviseAuth says where the definition puts what proves who asks, and what the API
// asks for instead, if it says so; "" where it asks for just that.
func adviseAuth(a *sources.Auth, h http.Header) string {
	says, scheme := "auth: {type: none} sends nothing", ""
	switch {
	case a == nil || a.Type == sources.AuthNone:
	case a.Type == sources.AuthAPIKey && a.InQuery:
		says = "auth: {type: api_key, in: query} puts the key there"
	case a.Type == sources.AuthAPIKey:
		says = "auth: {type: api_key, in: header} puts the key there"
	default:
		says = fmt.Sprintf("auth: {type: %s} sends %s", a.Type, proofPlaces(a))
		scheme = schemes[a.Type]
	}
	wanted, _, _ := strings.Cut(h.Get("Www-Authenticate"), " ")
	switch {
	case strings.EqualFold(wanted, scheme) && scheme != "" && strings.HasSuffix(says, inAuthorization):
		return ""
	case wanted != "" && sources.IsHeaderName(wanted):
		says += ", and the API asks for " + wanted + " (WWW-Authenticate)"
	}
	return says + ": is that where it looks?"
}

// schemes are those of HTTP (RFC 9110) that types of auth send.
var schemes = map[sources.AuthType]string{
	sources.AuthBearer: "Bearer", sources.AuthOAuth2: "Bearer", sources.AuthJWT: "Bearer", sources.AuthBasic: "Basic", sources.AuthDigest: "Digest",
}

const inAuthorization = "the header Authorization"

// proofPlaces says what carries the proof of who asks.
func proofPlaces(a *sources.Auth) string {
	headers, params := a.Renewal.Headers, a.Renewal.Params
	switch {
	case a.HMAC != nil:
		headers, params = a.HMAC.Headers, a.HMAC.Params
	case a.Type == sources.AuthPool:
		return "what those in auth.of send"
	case a.Type == sources.AuthSession && len(headers)+len(params) == 0:
		return "the cookies of its login"
	case len(headers)+len(params) == 0:
		return inAuthorization
	}
	var all []string
	for _, h := range headers {
		all = append(all, "the header "+h.Name)
	}
	for _, p := range params {
		all = append(all, "the parameter "+p.Name)
	}
	return strings.Join(all, " and ")
}

// slashOnly returns the path of the definition as the API redirects to it, where
// that differs by the slash at its end alone.
func slashOnly(path string, from, to *url.URL) (written string, ok bool) {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return "", false
	}
	switch {
	case to.Path == from.Path+"/":
		return path + "/", true
	case to.Path+"/" == from.Path:
		return strings.TrimSuffix(path, "/"), true
	}
	return "", false
}
