package fetch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestJobsInOtherForms proves that answers about a job may be XML or plain text, or have
// nothing but headers, and that what is none of those is an error which says so. What
// came is in the journal, and read from there.
func TestJobsInOtherForms(t *testing.T) {
	is := func(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
	located := http.Header{"Location": {"/jobs/9?a=1"}}
	const file = `[{"id": 1}, {"id": 2}]`
	const inXML = `submit: {path: /jobs}, poll: {path: "/jobs/{{ job.jobInfo.id }}"}, done: "{{ response.jobInfo.state == 'Closed' }}", failed: "{{ response.jobInfo.state == 'Failed' }}", links: jobInfo.file.url`
	const inText = `submit: {path: /jobs}, poll: {path: "/jobs/{{ job }}"}, done: "{{ response.startswith('done') }}", links: "{{ response.split(' ')[1] }}"`
	for _, tt := range []struct {
		name, export string
		answers      []answer
		asked        []string // paths, behind the submission
		err          string
	}{
		{"XML", inXML, []answer{
			{201, `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<jobInfo xmlns="http://example.test/dataload"><id>750x</id><state>Open</state></jobInfo>`, is("application/xml")},
			{200, `<jobInfo><id>750x</id><state>InProgress</state></jobInfo>`, is("text/xml; charset=UTF-8")},
			{200, `<jobInfo><id>750x</id><state>Closed</state><file><url>/files/1?a=1&amp;b=2</url></file></jobInfo>`, is("application/xml")},
			{200, file, nil},
		}, []string{"/jobs/750x", "/jobs/750x", "/files/1?a=1&b=2"}, ""},
		{"plain text", inText, []answer{
			{200, "12e4\n", is("text/plain")}, {200, "waiting", is("text/plain; charset=utf-8")}, {200, "done /files/2", is("text/plain")}, {200, file, nil},
		}, []string{"/jobs/12e4", "/jobs/12e4", "/files/2"}, ""},
		{"a number as plain text", inText, []answer{
			{200, "9007199254740993", is("text/plain")}, {200, "done /files/2", is("text/plain")}, {200, file, nil},
		}, []string{"/jobs/9007199254740993", "/files/2"}, ""},
		{"JSON as plain text", `submit: {path: /jobs}, poll: {path: "/jobs/{{ job.id }}"}, links: url`, []answer{
			{200, `{"id": "a"}`, is("text/plain")}, {200, `{"url": "/files/2"}`, is("text/plain")}, {200, file, nil},
		}, []string{"/jobs/a", "/files/2"}, ""},
		{"headers alone", `submit: {path: /jobs}, poll: {path: "{{ job_headers.location }}"}, links: header:Location`, []answer{
			{202, "", located}, {202, "", nil}, {200, "", http.Header{"Location": {"/files/3"}}}, {200, file, nil},
		}, []string{"/jobs/9?a=1", "/jobs/9?a=1", "/files/3"}, ""},
		{"a page for people", inXML, []answer{{200, "<html><head><title>Log in</title></head><body/></html>", is("text/html")}}, nil,
			`an HTML page titled "Log in"`},
		{"XML that is cut", inXML, []answer{{200, "<jobInfo><id>750x</id>", is("application/xml")}}, nil, "answers about a job may be JSON, XML, a text of the type text/plain, or empty"},
		{"a text of no kind", inText, []answer{{200, "done", is("application/octet-stream")}}, nil, "answers about a job may be JSON, XML, a text of the type text/plain, or empty"},
		{"JSON that is cut", inText, []answer{{200, `{"id": `, is("text/plain")}}, nil, "answers about a job may be JSON, XML, a text of the type text/plain, or empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, "retry: {attempts: 1, cool_down: 0s}", `records: "@this", export: {`+tt.export+"}")[0]
				api := &script{answers: tt.answers}
				dir := t.TempDir()
				j := openJournal(t, dir)
				for _, what := range []string{"live", "recorded"} {
					w := newRig(t, stream, api).walk(stream, paging.Position{})
					record(t, w, j).Only = what == "recorded"
					got := drain(t, w)
					if tt.err != "" {
						if got.err == nil || !strings.Contains(got.err.Error(), tt.err) {
							t.Fatalf("got %v, want %s", got.err, tt.err)
						}
						return
					}
					if got.err != nil || !slices.Equal(got.ids, upTo(2)) {
						t.Fatalf("%s: got %v and %v", what, got.ids, got.err)
					}
					j = reopened(t, dir, j)
				}
				var asked []string
				for _, r := range api.requests[1:] {
					asked = append(asked, r.URL.RequestURI())
				}
				if !slices.Equal(asked, tt.asked) {
					t.Errorf("asked for %q, want %q", asked, tt.asked)
				}
			})
		})
	}
}
