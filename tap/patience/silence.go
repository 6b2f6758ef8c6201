package patience

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
)

// leastFailures is how many partitions must have failed for now, one after the
// other, before a run gives up what they share; where more are walked at a time,
// it is as many.
const leastFailures = 4

// API is what a run knows of an API that does not answer: the walks that
// ended last all failed for now, and nothing came in between. What one context
// has, its windows and what its records lead to, counts once. Its methods may be
// called from any goroutine.
type API struct {
	client *fetch.Client
	turns  *limits.Turns
	log    *slog.Logger
	most   int         // failures, before the API counts as silent
	some   atomic.Bool // something failed
	mu     sync.Mutex
	failed map[any]bool // since something came
	why    error        // why the last one failed
	told   atomic.Bool  // the log says that no more is asked of it
}

// NewAPI returns what is known of the API of a client, before it is asked.
func NewAPI(client *fetch.Client, turns *limits.Turns, concurrency int, log *slog.Logger) *API {
	return &API{client: client, turns: turns, log: log, most: max(leastFailures, concurrency), failed: map[any]bool{}}
}

// came says that the API answered.
func (s *API) came() {
	if !s.some.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.failed)
	s.some.Store(false)
	s.turns.Answers(s.client)
}

// fails takes note of a walk that failed for now.
func (s *API) fails(stream string, of any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.some.Store(true)
	s.failed[of], s.why = true, err
	if len(s.failed) < s.most {
		return
	}
	if s.turns.Silent(s.client) {
		s.log.Warn("the API does not answer: no further partition is begun before everything else is done; then it is asked once more",
			"stream", stream, "failed", len(s.failed), "why", logs.Unnamed(stream, err))
	}
}

// lastFailure is why the last one failed.
func (s *API) lastFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// saysNothing reports whether a failure means that the API may not answer others,
// either. A full disk, and an answer that contradicts those before, do not.
func saysNothing(err error) bool {
	var e *fetch.Error
	var disk *body.DiskError
	var dns *net.DNSError
	if !errors.As(err, &e) || e.Attempts == 0 || errors.As(err, &disk) || errors.Is(err, paging.ErrFallen) {
		return false
	}
	return e.Class == fetch.Transient || errors.As(err, &dns)
}
