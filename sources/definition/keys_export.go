package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// What templates of an export may use: of the request that asks for a job, of others
// about it, of the download of its files, and over answers.
var (
	ofSubmit = []string{"config", "partition", "window", "auth", "now", "job_key"}
	ofJob    = []string{"config", "partition", "window", "auth", "now", "job", "job_headers"}
	ofFile   = append([]string{"link", "page"}, ofJob...)
	ofStatus = append([]string{"response", "headers", "status"}, ofJob...)
)

// jobKeys are those of a request about a job.
func jobKeys(only []string, verbs ...string) []key {
	return []key{
		{name: "path", kind: aTemplate, scope: sources.InExport, only: only, need: true, doc: "As a stream's; an absolute URL of another host gets no credentials."},
		{name: "method", kind: aChoice, enum: verbs, def: verbs[0], doc: "HTTP method."},
		{name: "params", kind: params, scope: sources.InExport, only: only, doc: "As a stream's."},
		{name: "headers", kind: params, scope: sources.InExport, only: only, doc: "As a stream's."},
		{name: "body", kind: aMap, of: bodyOfScope(sources.InExport, only...), doc: "As a stream's."},
	}
}

var submitObject = &object{name: "Submit", keys: jobKeys(ofSubmit, "POST", "GET", "PUT", "PATCH")}

var pollObject = &object{name: "Poll", keys: join(jobKeys(ofJob, "GET", "POST"), []key{
	{name: "every", kind: aWait, def: "10s", doc: "Wait before the first poll; it grows by half from one to the next, up to 60s. `Retry-After` goes before it."},
	{name: "timeout", kind: aWait, def: "2h", doc: "How long a job may take, from its submission on, in all runs."},
})}

var downloadObject = &object{name: "Download", keys: jobKeys(ofFile, "GET", "POST")}

var removeObject = &object{name: "Remove", keys: jobKeys(ofJob, "DELETE", "POST", "GET", "PUT", "PATCH")}

var exportObject = &object{name: "Export", keys: []key{
	{name: "submit", kind: aMap, of: submitObject, need: true, doc: "Request that asks for the job; its answer is `job` from then on, its headers are `job_headers`. It may send `job_key`."},
	{name: "poll", kind: aMap, of: pollObject, def: "the answer to `submit` says all", doc: "Request that asks how the job stands."},
	{name: "done", kind: aCondition, scope: sources.InExport, only: ofStatus, def: "the first answer", doc: "Template over a poll's answer, `response`, `headers` and `status`: the job is done."},
	{name: "failed", kind: aCondition, scope: sources.InExport, only: ofStatus, def: "never", doc: "Template, likewise: the job has failed."},
	{name: "links", kind: aRef, scope: sources.InExport, only: ofStatus, def: "the answer that is done is the file", doc: "Where that answer names the files: one URL, or a list."},
	{name: "download", kind: aMap, of: downloadObject, def: `{path: "{{ link }}"}`, doc: "Request for a file, once for each `link`."},
	{name: "remove", kind: aMap, of: removeObject, doc: "Request that removes the job when its files have come, or `failed` is true of it."},
	{name: "max_jobs", kind: aCount, min: 1, def: "no limit", doc: "Jobs of the client that may run at once."},
}}

// export builds the job of a stream; nil where it has none.
func (b *builder) export(n *document.Node) *sources.Export {
	if n == nil || n.Shape != document.Map {
		return nil
	}
	e := &sources.Export{
		Done: document.Value[*expr.Template](n, "done"), Failed: document.Value[*expr.Template](n, "failed"),
		Links: document.Value[sources.Ref](n, "links"), MaxJobs: int(document.Value[int64](n, "max_jobs")),
		Every: sources.PollEvery, Timeout: sources.ExportWithin,
	}
	if submit := n.Get("submit"); submit != nil && submit.Shape == document.Map {
		e.Submit = b.request(submit)
	}
	if poll := n.Get("poll"); poll != nil && poll.Shape == document.Map {
		r := b.request(poll)
		e.Poll = &r
		e.Every = document.ValueOr(poll, "every", e.Every)
		e.Timeout = document.ValueOr(poll, "timeout", e.Timeout)
	}
	if remove := n.Get("remove"); remove != nil && remove.Shape == document.Map {
		r := b.request(remove)
		e.Remove = &r
	}
	return e
}

// download builds the request for a file of an export, or of a listing.
func (b *builder) download(n *document.Node) (r sources.Request) {
	if own := n.Get("download"); own != nil && own.Shape == document.Map {
		r = b.request(own)
	} else {
		link, fault := b.reader.templates.Compile(sources.InExport, "{{ link }}")
		if fault != nil {
			panic("definition: a link is no template: " + fault.Error()) // it is always the same
		}
		r.Path = link
	}
	r.File = true
	return r
}
