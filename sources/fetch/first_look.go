package fetch

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Notes are what a person who writes a definition should know of the page that came
// last, though it came: what the definition says costs calls, or loses records. Each
// is a sentence with the line to write. It is asked before the next page.
func (w *Walk) Notes(page *Page) (notes []string) {
	if !page.First || page.Recalled {
		return nil
	}
	for _, note := range []string{w.redirected(page), w.capped(page), w.begins(page)} {
		if note != "" {
			notes = append(notes, w.client.Secrets.Redact(note))
		}
	}
	return notes
}

// redirected says that each request costs two.
func (w *Walk) redirected(page *Page) string {
	from, to := w.requests.sent.URL, page.url
	if to == nil || from.String() == to.String() {
		return ""
	}
	if path, ok := slashOnly(w.stream.Request.Path.Source(), from, to); ok && from.Scheme == to.Scheme {
		return fmt.Sprintf("the API redirects from %s to %s, which costs each page a second call: write path: %s", from.Path, to.Path, path)
	}
	if from.Scheme != to.Scheme {
		return fmt.Sprintf("the API redirects from %s to %s, which costs each page a second call, and sends the first one without encryption: write base_url: %[2]s://%[3]s", from.Scheme, to.Scheme, to.Host)
	}
	return fmt.Sprintf("the API redirects to %s, which costs each page a second call: write that as base_url and path", to)
}

// capped says that the API gives fewer records than it is asked for.
func (w *Walk) capped(page *Page) string {
	asked, key := w.stream.Pagination.Sends.Size, "pagination.size"
	if asked == 0 {
		if asked, key = (outside{w.requests, w.judge}).Asked(); key != "" {
			key = "the request's " + key
		}
	}
	n := int64(page.Count())
	if page.Last || n == 0 || n >= asked {
		return ""
	}
	return fmt.Sprintf("%s asks for %d records, and %d came, though there are more pages: the API gives no more at a time. Write %[3]d there", key, asked, n)
}

// begins says that the walk begins behind the first page, or before it.
func (w *Walk) begins(page *Page) string {
	p := &w.stream.Pagination
	if p.Type != sources.PaginatePage && p.Type != sources.PaginateOffset || page.Body.Long() {
		return ""
	}
	asked := int64(-1)
	if p.Type == sources.PaginatePage {
		asked = p.Start
	}
	what := hint.Before(page.Body.Text, page.Header, asked)
	if what == "" {
		return ""
	}
	return fmt.Sprintf("%s. If the API counts from another number, write pagination: {start: %d}", what, otherStart(p.Start))
}
