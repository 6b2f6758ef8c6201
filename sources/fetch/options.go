package fetch

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Counters add up what the walks of a stream cost. They may be read at any
// time.
type Counters struct {
	Requests  atomic.Int64 // sent, retries and redirects too
	Retries   atomic.Int64
	Waited    atomic.Int64 // nanoseconds, for rates and before retries
	Wire      atomic.Int64 // bytes of bodies as they came
	Recalled  atomic.Int64 // exchanges that the journal had
	Unused    atomic.Int64 // answers to requests ahead that no walk came to
	Untagged  atomic.Int64 // pages of a stream with etag that say nothing by which to ask only for what has changed
	Cost      atomic.Int64 // of what was sent, as sources.Cost
	Unpriced  atomic.Int64 // answers in which the definition's cost had no value
	Saved     atomic.Int64 // what the exchanges cost when they were made that the journal had, likewise
	SavedTime atomic.Int64 // nanoseconds that these exchanges took when they were made
	SavedWire atomic.Int64 // bytes of their bodies
	// Unwitnessed counts walks that ended with an answer without records, where nothing
	// shows that the login still held.
	Unwitnessed atomic.Int64

	Closed   atomic.Int64 // sessions that the API has closed
	LeftOpen atomic.Int64 // sessions that could not be closed
	Answers  Answers
	Now
}

// Now is what goes on in the walks of a stream at this moment.
type Now struct {
	Walking atomic.Int64         // walks under way
	Limited atomic.Pointer[Wait] // that a rate makes a request wait; nil: none does
}

// Answers counts answers by their status. The zero value has none; it may be used from
// any goroutine.
type Answers struct {
	mu  sync.Mutex
	all map[int]int64
}

// NoAnswer stands among statuses for requests that were sent and not answered.
const NoAnswer = 0

// add counts an answer.
func (a *Answers) add(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[int]int64{}
	}
	a.all[status]++
}

// All returns how many answers there were of each status.
func (a *Answers) All() map[int]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.all)
}

// Options are what the clients of a run share.
type Options struct {
	Transport http.RoundTripper // nil: one like http.DefaultTransport
	Secrets   *secret.Hider     // of the run; the client's own knows its credentials too
	UserAgent string
	Gate      Gate
	MaxCost   sources.Cost // of the run, which the gate keeps to; 0: there is no limit
	Log       *slog.Logger
	Ahead     *body.Room // for bodies that came, until they were worked on
	Back      *body.Room // for bodies that are read back
	Hasty     bool       // somebody waits for the answer: no request is made more than twice
	Tokens    Tokens     // of logins
	Limits    Sharing    // of limits
	Budget    Budget     // nil: the client's limits are those of this process
	// Follow is called, from any goroutine, with what became of each request of a walk, and
	// of each of a login, in the context of the walk that needed it; nil: nobody follows them.
	Follow func(context.Context, *Trail)
}

// Budget is what the workers of a fleet share, on whichever machines they are.
type Budget interface {
	// Leases returns what this worker may use of a client's limits, and of its requests
	// in flight. It is called when the client is made. The id is the same for all workers
	// whose clients have the same address, limits and credentials; nobody learns those by it.
	Leases(id string, limits []sources.RateLimit, inFlight int) rate.Leases
	// Logins returns what keeps the logins of the client of an id. Nobody can read them who
	// does not have the key.
	Logins(id string, key []byte) auth.Fleet
	// Memo returns what make does, or did before for the same id: runs of one worker need
	// not make the same keys each time.
	Memo(id [32]byte, make func() []byte) []byte
}

// Tokens say where refresh tokens are kept that an API gives in place of others.
type Tokens struct {
	Dir     string                               // "": nowhere
	Replace func(path string, data []byte) error // a file whole, so that a crash leaves the old or the new one
	Rotated func(setting []string, token string) // or nil: told which setting should hold another token from now on, and which
}

// Sharing says where the limits are kept to which several processes keep together.
type Sharing struct {
	Dir  string                 // "": nowhere
	Salt func() ([]byte, error) // under which credentials tell clients apart
}

// Gate decides about every request before it is sent.
type Gate interface {
	// Enter is called from any goroutine, once before each request, retries
	// and redirects too, with what it costs, as far as that is known. Its error is
	// ErrStopped: the request must not start.
	Enter(cost sources.Cost) error
	// Spend is called when a request turns out to have cost more than that, or less:
	// then more is negative.
	Spend(more sources.Cost)
	// Closed is closed when Enter will never allow a request again: it ends
	// every wait for one.
	Closed() <-chan struct{}
}
