package tap_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// slowFile is one file whose answers break off after so many bytes; 0: they do not.
type slowFile struct {
	text   string
	breaks int
	asked  []string // the ranges
}

func (f *slowFile) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked = append(f.asked, r.Header.Get("Range"))
	h, status, from := http.Header{"Etag": {`"v1"`}}, 200, 0
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 && r.Header.Get("If-Range") == `"v1"` {
		status = 206
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(f.text)-1, len(f.text)))
	}
	rest := io.Reader(strings.NewReader(f.text[from:]))
	if f.breaks > 0 {
		rest = io.MultiReader(strings.NewReader(f.text[from:min(from+f.breaks, len(f.text)-1)]), iotest.ErrReader(errors.New("connection reset by peer")))
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(rest), ContentLength: -1, Request: r}, nil
}

// TestFirstAnswerGoesOn: where the first answer of a pass broke off, the next run goes on
// with it, though no page and no state of that pass came.
func TestFirstAnswerGoesOn(t *testing.T) {
	const rows = 40_000
	var text strings.Builder
	text.WriteString("id,note\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,%s\n", i+1, strings.Repeat("x", 90))
	}
	api := &slowFile{text: text.String(), breaks: 1_500_000}
	s := setup{api: api, workDir: t.TempDir(), definition: "streams: [{name: x, path: /x, decode: csv, primary_key: [id], retry: {attempts: 1}, schema: {properties: {id: {type: integer}}}}]\n"}
	if r := s.run(t); r.err == nil || len(r.records("")) > 0 {
		t.Fatalf("the first run: %v, %d records", r.err, len(r.records("")))
	}
	tried := len(api.asked)
	api.breaks = 0
	r := s.must(t)
	if got := len(r.records("x")); got != rows {
		t.Errorf("%d records, want %d", got, rows)
	}
	if last := api.asked[len(api.asked)-1]; len(api.asked) != tried+1 || !strings.HasPrefix(last, "bytes=") {
		t.Errorf("asked for %q, want the rest alone in the second run\n%s", api.asked, r.log)
	}
}
