package definition

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// export checks a stream whose pages are the files of a job.
func (c streamCheck) export(n *document.Node, s *sources.Stream) {
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
	}
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

// decode checks what answers are against the keys that speak of JSON.
func (c streamCheck) decode(n *document.Node, s *sources.Stream) {
	d := &s.Text.Decode
	if d.IsJSON() {
		return
	}
	switch d.Format {
	case "", sources.FormatXML, sources.FormatAuto:
	default:
		for _, key := range []string{"single", "keyed", "columns", "one_or_many"} {
			if v := n.Get(key); v != nil && v.Read != nil && v.Text != "false" {
				c.Problem(v, "speaks of JSON, and %s is rows, each of which is a record: leave it out", d.Format)
			}
		}
		if v := n.Get("records"); v != nil && !slices.Equal(s.Records.Steps, []string{"@this"}) {
			c.Problem(v, "speaks of JSON, and %s is rows, each of which is a record: leave it out", d.Format)
		}
	}
	if v := n.Get("charset"); v != nil && s.Text.Charset != "" && slices.Contains([]sources.Format{
		sources.FormatXML, sources.FormatParquet, sources.FormatAvro, sources.FormatProtobuf, sources.FormatXLSX}, d.Format) {
		c.Problem(v, "%s says itself in which characters its texts are: leave it out", d.Format)
	}
}
