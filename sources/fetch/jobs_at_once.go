package fetch

import (
	"context"
	"sync"
	"time"
)

// jobs counts those that an API does for a client at a time. It is used from any
// goroutine.
type jobs struct {
	mu      sync.Mutex
	running int
	over    chan struct{} // closed when one is
}

func newJobs() *jobs { return &jobs{over: make(chan struct{})} }

// slot is one of them; nil is none.
type slot struct{ jobs *jobs }

// give says that the job is over. Again, it does nothing.
func (s *slot) give() {
	if s == nil || s.jobs == nil {
		return
	}
	j := s.jobs
	s.jobs = nil
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running--
	close(j.over)
	j.over = make(chan struct{})
}

// try takes a slot where fewer than so many jobs run; else it returns what is closed
// when one is over.
func (j *jobs) try(most int) (*slot, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if most > 0 && j.running >= most {
		return nil, j.over
	}
	j.running++
	return &slot{j}, nil
}

// keep counts a job that an earlier run asked for, which runs whatever the limit.
func (j *job) keep() {
	if j.slot == nil {
		j.slot, _ = j.asker.client.jobs.try(0)
	}
}

// takeSlot waits until another job may run.
func (j *job) takeSlot(ctx context.Context) error {
	const unknown = time.Minute // how long it takes, as turns are told
	all, gate := j.asker.client.jobs, j.asker.client.Gate
	var over <-chan struct{}
	if j.slot, over = all.try(j.spec.MaxJobs); over == nil {
		return nil
	}
	turn := turnOf(ctx)
	turn.Leave(unknown, true)
	for over != nil {
		select {
		case <-over:
			j.slot, over = all.try(j.spec.MaxJobs)
		case <-gate.Closed():
			return ErrStopped
		case <-ctx.Done():
			return ErrStopped
		}
	}
	turn.Return(ctx)
	return nil
}
