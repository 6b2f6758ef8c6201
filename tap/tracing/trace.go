package tracing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// Tracer follows a run through its streams, their partitions and the requests of these. Its
// methods, and what they return, are called from any goroutine.
type Tracer interface {
	// Stream is called when the first walk of a stream begins.
	Stream(name string) StreamTracer
	// Request is called when a request of a walk, or of the login that it needed, is over,
	// with the context that Partition returned for the walk.
	Request(ctx context.Context, t *fetch.Trail)
}

// StreamTracer follows one stream.
type StreamTracer interface {
	// Partition is called when the walk of a partition begins, also when it goes on later,
	// and returns the walk's context. end is called when the walk ends, or is put off.
	Partition(ctx context.Context, p Partition) (walk context.Context, end func(error))
	// End is called when nothing more comes of the stream in this run.
	End(status string, records int64, failure error)
}

// Partition is a partition without its secrets.
type Partition struct {
	Key        string
	Context    string    // as JSON; "": it has none
	Start, End time.Time // of its window; zero: it has none
}

// Beginning is whether a stream has begun, and who follows it then. Its methods may be
// called from any goroutine.
type Beginning struct {
	begun  atomic.Bool
	mu     sync.Mutex
	follow StreamTracer // nil: nobody does, or it has ended
	ended  bool
}

// Begin notes that a walk begins, and returns who follows the stream; nil: nobody does.
func (b *Beginning) Begin(t Tracer, name string) StreamTracer {
	b.begun.Store(true)
	if t == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.follow == nil && !b.ended {
		b.follow = t.Stream(name)
	}
	return b.follow
}

// Begun reports whether a walk has begun.
func (b *Beginning) Begun() bool { return b.begun.Load() }

// End tells who follows the stream, once, that it is over.
func (b *Beginning) End(status string, records int64, failure error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.follow == nil {
		return
	}
	b.follow.End(status, records, failure)
	b.follow, b.ended = nil, true
}
