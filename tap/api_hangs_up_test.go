package tap_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
)

// TestHangUp: an API that hangs up without an answer has failed for now; the
// walk is not at its end, nor is a sample.
func TestHangUp(t *testing.T) {
	const items = `streams:
  - {name: items, path: /items, records: data, pagination: {type: page, param: page}, retry: {attempts: 1}}`
	api := rowsAPI(`{"id":1}`, `{"id":2}`, `{"id":3}`)
	hangUp := transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("page") == "2" {
			return nil, io.EOF
		}
		return api.RoundTrip(r)
	})
	var failures tap.Failures
	if got := (setup{definition: items, api: hangUp}).run(t); !errors.As(got.err, &failures) || !failures.Temporary() {
		t.Errorf("a sync: got %v, want a failure for now", got.err)
	}
	always := transport(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	s := setup{definition: items, api: always}
	if _, err := tap.Preview(context.Background(), s.options(t, io.Discard, io.Discard), "items", 10); !errors.As(err, &failures) {
		t.Errorf("a preview: got %v, want a failure", err)
	}
}
