package rate

import (
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"", "/orders", true},
		{"/search*", "/search", true},
		{"/search*", "/search/repos", true},
		{"/search*", "/v1/search", false},
		{"*/search", "/v1/search", true},
		{"*/search", "/v1/search/", false},
		{"/orders", "/orders", true},
		{"/orders", "/orders/1", false},
		{"/v*/orders/*/lines", "/v2/orders/77/lines", true},
		{"/v*/orders/*/lines", "/v2/orders/77/refunds", false},
		{"/a*a", "/a", false},
		{"*", "", true},
	} {
		if got := Matches(test.pattern, test.path); got != test.want {
			t.Errorf("%q and %q: %v", test.pattern, test.path, got)
		}
	}
}

// TestLimitOfSomePaths: a limit counts the requests that it is for, and holds up
// no others.
func TestLimitOfSomePaths(t *testing.T) {
	l := newTest(sources.RateLimit{Requests: 2, Per: time.Minute, Match: "/search*"}, sources.RateLimit{Requests: 4, Per: time.Minute})
	take := func(path string, want time.Duration) {
		t.Helper()
		if got, _ := l.take("s", path, now); got != want {
			t.Errorf("%s waits %v, want %v", path, got, want)
		}
	}
	take("/search/a", 0)
	take("/orders", 0)
	take("/search/b", 0)
	take("/search/c", time.Minute)
	take("/orders", 0)
	take("/orders", time.Minute)
}
