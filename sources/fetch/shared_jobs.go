package fetch

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// sharedJobs are the jobs of a client that several of its streams read, by their
// submissions: who comes first asks for one, and downloads each file; the others take
// what that one got. It is used from any goroutine.
type sharedJobs struct {
	mu      sync.Mutex
	all     map[[16]byte]*sharedJob
	streams map[string]bool // that the client reads in this run
}

// sharedJob is one of them. What it holds is for who has the lock of all.
type sharedJob struct {
	submission once[json.RawMessage] // sealed, as positions have it
	files      map[int64]*once[stored]
	readers    map[reader]*readerAt
	streams    []string // that may read it
	remove     func()   // at the API; nil: no walk has come to its end, or it was removed
}

// reader is what reads a job: a stream in a window and a context, however often its walk
// begins.
type reader struct{ stream, partition string }

// readerAt is how far a reader is.
type readerAt struct {
	journal *recorder
	done    bool
}

// once is something that one walk gets, and others wait for.
type once[T any] struct {
	busy chan struct{} // closed when the walk that is getting it is done; nil: none is
	got  *T            // nil: nobody has it
}

func newSharedJobs() *sharedJobs {
	return &sharedJobs{all: map[[16]byte]*sharedJob{}, streams: map[string]bool{}}
}

// join returns the job of a submission, which some streams may read, to a walk that does.
func (s *sharedJobs) join(submission [16]byte, streams []string, by reader, r *recorder) *sharedJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[submission]
	if one == nil {
		one = &sharedJob{files: map[int64]*once[stored]{}, readers: map[reader]*readerAt{}, streams: streams}
		s.all[submission] = one
	}
	one.readers[by] = &readerAt{journal: r}
	return one
}

// others are the journals' other readers of a job.
func (s *sharedJobs) others(one *sharedJob, than *recorder) (all []*recorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range one.readers {
		if r.journal != than && r.journal.Recording != nil {
			all = append(all, r.journal)
		}
	}
	return all
}

// read says that a reader has all of a job, and how the job is removed at the API. That
// is done once all streams of the run have it which may read it: the state of the last
// one then says so after the job is gone, and a run that is killed before goes on.
func (s *sharedJobs) read(one *sharedJob, by reader, remove func()) {
	s.mu.Lock()
	one.readers[by].done, one.remove = true, remove
	if !one.readByAll(s.streams) {
		remove = nil
	} else {
		one.remove = nil
	}
	s.mu.Unlock()
	if remove != nil {
		remove()
	}
}

// readByAll reports whether all streams of a run have read the job which may; of nil,
// whether all have that began to.
func (one *sharedJob) readByAll(streams map[string]bool) bool {
	began := map[string]bool{}
	for by, r := range one.readers {
		if began[by.stream] = true; !r.done {
			return false
		}
	}
	return !slices.ContainsFunc(one.streams, func(name string) bool { return streams[name] && !began[name] })
}

// forget forgets a job that the API has lost, so that another one is asked for.
func (s *sharedJobs) forget(lost *sharedJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for submission, one := range s.all {
		if one == lost {
			delete(s.all, submission)
		}
	}
}

// close removes the jobs that all have read which began to.
func (s *sharedJobs) close() {
	for _, one := range s.all {
		if one.remove != nil && one.readByAll(nil) {
			one.remove()
		}
	}
}

// file is what is known of a file of a job; the lock is held.
func (one *sharedJob) file(n int64) *once[stored] {
	o := one.files[n]
	if o == nil {
		o = &once[stored]{}
		one.files[n] = o
	}
	return o
}

// claim returns what another walk has got; nil: the caller is to get it, and to call
// settle. It waits for a walk that is getting it. The error is ErrStopped.
func claim[T any](ctx context.Context, s *sharedJobs, gate Gate, of func() *once[T]) (*T, error) {
	const unknown = time.Minute // how long it takes, as turns are told
	for left := false; ; {
		s.mu.Lock()
		o := of()
		busy, got := o.busy, o.got
		if got == nil && busy == nil {
			o.busy = make(chan struct{})
		}
		s.mu.Unlock()
		if got != nil || busy == nil {
			if left {
				turnOf(ctx).Return(ctx)
			}
			return got, nil
		}
		if !left {
			turnOf(ctx).Leave(unknown, true)
			left = true
		}
		select {
		case <-busy:
		case <-gate.Closed():
			return nil, ErrStopped
		case <-ctx.Done():
			return nil, ErrStopped
		}
	}
}

// settle says what came of a claim; nil: nothing, and another walk is to try.
func settle[T any](s *sharedJobs, of func() *once[T], got *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := of()
	if got != nil {
		o.got = got
	}
	if o.busy != nil {
		close(o.busy)
		o.busy = nil
	}
}

// offer says what a walk has that another run got.
func offer[T any](s *sharedJobs, of func() *once[T], got T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := of(); o.got == nil {
		o.got = &got
	}
}
