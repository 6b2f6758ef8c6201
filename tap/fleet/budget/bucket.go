package budget

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// patience is how long the server has for an answer.
const patience = 2 * time.Second

// errRaced is a change that another worker was faster with.
var errRaced = errors.New("another worker has changed it meanwhile")

// bucket is the server's bucket, with what the log has to say about it.
type bucket struct {
	kv  jetstream.KeyValue
	log *slog.Logger

	mu    sync.Mutex
	since time.Time // when it could not be reached; zero: it can
}

// value is what lies under a key, and its revision; 0: nothing does.
type value struct {
	text     []byte
	revision uint64
	stamped  time.Time
}

// get reads what lies under a key.
func (b *bucket) get(ctx context.Context, key string) (value, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	entry, err := b.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		err = nil
	}
	if b.reached(ctx, err); err != nil || entry == nil {
		return value{}, err
	}
	return value{entry.Value(), entry.Revision(), entry.Created()}, nil
}

// put writes what is to lie under a key in place of a revision. Its error is errRaced where
// that is another one; of other errors, nobody knows whether it was written.
func (b *bucket) put(ctx context.Context, key string, text []byte, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	next, err := b.kv.Update(ctx, key, text, revision)
	if raced(err) {
		b.reached(ctx, nil)
		return 0, errRaced
	}
	b.reached(ctx, err)
	return next, err
}

// raced reports whether an error says that the revision is another one.
func raced(err error) bool {
	var api jetstream.JetStreamError
	if errors.Is(err, jetstream.ErrKeyExists) {
		return true
	}
	return errors.As(err, &api) && api.APIError() != nil && api.APIError().ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// reached says in the log when the server cannot be reached any more, and when it can.
func (b *bucket) reached(ctx context.Context, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil && !b.since.IsZero():
		b.log.Info("NATS: the budget that all workers share can be reached again: requests go on",
			"bucket", b.kv.Bucket(), "after", time.Since(b.since).Round(time.Second).String())
		b.since = time.Time{}
	case err != nil && b.since.IsZero() && !errors.Is(context.Cause(ctx), context.Canceled):
		b.since = time.Now()
		b.log.Warn("NATS: the budget that all workers share cannot be reached: this worker uses up what it has leased, then its requests wait until it can be reached, or the run is stopped",
			"bucket", b.kv.Bucket(), "since", b.since.UTC().Format(time.RFC3339), "why", err.Error())
	}
}

// change changes what lies under a key, until no other worker is faster. Where with returns
// nil, nothing is changed. Its error may mean that nobody knows whether it was.
func (b *bucket) change(ctx context.Context, key string, with func(value) ([]byte, error)) (value, error) {
	for try := 1; ; try++ {
		old, err := b.get(ctx, key)
		if err != nil {
			return value{}, err
		}
		text, err := with(old)
		if err != nil || text == nil {
			return old, err
		}
		revision, err := b.put(ctx, key, text, old.revision)
		if !errors.Is(err, errRaced) {
			return value{text: text, revision: revision}, err
		}
		if !pause(ctx, ledger.Backoff(try, rand.Float64())) {
			return value{}, context.Cause(ctx)
		}
	}
}

// pause waits. It reports whether the time is over, rather than ctx.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
