package rate

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// Leases are what this process may use of the limits and of max_in_flight that the workers
// of a fleet keep to together. Its methods may be called from any goroutine, and wait for
// nothing.
type Leases interface {
	// Take starts a request now, or says what it waits for. It is called once the limits of
	// this process let the request start, and again after the wait, or once the channel
	// of the Hold is closed. An Ask that says in By who asks is then known again.
	Take(a Ask, now time.Time) (Lease, Hold)
	// Rest lets no request of any worker start before the given time.
	Rest(until time.Time)
	// Refused says that the API refused a request of a stream for its rate. told says that
	// Rest was, or will be, called.
	Refused(stream string, told bool)
	// Listen makes the leases call slower when other workers are refused, until stop is
	// called.
	Listen(slower func(stream string, told bool)) (stop func())
}

// Lease is a request that the leases let through.
type Lease interface {
	// Settle is called where it cost more than was said, or less.
	Settle(more sources.Cost)
	// Done is called once, when the request is over.
	Done()
}

// lend makes leases decide about the limits that the definition declares.
func (l *Limits) lend(leases Leases) {
	l.leases = leases
	for _, one := range l.declared {
		one.leased = true
	}
	l.stop = leases.Listen(func(stream string, told bool) {
		now := time.Now()
		l.mu.Lock()
		defer l.mu.Unlock()
		entryOf(l.found, stream).isRefused(now, now, told)
	})
}
