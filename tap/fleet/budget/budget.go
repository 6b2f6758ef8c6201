package budget

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// Budget is what a worker has of what all workers share. Its methods may be called from
// any goroutine.
type Budget struct {
	bucket *bucket
	id     string
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu      sync.Mutex
	clock   clock
	sleeps  chan struct{} // asks for another look at the server's clock
	clients map[string]*client
	memo    map[[32]byte][]byte
	said    map[string]bool   // what the log says once
	told    map[string]pauses // the last that was told of clients, which this worker may get later
}

var _ fetch.Budget = (*Budget)(nil)

// New returns the budget of a worker, and begins to ask the bucket. The worker's name is for
// people: two may have the same. The log says when the server cannot be reached: it should
// say which one that is. The budget ends with Close; ctx ends it without giving back what
// the worker has not used.
func New(ctx context.Context, kv jetstream.KeyValue, worker string, log *slog.Logger) *Budget {
	b := &Budget{
		bucket: &bucket{kv: kv, log: log}, id: worker + "-" + rand.Text()[:8],
		sleeps: make(chan struct{}, 1), clients: map[string]*client{}, told: map[string]pauses{}, said: map[string]bool{}, memo: map[[32]byte][]byte{},
	}
	b.ctx, b.cancel = context.WithCancel(ctx)
	b.wait.Go(b.keepTime)
	b.wait.Go(b.watchPauses)
	return b
}

// closing is how long giving back may take.
const closing = 2 * time.Second

// Close gives back what this worker has not used. Its requests must be over.
func (b *Budget) Close() {
	b.cancel()
	b.wait.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), closing)
	defer cancel()
	var leaving sync.WaitGroup
	b.mu.Lock()
	for _, c := range b.clients {
		leaving.Go(func() { c.leave(ctx) })
	}
	b.mu.Unlock()
	leaving.Wait()
}

// Leases returns what this worker may use of a client's limits and places.
func (b *Budget) Leases(id string, limits []sources.RateLimit, inFlight int) rate.Leases {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clients[id]
	if c == nil {
		c = newClient(b, id, limits, inFlight)
		b.clients[id] = c
		b.wait.Go(func() {
			b.hears(id)
			c.run()
		})
	}
	return c
}

// Memo returns what make does, or did before for the same id.
func (b *Budget) Memo(id [32]byte, make func() []byte) []byte {
	b.mu.Lock()
	made := b.memo[id]
	b.mu.Unlock()
	if made == nil { // two may make it at once, and get the same
		made = make()
		b.mu.Lock()
		b.memo[id] = made
		b.mu.Unlock()
	}
	return made
}

const (
	// looks is how often the server's clock is looked at.
	looks = 10 * time.Second
	// firstLooks are so many, one after another, of which the quickest says most.
	firstLooks = 3
	// retry is how long after an error the bucket is asked again.
	retry = 250 * time.Millisecond
)

// keepTime looks at the server's clock now and then.
func (b *Budget) keepTime() {
	left := firstLooks
	for {
		wait := looks
		switch err := b.look(); {
		case err != nil:
			wait = retry
		case left > 0:
			left, wait = left-1, 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-b.sleeps:
		case <-b.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// look writes to the bucket, and reads what time the server has written it.
func (b *Budget) look() error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	key := "clock." + digest(b.id)
	before := time.Now()
	_, err := b.bucket.kv.Put(ctx, key, []byte(b.id))
	after := time.Now()
	if b.bucket.reached(b.ctx, err); err != nil {
		return err
	}
	v, err := b.bucket.get(ctx, key)
	if err != nil {
		return err
	}
	b.mu.Lock()
	first := !b.clock.measured
	b.clock.sample(before, after, v.stamped)
	b.mu.Unlock()
	if first {
		b.wake()
	}
	return nil
}

// wake makes all clients, and their requests, look what is due.
func (b *Budget) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, c := range b.clients {
		b.wait.Go(func() {
			b.hears(id)
			c.mu.Lock()
			c.tellWaiting()
			c.mu.Unlock()
		})
	}
}

// now is the server's time; ok is false where it is not known.
func (b *Budget) now(at time.Time) (now ledger.Now, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now, ok = b.clock.server(at); !ok {
		select {
		case b.sleeps <- struct{}{}:
		default:
		}
	}
	return now, ok
}
