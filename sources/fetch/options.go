package fetch

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Options are what the clients of a run share.
type Options struct {
	Transport http.RoundTripper // nil: one like http.DefaultTransport
	Secrets   *secret.Hider     // of the run; the client's own knows its credentials too
	UserAgent string
	Gate      pace.Gate
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
