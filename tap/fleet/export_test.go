package fleet

import (
	"testing"
	"time"
)

// SetIdle makes workers that find nothing wait so long, and returns what undoes that.
func SetIdle(d time.Duration) (undo func()) {
	before := idle
	idle = d
	return func() { idle = before }
}

// Waiting is how many workers wait for a part.
func (f *Fleet) Waiting(t *testing.T) int {
	t.Helper()
	c, err := f.server.queue.Consumer(t.Context(), "workers")
	if err != nil {
		t.Fatal(err)
	}
	return c.CachedInfo().NumWaiting
}

// Lose loses the part, as when the worker is killed and its lease has ended.
func (p *Part) Lose(t *testing.T) {
	t.Helper()
	if err := p.message.Nak(); err != nil {
		t.Fatal(err)
	}
	p.end()
}

// SayDone says that the part is done, and nothing more: the worker is lost then.
func (p *Part) SayDone(t *testing.T) {
	t.Helper()
	err := p.change(t.Context(), func(e *Entry) error {
		e.Status = Done
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.end()
}
