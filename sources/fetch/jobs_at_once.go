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
	earlier map[string]bool // of those that earlier runs asked for, the partitions whose walks have not begun
	over    chan struct{}   // closed when one is
}

func newJobs() *jobs { return &jobs{earlier: map[string]bool{}, over: make(chan struct{})} }

// begunBefore counts the job of a partition, which an earlier run has asked for.
func (j *jobs) begunBefore(partition string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.earlier[partition] = true
}

// forget counts the job of a partition no more that an earlier run has asked for; "": of
// all partitions whose walks have not begun.
func (j *jobs) forget(partition string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case partition == "" && len(j.earlier) > 0:
		clear(j.earlier)
	case j.earlier[partition]:
		delete(j.earlier, partition)
	default:
		return
	}
	close(j.over)
	j.over = make(chan struct{})
}

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

// try takes a slot for the job of a partition where fewer than so many others run; else it
// returns what is closed when one is over.
func (j *jobs) try(most int, partition string) (*slot, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	others := len(j.earlier)
	if j.earlier[partition] {
		others--
	}
	if most > 0 && j.running+others >= most {
		return nil, j.over
	}
	delete(j.earlier, partition)
	j.running++
	return &slot{j}, nil
}

// keep counts a job that an earlier run asked for, which runs whatever the limit.
func (j *job) keep() {
	if j.slot == nil {
		j.slot, _ = j.asker.client.jobs.try(0, j.walk.partition)
	}
}

// beginsWithin is how long a job of an earlier run is counted whose walk does not begin:
// it may be of a partition that there is no more.
const beginsWithin = 10 * time.Minute

// takeSlot waits until another job may run.
func (j *job) takeSlot(ctx context.Context) error {
	const unknown = time.Minute // how long it takes, as turns are told
	all, gate := j.asker.client.jobs, j.asker.client.Gate
	var over <-chan struct{}
	if j.slot, over = all.try(j.spec.MaxJobs, j.walk.partition); over == nil {
		return nil
	}
	turn := turnOf(ctx)
	turn.Leave(unknown, true)
	for over != nil {
		select {
		case <-over:
			j.slot, over = all.try(j.spec.MaxJobs, j.walk.partition)
		case <-time.After(beginsWithin):
			all.forget("")
		case <-gate.Closed():
			return ErrStopped
		case <-ctx.Done():
			return ErrStopped
		}
	}
	turn.Return(ctx)
	return nil
}
