package tap_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/testrig"
)

// stuckParents has pages of two parents, which are long, and for each parent a
// child. The children of the first one come when nothing is stuck any more.
type stuckParents struct {
	mu    sync.Mutex
	pages map[string]int // requests for each
	stuck chan struct{}
	sixth func() // called when the sixth page is asked for
}

func (s *stuckParents) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/parents" {
		if r.URL.Path == "/parents/0/children" {
			select {
			case <-s.stuck:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		return testrig.Answer(r, 200, fmt.Sprintf(`{"data":[{"id":%q}],"next":""}`, r.URL.Path)), nil
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	s.mu.Lock()
	s.pages[r.URL.Query().Get("after")]++
	s.mu.Unlock()
	next := strconv.Itoa(after + 2)
	if after == 10 {
		s.sixth()
		next = ""
	}
	chance := rand.New(rand.NewPCG(uint64(after), 1))
	text := func() string { // nothing packs it
		var b strings.Builder
		for range 6000 {
			fmt.Fprintf(&b, "%x", chance.Uint64())
		}
		return b.String()
	}
	return testrig.Answer(r, 200, fmt.Sprintf(`{"data":[{"id":%d,"text":%q},{"id":%d,"text":%q}],"next":%q}`, after, text(), after+1, text(), next)), nil
}

// TestPagesHeldOpen: pages of a parent that stand behind one whose children are not
// done are not of those that a STATE covers: the journal keeps them however large it
// is, and the next run asks for none of them again.
func TestPagesHeldOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop, cancel := context.WithCancel(context.Background())
		api := &stuckParents{pages: map[string]int{}, stuck: make(chan struct{}), sixth: cancel}
		s := setup{definition: children, workDir: memoryFolder(t), api: api, stop: stop,
			config: `{"run":{"flush":{"responses":1},"concurrency":4,"journal":{"max_bytes":100000}}}`}
		first := s.run(t)
		if first.err == nil || len(first.records("parents")) < 8 {
			t.Fatalf("%d parents came, and the error is %v", len(first.records("parents")), first.err)
		}
		close(api.stuck)
		s.stop, s.state = nil, first.state()
		second := s.must(t)
		for after, n := range api.pages {
			if n > 1 {
				t.Errorf("the page after %q was asked for %d times", after, n)
			}
		}
		ids := map[string]bool{}
		for _, r := range append(first.records("children"), second.records("children")...) {
			ids[r] = true
		}
		if len(ids) != 12 || len(api.pages) != 6 {
			t.Errorf("%d children came, of %d pages", len(ids), len(api.pages))
		}
	})
}
