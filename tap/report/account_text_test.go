package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/certificate"
)

// TestLeaveOut: what the API will never show can be left out, and the account
// says how; it says so of nothing else.
func TestLeaveOut(t *testing.T) {
	const no = "No partition of the stream was ever answered with a page: is its path right? The first request that failed is GET /repos/1"
	for _, test := range []struct {
		failure error
		says    string
		answers int64 // others were answered,
		skips   int64 // of which a rule skipped so many
		came    bool  // a run before had an answer
	}{
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 403}, "errors: [{status: 403, do: skip}]", 1, 0, false},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 404}, "errors: [{status: 404, do: skip}]", 3, 2, false},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 404, Request: "GET /repos/1"}, no, 0, 0, false},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 404, Request: "GET /repos/1"}, no, 2, 2, false},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 404, Request: "GET /repos/1"}, "errors: [{status: 404, do: skip}]", 0, 0, true},
		{&fetch.Error{Class: fetch.Permanent, Stream: "repos", Status: 400}, "", 1, 0, false},
		{&fetch.Error{Class: fetch.Transient, Stream: "repos", Status: 403}, "", 1, 0, false},
		{fmt.Errorf("its parent failed: %w", &fetch.Error{Class: fetch.Permanent, Stream: "orgs", Status: 403}), "", 1, 0, false},
	} {
		s := Stream{Name: "repos", Counters: &fetch.Counters{}, Course: Course{Partitions: 4}, Failures: Failures{Count: 1, Why: test.failure}, Pages: test.answers, Came: test.came}
		s.Skips = test.skips
		text := strings.Join(s.Remarks(), "\n")
		if got := strings.Contains(text, "do: skip"); got != (test.says != "" && test.says != no) || !strings.Contains(text, test.says) {
			t.Errorf("%v: %q, want it to say %q", test.failure, text, test.says)
		}
	}
}

// TestSkippedIsNotProven: of walks that a rule skipped the certificate does not say that
// they are proven complete.
func TestSkippedIsNotProven(t *testing.T) {
	for _, test := range []struct {
		skipped int64
		want    string
	}{
		{0, "3 walks, proven complete: 0 pages"},
		{1, "3 walks, proven complete, but for 1 walk that a rule skipped: 0 pages"},
		{3, "3 walks, skipped by a rule, so that nothing is proven: 0 pages"},
	} {
		r := certificate.Record{Verdict: certificate.Proven, Tally: certificate.Tally{Walks: 3}, EndedBy: map[string]int64{"skip": test.skipped}}
		if got := CertificateText(&r); !strings.HasPrefix(got, test.want) {
			t.Errorf("%d skipped: %q, want %q", test.skipped, got, test.want)
		}
	}
}

// TestInParent: where a parent failed, the account names the stream under which
// the log says so.
func TestInParent(t *testing.T) {
	for _, test := range []struct{ failed, want string }{
		{"orgs", "1 partition failed, as the log says of orgs, whose records it is read for; the next run asks for it again"},
		{"repos", "1 partition failed, as the log says; the next run asks for it again"},
	} {
		s := Stream{Name: "repos", Counters: &fetch.Counters{}, Course: Course{Partitions: 4}, Failures: Failures{Count: 1, Why: &fetch.Error{Class: fetch.Permanent, Stream: test.failed, Status: 401}}}
		if text := strings.Join(s.Remarks(), "\n"); !strings.Contains(text, test.want) {
			t.Errorf("%s failed: %q, want it to say %q", test.failed, text, test.want)
		}
	}
}

// TestWaitedSideBySide: what several requests waited at once may be longer than
// the run, and the account says why.
func TestWaitedSideBySide(t *testing.T) {
	for _, test := range []struct {
		waited time.Duration
		says   bool
	}{{time.Minute, false}, {3 * time.Minute, true}} {
		s := &Stream{Name: "repos", Counters: &fetch.Counters{}}
		s.Counters.Waited.Store(int64(test.waited))
		text := (&Account{Streams: []*Stream{s}, Took: 2 * time.Minute}).String()
		if got := strings.Contains(text, "waited is the sum of what requests waited, side by side\n"); got != test.says {
			t.Errorf("waited %s: it says so: %v, want %v, in\n%s", test.waited, got, test.says, text)
		}
	}
}

// TestKeysOfWalksThatGoOn: keys of walks that an earlier run began are those of later
// pages, and the line says so of several walks, too.
func TestKeysOfWalksThatGoOn(t *testing.T) {
	distinct, doubled := int64(9), int64(0)
	r := certificate.Record{Verdict: certificate.Proven, Pages: 7, Records: 20, Tally: certificate.Tally{Walks: 3},
		Keys: certificate.KeysRecord{Fields: []string{"id"}, Distinct: &distinct, Doubled: &doubled, Partly: 2}}
	const want = "9 different keys, of 2 walks counted from a later page on"
	if text := CertificateText(&r); !strings.Contains(text, want) {
		t.Errorf("%q, want it to say %q", text, want)
	}
	r.Keys.Partly = 0
	if text := CertificateText(&r); strings.Contains(text, "counted") {
		t.Errorf("%q says of walks from their start that keys are counted from later on", text)
	}
}

// TestStoppedWithoutAPage proves that a budget which logins use up is told of, and not
// that the next run goes on.
func TestStoppedWithoutAPage(t *testing.T) {
	for _, tt := range []struct {
		requests, pages int64
		want            string
	}{{0, 0, "the next run goes on"}, {3, 1, "the next run goes on"}, {3, 0, "no page came of 3 requests"}} {
		s := &Stream{Name: "orders", Pages: tt.pages, Counters: &fetch.Counters{}}
		s.Counters.Requests.Store(tt.requests)
		a := &Account{Stopped: "run.max_requests is reached", Streams: []*Stream{s}}
		if got := a.String(); !strings.Contains(got, "stopped early: run.max_requests is reached; "+tt.want) {
			t.Errorf("%d requests, %d pages: %s", tt.requests, tt.pages, got)
		}
	}
}
