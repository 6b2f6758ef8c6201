package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// pointAndScroll is an API of a point in time, /x, and of a scroll, /y.
func pointAndScroll(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	a := says(404, `{"error":"no route"}`)
	switch q := r.URL.Query(); r.Method + " " + r.URL.Path {
	case "POST /pit":
		a = says(200, `{"took":3,"pit":{"id":"P1"}}`)
	case "GET /pit":
		a = says(405, `{}`)
	case "GET /x":
		if a = says(200, `{"data":[]}`); q.Get("pit") != "P1" {
			a = says(400, `{"error":"no such pit"}`)
		}
	case "POST /y":
		a = says(200, `{"scroll_id":"S1","data":[{"id":1}]}`)
	case "POST /scroll":
		if a = says(200, `{"scroll_id":"S1","data":[]}`); gjson.GetBytes(body, "scroll_id").Str != "S1" {
			a = says(400, `{"error":"scroll_id is missing"}`)
		}
	case "GET /scroll":
		a = says(405, `{}`)
	}
	return a.response(r), nil
}

// TestMistakesOfSessions proves that the commonest mistakes in a session and a scroll
// are answered with what came and the line to change.
func TestMistakesOfSessions(t *testing.T) {
	point := func(params, open string) string {
		return `path: /x, params: {` + params + `: "{{ page.session }}"}, pagination: {type: keyset, field: id, param: after, open: {` + open + `}}`
	}
	scroll := func(more, then string) string {
		return `path: /y, method: POST, body: {json: {}}, pagination: {type: cursor, session: true, next: scroll_id, ` + more + `, after_first: {` + then + `}}`
	}
	for _, test := range []struct{ name, stream, want string }{
		{"a point that is right", point("pit", "path: /pit, session: pit.id"), ""},
		{"the path of open", point("pit", "path: /pits, session: pit.id"), "is pagination.open right? It says path: /pits, behind base_url"},
		{"the method of open", point("pit", "path: /pit, method: GET, session: pit.id"), "is the method right? By pagination.open it is method: GET"},
		{"the place of its id", point("pit", "path: /pit, session: id"), "pagination.open.session: the answer has nothing at id; it has text at pit.id: write session: pit.id"},
		{"no place of its id", point("pit", "path: /pit"), "page.session is all of what open answered: where the API wants a member of it, name that, as open: {session: id}"},
		{"where it is sent", point("point", "path: /pit, session: pit.id"), "is page.session sent where the API wants it? It is what open answered at session: pit.id"},
		{"a scroll that is right", scroll("body: scroll_id", "path: /scroll"), ""},
		{"the path of the second page", scroll("body: scroll_id", "path: /scrol"), "is pagination.after_first right? It says path: /scrol, behind base_url"},
		{"its method", scroll("param: scroll_id", "path: /scroll, method: GET"), "is the method right? By pagination.after_first it is method: GET"},
		{"where the token is put", scroll("body: scrollid", "path: /scroll"), "it is the first one with a page token: is that where the API looks for it? pagination.body: scrollid puts it there in the JSON body"},
		{"where the token is sent", scroll("param: scroll_id", "path: /scroll"), "is that where the API looks for it? pagination.param: scroll_id sends it in the query"},
	} {
		stream := define(t, "", test.stream)[0]
		got := newRig(t, stream, transport(pointAndScroll)).run(stream, paging.Position{})
		if test.want == "" && got.err != nil || test.want != "" && (got.err == nil || !strings.Contains(got.err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, got.err, test.want)
		}
		if got.err != nil && strings.Contains(got.err.Error(), "no longer takes the page token") {
			t.Errorf("%s: got %v", test.name, got.err)
		}
	}
}
