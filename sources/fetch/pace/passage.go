package pace

import (
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
)

// Passage is how a request comes through, as often as it is sent. By its address it is
// known where it asks again.
type Passage struct {
	Stream   string
	Path     string // of its URL
	Price    Price
	Login    bool          // it asks for a proof of who asks: it has none itself
	Seat     int           // of a pool's credential; 0: none was chosen
	Started  *rate.Started // the last time that it was let through
	Follower Follower      // nil: nobody follows the request
}

// Follower follows a request.
type Follower interface {
	// Waited is called after each wait for a limit, from the goroutine of the request: why
	// holds no secret.
	Waited(why string, took time.Duration)
}

// Price is what requests of a stream cost.
type Price struct {
	Known  sources.Cost
	Varies bool // only their answers say
}

// PriceOf returns the price of a stream's requests.
func PriceOf(s *sources.Stream) Price {
	known, ok := s.Call.KnownCost()
	return Price{known, !ok}
}

// Spent adds up what requests took that came through. It may be read at any time.
type Spent struct {
	Waited  atomic.Int64         // nanoseconds, for rates and before retries
	Cost    atomic.Int64         // of what was sent, as sources.Cost
	Limited atomic.Pointer[Wait] // that a rate makes a request wait at this moment; nil: none does
}
