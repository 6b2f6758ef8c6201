package export

import (
	"context"
	"time"
)

// Turn is what a walk gives up while it waits for another one, and takes back behind
// that. Each is called once in a wait, Return only where the run goes on.
type Turn interface {
	Leave(wait time.Duration, alone bool)
	Return(ctx context.Context)
}

// Waiting is a walk that may have to wait for others.
type Waiting struct {
	Turn    Turn
	Stopped <-chan struct{} // closed when the run stops
}

// unknown is how long a wait for another walk takes, as turns are told.
const unknown = time.Minute

// until waits for what try returns as long as that is not nil; again is called when a
// wait takes longer than so long, 0 for never. It reports whether the run goes on.
func (w Waiting) until(ctx context.Context, try func() <-chan struct{}, long time.Duration, again func()) bool {
	over := try()
	if over == nil {
		return true
	}
	w.Turn.Leave(unknown, true)
	for ; over != nil; over = try() {
		var late <-chan time.Time
		if long > 0 {
			late = time.After(long)
		}
		select {
		case <-over:
		case <-late:
			again()
		case <-w.Stopped:
			return false
		case <-ctx.Done():
			return false
		}
	}
	w.Turn.Return(ctx)
	return true
}
