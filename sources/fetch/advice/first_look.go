package advice

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Redirected says that each request costs two.
func (a Adviser) Redirected(from, to *url.URL) string {
	if to == nil || from.String() == to.String() {
		return ""
	}
	if path, ok := slashOnly(a.Stream.Request.Path.Source(), from, to); ok && from.Scheme == to.Scheme {
		return fmt.Sprintf("the API redirects from %s to %s, which costs each page a second call: write path: %s", from.Path, to.Path, path)
	}
	if from.Scheme != to.Scheme {
		return fmt.Sprintf("the API redirects from %s to %s, which costs each page a second call, and sends the first one without encryption: write base_url: %[2]s://%[3]s", from.Scheme, to.Scheme, to.Host)
	}
	return fmt.Sprintf("the API redirects to %s, which costs each page a second call: write that as base_url and path", to)
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

// Capped says that the API gives fewer records than it is asked for, though there are
// more pages. asked says how many the request asks for, and by which parameter.
func (a Adviser) Capped(came int64, asked func() (int64, string)) string {
	most, key := a.Stream.Pagination.Sends.Size, "pagination.size"
	if most == 0 {
		if most, key = asked(); key != "" {
			key = "the request's " + key
		}
	}
	if came == 0 || came >= most {
		return ""
	}
	return fmt.Sprintf("%s asks for %d records, and %d came, though there are more pages: the API gives no more at a time. Write %[3]d there", key, most, came)
}

// Begins says that the walk begins behind the first page, or before it.
func (a Adviser) Begins(body []byte, h http.Header) string {
	p := &a.Stream.Pagination
	if p.Type != sources.PaginatePage && p.Type != sources.PaginateOffset {
		return ""
	}
	asked := int64(-1)
	if p.Type == sources.PaginatePage {
		asked = p.Start
	}
	what := hint.Before(body, h, asked)
	if what == "" {
		return ""
	}
	return fmt.Sprintf("%s. If the API counts from another number, write pagination: {start: %d}", what, otherStart(p.Start))
}
