package export

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
)

// Shared are the jobs of a client that several of its streams read, by their submissions:
// who comes first asks for one, and downloads each file; the others take what that one
// got. K is what keeps a reader's answers, and P says where one lies. Shared is used from
// any goroutine.
type Shared[K comparable, P any] struct {
	mu      sync.Mutex
	all     map[[16]byte]*SharedJob[K, P]
	streams map[string]bool // that the client reads in this run
}

// SharedJob is one of them. But for its submission, what it holds is for who has the lock
// of all.
type SharedJob[K comparable, P any] struct {
	of         *Shared[K, P]
	Submission Once[json.RawMessage] // sealed, as positions have it
	files      map[int64]*Once[P]
	readers    map[Reader]*readerAt[K]
	streams    []string // that may read it
	remove     func()   // at the API; nil: no walk has come to its end, or it was removed
}

// Reader is what reads a job: a stream in a window and a context, however often its walk
// begins.
type Reader struct{ Stream, Partition string }

// readerAt is how far a reader is.
type readerAt[K any] struct {
	keeps K
	done  bool
}

// NewShared returns the table of a client.
func NewShared[K comparable, P any]() *Shared[K, P] {
	return &Shared[K, P]{all: map[[16]byte]*SharedJob[K, P]{}, streams: map[string]bool{}}
}

// Reads says that a stream is read in this run. It is called before the first walk.
func (s *Shared[K, P]) Reads(stream string) { s.streams[stream] = true }

// Join returns the job of a submission, which some streams may read, to a walk that does.
func (s *Shared[K, P]) Join(submission [16]byte, streams []string, by Reader, keeps K) *SharedJob[K, P] {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[submission]
	if one == nil {
		one = &SharedJob[K, P]{of: s, files: map[int64]*Once[P]{}, readers: map[Reader]*readerAt[K]{}, streams: streams}
		s.all[submission] = one
	}
	one.readers[by] = &readerAt[K]{keeps: keeps}
	return one
}

// Others are what the job's other readers keep their answers in.
func (one *SharedJob[K, P]) Others(than K) (all []K) {
	one.of.mu.Lock()
	defer one.of.mu.Unlock()
	for _, r := range one.readers {
		if r.keeps != than {
			all = append(all, r.keeps)
		}
	}
	return all
}

// Read says that a reader has all of the job, and how the job is removed at the API. That
// is done once all streams of the run have it which may read it: the state of the last
// one then says so after the job is gone, and a run that is killed before goes on.
func (one *SharedJob[K, P]) Read(by Reader, remove func()) {
	one.of.mu.Lock()
	one.readers[by].done, one.remove = true, remove
	if !one.readByAll(one.of.streams) {
		remove = nil
	} else {
		one.remove = nil
	}
	one.of.mu.Unlock()
	if remove != nil {
		remove()
	}
}

// readByAll reports whether all streams of a run have read the job which may; of nil,
// whether all have that began to.
func (one *SharedJob[K, P]) readByAll(streams map[string]bool) bool {
	began := map[string]bool{}
	for by, r := range one.readers {
		if began[by.Stream] = true; !r.done {
			return false
		}
	}
	return !slices.ContainsFunc(one.streams, func(name string) bool { return streams[name] && !began[name] })
}

// Forget forgets a job that the API has lost, so that another one is asked for.
func (one *SharedJob[K, P]) Forget() {
	s := one.of
	s.mu.Lock()
	defer s.mu.Unlock()
	for submission, other := range s.all {
		if other == one {
			delete(s.all, submission)
		}
	}
}

// Close removes the jobs that all have read which began to.
func (s *Shared[K, P]) Close() {
	for _, one := range s.all {
		if one.remove != nil && one.readByAll(nil) {
			one.remove()
		}
	}
}

// File is what is known of a file of the job.
func (one *SharedJob[K, P]) File(n int64) *Once[P] {
	one.of.mu.Lock()
	defer one.of.mu.Unlock()
	o := one.files[n]
	if o == nil {
		o = &Once[P]{}
		one.files[n] = o
	}
	return o
}

// Once is something that one walk gets, and others wait for.
type Once[T any] struct {
	mu   sync.Mutex
	busy chan struct{} // closed when the walk that is getting it is done; nil: none is
	got  *T            // nil: nobody has it
}

// Claim returns what another walk has got; nil: the caller is to get it, and to call
// Settle. It waits for a walk that is getting it, and is false where the run stops.
func (o *Once[T]) Claim(ctx context.Context, w Waiting) (got *T, ok bool) {
	ok = w.until(ctx, func() <-chan struct{} {
		o.mu.Lock()
		defer o.mu.Unlock()
		if got = o.got; got != nil {
			return nil
		}
		busy := o.busy
		if busy == nil {
			o.busy = make(chan struct{})
		}
		return busy
	}, 0, nil)
	return got, ok
}

// Settle says what came of a claim; nil: nothing, and another walk is to try.
func (o *Once[T]) Settle(got *T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if got != nil {
		o.got = got
	}
	if o.busy != nil {
		close(o.busy)
		o.busy = nil
	}
}

// Offer says what a walk has that another run got.
func (o *Once[T]) Offer(got T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.got == nil {
		o.got = &got
	}
}
