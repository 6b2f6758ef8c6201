package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// TestLeaveOut: what the API will never show can be left out, and the account
// says how; it says so of nothing else.
func TestLeaveOut(t *testing.T) {
	for _, test := range []struct {
		failure error
		says    string
	}{
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 403}, "errors: [{status: 403, do: skip}]"},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 404}, "errors: [{status: 404, do: skip}]"},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 400}, ""},
		{&fetch.Error{Class: fetch.Transient, Stream: "repos", Status: 403}, ""},
		{fmt.Errorf("its parent failed: %w", &fetch.Error{Class: fetch.Permanent, Stream: "orgs", Status: 403}), ""},
	} {
		s := Stream{Name: "repos", Counters: &fetch.Counters{}, Partitions: 4, Failures: 1, Failure: test.failure}
		text := strings.Join(s.Remarks(), "\n")
		if got := strings.Contains(text, "do: skip"); got != (test.says != "") || !strings.Contains(text, test.says) {
			t.Errorf("%v: %q, want it to say %q", test.failure, text, test.says)
		}
	}
}
