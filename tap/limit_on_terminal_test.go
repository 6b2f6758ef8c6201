package tap_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// TestLineNamesLimit: the line that a terminal shows names the limit that requests wait
// for, and until when, while they wait, and fits.
func TestLineNamesLimit(t *testing.T) {
	limit := func(text string) string {
		return strings.Replace(head, "client:\n", "client:\n  rate_limit: "+text+"\n", 1)
	}
	for _, tt := range []struct{ name, head, want string }{
		{"declared", limit("{requests: 2, per: 1m}"), "waits until 00:01:00Z for rate_limit: 2 requests in every 1m; "},
		{"asked for", head, "waits until 00:01:00Z for the pause that the API asked for; "},
		{"short", limit("{requests: 1, per: 1s}"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := setup{head: tt.head, definition: twoStreams, config: eachAnswer, api: twoAPI()}
				if tt.name == "asked for" {
					s.api = twoAPI(apitest.OnPath("/items", 3, apitest.Status(429, apitest.RetryAfter("60"))))
				}
				var out, logged bytes.Buffer
				o := s.options(t, &out, &logged)
				var lines []string
				o.Watch = func(a *report.Account) { lines = append(lines, report.Clip(a.Snapshot().Line(), 79)) }
				if _, err := tap.Sync(t.Context(), o); err != nil {
					t.Fatal(err)
				}
				if tt.want != "" && !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, tt.want) }) {
					t.Errorf("no line says %s:\n%s", tt.want, strings.Join(slices.Compact(lines), "\n"))
				}
				for _, line := range lines {
					if report.Width(line) > 79 || tt.want == "" && strings.Contains(line, "waits") {
						t.Errorf("the line is %s", line)
					}
				}
				if last := lines[len(lines)-1]; strings.Contains(last, "waits") {
					t.Errorf("the last line is %s", last)
				}
			})
		})
	}
}
