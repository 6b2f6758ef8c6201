package rules

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// export checks a stream whose pages are the files of a job.
func (c stream) export(n *document.Node, s *sources.Stream) {
	e, at := s.Pagination.Export, n.Get("export")
	if e == nil {
		return
	}
	for _, key := range []string{"path", "method", "params", "body"} {
		if v := n.Get(key); v != nil && c.own.Has(key) {
			c.Problem(v, "an export has no %s of its own: submit, poll, download and remove have", key)
		}
	}
	switch {
	case e.Links.IsZero() && e.Poll == nil:
		c.Problem(at, "needs links, or poll, whose answer is the file once the job is done")
	case e.Links.IsZero() && at.Has("download"):
		c.Problem(at.Get("download"), "downloads a link, and there are no links: without them the answer to poll is the file")
	case !e.Links.IsZero() && !s.Request.Uses("link"):
		c.Problem(at.Get("download"), "does not use link, so the same would be downloaded for each file: write path: \"{{ link }}\", or send {{ link }}")
	}
	c.polls(at, e)
	if s.OnIncomplete == sources.Again {
		c.Problem(n.Get("on_incomplete"), "again walks twice, and the files of a job do not change: leave it out")
	}
	if s.Known.ETag {
		c.Problem(n.Get("etag"), "asks for pages only where they have changed, and each job is a new one: leave it out")
	}
	if p := s.Pagination; p.Session.Keeps || p.Session.Open != nil || p.Session.Close != nil {
		c.Problem(n.Get("pagination"), "an export is a job, and no session: leave session, open and close out")
	}
}

// polls warns of a job that is asked for in a way which says nothing of it.
func (c stream) polls(at *document.Node, e *sources.Export) {
	says := func(t *expr.Template) bool { return t.Uses("response") || t.Uses("headers") || t.Uses("status") }
	if done := at.Get("done"); e.Done != nil && !says(e.Done) {
		c.Warn(done, "looks at no answer, so it is the same for each: use response, headers or status, as {{ response.status == 'ready' }}")
	}
	if e.Failed != nil && !says(e.Failed) {
		c.Warn(at.Get("failed"), "looks at no answer, so it is the same for each: use response, headers or status, as {{ response.status == 'error' }}")
	}
	if e.Poll != nil && !e.Poll.Uses("job") && !e.Poll.Uses("job_headers") {
		c.Warn(at.Get("poll"), "uses neither job nor job_headers, so it asks for no job in particular: where several are under way (windows, contexts), each would get the files of another; "+
			"send what the answer to submit says, as {{ job.id }} or {{ job_headers.location }}")
	}
	if e.Poll == nil && e.Done != nil {
		c.Problem(at.Get("done"), "asks whether the job is done, and nothing asks for its state again: needs poll beside it")
	}
}
