package tap_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// killer is what an API has that kills the run which asks it, at one request: from then
// on the API is gone for that run, as it is for a process after a SIGKILL.
type killer struct {
	mu       sync.Mutex
	requests int
	at       int  // number of the request that kills; 0: none
	answered bool // the API did what that one asks for
	kill     func()
	dead     bool
	killedBy string // method of the request that killed
}

// ask asks the API, or kills who asks.
func (k *killer) ask(r *http.Request, answer testrig.API) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		return nil, context.Canceled
	}
	if k.requests++; k.requests != k.at {
		return answer(r)
	}
	if k.answered {
		_, _ = answer(r)
	}
	k.kill()
	k.dead, k.killedBy = true, r.Method
	return nil, context.Canceled
}

// untilKilled runs until the killer strikes, which it does no more after that. It
// returns what was written by then, and the run that goes on: in a copy of the folder as
// it was, or in a new one where it is lost, with the last state, if that is kept.
func (s setup) untilKilled(t *testing.T, k *killer, keepsState, lost bool) (written testrig.Lines, next setup) {
	t.Helper()
	next = s
	out, text := &testrig.Output{}, ""
	s.out, s.workDir, next.workDir = out, t.TempDir(), t.TempDir()
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.stop = stop
	k.kill = func() {
		cancel() // what the run does from here on reaches nobody
		if !lost {
			if err := os.CopyFS(next.workDir, os.DirFS(s.workDir)); err != nil {
				t.Error(err)
			}
		}
		text = out.String()
	}
	s.run(t)
	k.dead, k.at = false, 0
	written = testrig.ReadLines(t, text)
	if keepsState {
		next.state = written.State()
	}
	return written, next
}
